"""The schema of every DataFrame that leaves Spark, made from the columns of `schemas.columns`.

Spark has no type for a uuid, so it is sent as text. The JDBC URL says stringtype=unspecified, so that PostgreSQL reads
the text as a uuid.
"""

from pyspark.sql import types as T

from schemas import columns
from schemas.columns import Columns, Kind

_TEXT, _LONG = T.StringType(), T.LongType()

SPARK_TYPES: dict[Kind, T.DataType] = {
    "id": _TEXT,
    "ids": T.ArrayType(_TEXT),
    "text": _TEXT,
    "texts": T.ArrayType(_TEXT),
    "integer": _LONG,
    "count": _LONG,
    "seconds": T.DecimalType(18, 6),
    "timestamp": T.TimestampType(),
    "date": T.DateType(),
    "uuid": _TEXT,
    "revision": _LONG,
    "flag": T.BooleanType(),
    "json": _TEXT,
}


def _schema(**columns: T.DataType) -> T.StructType:
    return T.StructType([T.StructField(name, data_type) for name, data_type in columns.items()])


def _table(columns: Columns) -> T.StructType:
    return T.StructType([T.StructField(column.name, SPARK_TYPES[column.kind]) for column in columns])


# One row per user who acted or received a share.
USERS = _table(columns.USERS)

# One row per document.
DOCUMENTS = _table(columns.DOCUMENTS)

# One row per session of one user.
SESSIONS = _table(columns.SESSIONS)

# One row per event id.
EVENTS = _table(columns.EVENTS)

# One row per person that an event names as recipient.
SHARE_RECIPIENTS = _table(columns.SHARE_RECIPIENTS)

# The properties of each version of an event. They are large, so no other DataFrame has them: the database joins them to
# events and superseded records, and they pass through no window function.
VERSION_PROPERTIES = _table(columns.VERSION_PROPERTIES)

# One row per (event id, fingerprint) that lost against another record of the same id.
SUPERSEDED_RECORDS = _table(tuple(column for column in columns.SUPERSEDED_RECORDS if column.kind != "json"))

# One row per exact duplicate.
DUPLICATE_RECORDS = _table(columns.DUPLICATE_RECORDS)

# One row per published or superseded record that this run may change; `previous_verdict` says which of the two it is.
# Apart from the readings of this run, `is_current` says whether a current reading holds it, and `is_held` whether any
# reading does.
HISTORY = T.StructType(
    [*SUPERSEDED_RECORDS, T.StructField("previous_verdict", _TEXT), T.StructField("is_held", T.BooleanType())]
)

# An erasure needs the properties as well.
HISTORY_WITH_PROPERTIES = T.StructType([*HISTORY, T.StructField("properties", _TEXT)])

# The ids and times of new records. They lead to the published records that the new ones may change.
ARRIVING_EVENTS = _table(columns.ARRIVING_EVENTS)

# One row per quarantined record of an earlier run that a replay recovered.
RECOVERED_RECORDS = _schema(file_id=_LONG, record_number=_LONG)

# One row per quarantined record. `fields` are the fields that the reasons are about.
QUARANTINED_RECORDS = _table(columns.QUARANTINED_RECORDS)

# One row per problem of a quarantined record.
QUARANTINE_PROBLEMS = _table(columns.QUARANTINE_PROBLEMS)

# What is stored of a quarantined record, apart from its place.
_PROBLEM = _schema(reason=_TEXT, field=_TEXT, value=_TEXT, expected=_TEXT)
_DETAILS: dict[str, T.DataType] = {"problems": T.ArrayType(_PROBLEM), "fields": T.MapType(_TEXT, _TEXT)}
_STORED_TEXT: dict[str, T.DataType] = {
    "raw": _TEXT,
    "raw_base64": _TEXT,
    "raw_bytes": _LONG,
    "raw_sha256": _TEXT,
    "around": _TEXT,
    "is_redacted": T.BooleanType(),
}
READ_QUARANTINED = _schema(**_DETAILS, **_STORED_TEXT, due_at=T.TimestampType())
_READ_EVENT = {column.name: SPARK_TYPES[column.kind] for column in columns.READ_EVENT}
READ_EVENTS = tuple(_READ_EVENT)

# The quarantined records of one split that have the same reasons and the same missing fields.
_GROUP = _schema(
    reasons=T.ArrayType(_TEXT), missing_fields=T.ArrayType(_TEXT), records=_LONG, record_number=_LONG, text=_TEXT
)

# What the records of one split show of the mapping.
_NAMES = T.ArrayType(_schema(name=_TEXT, records=_LONG))
_OBSERVED = _schema(
    paths=T.ArrayType(_TEXT),
    codes=T.ArrayType(_TEXT),
    types=T.ArrayType(_TEXT),
    keys=T.ArrayType(_TEXT),
    unread_content=_LONG,
    left_out_properties=_NAMES,
    unmapped=_NAMES,
    unnamed=_LONG,
)

READ_COUNTS = _schema(
    records=_LONG, blank=_LONG, ignored=_LONG, groups=T.ArrayType(_GROUP), observed=_OBSERVED, digest=_TEXT
)

# One row per record that is neither blank nor ignored: an event or a quarantined record. It is numbered within its
# split. Each split has one more row, with its counts. Every column takes time in each step, so all that events do not
# have is in two columns, which are NULL for events.
READ_RECORDS = _schema(
    file_id=_LONG, split=_LONG, record_number=_LONG, **_READ_EVENT, quarantined=READ_QUARANTINED, counts=READ_COUNTS
)

# One line of the quarantine folder, and the run in whose folder it is.
QUARANTINE_LINE = _schema(
    source_file=_TEXT,
    record_number=_LONG,
    reasons=T.ArrayType(_TEXT),
    details=_schema(**_DETAILS),
    **_STORED_TEXT,
    run_id=_LONG,
)

# The tables of the schema public. Each comes after the tables that it refers to.
PUBLISHED = ("users", "documents", "sessions", "event_types", "events", "share_recipients", "event_properties")

# These staged tables get a primary key, so that each row is there once, even if a task of Spark wrote it twice.
KEYED = {
    "users": USERS,
    "documents": DOCUMENTS,
    "sessions": SESSIONS,
    "events": EVENTS,
    "share_recipients": SHARE_RECIPIENTS,
    "quarantined_records": QUARANTINED_RECORDS,
    "quarantine_problems": QUARANTINE_PROBLEMS,
    "superseded_records": SUPERSEDED_RECORDS,
    "duplicate_records": DUPLICATE_RECORDS,
}
STAGED = {
    **KEYED,
    "arriving_events": ARRIVING_EVENTS,
    "recovered_records": RECOVERED_RECORDS,
    "version_properties": VERSION_PROPERTIES,
}
