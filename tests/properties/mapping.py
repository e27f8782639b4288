"""Reads a line of a file by a mapping, in plain Python that shares no code with the job.

`Mapping` has the parts of a mapping that the worlds change. An event has the names that `NORMAL` reads. So it can be
written as a line that `NORMAL` reads as the same event.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import md5 as make_md5
from typing import Any, NamedTuple
from uuid import UUID

import yaml

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# Some records have their time here. A mapping without this path quarantines them.
OTHER_TIME = "logged_at"
REQUIRED = ("event_id", "event_type", "timestamp", "user_id")
DOCUMENT_TYPES = ("document_edit", "comment_added", "document_shared")
PLAIN_FIELDS = (
    *("event_id", "event_type", "user_id", "document_id", "user_name", "user_email", "content", "word_count"),
    *("edit_length", "shared_with_user_id", "revision", "folder"),
)
# A field that only the properties contain.
PROPERTY = "folder"

md5 = partial(make_md5, usedforsecurity=False)

Record = dict[str, Any]
# An accepted record: its values, and what follows from them (`at`, `words`, `fingerprint`).
Event = dict[str, Any]
# The verdict on a line: an event, the reasons for its quarantine, or None for a blank line.
Verdict = Event | frozenset[str] | None


class Mapping(NamedTuple):
    """The parts of a mapping that the worlds change."""

    finds_other_time: bool = False
    has_title: bool = True
    has_device: bool = False
    # (type in the records, our type)
    renamed: tuple[str, str] | None = None

    def to_yaml(self) -> str:
        """Returns the text of the mapping's file."""
        fields: dict[str, Any] = {name: name for name in PLAIN_FIELDS if name != PROPERTY}
        fields["event_at"] = ["timestamp", *[OTHER_TIME] * self.finds_other_time]
        fields |= {"document_title": "document_title"} if self.has_title else {}
        fields |= {"device": "dev"} if self.has_device else {}
        types = {"event_types": dict([self.renamed])} if self.renamed else {}
        return yaml.safe_dump({"fields": fields, "properties": [PROPERTY], **types})

    def apply(self, record: Record) -> Record:
        """Returns the values of the record by this mapping, under the names that `NORMAL` reads."""
        said = {name: record.get(name) for name in PLAIN_FIELDS}
        said["timestamp"] = record.get("timestamp", record.get(OTHER_TIME) if self.finds_other_time else None)
        said["document_title"] = record.get("document_title") if self.has_title else None
        said["dev"] = record.get("dev") if self.has_device else None
        if self.renamed and said["event_type"] == self.renamed[0]:
            said["event_type"] = self.renamed[1]
        return {name: value for name, value in said.items() if value is not None}


NORMAL = Mapping(has_device=True)


def read_line(line: str, mapping: Mapping) -> Verdict:
    """Returns the verdict on the line by this mapping."""
    if not line.strip():
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return frozenset({"malformed_json"})
    if not isinstance(record, dict):
        return frozenset({"not_an_object"})
    said = mapping.apply(record)
    problems = set(find_problems(said))
    return frozenset(problems) if problems else make_event(said)


def find_problems(said: Record) -> Iterator[str]:
    """Yields the reasons against the values of a record."""
    if any(name not in said for name in REQUIRED):
        yield "missing_field"
    if said.get("event_type") in DOCUMENT_TYPES and "document_id" not in said:
        yield "missing_field"
    if "revision" in said and read_revision(said["revision"]) is None:
        yield "bad_value"


def read_revision(value: int | str) -> int | None:
    """Returns the number, or the microseconds since 1970 of a time, or None if it is neither."""
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return count_microseconds(datetime.fromisoformat(str(value)))
    except ValueError:
        return None


def make_event(said: Record) -> Event:
    """Returns the event of an accepted record."""
    event: Event = {**said, "at": datetime.fromisoformat(said["timestamp"])}
    if "revision" in said:
        event["revision"] = read_revision(said["revision"])
    stated = said.get("shared_with_user_id", [])
    event["recipients"] = sorted(set(stated) if isinstance(stated, list) else {stated})
    event["words"] = len(said["content"].split()) if "content" in said else said.get("word_count")
    event["fingerprint"] = compute_fingerprint(event)
    return event


def write_line(event: Event) -> str:
    """Returns a line that `NORMAL` reads as this event."""
    return json.dumps({name: event[name] for name in event if name not in ("at", "words", "recipients", "fingerprint")})


def count_microseconds(instant: datetime) -> int:
    """Returns the microseconds since 1970."""
    return (instant - EPOCH) // MICROSECOND


def compute_fingerprint(event: Event) -> UUID:
    """Returns the hash of the stored values of an event, each with its column, and of its content."""
    stored = {
        "event_type": event["event_type"],
        "event_at": count_microseconds(event["at"]),
        "user_id": event["user_id"],
        "document_id": event.get("document_id"),
        "document_word_count": event["words"],
        "edit_length": event.get("edit_length"),
        "shared_with_user_id": "\0shared_with_user_id=".join(event["recipients"]) or None,
        "device": event.get("dev"),
        "reported_user_name": event.get("user_name"),
        "reported_user_email": event.get("user_email"),
        "reported_document_title": event.get("document_title"),
        "revision": event.get("revision"),
        "properties": json.dumps({PROPERTY: event[PROPERTY]}, separators=(",", ":")) if PROPERTY in event else None,
        "content": md5(event["content"].encode()).hexdigest() if "content" in event else None,
    }
    said = [f"{column}={value}" for column, value in stored.items() if value is not None]
    return UUID(md5("\0".join(said).encode()).hexdigest())
