"""The fields of an event: where a record states them, what their values must be, and which column holds them.

To add a field, write an entry at the end of `_FIELDS`. Then run `python -m tests.dictated`, which writes the SQL files
and the tables of guides that depend on it.
"""

from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, NamedTuple

from schemas.paths import Path, Place

# An `id` is a text or a number; it is stripped, and its length is limited. `ids` are a set of them, from one value or a
# list. An `integer` may be negative, a `count` may not. A `text` is stored as it is; an object or a list is stored as
# its JSON text. A `revision` is a whole number or a time.
Kind = Literal["id", "ids", "timestamp", "integer", "count", "text", "revision"]


class Field(NamedTuple):
    """One of our fields.

    `meaning` is the text for the guide and for the comment of the column. `paths` are the places of the field in a
    record, in order of preference; the mapping of a producer may name others. `event_column` is the column that holds
    the field, or None; an empty text means that it has the field's name. `latest_in` is the column of a user or a
    document that holds the latest value, such as `documents.title`.

    A personal field is removed from the events of an erased person. If `of_type` is given, only events of this type
    state the field. A run without such events then says nothing about the field's paths.
    """

    name: str
    kind: Kind
    meaning: str
    paths: tuple[str, ...]
    event_column: str | None = ""
    latest_in: str | None = None
    is_required: bool = False
    is_personal: bool = False
    of_type: str | None = None

    @property
    def column(self) -> str | None:
        """The column of an event that holds the field."""
        return self.name if self.event_column == "" else self.event_column


# A new field comes last, because PostgreSQL can add a column only at the end of a table that exists.
_FIELDS = (
    Field(
        "event_id",
        "id",
        "The producer's id, or derived from the content where it has none.",
        ("event_id", "id"),
        is_required=True,
    ),
    Field(
        "event_type",
        "id",
        "Kind of event, such as document_edit or user_login, or any other that the producer sends.",
        ("event_type", "type"),
        is_required=True,
    ),
    Field(
        "event_at",
        "timestamp",
        "When it happened, stored in UTC to the microsecond.",
        ("event_at", "timestamp", "event_time", "ts", "created_at"),
        is_required=True,
    ),
    Field("user_id", "id", "Who acted.", ("user_id", "userId", "user.id"), is_required=True),
    Field(
        "document_id",
        "id",
        "The document concerned; always there for the event types that require it.",
        ("document_id", "documentId", "doc_id", "document.id"),
    ),
    Field(
        "user_name",
        "text",
        "Name this record claims for its user; input to users.name.",
        ("user_name", "user.name"),
        event_column="reported_user_name",
        latest_in="users.name",
        is_personal=True,
    ),
    Field(
        "user_email",
        "text",
        "Address this record claims for its user; input to users.email.",
        ("user_email", "user.email"),
        event_column="reported_user_email",
        latest_in="users.email",
        is_personal=True,
    ),
    Field(
        "document_title",
        "text",
        "Title this record claims for its document; input to documents.title.",
        ("document_title", "document.title", "title"),
        event_column="reported_document_title",
        latest_in="documents.title",
        is_personal=True,
    ),
    Field(
        "content",
        "text",
        "Text of the document after the event; its words are counted and a hash of it is kept.",
        ("content", "document.content"),
        event_column=None,
        of_type="document_edit",
    ),
    Field(
        "word_count",
        "count",
        "Words in the document after this event: counted in its text, else the producer's own count; null if neither.",
        ("word_count",),
        event_column="document_word_count",
        of_type="document_edit",
    ),
    Field(
        "edit_length",
        "integer",
        "Size of the edit in the producer's unit, usually characters; may be negative.",
        ("edit_length", "edit.chars_delta"),
        of_type="document_edit",
    ),
    Field(
        "comment_text",
        "text",
        "Text of the comment, untouched.",
        ("comment_text", "comment.text"),
        is_personal=True,
        of_type="comment_added",
    ),
    Field(
        "shared_with_user_id",
        "ids",
        "Whom the share names as recipients, sorted by their bytes; null for a share by link.",
        ("shared_with_user_id", "sharedWithUserId", "shared_with[*].id", "shared_with.id", "shared_with"),
        event_column="recipients",
        of_type="document_shared",
    ),
    Field(
        "permission",
        "text",
        "What the share allows, as the producer says it.",
        ("permission",),
        of_type="document_shared",
    ),
    Field("device", "text", "Device, as the producer says it.", ("device",), is_personal=True),
    Field(
        "ip_address",
        "text",
        "Address, as the producer says it; text, not checked.",
        ("ip_address",),
        is_personal=True,
    ),
    Field(
        "revision",
        "revision",
        "Which version of the event this record is: the largest wins. A whole number, or a time as microseconds since"
        " 1970.",
        (),
    ),
)

FIELDS = {each.name: each for each in _FIELDS}
REQUIRED = tuple(each.name for each in _FIELDS if each.is_required)
TIMES = tuple(each.name for each in _FIELDS if each.kind in ("timestamp", "revision"))


@dataclass(frozen=True)
class Source:
    """A mapping: how the fields of one producer map to ours. It is a file of conf/sources; conf/README.md explains it.

    `name` is the name of the file without its ending, and `mapping_hash` identifies its text. `fields` has the paths of
    each mapped field, in order of preference; a field without an entry is NULL. `record_path` and the keys of `decode`
    are names, from the top of each JSON value on. Lists on the way are gone through.
    """

    name: str
    mapping_hash: str = ""
    fields: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    record_path: tuple[str, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)
    event_types: dict[str, str] = field(default_factory=dict)
    default_time_zone: str = "UTC"
    namespace: str = ""
    identity: tuple[Path, ...] = ()
    # The names that lead to a string -> the steps that open it, such as ("base64", "gzip", "json").
    decode: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    missing_values: frozenset[str] = frozenset()
    fold_case: frozenset[str] = frozenset()
    time_formats: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[tuple[Path, frozenset[str]], ...] = ()
    # What separates recipients in one text. If it is None, a text that looks like several recipients is wrong.
    shared_with_separator: tuple[str, ...] | None = None
    content_format: str = "text"
    # What is stored in event_properties: the values at these paths, or everything that no field reads.
    properties: tuple[Path, ...] | Literal["all"] = ()
    # The text of the mapping file, and its place.
    text: str = ""
    location: str = ""

    @property
    def keeps_all(self) -> bool:
        """Whether everything that no field reads is stored as properties."""
        return self.properties == "all"

    @property
    def property_paths(self) -> tuple[Path, ...]:
        """The paths that `properties` names; none if it is "all"."""
        return () if self.properties == "all" else self.properties

    @property
    def looks_around(self) -> bool:
        """Whether a path leads to the objects around a record, or to its place in its list."""
        return any(path.level or isinstance(path, Place) for path in self.list_read_paths())

    def list_read_paths(self) -> list[Path]:
        """Returns all paths at which the mapping reads something."""
        paths = [*self.identity, *(path for path, _ in self.ignore), *chain.from_iterable(self.fields.values())]
        return [*paths, *self.property_paths]
