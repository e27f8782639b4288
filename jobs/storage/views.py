"""Views, comments and rights, made from files that may change between runs."""

import hashlib
from pathlib import Path

from psycopg2 import errors
from psycopg2.extensions import cursor as Cursor

from jobs.storage.errors import UsageError, describe
from jobs.storage.postgres import find_sql, read_sql
from jobs.storage.roles import are_in_force, as_owner
from jobs.storage.runs import Run

_VIEWS = ("ddl/1[67]*.sql", "metrics/*.sql")
_RIGHTS = "ddl/18*.sql"


def make_views(cursor: Cursor, run: Run) -> None:
    """Make views, comments and rights where their files are not what the last run made them from.

    To replace a view waits for its readers and lets new ones wait, so that it is not done for nothing.
    """
    paths = find_sql(*_VIEWS, *([_RIGHTS] if are_in_force(cursor) else []))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]
    cursor.execute(
        "select views_version from ops.pipeline_runs where status = 'succeeded' and run_id < %s"
        " order by run_id desc limit 1",
        (run.run_id,),
    )
    if cursor.fetchone() != (digest,):
        with as_owner(cursor):
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
