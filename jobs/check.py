"""Runs the queries of sql/checks, each of which finds no row when all is well.

`python -m jobs.check`, in one read-only transaction on the database of DATABASE_URL, else the embedded one. Prints a
line a check, and the first rows of what one finds. Exit code 3 when one finds something, 2 when one can't be run, 4
when the database can't be reached; each with one line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from jobs.database import find_database
from jobs.query import Result, format_plain, query_file
from jobs.storage.errors import PipelineError, QualityError
from jobs.storage.postgres import SQL, read_only
from jobs.storage.settings import Settings, read_settings

SHOWN_ROWS = 20


def run_checks(url: str, settings: Settings) -> list[Result]:
    """The result of every check, under its name, all of the same state of the database."""
    gap_minutes = int(settings.session_gap.total_seconds()) // 60
    with read_only(url, "document-events check") as cursor:
        cursor.execute("select set_config('document_events.session_gap_minutes', %s, true)", (str(gap_minutes),))
        results = [query_file(cursor, path) for path in sorted((SQL / "checks").glob("*.sql"))]
    return [Result(Path(result.title).stem, result.columns, result.rows) for result in results]


def format_check(result: Result) -> str:
    """One line, with the rows that it found below it."""
    if not result.rows:
        return f"ok      {result.title}"
    shown = f"{len(result.rows):,} rows" if len(result.rows) != 1 else "1 row"
    if len(result.rows) > SHOWN_ROWS:
        shown += f", the first {SHOWN_ROWS}"
    return format_plain(Result(f"FAILED  {result.title}: {shown}", result.columns, result.rows[:SHOWN_ROWS]))


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs.check", description=__doc__.partition("\n")[0])
    parser.add_argument("--settings", type=Path, default="conf/pipeline.yml", help="tunables that the load ran with")
    return parser


def main(arguments: list[str]) -> int:
    """Run and print them; returns the exit code."""
    options = arg_parser().parse_args(arguments)
    try:
        results = run_checks(find_database(), read_settings(options.settings))
        print("\n".join(format_check(result) for result in results), flush=True)
        if failed := [result.title for result in results if result.rows]:
            raise QualityError(
                f"{len(failed)} of {len(results)} checks found rows that must not be ({', '.join(failed)}):"
                " `make pipeline FULL_REFRESH=1` makes the tables anew from the files"
            )
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
