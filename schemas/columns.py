"""Every column of the tables that a load fills: its name, its kind and the comment that PostgreSQL shows.

Spark fills all of them but `event_types`, whose few rows are made inside PostgreSQL from this catalogue and the events.

Columns of the fields of an event come from `schemas.fields`. The column of a new field is the last one of each table,
since PostgreSQL adds a column to a table that exists at its end.
"""

from typing import Literal, NamedTuple

from schemas import fields
from schemas.fields import FIELDS

Kind = fields.Kind | Literal["uuid", "date", "seconds", "texts", "flag", "json"]

# Ids are compared bytewise, as in Spark.
SQL_TYPES: dict[Kind, str] = {
    "id": 'text collate "C"',
    "ids": "text[]",
    "text": "text",
    "texts": "text[]",
    "integer": "bigint",
    "count": "bigint",
    "seconds": "numeric(18, 6)",
    "timestamp": "timestamptz",
    "date": "date",
    "uuid": "uuid",
    "revision": "bigint",
    "flag": "boolean",
    "json": "jsonb",
}


class Column(NamedTuple):
    """One column of a table."""

    name: str
    kind: Kind
    comment: str


Columns = tuple[Column, ...]

_STATED = {field.column: Column(field.column, field.kind, field.meaning) for field in FIELDS.values() if field.column}
# A type has few values and is never a key: it needs no bytewise order.
_STATED["event_type"] = _STATED["event_type"]._replace(kind="text")

_ACTS = ("event_type", "event_at")
_ACTORS = ("user_id", "document_id")
_DETAILS = (
    "document_word_count",
    "edit_length",
    "comment_text",
    "recipients",
    "permission",
    "device",
    "ip_address",
    "reported_user_name",
    "reported_user_email",
    "reported_document_title",
)
_FIRST_STATED = ("event_id", *_ACTS, *_ACTORS, *_DETAILS)
_ADDED = tuple(name for name in _STATED if name not in _FIRST_STATED)


def _stated(*names: str) -> Columns:
    return tuple(_STATED[name] for name in names)


_FINGERPRINT = Column(
    "content_fingerprint",
    "uuid",
    "Hash of what is stored of the record and of its content; tells an exact duplicate from another version.",
)
_PROVENANCE = (
    Column("file_id", "integer", "Reading of the file in which the record first arrived."),
    Column("record_number", "integer", "Number of the record in that file, from 1, blank ones counted."),
    Column("run_id", "integer", "Run that first received the record."),
)
_IS_CURRENT = Column(
    "is_current", "flag", "Whether a current reading of some file holds the record; else only former readings did."
)

_PROPERTIES = Column(
    "properties", "json", "What the mapping keeps of the record beside our fields, by the paths that it names."
)

# What reading gives of an accepted record.
READ_EVENT = (*_stated(*_FIRST_STATED, *_ADDED), _FINGERPRINT, _PROPERTIES)

EVENTS = (
    *_stated("event_id", *_ACTS),
    Column("event_date", "date", "UTC date of event_at."),
    Column("day_of_week", "text", "English name of the UTC weekday, Monday to Sunday."),
    *_stated(*_ACTORS),
    Column("session_id", "uuid", "Session of the same user that the event belongs to; its duration is there."),
    *_stated(*(name for name in _DETAILS if name != "recipients")),
    _FINGERPRINT,
    *_PROVENANCE,
    _IS_CURRENT,
    *_stated(*_ADDED),
)

# The recipients of an event have a table of their own.
SHARE_RECIPIENTS = (
    _STATED["event_id"]._replace(comment="The event that names the recipient, as a rule a document_shared."),
    Column("user_id", "id", "Who received it."),
    Column("shared_at", "timestamp", "Time of the event, so that what a person received is read in order."),
)

# Properties of an event, where it has any. They are a function of id and fingerprint, by which they are staged.
EVENT_PROPERTIES = (_STATED["event_id"]._replace(comment="The event that has them."), _PROPERTIES)
VERSION_PROPERTIES = (_STATED["event_id"], _FINGERPRINT, _PROPERTIES)

SUPERSEDED_RECORDS = (
    _STATED["event_id"]._replace(comment="Id that both records bear."),
    _FINGERPRINT._replace(comment="Hash of what is stored of the loser and of its content."),
    *_stated(*_ACTS, *_ACTORS, *_DETAILS),
    *_PROVENANCE,
    _IS_CURRENT,
    *_stated(*_ADDED),
    _PROPERTIES._replace(comment="What the mapping kept of the record beside our fields; NULL if nothing."),
)

# Where else a version of an event stands, beside its first place.
DUPLICATE_RECORDS = (
    _STATED["event_id"]._replace(comment="Id of the event."),
    _FINGERPRINT._replace(comment="Fingerprint of the version that the record repeats."),
    Column("file_id", "integer", "Reading of the file in which the record stands."),
    Column("record_number", "integer", "Number of the record in that file, from 1, blank ones counted."),
)

# By table: the columns that hold the latest value that an event stated, and the column of the event that states it.
LATEST = {
    table: {
        field.latest_in.removeprefix(f"{table}."): field.column
        for field in FIELDS.values()
        if field.column and field.latest_in and field.latest_in.startswith(f"{table}.")
    }
    for table in ("users", "documents")
}


def _add_latest(table: str, *columns: Column) -> Columns:
    """The columns, then those of fields that were added later."""
    known = {column.name for column in columns}
    return *columns, *(
        Column(name, _STATED[stated].kind, f"Latest {name} that an event stated; null if none did.")
        for name, stated in LATEST[table].items()
        if name not in known
    )


USERS = _add_latest(
    "users",
    Column("user_id", "id", "The platform's id, bytewise."),
    Column("name", "text", "Latest name that an event stated; null if none did."),
    Column("email", "text", "Latest address that an event stated; null if none did."),
    Column("first_seen_at", "timestamp", "First event of the user, acting or receiving."),
    Column("last_seen_at", "timestamp", "Latest event of the user, acting or receiving."),
)

DOCUMENTS = _add_latest(
    "documents",
    Column("document_id", "id", "The platform's id, bytewise."),
    Column("title", "text", "Latest title that an event stated; null if none did."),
    Column("first_seen_at", "timestamp", "First event that names the document; the log has no creation event."),
    Column("first_seen_by", "id", "Who acted in that first event; not necessarily its creator."),
    Column("last_edited_by", "id", "Who made the latest edit; null if it was never edited."),
    Column("last_edited_at", "timestamp", "Time of the latest edit; null if it was never edited."),
    Column("word_count", "count", "Words after the latest edit that carries a count; null if none does."),
)

SESSIONS = (
    Column("session_id", "uuid", "Derived from user and start, so that it is the same in every load."),
    Column("user_id", "id", "Whose session it is."),
    Column("started_at", "timestamp", "Time of its first event."),
    Column("ended_at", "timestamp", "Time of its last event."),
    Column(
        "session_duration_seconds",
        "seconds",
        "ended_at - started_at in seconds, exact to the microsecond; 0 for a single event.",
    ),
    Column("event_count", "count", "Number of its events."),
    Column("edit_count", "count", "Number of its events that are edits."),
    Column("comment_count", "count", "Number of its events that are comments."),
    Column("share_count", "count", "Number of its events that are shares, with people or by link."),
    Column("document_count", "count", "Number of different documents that its events name."),
)

EVENT_TYPES = (
    Column("event_type", "text", "The type as its events state it."),
    Column("description", "text", "When such an event happens; null where the catalogue does not know the type."),
    Column("is_known", "flag", "Whether the catalogue knows the type; others come and go with their events."),
    Column("requires_document", "flag", "Whether each event of the type has a document; a CHECK on events holds it."),
)

QUARANTINED_RECORDS = (
    Column("file_id", "integer", "Reading of the file it stands in."),
    Column("record_number", "integer", "Its number in that file, from 1."),
    Column("reasons", "texts", "Every reason for refusing it, as codes."),
    Column("fields", "texts", "Our fields, and paths of properties, that the reasons are about; may be empty."),
    Column("raw_sha256", "text", "SHA-256 of its text, in hex; NULL if unreadable or erased."),
    Column("run_id", "integer", "Run that quarantined it."),
    Column(
        "due_at",
        "timestamp",
        "When its event, dated in the future, is no longer too far ahead; NULL if anything else is wrong, or tried.",
    ),
)

# Why a record is quarantined, each reason with the field that it is about.
QUARANTINE_PROBLEMS = (
    Column("file_id", "integer", "Reading of the file in which the record stands."),
    Column("record_number", "integer", "Number of the record in that file, from 1."),
    Column("reason", "text", "What is wrong, as a code."),
    Column("field", "text", "Our field, or the path of a property, that is wrong; NULL where it is the whole record."),
)

# What leads from new records to the published ones that they may change.
ARRIVING_EVENTS = _stated("event_id", "user_id", "event_at")

TABLES: dict[str, Columns] = {
    "users": USERS,
    "documents": DOCUMENTS,
    "sessions": SESSIONS,
    "events": EVENTS,
    "share_recipients": SHARE_RECIPIENTS,
    "event_properties": EVENT_PROPERTIES,
    "event_types": EVENT_TYPES,
    "quarantined_records": QUARANTINED_RECORDS,
    "quarantine_problems": QUARANTINE_PROBLEMS,
    "superseded_records": SUPERSEDED_RECORDS,
    "duplicate_records": DUPLICATE_RECORDS,
    "arriving_events": ARRIVING_EVENTS,
    "version_properties": VERSION_PROPERTIES,
}
