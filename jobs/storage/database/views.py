"""Makes views, comments and rights again when their files have changed."""

import hashlib

from psycopg2 import errors
from psycopg2.extensions import cursor as Cursor

from jobs.storage.config.settings import Settings
from jobs.storage.database.postgres import find_sql, read_sql
from jobs.storage.database.roles import are_in_force, as_owner, compose_rights_to_views
from jobs.storage.errors import UsageError, describe

_VIEWS = ("ddl/1[67]*.sql", "metrics/*.sql")
_RIGHTS = ("ddl/18*.sql",)


def make_views(cursor: Cursor, settings: Settings) -> None:
    """Make views, comments and rights, unless the last run that made them had the same statements.

    A statement that replaces a view waits for its readers, and new readers wait for it. So this is done only when
    needed. The statements contain the settings of the metrics, so a changed setting rebuilds the views too.
    """
    has_roles = are_in_force(cursor)
    paths = find_sql(*_VIEWS, *(_RIGHTS if has_roles else ()))
    views = [(path.name, read_sql(path, settings.sql_parts).as_string(cursor)) for path in paths]
    if has_roles:
        views += [("rights to views", statement.as_string(cursor)) for statement in compose_rights_to_views()]
    digest = hashlib.sha256("".join(statement for _, statement in views).encode()).hexdigest()[:12]
    cursor.execute(
        "select views_version from ops.pipeline_runs where status = 'succeeded' and views_version is not null"
        " order by run_id desc limit 1"
    )
    if cursor.fetchone() != (digest,):
        with as_owner(cursor):
            for name, statement in views:
                _make_view(cursor, name, statement)
    cursor.execute(
        "update ops.pipeline_runs set views_version = %(digest)s"
        " where run_id = (select max(run_id) from ops.pipeline_runs where status = 'succeeded')"
        " and views_version is distinct from %(digest)s",
        {"digest": digest},
    )


def _make_view(cursor: Cursor, name: str, statement: str) -> None:
    try:
        cursor.execute(statement)
    except errors.InvalidTableDefinition as error:
        raise UsageError(
            f"{name} has other columns than the view in the database ({describe(error)}): drop that view, and"
            " what was built on it, and run again"
        ) from error
    except errors.DependentObjectsStillExist as error:
        raise UsageError(
            f"{name} drops what is no longer made, but something was built on it ({describe(error)}): drop that, and"
            " run again"
        ) from error
