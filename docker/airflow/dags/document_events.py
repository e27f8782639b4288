"""Loads new event logs into PostgreSQL, then asks the database whether all is well.

`wait_for_input` -> `ingest` -> `check` -> `announce`. Airflow only starts the project's commands, in the project's
folder and with the project's Python: Spark is not installed beside Airflow, whose dependencies would not go with it.

Read from the environment of Airflow, all optional: DATABASE_URL (else the project's embedded server; see README.md for
the password) and the DOCUMENT_EVENTS_* below. INPUT and SOURCE can also be given to a single run, as its parameters.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, BaseOperator, BaseSensorOperator, Context, Param
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException


def read_variable(name: str, default: str) -> str:
    """A variable of the environment. Raises ValueError where it is set and empty.

    Somebody meant another folder than the sample, which must not be loaded in its place.
    """
    if not (value := os.environ.get(name, default)).strip():
        raise ValueError(f"{name} is set and empty: write what it is to be, or leave it out")
    return value


HOME = Path(os.environ.get("DOCUMENT_EVENTS_HOME") or Path(__file__).resolve().parents[3])
PYTHON = os.environ.get("DOCUMENT_EVENTS_PYTHON") or str(HOME / ".venv" / "bin" / "python")
INPUT = read_variable("DOCUMENT_EVENTS_INPUT", "data/events")
SOURCE = read_variable("DOCUMENT_EVENTS_SOURCE", "conf/sources/default.yml")
SCHEDULE = os.environ.get("DOCUMENT_EVENTS_SCHEDULE", "@hourly") or None  # empty: only when triggered
RETRY_SECONDS = float(os.environ.get("DOCUMENT_EVENTS_RETRY_SECONDS") or 60)
INPUT_TIMEOUT_SECONDS = float(os.environ.get("DOCUMENT_EVENTS_INPUT_TIMEOUT_SECONDS") or 3600)
LOAD_TIMEOUT_SECONDS = float(os.environ.get("DOCUMENT_EVENTS_LOAD_TIMEOUT_SECONDS") or 6 * 3600)

TABLES = Asset("document_events")

# Exit codes that no retry fixes: wrong usage or configuration, and data that does not pass. The others (database out
# of reach or locked, anything unforeseen, killed) may be gone in a minute.
FINAL_EXIT_CODES = {2, 3}


def run_project(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A module of the project with its arguments, run to its end, in the project's folder."""
    return subprocess.run([PYTHON, "-m", *arguments], cwd=HOME, capture_output=True, text=True, check=False)


class NewFilesSensor(BaseSensorOperator):
    """Waits until there is something to load: files that the ledger does not know as they are now, as a rule."""

    template_fields = ("folder", "source")

    def __init__(self, *, folder: str, source: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.folder, self.source = folder, source

    def poke(self, context: Context) -> bool:
        """Whether there is. The load itself meets whatever keeps us from asking, and its task knows what to retry."""
        done = run_project("jobs.pending", "--input", self.folder, "--source", self.source)
        self.log.info("%s", (done.stdout + done.stderr).strip() or "nothing to load")
        return done.returncode != 0 or bool(done.stdout.strip())


class AnnounceOperator(BaseOperator):
    """Announces the tables where a run has changed them since they were announced last; else the task is skipped.

    The run is asked of the ledger. So a change whose check failed is announced once a check succeeds, whichever run of
    the DAG that belongs to, and so is what was loaded without Airflow.
    """

    def execute(self, context: Context) -> None:
        """Look at the latest change and at the latest announcement, which names one."""
        done = run_project("jobs.query", "sql/analysis/last_change.sql")
        if done.returncode:
            raise AirflowException(done.stderr.strip())
        run_ids = re.findall(r"^ *(\d+) *$", done.stdout, re.MULTILINE)
        announced = [event.extra.get("run_id") for event in context["inlet_events"][TABLES].ascending(False).limit(1)]
        if not run_ids or run_ids == announced:
            raise AirflowSkipException("nothing has been published since the tables were announced last")
        context["outlet_events"][TABLES].extra = {"run_id": run_ids[0]}


class ProjectOperator(BashOperator):
    """A command in the project's folder; it fails for good with a final exit code, and for now with any other."""

    def __init__(self, **arguments: Any) -> None:
        # env, not the command's text: what a user types as a parameter must not be read by a shell.
        given = {"PROJECT_PYTHON": PYTHON, **arguments.pop("env", {})}
        super().__init__(cwd=str(HOME), env=given, append_env=True, skip_on_exit_code=None, **arguments)

    def execute(self, context: Context) -> Any:
        """Run it. Raises AirflowFailException, which Airflow never retries, for a final exit code."""
        try:
            return super().execute(context)
        except AirflowException:
            process = self.subprocess_hook.sub_process
            if process is not None and process.returncode in FINAL_EXIT_CODES:
                raise AirflowFailException(f"exit code {process.returncode}, which a retry can not fix") from None
            raise


def describe_failure(context: Context) -> str:
    """What failed, and the table of the last runs with their quarantine; without it where the database is down.

    Never raises: the task's own failure must not be hidden by a second one.
    """
    instance = context["task_instance"]
    failed = f"{instance.dag_id}.{instance.task_id} failed on try {instance.try_number}: {context.get('exception')}"
    failed += f"\nlog: {instance.log_url}"
    command = [PYTHON, "-m", "jobs.query", "sql/analysis/quality.sql"]
    try:
        done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"{failed}\nno quality table: {error}"
    return f"{failed}\n{(done.stdout or 'no quality table: ' + done.stderr).strip()}"


def report_failure(context: Context) -> None:
    """Write the message to the task's log, and into the context for the callbacks that come after this one."""
    message = describe_failure(context)
    context["failure_message"] = message  # type: ignore[typeddict-unknown-key]
    logging.getLogger(__name__).error(message)


with DAG(
    dag_id="document_events",
    description="Event logs into PostgreSQL",
    doc_md=__doc__,
    schedule=SCHEDULE,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,  # a run loads whatever is new, so one makes up for all that were missed
    max_active_runs=1,  # a second one would only wait for the first one's lock
    params={
        "input": Param(INPUT, type="string", minLength=1, description="folder of event logs"),
        "source": Param(SOURCE, type="string", minLength=1, description="how the fields map to ours"),
    },
    default_args={
        # Safe, because loading is idempotent: a run publishes everything in one transaction or nothing, and the ledger
        # in that transaction tells the next try which files are in.
        "retries": 3,
        "retry_delay": timedelta(seconds=RETRY_SECONDS),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=15),
        # A notifier may follow and say {{ failure_message }} in its text.
        "on_failure_callback": [report_failure],
    },
):
    wait_for_input = NewFilesSensor(
        task_id="wait_for_input",
        folder="{{ params.input }}",
        source="{{ params.source }}",
        mode="reschedule",  # holds no worker while it waits
        poke_interval=30,
        timeout=INPUT_TIMEOUT_SECONDS,
        soft_fail=True,  # an hour without new files is no failure: the other tasks are skipped
        execution_timeout=timedelta(minutes=10),  # of one look
    )
    # One task: loading and publishing end in one transaction, there is no state between them to come back to.
    ingest = ProjectOperator(
        task_id="ingest",
        bash_command='exec "$PROJECT_PYTHON" -m jobs.submit --database jobs/pipeline.py'
        ' --input "$INPUT" --source "$SOURCE"',
        env={"INPUT": "{{ params.input }}", "SOURCE": "{{ params.source }}"},
        execution_timeout=timedelta(seconds=LOAD_TIMEOUT_SECONDS),  # then it is stopped, and publishes nothing
    )
    check = ProjectOperator(
        task_id="check",
        bash_command='"$PROJECT_PYTHON" -m jobs.check && exec "$PROJECT_PYTHON" -m jobs.findings',
        execution_timeout=timedelta(minutes=30),
    )
    announce = AnnounceOperator(
        task_id="announce",
        inlets=[TABLES],
        outlets=[TABLES],  # a DAG with schedule=[Asset("document_events")] starts when this ends
        execution_timeout=timedelta(minutes=10),
    )

    # What is made from checked tables, such as a report, is one more ProjectOperator behind `check`.
    wait_for_input >> ingest >> check >> announce
