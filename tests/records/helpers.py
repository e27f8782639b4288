"""Helpers to read single records."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from jobs.records import Event, Quarantined, RecordReader
from jobs.records.files.content import Content
from jobs.records.files.formats import Format
from jobs.records.files.nested_records import make_opener
from jobs.records.files.raw_record import RawRecord
from jobs.records.files.split_records import split_records
from schemas.fields import Source
from schemas.paths import Steps, parse_names
from tests.builders import LIMITS, default_source, record_json

SOURCE = default_source()
READER = RecordReader(SOURCE, LIMITS)
WITHOUT_IDS = replace(SOURCE, fields={name: paths for name, paths in SOURCE.fields.items() if name != "event_id"})


def edit(**fields: Any) -> str:
    """Returns the JSON text of a valid edit."""
    return record_json(**{"event_type": "document_edit", "document_id": "d1", **fields})


def put(json_member: str) -> str:
    """Returns the JSON text of a valid login with one more member, which is inserted as it is."""
    return f"{record_json()[:-1]},{json_member}}}"


def read(text: str | bytes, source: Source | None = None) -> Event | Quarantined | None:
    reader = RecordReader(source, LIMITS) if source else READER
    return reader.read(text.encode() if isinstance(text, str) else text)


def accept(text: str | bytes, source: Source | None = None) -> Event:
    """Returns the event of a record that must be accepted."""
    found = read(text, source)
    assert isinstance(found, Event), found
    return found


def quarantine(text: str | bytes, source: Source | None = None) -> Quarantined:
    """Returns the quarantined record of a record that must be quarantined."""
    found = read(text, source)
    assert isinstance(found, Quarantined), found
    return found


def find_problems(text: str | bytes, source: Source | None = None) -> list[tuple[str, str | None]]:
    """Returns (reason, field) of every problem."""
    found = read(text, source)
    assert found is not None, "ignored"
    return [] if isinstance(found, Event) else [(problem.reason, problem.field) for problem in found.problems]


def find_nested(
    content: str | bytes,
    path: str = "items.events",
    decode: dict[str, str] | None = None,
    looks_around: bool = False,
    file_format: Format = "json_values",
) -> list[RawRecord]:
    """Returns the records at a record path of JSON values."""
    source = Source(
        "nested",
        fields={"user_id": (Steps(("user",), level=1),)} if looks_around else {},
        record_path=parse_names(path),
        decode={parse_names(names): tuple(steps.split("+")) for names, steps in (decode or {}).items()},
    )
    raw = content if isinstance(content, bytes) else content.encode()
    return list(split_records(Content(BytesIO(raw)), file_format, make_opener(source)))
