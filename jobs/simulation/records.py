"""Writes events as JSON records: with the platform's own fields, and the time formats of its clients."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any

from jobs.simulation.days import PlannedEvent
from jobs.simulation.documents import Library
from jobs.simulation.people import OFFSET_DEVICES, People
from jobs.simulation.settings import DAY_MS
from jobs.simulation.vocabulary import COMMENTS

Record = dict[str, Any]

OFFSET_MS = 2 * 60 * 60 * 1000
# This share of the edits states a word count instead of the text.
WORD_COUNT_ONLY_SHARE = 0.04
# Names in the records that none of our fields reads.
UNMAPPED_FIELDS = ("app_version", "link_expires_in_days")
APP_VERSIONS = {"android": "6.0.3", "desktop": "4.2.1", "ios": "6.0.1", "web": "2025.5"}
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
encode_spaced = json.JSONEncoder(ensure_ascii=False, separators=(" , ", " : ")).encode


def list_unmapped(record: Record) -> list[str]:
    """Returns the names in a record that none of our fields reads."""
    return [name for name in UNMAPPED_FIELDS if name in record]


def list_recipients(record: Record) -> list[str]:
    """Returns the recipients that a share names: one, several, or none.

    >>> list_recipients({"shared_with_user_id": "ann"}), list_recipients({"shared_with": ["ann", "bob"]})
    (['ann'], ['ann', 'bob'])
    """
    one = record.get("shared_with_user_id")
    return record.get("shared_with", []) if one is None else [one]


@lru_cache(maxsize=1024)
def format_date(day: int) -> str:
    """Returns the ISO date of a day that is counted from 1970.

    >>> format_date(365)
    '1971-01-01'
    """
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


def format_local(at_ms: int) -> str:
    """Returns the ISO date and time to the second, without an offset.

    >>> format_local(1_748_865_600_000)
    '2025-06-02T12:00:00'
    """
    day, rest = divmod(at_ms, DAY_MS)
    seconds = rest // 1000
    return f"{format_date(day)}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def format_time(at_ms: int, device: str) -> str:
    """Returns the event time as this kind of device writes it.

    >>> format_time(1_748_865_600_000, "web"), format_time(1_748_865_600_000, "ios")
    ('2025-06-02T12:00:00.000Z', '2025-06-02T14:00:00.000+02:00')
    """
    if device in OFFSET_DEVICES:
        return f"{format_local(at_ms + OFFSET_MS)}.{at_ms % 1000:03d}+02:00"
    if device == "desktop":
        return f"{format_local(at_ms)}Z"
    return f"{format_local(at_ms)}.{at_ms % 1000:03d}Z"


def make_event_id(rng: Random) -> str:
    """Returns a random UUID (version 4). It is made of our own random numbers, so that the seed determines it."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


class RecordWriter:
    """Turns planned events into records. They must come in the order of time, because edits change the documents."""

    def __init__(self, rng: Random, people: People, library: Library) -> None:
        self._rng = rng
        self._people = people
        self._library = library

    def write_record(self, planned: PlannedEvent, collapses: bool) -> Record:
        """Returns the record of one event. An edit changes the document; one that `collapses` nearly empties it."""
        user = self._people.users[planned.user]
        record: Record = {
            "event_id": make_event_id(self._rng),
            "timestamp": format_time(planned.at_ms, user.device),
            "event_type": planned.event_type,
            "user_id": user.user_id,
        }
        if planned.event_type == "user_login":
            record["user_name"] = user.name
            record["user_email"] = user.email
            record["ip_address"] = user.ip_address
            record["app_version"] = APP_VERSIONS[user.device]
        else:
            record["document_id"] = self._library.document_ids[planned.document]
        if planned.event_type == "document_edit":
            self._add_edit(record, planned.document, collapses)
        elif planned.event_type == "comment_added":
            record["comment_text"] = COMMENTS[int(self._rng.random() * len(COMMENTS))]
        elif planned.event_type == "document_shared":
            self._add_recipients(record, planned.user)
            record["permission"] = "edit" if self._rng.random() < 0.3 else "view"
        record["device"] = user.device
        return record | (planned.stated or {})

    def _add_recipients(self, record: Record, sharer: int) -> None:
        """Adds the recipients: one by its id, several as a list under another name, none as a link that expires."""
        recipients = self._people.pick_recipients(self._rng, sharer)
        if len(recipients) > 1:
            record["shared_with"] = recipients
        else:
            record["shared_with_user_id"] = recipients[0] if recipients else None
        if not recipients:
            record["link_expires_in_days"] = 30

    def _add_edit(self, record: Record, document: int, collapses: bool) -> None:
        record["document_title"] = self._library.titles[document]
        if collapses:
            record["edit_length"] = self._library.collapse(document)
        else:
            record["edit_length"] = self._library.edit(self._rng, document)
        if not collapses and self._rng.random() < WORD_COUNT_ONLY_SHARE:
            record["word_count"] = self._library.count_words(document)
        else:
            record["content"] = self._library.text(document)
