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
    """Make views and comments where their files are not what the last run made them from.

    To replace a view waits for its readers and lets new ones wait, so that it is not done for nothing.
    """
    paths = find_sql(*_VIEWS)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]
    cursor.execute(
        "select views_version from ops.pipeline_runs where status = 'succeeded' and run_id < %s"
        " order by run_id desc limit 1",
        (run.run_id,),
    )
    if cursor.fetchone() != (digest,):
        for path in paths:
            _make_view(cursor, path)
    cursor.execute("update ops.pipeline_runs set views_version = %s where run_id = %s", (digest, run.run_id))


def _make_view(cursor: Cursor, path: Path) -> None:
    try:
        cursor.execute(read_sql(path))
    except errors.InvalidTableDefinition as error:
        raise UsageError(
            f"{path.name} has other columns than the view in the database ({describe(error)}): drop that view, and"
            " what was built on it, and run again"
        ) from error
