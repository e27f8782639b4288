"""The views and comments, made from files that may change between runs."""

import hashlib
from pathlib import Path

from psycopg2 import errors
from psycopg2.extensions import cursor as Cursor

from jobs.storage.errors import UsageError, describe
from jobs.storage.postgres import find_sql, read_sql
from jobs.storage.runs import Run

_VIEWS = ("ddl/1[67]*.sql", "metrics/*.sql")


def make_views(cursor: Cursor, run: Run) -> None:
    """Make views and comments where their statements are not those that the last run made them by.

    The statements hold the settings that the metrics go by, so that a changed setting makes the views anew, too.

    To replace a view waits for its readers and lets new ones wait, so that it is not done for nothing.
    """
    views = [(path, read_sql(path, run.sql_parts).as_string(cursor)) for path in find_sql(*_VIEWS)]
    digest = hashlib.sha256("".join(statement for _, statement in views).encode()).hexdigest()[:12]
    cursor.execute(
        "select views_version from ops.pipeline_runs where status = 'succeeded' and run_id < %s"
        " order by run_id desc limit 1",
        (run.run_id,),
    )
    if cursor.fetchone() != (digest,):
        for path, statement in views:
            _make_view(cursor, path, statement)
    cursor.execute("update ops.pipeline_runs set views_version = %s where run_id = %s", (digest, run.run_id))


def _make_view(cursor: Cursor, path: Path, statement: str) -> None:
    try:
        cursor.execute(statement)
    except errors.InvalidTableDefinition as error:
        raise UsageError(
            f"{path.name} has other columns than the view in the database ({describe(error)}): drop that view, and"
            " what was built on it, and run again"
        ) from error
