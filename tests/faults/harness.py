"""What the fault tests share: records to load, the job in a thread, conditions to wait for, the final comparison."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, sql

from jobs.pipeline import arg_parser, run
from jobs.steps.job_runner import run_job
from jobs.storage.database.postgres import PUBLISH_NAME, STAGING_NAME
from tests.builders import record_json
from tests.loading import find_broken, fingerprint, query

SECONDS = 600  # a bound for a busy machine, not a wait
STAGING, PUBLISHING = STAGING_NAME, PUBLISH_NAME
# Of what current readings hold: what a file said before it was fixed is not in one load of it.
LOSERS = "select event_id, content_fingerprint from ops.superseded_records where is_current order by 1, 2"


def write_events(folder: Path, name: str, first: int, count: int) -> None:
    """A file of `count` records; half of them come again in the next file that begins `count // 2` later."""
    folder.mkdir(exist_ok=True)
    lines = [
        record_json(
            event_id=f"e{number}",
            event_type="document_edit",
            timestamp=f"2025-06-{2 + number % 20:02d}T{number % 24:02d}:{number * 7 % 60:02d}:00Z",
            user_id=f"u{number % 5}",
            document_id=f"d{number % 3}",
            user_name=f"name {number % 2}",
            content="word " * (number % 9),
        )
        for number in range(first, first + count)
    ]
    lines.append(record_json(event_id=f"e{first}", user_id=f"late {name}", timestamp="2025-06-01T00:00:00Z"))
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def wait_until(condition: Callable[[], Any], what: str = "what the test waits for") -> Any:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with suppress(psycopg2.OperationalError, errors.UndefinedTable):  # a first load makes the tables
            if found := condition():
                return found
        time.sleep(0.05)
    raise TimeoutError(f"{what} did not come in {SECONDS} s")


class Job:
    """The pipeline in a thread, through its own door, so that exit code and error line are the real ones."""

    def __init__(self, url: str, folder: Path, data: Path, *options: str) -> None:
        arguments = ["--input", str(folder), "--data", str(data), *options]
        self.code: int | None = None
        os.environ["DATABASE_URL"] = url
        self.thread = threading.Thread(target=self._run, args=(arguments,))
        self.thread.start()

    def _run(self, arguments: list[str]) -> None:
        self.code = run_job(arg_parser().parse_args(arguments), run)

    def wait(self) -> int | None:
        """Its exit code."""
        self.thread.join(SECONDS)
        return self.code


def staging_schemas(url: str) -> list[str]:
    return [
        name
        for (name,) in query(url, r"select nspname from pg_namespace where nspname like 'document\_events\_staging\_%'")
    ]


def find_blocked(url: str, application: str) -> list[int]:
    """The backends of that application which wait for a lock."""
    found = query(
        url,
        "select pid from pg_stat_activity where datname = current_database()"
        f" and application_name = '{application}' and wait_event_type = 'Lock'",
    )
    return [pid for (pid,) in found]


@contextmanager
def stopped_while(url: str, application: str) -> Iterator[Callable[[], list[int]]]:
    """Hold a lock that stops a run while it stages or publishes; the function waits until it does, and gives its pids.

    The block ends with the lock given up. The run must start within the block: what earlier runs left is not meant.
    """
    schemas, runs = staging_schemas(url), find_runs(url)
    with closing(psycopg2.connect(url)) as locker:

        def wait() -> list[int]:
            with locker.cursor() as cursor:
                if application == PUBLISHING:
                    wait_until(lambda: set(find_runs(url)) - {*runs}, "a run")
                    cursor.execute("lock table ops.ingested_files in share mode")  # half of publishing is done by then
                else:
                    (schema,) = wait_until(lambda: set(staging_schemas(url)) - {*schemas}, "a staging schema")
                    cursor.execute(sql.SQL("lock table {} in exclusive mode").format(sql.Identifier(schema, "users")))
            pids: list[int] = wait_until(lambda: find_blocked(url, application), f"{application} behind our lock")
            return pids

        yield wait
        with suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
            locker.rollback()


def find_runs(url: str) -> list[int]:
    """The runs that have not ended, by the ledger."""
    with suppress(errors.UndefinedTable):  # a first load makes the tables
        return [run_id for (run_id,) in query(url, "select run_id from ops.pipeline_runs where status = 'running'")]
    return []


def read_state(url: str) -> tuple[Any, ...]:
    """What must be the same whatever went wrong on the way."""
    return fingerprint(url), query(url, LOSERS)


def find_leftovers(url: str) -> list[Any]:
    """What dead runs left, and what the checks find; empty when all is well."""
    return [*find_runs(url), *staging_schemas(url), *find_broken(url)]
