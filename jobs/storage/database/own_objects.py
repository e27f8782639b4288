"""Lists the objects that this project creates in a database. Its SQL files name them; all others belong to others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import fetch_one, find_sql
from jobs.storage.errors import UsageError

SCHEMAS = ("ops", "metrics")

_FIRST_MIGRATION = "0001_books"
_CREATED = re.compile(
    r"^create (?:or replace )?(?P<kind>table|view|function) (?:if not exists )?"
    r"(?P<schema>ops|metrics|public)\.(?P<name>\w+)",
    re.MULTILINE,
)
_MOVED_TO_PUBLIC = re.compile(r"^alter table \{staging\}\.(\w+) set schema public", re.MULTILINE)
# A table that moves to the schema public takes its keys and indexes along. So their names must be free there too.
_KEYS_AND_INDEXES = re.compile(
    r"add constraint (\w+) (?:primary key|unique)|^create (?:unique )?index (?:if not exists )?(\w+)\s", re.MULTILINE
)


@dataclass(frozen=True, order=True)
class OwnObject:
    """A table, view or function that stays after the run that made it."""

    kind: str
    schema: str
    name: str

    @property
    def identifier(self) -> sql.Identifier:
        """The name of the object with that of its schema."""
        return sql.Identifier(self.schema, self.name)


def list_own_objects() -> list[OwnObject]:
    """List every table, view and function that our SQL files create, in a fixed order. Staging tables are left out."""
    files = _read_all("ddl/*.sql", "migrations/*.sql", "metrics/*.sql")
    created = {OwnObject(*found) for text in files for found in _CREATED.findall(text)}
    return sorted(created | {OwnObject("table", "public", name) for name in _list_published_tables()})


def is_ours(cursor: Cursor) -> bool:
    """Return whether this project made `ops` and `metrics` here. Then `ops.migrations` holds our first migration."""
    # We query the catalogues, because to_regclass raises an error if the login may not use the schema.
    cursor.execute(
        "select exists (select from pg_attribute"
        " inner join pg_class on attrelid = pg_class.oid inner join pg_namespace on relnamespace = pg_namespace.oid"
        " where nspname = 'ops' and relname = 'migrations' and attname = 'migration'"
        " and has_schema_privilege(pg_namespace.oid, 'usage') and has_table_privilege(pg_class.oid, 'select'))"
    )
    if not fetch_one(cursor)[0]:
        return False
    cursor.execute("select exists (select from ops.migrations where migration::text = %s)", (_FIRST_MIGRATION,))
    return bool(fetch_one(cursor)[0])


def are_tables_published(cursor: Cursor) -> bool:
    """Return whether the first load has been done. Then `public.events` is ours: it refers to our ledger of files."""
    cursor.execute(
        "select exists (select from pg_constraint"
        " inner join pg_class as events on conrelid = events.oid and events.relname = 'events'"
        " inner join pg_class as files on confrelid = files.oid and files.relname = 'ingested_files'"
        " where contype = 'f' and events.relnamespace = (select oid from pg_namespace where nspname = 'public')"
        " and files.relnamespace = (select oid from pg_namespace where nspname = 'ops'))"
    )
    return bool(fetch_one(cursor)[0])


def require_no_strangers(cursor: Cursor) -> None:
    """Raise UsageError if objects of others have names that the load needs. This changes nothing."""
    in_the_way = [] if is_ours(cursor) else _find_schemas(cursor)
    in_the_way += _find_unrelated_tables(cursor) if are_tables_published(cursor) else _find_names_in_public(cursor)
    if not in_the_way:
        return
    cursor.execute("select current_database()")
    raise UsageError(
        f"the database {fetch_one(cursor)[0]} holds things of others where the load would put its own"
        f" ({', '.join(in_the_way)}); nothing was changed. Give it a database of its own on that server:"
        " `create database document_events`, and name that one in DATABASE_URL"
    )


def find_objects_of_schema_owner(cursor: Cursor, schema: str) -> dict[str, list[sql.SQL]]:
    """Return the views, tables and functions in `schema` that belong to its owner, as SQL names them.

    They can be dropped in this order.
    """
    cursor.execute(
        "with schemas as (select oid, nspowner from pg_namespace where nspname = %s)"
        " select case relkind when 'v' then 'view' else 'table' end, pg_class.oid::regclass::text"
        " from pg_class inner join schemas on relnamespace = schemas.oid and relowner = nspowner"
        " where relkind in ('r', 'v')"
        " union all select 'function', pg_proc.oid::regprocedure::text"
        " from pg_proc inner join schemas on pronamespace = schemas.oid and proowner = nspowner"
        " order by 1, 2",
        (schema,),
    )
    found: dict[str, list[sql.SQL]] = {"view": [], "table": [], "function": []}
    for kind, identity in cursor.fetchall():
        found[kind].append(sql.SQL(identity))
    return found


def _read_all(*patterns: str) -> Iterator[str]:
    return (path.read_text(encoding="utf-8") for path in find_sql(*patterns))


def _list_published_tables() -> set[str]:
    return {name for text in _read_all("publish/*.sql") for name in _MOVED_TO_PUBLIC.findall(text)}


def _find_schemas(cursor: Cursor) -> list[str]:
    cursor.execute("select nspname from pg_namespace where nspname = any(%s) order by nspname desc", (list(SCHEMAS),))
    return [f"schema {name}" for (name,) in cursor.fetchall()]


def _find_unrelated_tables(cursor: Cursor) -> list[str]:
    """Find relations of others that have the name of a published table of ours.

    A database that an older version loaded may lack some of our tables, so their names may be taken. A table is ours if
    a foreign key connects it with `public.events`.
    """
    cursor.execute(
        "with events as (select oid from pg_class"
        " where relnamespace = to_regnamespace('public') and relname = 'events')"
        " select type || ' ' || identity from pg_class"
        " cross join events cross join pg_identify_object('pg_class'::regclass, pg_class.oid, 0)"
        " where relnamespace = to_regnamespace('public') and relname = any(%s) and pg_class.oid <> events.oid"
        " and not exists (select from pg_constraint where contype = 'f'"
        " and (conrelid, confrelid) in ((events.oid, pg_class.oid), (pg_class.oid, events.oid)))"
        " order by 1",
        (sorted(_list_published_tables()),),
    )
    return [name for (name,) in cursor.fetchall()]


def _find_names_in_public(cursor: Cursor) -> list[str]:
    """Find relations and types in the schema public that have one of our names."""
    relations = {each.name for each in list_own_objects() if each.schema == "public"}
    pairs = [pair for text in _read_all("ddl/*.sql") for pair in _KEYS_AND_INDEXES.findall(text)]
    keys = {name for pair in pairs for name in pair if name}
    cursor.execute(
        "with found as ("
        " select 'pg_class'::regclass as catalogue, oid from pg_class"
        " where relnamespace = to_regnamespace('public') and relname = any(%(all)s)"
        " union all select 'pg_type'::regclass, oid from pg_type"
        " where typnamespace = to_regnamespace('public') and typrelid = 0 and typname = any(%(relations)s)"
        ") select type || ' ' || identity from found cross join pg_identify_object(catalogue, oid, 0) order by 1",
        {"all": sorted(relations | keys), "relations": sorted(relations)},
    )
    return [name for (name,) in cursor.fetchall()]
