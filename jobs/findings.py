"""The anomalies as an on-call needs them: what is new since the last look, what was known, what is no longer found.

`python -m jobs.findings [--rows 20]` evaluates metrics.anomalies, enters the findings in ops.findings, and prints those
that nobody has acknowledged; `--acknowledge ID [--note TEXT]` acknowledges one. On the database of DATABASE_URL, else
the embedded one. Exit code 2 for an id that is not there and before the first load, 4 when the database can't be
reached or a run holds its lock after --wait; each with one line. What is found is no error.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date

import psycopg2
from psycopg2.extensions import cursor as Cursor

from jobs.reporting.tables import parse_rows, show_results
from jobs.steps.tool_runner import run_tool
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.own_objects import are_tables_published
from jobs.storage.database.postgres import SQL, connect, execute_files, hold_run_lock
from jobs.storage.database.queries import Result, query_file
from jobs.storage.errors import UsageError
from jobs.storage.local.database_url import find_database
from jobs.storage.process.known_errors import find_database_error
from jobs.storage.process.signals import run_stoppable
from jobs.storage.wording import plural

_STATES = ("new", "known", "no longer found")
_LARGEST_ID = 2**63 - 1


@contextmanager
def change_findings(url: str, wait_seconds: float) -> Iterator[Cursor]:
    """A cursor in one transaction, which is committed at the end.

    No run may go on meanwhile: an erasure would miss a person whom this transaction has just entered.
    """
    with hold_run_lock(url, wait_seconds), closing(connect(url, "document-events findings")) as connection:
        try:
            with connection, connection.cursor() as cursor:
                if not are_tables_published(cursor):
                    raise UsageError("nothing has been loaded yet, so there is nothing to find; `make pipeline` loads")
                prepare_database(cursor)
                yield cursor
        except psycopg2.Error as error:
            raise find_database_error(error) or error from error


def find(url: str, wait_seconds: float, row_limit: int) -> list[Result]:
    """Enter what is found now; returns the open findings, one result for each state that has some."""
    with change_findings(url, wait_seconds) as cursor:
        execute_files(cursor, "findings/010_*.sql")
        found = query_file(cursor, SQL / "findings" / "020_list_open.sql")
    results = []
    for state in _STATES:
        rows = [row[1:] for row in found.rows if row[0] == state]
        title = f"{state}: {plural(len(rows), 'finding')}"
        title += f", the first {row_limit}" if len(rows) > row_limit else ""
        results += [Result(title, found.columns[1:], rows[:row_limit])] if rows else []
    return results


def acknowledge(url: str, wait_seconds: float, finding_id: str, note: str | None) -> str:
    """Mark one finding as seen; returns what it is. Raises UsageError where there is none of that id."""
    if not (finding_id.isdecimal() and int(finding_id) <= _LARGEST_ID):
        raise UsageError(f"FINDING={finding_id} is no number: name a finding as `make findings` numbers them")
    with change_findings(url, wait_seconds) as cursor:
        cursor.execute(
            "update ops.findings set acknowledged_at = now(), note = coalesce(%(note)s, note)"
            " where finding_id = %(id)s returning kind, subject_type, subject_id, day",
            {"id": int(finding_id), "note": (note or "").strip() or None},
        )
        row: tuple[str, str, str, date] | None = cursor.fetchone()
    if row is None:
        raise UsageError(f"there is no finding {finding_id}; `make findings` lists those that are open")
    kind, subject_type, subject_id, day = row
    return f"acknowledged: finding {finding_id}, {kind} of {subject_type} {subject_id} on {day}"


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs.findings", description=__doc__.partition("\n")[0])
    parser.add_argument("--acknowledge", metavar="ID", help="the finding that need not be printed again")
    parser.add_argument("--note", help="what to remember about it")
    parser.add_argument("--rows", type=parse_rows, default=20, help="findings shown of each state (%(default)s)")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait for a run to end (%(default)s)")
    return parser


def show(options: argparse.Namespace, url: str) -> None:
    """Do what was asked for, and print it."""
    if options.acknowledge is not None:
        print(acknowledge(url, options.wait, options.acknowledge, options.note))
    elif results := find(url, options.wait, options.rows):
        show_results(results)
    else:
        print("no open finding")


def main(arguments: list[str]) -> int:
    """Find or acknowledge; returns the exit code."""
    options = arg_parser().parse_args(arguments)
    return run_tool(lambda: show(options, find_database()))


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
