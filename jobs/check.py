"""Runs the queries of sql/checks over all tables. Each of them finds no row if all is well.

`python -m jobs.check` uses the database of DATABASE_URL, or the embedded one, in one read-only transaction. It prints
one line for each check, and the first rows that a check finds. The exit code is 3 if a check of severity error finds
something, 2 if a check can't be run, and 4 if the database can't be reached. Each comes with a line that says why.

The checks of each run (sql/checks/run) are others; their results are in ops.check_results.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from jobs.reporting.tables import format_plain
from jobs.storage.config.settings import Settings, read_settings
from jobs.storage.database.postgres import read_only
from jobs.storage.database.queries import Result, run_query
from jobs.storage.errors import PipelineError, QualityError
from jobs.storage.local.database_url import find_database
from jobs.storage.process.signals import run_stoppable
from jobs.storage.runs.checks import Check, read_checks

SHOWN_ROWS = 20


def run_checks(url: str, settings: Settings) -> list[tuple[Check, Result]]:
    """Runs every check on the same state of the database. Returns each with its result."""
    gap_minutes = int(settings.session_gap.total_seconds()) // 60
    with read_only(url, "document-events check") as cursor:
        cursor.execute("select set_config('document_events.session_gap_minutes', %s, true)", (str(gap_minutes),))
        return [(check, run_query(cursor, check.name, check.query)) for check in read_checks()]


def format_check(check: Check, result: Result) -> str:
    """Returns one line for a check, and below it the rows that the check found."""
    if not result.rows:
        return f"ok      {check.name}"
    verdict = {"error": "FAILED", "warn": "warning"}[check.severity]
    shown = f"{len(result.rows):,} rows" if len(result.rows) != 1 else "1 row"
    if len(result.rows) > SHOWN_ROWS:
        shown += f", the first {SHOWN_ROWS}"
    return format_plain(Result(f"{verdict:<8}{check.name}: {shown}", result.columns, result.rows[:SHOWN_ROWS]))


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs.check", description=__doc__.partition("\n")[0])
    parser.add_argument("--settings", type=Path, default="conf/pipeline.yml", help="tunables that the load ran with")
    return parser


def main(arguments: list[str]) -> int:
    """Runs the checks and prints their results. Returns the exit code."""
    options = arg_parser().parse_args(arguments)
    try:
        results = run_checks(find_database(), read_settings(options.settings))
        print("\n".join(format_check(*found) for found in results), flush=True)
        if failed := [check.name for check, result in results if result.rows and check.severity == "error"]:
            raise QualityError(
                f"{len(failed)} of {len(results)} checks found rows that must not be there ({', '.join(failed)}):"
                " run `make pipeline FULL_REFRESH=1`, which rebuilds the tables from the files"
            )
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
