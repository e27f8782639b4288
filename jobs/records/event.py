"""What becomes of a record: an event, or a quarantined record with its problems."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Event(NamedTuple):
    """An accepted record. `event_at` is in UTC; of the content only its number of words and its hash are left."""

    event_id: str
    event_type: str
    event_at: datetime
    user_id: str
    document_id: str | None
    document_word_count: int | None
    edit_length: int | None
    comment_text: str | None
    shared_with_user_id: str | None
    permission: str | None
    device: str | None
    ip_address: str | None
    reported_user_name: str | None
    reported_user_email: str | None
    reported_document_title: str | None
    content_fingerprint: str


@dataclass(frozen=True)
class Problem:
    """One thing wrong: `field` is None where it is the whole record; `value` has 200 characters at most."""

    reason: str
    field: str | None
    value: str | None
    expected: str


@dataclass(frozen=True)
class Quarantined:
    """A record that is no event: all its problems, the fields that could be read, and its text.

    `raw` is the original text, `raw_base64` stands in its place where it is not UTF-8; of a text over 64 KiB both keep
    the head, beside its length and SHA-256.
    """

    problems: list[Problem]
    fields: dict[str, str] | None
    raw: str | None
    raw_base64: str | None
    raw_bytes: int | None
    raw_sha256: str | None
    is_redacted: bool | None = None
