"""Composes the lists of columns that SQL files name in braces, from `schemas.columns`."""

from psycopg2 import sql

from jobs.storage.database.postgres import SqlParts
from schemas import columns
from schemas.columns import TABLES, Columns


def compose_columns(table: Columns, qualifier: str | None = None) -> sql.Composed:
    """Compose `a, b`, or `qualifier.a, qualifier.b`."""
    names = [(qualifier, column.name) if qualifier else (column.name,) for column in table]
    return sql.SQL(", ").join(sql.Identifier(*name) for name in names)


def compose_changes(table: Columns, source: str) -> sql.Composed:
    """Compose `b = source.b, c = source.c`. The first column is the key, so it is left out."""
    changes = [sql.SQL("{} = {}").format(sql.Identifier(c.name), sql.Identifier(source, c.name)) for c in table[1:]]
    return sql.SQL(", ").join(changes)


# The history has the columns of superseded records. Its queries compute `is_current` themselves.
_HISTORY = tuple(column for column in columns.SUPERSEDED_RECORDS if column.name != "is_current")


def _compose_history_of_events() -> sql.Composed:
    """Compose the columns of an event as a superseded record has them. Two of them come from other tables."""
    elsewhere = {
        "recipients": "(select array_agg(share_recipients.user_id order by share_recipients.user_id)"
        " from public.share_recipients where share_recipients.event_id = events.event_id) as recipients",
        "properties": "(select event_properties.properties from public.event_properties"
        " where event_properties.event_id = events.event_id) as properties",
    }
    parts = [
        sql.SQL(elsewhere[name]) if name in elsewhere else sql.Identifier("events", name)
        for name in (column.name for column in _HISTORY)
    ]
    return sql.SQL(", ").join(parts)


# The lists of columns by the names that SQL files use, such as {events_columns}.
COLUMN_PARTS: SqlParts = {
    **{f"{name}_columns": compose_columns(table) for name, table in TABLES.items()},
    "history_columns": compose_columns(_HISTORY),
    "history_of_events": _compose_history_of_events(),
    "recipients_as_staged": compose_columns(columns.SHARE_RECIPIENTS, "recipients"),
    "properties_as_staged": compose_columns(columns.EVENT_PROPERTIES, "staged"),
    "history_of_superseded_records": compose_columns(_HISTORY, "superseded_records"),
    "events_changes": compose_changes(columns.EVENTS, "staged"),
    "users_changes": compose_changes(columns.USERS, "found"),
    "users_as_published": compose_columns(columns.USERS, "users"),
    "users_as_found": compose_columns(columns.USERS, "found"),
    "documents_changes": compose_changes(columns.DOCUMENTS, "found"),
    "documents_as_published": compose_columns(columns.DOCUMENTS, "documents"),
    "documents_as_found": compose_columns(columns.DOCUMENTS, "found"),
}
