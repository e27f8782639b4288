"""Loads new event logs into PostgreSQL, and then checks the database.

`wait_for_input` -> `ingest` -> `check` -> `announce`. Airflow only starts the project's commands, in the project's
folder and with the project's Python. Spark is not installed beside Airflow, because their dependencies conflict.

Airflow's environment may set DATABASE_URL (else it is the project's embedded server; README.md explains the password)
and the variables DOCUMENT_EVENTS_* below. A single run may also set INPUT and SOURCE as parameters.
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
    """Returns a variable of the environment. Raises ValueError if it is set and empty.

    Somebody meant to name a folder. So the default, the sample, must not be loaded instead.
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

# Exit codes that no retry fixes: wrong usage or configuration, and data that does not pass. Others may succeed in a
# minute: the database can't be reached or is locked, something unforeseen happened, or the run was killed.
FINAL_EXIT_CODES = {2, 3}


def run_project(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a module of the project with its arguments, in the project's folder, and waits for its end."""
    return subprocess.run([PYTHON, "-m", *arguments], cwd=HOME, capture_output=True, text=True, check=False)


class NewFilesSensor(BaseSensorOperator):
    """Waits until there is something to load, usually files that are new or have changed."""

    template_fields = ("folder", "source")

    def __init__(self, *, folder: str, source: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.folder, self.source = folder, source

    def poke(self, context: Context) -> bool:
        """Whether there is something to load. True after an error, too: the load meets the same one, and retries."""
        done = run_project("jobs.pending", "--input", self.folder, "--source", self.source)
        self.log.info("%s", (done.stdout + done.stderr).strip() or "nothing to load")
        return done.returncode != 0 or bool(done.stdout.strip())


class AnnounceOperator(BaseOperator):
    """Announces the tables if a run has changed them since the last announcement. Otherwise the task is skipped.

    The ledger names the run. So a change whose check failed is announced after the next successful check, in any run of
    the DAG. A load without Airflow is announced in the same way.
    """

    def execute(self, context: Context) -> None:
        """Compares the run of the latest change with the run that the latest announcement names."""
        done = run_project("jobs.query", "sql/analysis/last_change.sql")
        if done.returncode:
            raise AirflowException(done.stderr.strip())
        run_ids = re.findall(r"^ *(\d+) *$", done.stdout, re.MULTILINE)
        announced = [event.extra.get("run_id") for event in context["inlet_events"][TABLES].ascending(False).limit(1)]
        if not run_ids or run_ids == announced:
            raise AirflowSkipException("nothing has been published since the tables were announced last")
        context["outlet_events"][TABLES].extra = {"run_id": run_ids[0]}


class ProjectOperator(BashOperator):
    """A command in the project's folder. A final exit code fails the task at once; any other one may be retried."""

    def __init__(self, **arguments: Any) -> None:
        # Parameters go into the environment and not into the command, because a shell must not interpret them.
        given = {"PROJECT_PYTHON": PYTHON, **arguments.pop("env", {})}
        super().__init__(cwd=str(HOME), env=given, append_env=True, skip_on_exit_code=None, **arguments)

    def execute(self, context: Context) -> Any:
        """Runs the command. Raises AirflowFailException, which Airflow never retries, for a final exit code."""
        try:
            return super().execute(context)
        except AirflowException:
            process = self.subprocess_hook.sub_process
            if process is not None and process.returncode in FINAL_EXIT_CODES:
                raise AirflowFailException(f"exit code {process.returncode}, which a retry can not fix") from None
            raise


def describe_failure(context: Context) -> str:
    """Returns what failed, and the table of the last runs with their quarantine, unless the database is down.

    It never raises, because a second failure would hide the first one.
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
    """Writes the message to the task's log, and into the context for later callbacks."""
    message = describe_failure(context)
    context["failure_message"] = message  # type: ignore[typeddict-unknown-key]
    logging.getLogger(__name__).error(message)


with DAG(
    dag_id="document_events",
    description="Event logs into PostgreSQL",
    doc_md=__doc__,
    schedule=SCHEDULE,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,  # one run loads everything that is new, so missed runs need no repetition
    max_active_runs=1,  # a second run would only wait for the lock of the first one
    params={
        "input": Param(INPUT, type="string", minLength=1, description="folder of event logs"),
        "source": Param(SOURCE, type="string", minLength=1, description="how the fields map to ours"),
    },
    default_args={
        # Retries are safe, because loading is idempotent. A run publishes everything in one transaction or nothing, and
        # the ledger in the same transaction tells the next try which files are loaded.
        "retries": 3,
        "retry_delay": timedelta(seconds=RETRY_SECONDS),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=15),
        # A notifier after this one may use {{ failure_message }} in its text.
        "on_failure_callback": [report_failure],
    },
):
    wait_for_input = NewFilesSensor(
        task_id="wait_for_input",
        folder="{{ params.input }}",
        source="{{ params.source }}",
        mode="reschedule",  # it occupies no worker while it waits
        poke_interval=30,
        timeout=INPUT_TIMEOUT_SECONDS,
        soft_fail=True,  # after an hour without new files the other tasks are skipped
        execution_timeout=timedelta(minutes=10),  # for one poke
    )
    # Loading and publishing are one task, because they end in one transaction without a state between them.
    ingest = ProjectOperator(
        task_id="ingest",
        bash_command='exec "$PROJECT_PYTHON" -m jobs.submit --database jobs/pipeline.py'
        ' --input "$INPUT" --source "$SOURCE"',
        env={"INPUT": "{{ params.input }}", "SOURCE": "{{ params.source }}"},
        execution_timeout=timedelta(
            seconds=LOAD_TIMEOUT_SECONDS
        ),  # after it the load is stopped, and publishes nothing
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

    # To make a report or the like from checked tables, add a ProjectOperator after `check`.
    wait_for_input >> ingest >> check >> announce
