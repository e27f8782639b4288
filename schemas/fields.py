"""The fields of an event, what they must be, and why a record can be refused."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "timestamp", "integer", "count", "text"]

# Our fields and their kinds. `id`: stripped, bounded, must be a scalar. `integer` may be negative, a `count` may
# not. `text` is stored untouched; where a producer has an object or a list, its JSON text is the text.
FIELDS: dict[str, Kind] = {
    "event_id": "id",
    "event_type": "id",
    "event_at": "timestamp",
    "user_id": "id",
    "document_id": "id",
    "user_name": "text",
    "user_email": "text",
    "document_title": "text",
    "content": "text",
    "word_count": "count",
    "edit_length": "integer",
    "comment_text": "text",
    "shared_with_user_id": "id",
    "permission": "text",
    "device": "text",
    "ip_address": "text",
}

REQUIRED = ("event_id", "event_type", "event_at", "user_id")
REQUIRED_BY_TYPE = {
    "document_edit": ("document_id",),
    "comment_added": ("document_id",),
    "document_shared": ("document_id",),
}

REASONS = (
    "malformed_json",
    "not_an_object",
    "missing_field",
    "bad_timestamp",
    "timestamp_out_of_range",
    "bad_value",
    "value_too_long",
    "invalid_text",
    "unreadable_file",
)

# What Python's str.strip() strips; a bare trim() in SQL knows the space only.
WHITESPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

Path = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """How one producer's fields map to ours.

    `record_path` leads to the list of records inside each JSON value; empty where the values are the records. `fields`
    gives the paths of each mapped field in order of preference; a field without an entry is NULL.
    """

    name: str
    mapping_hash: str
    record_path: Path
    fields: dict[str, tuple[Path, ...]]
    constants: dict[str, str]
    event_types: dict[str, str]
    id_prefix: str
    default_time_zone: str
