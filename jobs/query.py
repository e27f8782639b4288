"""Shows what the database holds: the results of read-only SQL files, or the first rows of each metric, or of five.

`python -m jobs.query sql/analysis/fingerprint.sql`, `python -m jobs.query --metrics [--rows 10]`, or `--brief`. The
database is that of DATABASE_URL, else the embedded one. A terminal gets ruled tables, a pipe plain aligned text. Exit
code 2 for a file that can't be read or run, 4 when the database can't be reached; each with one line.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from psycopg2.extensions import cursor as Cursor

from jobs.reporting.tables import parse_rows, show_results
from jobs.steps.tool_runner import run_tool
from jobs.storage.database.postgres import fetch_one, read_only
from jobs.storage.database.queries import Result, query_file, run_query
from jobs.storage.local.database_url import find_database
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
    "daily_sessions": "activity_date desc",
    "documents_with_several_editors": 'editor_count desc, edit_count desc, document_id collate "C"',
    "most_connected_users": "rank",
    "new_and_returning_users": "activity_date desc",
    "time_to_first_share": 'seconds_to_first_share nulls last, user_id collate "C"',
    "comments_per_edit": "activity_date desc",
    "weekly_retention": "cohort_week desc, weeks_since_first",
    "activation_funnel": "step_number",
    "document_history": 'event_at desc, event_id collate "C" desc',
    "document_authors": 'words_added desc nulls last, edit_count desc, document_id collate "C", user_id collate "C"',
    "calendar": "activity_date desc",
}
# These are nearly as long as the log, and are read by document.
_OF_TOP_DOCUMENTS = ("document_history", "document_authors")
METRICS = tuple(_ORDERS)
BRIEF = METRICS[:5]

_CONNECTION_NAME = "document-events query"


def query_metric(cursor: Any, name: str, row_limit: int) -> Result:
    """The first rows of one metric, at least one, with the number of all in the title."""
    rows_of_it = f"metrics.{name}"
    if name in _OF_TOP_DOCUMENTS:
        rows_of_it += " where document_id in (select document_id from metrics.top_edited_documents)"
    statement = f"select *, count(*) over () from {rows_of_it} order by {_ORDERS[name]} limit {row_limit:d}"  # noqa: S608
    result = run_query(cursor, f"metrics.{name}", statement)
    rows = [row[:-1] for row in result.rows]
    total = result.rows[0][-1] if rows else 0
    shown = f"first {len(rows)} of {total:,} rows" if total > len(rows) else f"{total:,} rows"
    whose = " of the most edited documents" if name in _OF_TOP_DOCUMENTS else ""
    return Result(f"metrics.{name}{whose} ({shown})", result.columns[:-1], rows)


@contextmanager
def read_twice(url: str) -> Iterator[tuple[Cursor, Cursor]]:
    """Cursors of two connections, which see the same state of the database and can't change it."""
    with read_only(url, _CONNECTION_NAME) as first, read_only(url, _CONNECTION_NAME) as second:
        first.execute("select pg_export_snapshot()")
        second.execute("set transaction snapshot %s", fetch_one(first))
        yield first, second


def query_metrics(url: str, names: Sequence[str], row_limit: int) -> list[Result]:
    """The first rows of these metrics, asked over two connections.

    PostgreSQL works out most of a view in one process, so that one connection leaves the second core idle.
    `anomalies` takes longest, and therefore begins first.
    """
    longest_first = sorted(names, key=lambda name: name != "anomalies")
    idle: SimpleQueue[Cursor] = SimpleQueue()

    def query_next(name: str) -> Result:
        cursor = idle.get()
        try:
            return query_metric(cursor, name, row_limit)
        finally:
            idle.put(cursor)

    with read_twice(url) as cursors, ThreadPoolExecutor(len(cursors)) as threads:
        for cursor in cursors:
            idle.put(cursor)
        try:
            results = dict(zip(longest_first, threads.map(query_next, longest_first), strict=True))
        except BaseException:
            # The pool waits for its threads, and they wait for PostgreSQL.
            for cursor in cursors:
                cursor.connection.cancel()
            raise
    return [results[name] for name in names]


def show(options: argparse.Namespace, url: str) -> None:
    """Print what was asked for, in transactions that can't change anything."""
    if options.metrics or options.brief:
        results = query_metrics(url, METRICS if options.metrics else BRIEF, options.rows)
    else:
        with read_only(url, _CONNECTION_NAME) as cursor:
            results = [query_file(cursor, file) for file in options.files]
    show_results(results)


def arg_parser() -> argparse.ArgumentParser:
    """SQL files or the metrics."""
    parser = argparse.ArgumentParser(prog="python -m jobs.query", description=__doc__.partition("\n")[0])
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("files", nargs="*", default=[], type=Path, help="files with one SQL query each")
    wanted.add_argument("--metrics", action="store_true", help="the first rows of each metric view")
    wanted.add_argument("--brief", action="store_true", help="those of the five metrics of the brief")
    parser.add_argument("--rows", type=parse_rows, default=10, help="rows of each metric (%(default)s)")
    return parser


def main(arguments: list[str]) -> int:
    """Show it; returns the exit code."""
    options = arg_parser().parse_args(arguments)
    return run_tool(lambda: show(options, find_database()))


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
