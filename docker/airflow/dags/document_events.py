"""Loads new event logs into PostgreSQL, then asks the database whether all is well.

`wait_for_input` -> `ingest` -> `check`. Airflow only starts the project's commands, in the project's folder and with
the project's Python: Spark is not installed beside Airflow, whose dependencies would not go with it.

Read from the environment of Airflow, all optional: DATABASE_URL (else the project's embedded server; see README.md for
the password) and the DOCUMENT_EVENTS_* below. INPUT and SOURCE can also be given to a single run, as its parameters.
"""

from __future__ import annotations

import logging
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, BaseSensorOperator, Context, Param
from airflow.sdk.exceptions import AirflowException, AirflowFailException


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

# Exit codes that no retry fixes: wrong usage or configuration, and data that does not pass. The others (database out
# of reach or locked, anything unforeseen, killed) may be gone in a minute.
FINAL_EXIT_CODES = {2, 3}


class EventFolderSensor(BaseSensorOperator):
    """Waits for the first file below `folder` that is not being written any more; the job validates its records."""

    template_fields = ("folder",)

    def __init__(self, *, folder: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.folder = folder

    def poke(self, context: Context) -> bool:
        """Whether there is one. Names of unfinished files are those that the job skips."""
        uri = urlsplit(self.folder)
        if "://" in self.folder and uri.scheme != "file":
            return True  # only the job's Java can look into HDFS or S3
        root = Path(unquote(uri.path)) if self.folder.startswith("file:") else HOME / self.folder
        return any(
            path.is_file()
            and path.suffix != ".tmp"
            and not any(part.startswith(("_", ".")) for part in path.relative_to(root).parts)
            for path in root.rglob("*")
        )


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
    wait_for_input = EventFolderSensor(
        task_id="wait_for_input",
        folder="{{ params.input }}",
        mode="reschedule",  # holds no worker while it waits
        poke_interval=30,
        timeout=INPUT_TIMEOUT_SECONDS,
    )
    # One task: loading and publishing end in one transaction, there is no state between them to come back to.
    ingest = ProjectOperator(
        task_id="ingest",
        bash_command='exec "$PROJECT_PYTHON" -m jobs.submit --database jobs/pipeline.py'
        ' --input "$INPUT" --source "$SOURCE"',
        env={"INPUT": "{{ params.input }}", "SOURCE": "{{ params.source }}"},
    )
    check = ProjectOperator(
        task_id="check",
        bash_command='exec "$PROJECT_PYTHON" -m jobs.check',
        outlets=[Asset("document_events")],  # a DAG with schedule=[Asset("document_events")] starts when this ends
    )

    # What is made from checked tables, such as a report, is one more ProjectOperator behind `check`.
    wait_for_input >> ingest >> check
