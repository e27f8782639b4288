"""The shape of every frame that leaves Spark, column for column what sql/ddl/100_tables.sql declares.

A uuid travels as text (the JDBC URL says stringtype=unspecified, so PostgreSQL reads it as its own type).
"""

from pyspark.sql import types as T


def _schema(**columns: T.DataType) -> T.StructType:
    return T.StructType([T.StructField(name, data_type) for name, data_type in columns.items()])


_TEXT, _LONG, _INSTANT = T.StringType(), T.LongType(), T.TimestampType()

# One row per user: acting or receiving.
USERS = _schema(user_id=_TEXT, name=_TEXT, email=_TEXT, first_seen_at=_INSTANT, last_seen_at=_INSTANT)

# One row per document.
DOCUMENTS = _schema(
    document_id=_TEXT,
    title=_TEXT,
    first_seen_at=_INSTANT,
    first_seen_by=_TEXT,
    last_edited_by=_TEXT,
    last_edited_at=_INSTANT,
    word_count=_LONG,
)

# One row per session of one user.
SESSIONS = _schema(
    session_id=_TEXT,
    user_id=_TEXT,
    started_at=_INSTANT,
    ended_at=_INSTANT,
    session_duration_seconds=T.DecimalType(18, 6),
    event_count=_LONG,
)

# What an event says, beside its id, place in time and provenance.
_BUSINESS = {
    "document_word_count": _LONG,
    "edit_length": _LONG,
    "comment_text": _TEXT,
    "shared_with_user_id": _TEXT,
    "permission": _TEXT,
    "device": _TEXT,
    "ip_address": _TEXT,
    "reported_user_name": _TEXT,
    "reported_user_email": _TEXT,
    "reported_document_title": _TEXT,
}
_PROVENANCE = {"file_id": _LONG, "record_number": _LONG, "run_id": _LONG}
_PROBLEM = _schema(reason=_TEXT, field=_TEXT, value=_TEXT, expected=_TEXT)

# An accepted record as it was read, and what is kept of a quarantined one; where it stands is not among them.
_READ_EVENT = {
    "event_id": _TEXT,
    "event_type": _TEXT,
    "event_at": _INSTANT,
    "user_id": _TEXT,
    "document_id": _TEXT,
    **_BUSINESS,
    "content_fingerprint": _TEXT,
}
_READ_QUARANTINED = {
    "problems": T.ArrayType(_PROBLEM),
    "fields": T.MapType(_TEXT, _TEXT),
    "raw": _TEXT,
    "raw_base64": _TEXT,
    "raw_bytes": _LONG,
    "raw_sha256": _TEXT,
    "is_redacted": T.BooleanType(),
}
READ_EVENTS, READ_QUARANTINED = tuple(_READ_EVENT), tuple(_READ_QUARANTINED)

# One row per record that is not blank, an event or a quarantined record; it is numbered within its split. Each split
# has one row more, which holds its counts and nothing else.
READ_RECORDS = _schema(
    file_id=_LONG,
    split=_LONG,
    record_number=_LONG,
    **_READ_EVENT,
    **_READ_QUARANTINED,
    records=_LONG,
    blank=_LONG,
)

# One row per event id.
EVENTS = _schema(
    event_id=_TEXT,
    event_type=_TEXT,
    event_at=_INSTANT,
    event_date=T.DateType(),
    day_of_week=_TEXT,
    user_id=_TEXT,
    document_id=_TEXT,
    session_id=_TEXT,
    **_BUSINESS,
    content_fingerprint=_TEXT,
    **_PROVENANCE,
)

# One row per (event id, fingerprint) that lost against another record of the same id.
SUPERSEDED_RECORDS = _schema(
    event_id=_TEXT,
    content_fingerprint=_TEXT,
    event_type=_TEXT,
    event_at=_INSTANT,
    user_id=_TEXT,
    document_id=_TEXT,
    **_BUSINESS,
    **_PROVENANCE,
)

# One row per published or superseded record that new records may displace; `standing` says which it is.
HISTORY = _schema(**{field.name: field.dataType for field in SUPERSEDED_RECORDS}, standing=_TEXT)

# What leads from new records to the published ones that they may change.
ARRIVING_EVENTS = _schema(event_id=_TEXT, user_id=_TEXT, event_at=_INSTANT)

# One row per quarantined record of an earlier run that a replay recovered.
RECOVERED_RECORDS = _schema(file_id=_LONG, record_number=_LONG)

# One row per refused record; `fields` are those of ours that the reasons are about.
QUARANTINED_RECORDS = _schema(
    file_id=_LONG,
    record_number=_LONG,
    reasons=T.ArrayType(_TEXT),
    fields=T.ArrayType(_TEXT),
    raw_sha256=_TEXT,
    run_id=_LONG,
)

# What a replay reads of a line in the quarantine folder, and the run in whose folder it is.
QUARANTINE_LINE = _schema(
    source_file=_TEXT, record_number=_LONG, raw=_TEXT, raw_base64=_TEXT, raw_sha256=_TEXT, run_id=_LONG
)

# A whole line in the quarantine folder, as an erasure reads it and writes it again.
WHOLE_QUARANTINE_LINE = _schema(
    source_file=_TEXT,
    record_number=_LONG,
    reasons=T.ArrayType(_TEXT),
    details=_schema(problems=T.ArrayType(_PROBLEM), fields=T.MapType(_TEXT, _TEXT)),
    raw=_TEXT,
    raw_base64=_TEXT,
    raw_bytes=_LONG,
    raw_sha256=_TEXT,
    is_redacted=T.BooleanType(),
    run_id=_LONG,
)

# Staged tables that get a primary key, and so hold each row once even where a task of Spark wrote it twice.
KEYED = {
    "users": USERS,
    "documents": DOCUMENTS,
    "sessions": SESSIONS,
    "events": EVENTS,
    "quarantined_records": QUARANTINED_RECORDS,
    "superseded_records": SUPERSEDED_RECORDS,
}
STAGED = {**KEYED, "arriving_events": ARRIVING_EVENTS, "recovered_records": RECOVERED_RECORDS}
