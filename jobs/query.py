"""Shows what the database holds: the result of a read-only SQL file, or the first rows of each metric.

`python -m jobs.query sql/analysis/fingerprint.sql`, `python -m jobs.query --metrics [--rows 10]`. The database is
that of DATABASE_URL, else the embedded one. A terminal gets ruled tables, a pipe plain aligned text. Exit code 2
for a file that can't be read or run, 4 when the database can't be reached; each with one line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2

from jobs.database import find_database
from jobs.storage.database.postgres import read_only
from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.process.signals import run_stoppable

# The five of the brief in its order, then the others; each is a view in the schema `metrics` and a file in sql/metrics.
# Beside each the order of its printed rows: the latest days, the leaders, the gravest findings first. Every order ends
# in what tells rows apart, and ids are compared bytewise, so that the same rows are printed each time.
_ORDERS = {
    "daily_active_users": "activity_date desc",
    "average_session_duration": 'average_session_seconds desc nulls last, user_id collate "C"',
    "top_edited_documents": "rank",
    "shared_documents_per_user": 'shared_documents desc, share_events desc, user_id collate "C"',
    "anomalies": (
        "array_position(array['critical', 'warning', 'info'], severity), observed_at desc,"
        ' anomaly_type collate "C", subject_id collate "C", observed desc, explanation collate "C"'
    ),
    "active_users": "activity_date desc",
    "daily_sessions": "session_date desc",
    "documents_with_several_editors": 'editor_count desc, edit_count desc, document_id collate "C"',
    "most_connected_users": "rank",
    "new_and_returning_users": "activity_date desc",
    "time_to_first_share": 'seconds_to_first_share nulls last, user_id collate "C"',
    "comments_per_edit": "activity_date desc",
}
METRICS = tuple(_ORDERS)


@dataclass(frozen=True)
class Result:
    """The rows of one query, as the driver gave them, under their column names."""

    title: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


def run_query(cursor: Any, title: str, statement: str) -> Result:
    """Run one query. Raises UsageError with PostgreSQL's reason when it can't be run or returns no rows."""
    try:
        cursor.execute(statement)
    except psycopg2.OperationalError:
        raise
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines()[0]
        hint = "; `make pipeline` makes the tables" if "does not exist" in reason else ""
        raise UsageError(f"{title} can't be run: {reason}{hint}") from error
    if cursor.description is None:
        raise UsageError(f"{title} returns no rows: only a query can be shown")
    return Result(title, [column.name for column in cursor.description], cursor.fetchall())


def query_file(cursor: Any, path: Path) -> Result:
    """The whole result of the query in a file."""
    try:
        statement = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read ({error}): name a file with one SQL query") from error
    return run_query(cursor, str(path), statement)


def query_metric(cursor: Any, name: str, row_limit: int) -> Result:
    """The first rows of one metric, at least one, with the number of all in the title."""
    statement = f"select *, count(*) over () from metrics.{name} order by {_ORDERS[name]} limit {row_limit:d}"  # noqa: S608
    result = run_query(cursor, f"metrics.{name}", statement)
    rows = [row[:-1] for row in result.rows]
    total = result.rows[0][-1] if rows else 0
    shown = f"first {len(rows)} of {total:,} rows" if total > len(rows) else f"{total:,} rows"
    return Result(f"metrics.{name} ({shown})", result.columns[:-1], rows)


def format_cell(value: Any) -> str:
    """One value as text; what a terminal would obey, such as an escape in a title, is spelled out."""
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def is_numeric_column(result: Result, position: int) -> bool:
    """Whether a column holds numbers only, which are read more easily when aligned to the right."""
    values = [row[position] for row in result.rows if row[position] is not None]
    return bool(values) and all(isinstance(value, int | float | Decimal) for value in values)


def format_plain(result: Result) -> str:
    """The result as aligned text."""
    table = [result.columns, *([format_cell(value) for value in row] for row in result.rows)]
    widths = [max(len(row[position]) for row in table) for position in range(len(result.columns))]
    align: list[Callable[[str, int], str]] = [
        str.rjust if is_numeric_column(result, position) else str.ljust for position in range(len(widths))
    ]
    lines = ["  ".join(f(cell, width) for f, cell, width in zip(align, row, widths, strict=True)) for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([result.title, *(line.rstrip() for line in lines)])


def print_table(result: Result) -> None:
    """Print the result as a ruled table that fits the terminal."""
    from rich.console import Console  # noqa: PLC0415 - in the extra `terminal` only
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=result.title, title_justify="left")
    for position, column in enumerate(result.columns):
        table.add_column(column, justify="right" if is_numeric_column(result, position) else "left")
    for row in result.rows:
        table.add_row(*(Text(format_cell(value)) for value in row))
    Console().print(table)


def show(options: argparse.Namespace, url: str) -> None:
    """Print what was asked for, in a transaction that can't change anything."""
    with read_only(url, "document-events query") as cursor:
        if options.metrics:
            results = [query_metric(cursor, name, options.rows) for name in METRICS]
        else:
            results = [query_file(cursor, options.file)]
    show_results(results)


def show_results(results: list[Result]) -> None:
    """Print each as a ruled table on a terminal, as aligned text into a pipe."""
    for result in results:
        if sys.stdout.isatty():
            print_table(result)
        else:
            print(format_plain(result))
        print(flush=True)


def arg_parser() -> argparse.ArgumentParser:
    """One SQL file or the metrics."""
    parser = argparse.ArgumentParser(prog="python -m jobs.query", description=__doc__.partition("\n")[0])
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("file", nargs="?", type=Path, help="a file with one SQL query")
    wanted.add_argument("--metrics", action="store_true", help="the first rows of each metric view")
    parser.add_argument("--rows", type=parse_rows, default=10, help="rows of each metric (%(default)s)")
    return parser


def parse_rows(text: str) -> int:
    """The number of rows to show. Raises ArgumentTypeError for one that shows nothing."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above zero, not {text}")
    return int(text)


def main(arguments: list[str]) -> int:
    """Show it; returns the exit code."""
    options = arg_parser().parse_args(arguments)
    try:
        show(options, find_database())
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `| head` has seen enough; Python must not try to flush the rest at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
