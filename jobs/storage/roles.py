"""The roles of sql/ddl/030_roles.sql, which part what the pipeline, its migrations and its readers may do."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import errors
from psycopg2.extensions import cursor as Cursor

from jobs.storage.errors import UsageError, describe
from jobs.storage.postgres import LOADER, execute_files, fetch_one

logger = logging.getLogger(__name__)

OWNER, ANALYST = "document_events_owner", "document_events_analyst"


def are_in_force(cursor: Cursor) -> bool:
    """Whether this database has been handed over to the roles."""
    cursor.execute(
        "select exists (select from pg_namespace inner join pg_roles on nspowner = pg_roles.oid"
        " where nspname = 'ops' and rolname = %s)",
        (OWNER,),
    )
    return bool(fetch_one(cursor)[0])


def may_stage(cursor: Cursor) -> bool:
    """Whether the loader may make its staging schemas in this database."""
    cursor.execute("select has_database_privilege(%s, current_database(), 'create')", (LOADER,))
    return bool(fetch_one(cursor)[0])


def refuse_strangers(cursor: Cursor) -> None:
    """Raise UsageError where the roles are in force and the login is not a loader."""
    if not are_in_force(cursor):
        return
    cursor.execute("select session_user, pg_has_role(session_user, %s, 'usage')", (LOADER,))
    login, is_loader = fetch_one(cursor)
    if not is_loader:
        raise UsageError(f"{login} may not load: `grant {OWNER} to {login}`, or name another login in DATABASE_URL")


def hand_over(cursor: Cursor) -> None:
    """Make the roles and give them what is theirs.

    Where the login may not, everything stays its own, and a warning says how to mend it.
    """
    cursor.execute("savepoint hand_over")
    try:
        execute_files(cursor, "ddl/03*.sql")
        execute_files(cursor, "ddl/04*.sql")
    except errors.InsufficientPrivilege as error:
        cursor.execute("rollback to savepoint hand_over")
        cursor.execute("select session_user")
        logger.warning(
            "all tables belong to %s, and no role of this project is used (%s); see Roles in docker/README.md",
            fetch_one(cursor)[0],
            describe(error),
        )


@contextmanager
def as_owner(cursor: Cursor) -> Iterator[None]:
    """Act as the owner of `ops` and the views, where the roles are in force; in one transaction.

    Raises UsageError where the login is a loader only.
    """
    if not are_in_force(cursor):
        yield
        return
    cursor.execute("select current_setting('role'), session_user")
    role, login = fetch_one(cursor)
    try:
        cursor.execute("select set_config('role', %s, true)", (OWNER,))
    except errors.InsufficientPrivilege as error:
        raise UsageError(
            f"tables or views of the database are to be changed and {login} is not a member of {OWNER}: let one who is"
            f" run this once, or `grant {OWNER} to {login}`"
        ) from error
    yield
    cursor.execute("select set_config('role', %s, true)", (role,))
