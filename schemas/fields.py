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
