"""Sets owners and rights for the roles of sql/ddl/030_roles.sql.

The roles separate the rights of the pipeline, of its migrations and of its readers. A schema of ours may hold objects
of others. So each of our objects is named, and no statement covers a whole schema.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.own_objects import SCHEMAS, OwnObject, find_objects_of_schema_owner, list_own_objects
from jobs.storage.database.postgres import LOADER, execute_files, fetch_one
from jobs.storage.errors import UsageError, describe

logger = logging.getLogger(__name__)

OWNER, ANALYST = "document_events_owner", "document_events_analyst"

# Roles belong to the whole server, so the first loads of two databases may make them at the same moment. One of them
# then fails with one of these errors. When it tries again, it finds the roles there.
_LOST_RACES = (errors.DuplicateObject, errors.UniqueViolation, errors.InternalError_)
_TRIES = 5


def are_in_force(cursor: Cursor) -> bool:
    """Return whether this database uses the roles: the owner role owns the schema `ops`."""
    cursor.execute(
        "select exists (select from pg_namespace inner join pg_roles on nspowner = pg_roles.oid"
        " where nspname = 'ops' and rolname = %s)",
        (OWNER,),
    )
    return bool(fetch_one(cursor)[0])


def may_stage(cursor: Cursor) -> bool:
    """Return whether the loader may make its staging schemas in this database."""
    cursor.execute("select has_database_privilege(%s, current_database(), 'create')", (LOADER,))
    return bool(fetch_one(cursor)[0])


def require_loader(cursor: Cursor) -> None:
    """Raise UsageError if this database uses the roles and the login is not a loader."""
    if not are_in_force(cursor):
        return
    cursor.execute("select session_user, pg_has_role(session_user, %s, 'usage')", (LOADER,))
    login, is_loader = fetch_one(cursor)
    if not is_loader:
        raise UsageError(f"{login} may not load: `grant {OWNER} to {login}`, or name another login in DATABASE_URL")


def hand_over(cursor: Cursor) -> None:
    """Make the roles, and give them our objects.

    If the login may not do so, all objects stay its own, and a warning says where to read how to change that.
    """
    for tries_left in reversed(range(_TRIES)):
        cursor.execute("savepoint hand_over")
        try:
            execute_files(cursor, "ddl/03*.sql")
            execute_files(cursor, "ddl/04*.sql")
            _set_owners(cursor)
            return
        except errors.InsufficientPrivilege as error:
            cursor.execute("rollback to savepoint hand_over")
            cursor.execute("select session_user")
            logger.warning(
                "all tables belong to %s, which may not set up the roles of this project (%s); see Roles in"
                " docker/SECURITY.md",
                fetch_one(cursor)[0],
                describe(error),
            )
            return
        except _LOST_RACES:
            cursor.execute("rollback to savepoint hand_over")
            if not tries_left:
                raise
            time.sleep(0.1)


def hand_over_staging(cursor: Cursor, schema: str) -> None:
    """Give the loader a staging schema that the login made before the roles existed.

    This happens in a plan: it stages first, and makes the roles only in the transaction that it does not commit.
    """
    if not are_in_force(cursor):
        return
    cursor.execute("select current_setting('role')")
    role = fetch_one(cursor)[0]
    cursor.execute("set local role none")
    alter, loader = sql.SQL("alter {} {} owner to {}"), sql.Identifier(LOADER)
    made = find_objects_of_schema_owner(cursor, schema)
    # The schema comes first: a new owner must be allowed to create in it.
    cursor.execute(alter.format(sql.SQL("schema"), sql.Identifier(schema), loader))
    for kind, objects in made.items():
        for each in objects:
            cursor.execute(alter.format(sql.SQL(kind), each, loader))
    cursor.execute("select set_config('role', %s, true)", (role,))


def grant_rights_to_tables(cursor: Cursor) -> None:
    """Let the loader write the ledger, except for the applied migrations, and own the published tables.

    Call this after migrations, because a migration may have made a published table.
    """
    execute_files(cursor, "ddl/05*.sql")
    for table in list_own_objects():
        if (table.kind, table.schema) == ("table", "public"):
            _set_owner(cursor, table, LOADER)
        if (table.kind, table.schema) == ("table", "ops") and table.name != "migrations":
            grant = sql.SQL("grant select, insert, update, delete on {} to {}")
            cursor.execute(grant.format(table.identifier, sql.Identifier(LOADER)))


def compose_rights_to_views() -> list[sql.Composed]:
    """Compose the grants: the analyst may read the published tables and the metrics, the loader also all views."""
    views = {("view", "metrics"), ("view", "public")}
    readable = {ANALYST: views | {("table", "public")}, LOADER: views | {("view", "ops")}}
    own = list_own_objects()
    return [
        sql.SQL("grant select on {} to {}").format(each.identifier, sql.Identifier(role))
        for role, kinds in readable.items()
        for each in own
        if (each.kind, each.schema) in kinds
    ]


def _set_owners(cursor: Cursor) -> None:
    """Give each of our objects to the role that should own it."""
    for schema in SCHEMAS:
        alter = sql.SQL("alter schema {} owner to {}")
        cursor.execute(alter.format(sql.Identifier(schema), sql.Identifier(OWNER)))
    for each in list_own_objects():
        _set_owner(cursor, each, LOADER if (each.kind, each.schema) == ("table", "public") else OWNER)


def _set_owner(cursor: Cursor, each: OwnObject, owner: str) -> None:
    alter = sql.SQL("alter {} {} owner to {}")
    for identity in _find_identities(cursor, each):
        cursor.execute(alter.format(sql.SQL(each.kind), sql.SQL(identity), sql.Identifier(owner)))


def _find_identities(cursor: Cursor, wanted: OwnObject) -> list[str]:
    """Return the object as SQL names it: nothing if it does not exist, a function once for each list of arguments."""
    cursor.execute(
        "select oid::regprocedure::text from pg_proc"
        " where %(kind)s = 'function' and pronamespace = to_regnamespace(%(schema)s) and proname = %(name)s"
        " union all select oid::regclass::text from pg_class"
        " where %(kind)s <> 'function' and relnamespace = to_regnamespace(%(schema)s) and relname = %(name)s"
        " order by 1",
        {"kind": wanted.kind, "schema": wanted.schema, "name": wanted.name},
    )
    return [identity for (identity,) in cursor.fetchall()]


@contextmanager
def as_owner(cursor: Cursor) -> Iterator[None]:
    """Act as the owner of `ops` and the views within the block, if this database uses the roles.

    The block must be in one transaction. Raises UsageError if the login is only a loader.
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
