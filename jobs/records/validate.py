"""The fields of a record -> typed values, or what is wrong with each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from jobs.records.identity import derive_event_id
from jobs.records.mapping import Finder, make_content_finder, make_finder
from jobs.records.strict_json import HugeNumber, encode, read_number, show
from jobs.records.timestamps import find_zone, read_timestamp, to_micros
from schemas.fields import FIELDS, Source

Reader = Callable[[Any], str | int]

# What is expected where something else was found.
_TIME = "an ISO 8601 date and time, or an epoch number"
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
# In the JSON text of an object; behind an even number of backslashes.
_NUL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*+\\u0000")


@dataclass(frozen=True)
class Limits:
    """What a record's values may be at most; from conf/pipeline.yml."""

    earliest_event_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    latest_event_at: datetime = datetime(2100, 1, 1, tzinfo=UTC)
    max_id_bytes: int = 2000


class WrongValueError(Exception):
    """A value is not what its field must be."""

    def __init__(self, reason: str, expected: str) -> None:
        super().__init__(reason, expected)
        self.reason, self.expected = reason, expected


MISSING = WrongValueError("missing_field", "a value")
NOT_STORABLE = WrongValueError("invalid_text", "text without NUL or half a surrogate pair")


@dataclass(frozen=True, slots=True)
class Field:
    """One of our fields, as a source maps it. `find` gives its value in a record, `shape` what its text becomes, and
    `read` the typed value; `read` raises WrongValueError.
    """

    name: str
    find: Finder
    shape: Callable[[str], str]
    read: Reader


def make_fields(source: Source, limits: Limits) -> list[Field]:
    """All fields of ours, in the order of `schemas.fields.FIELDS`."""
    fields = []
    for name, kind in FIELDS.items():
        shape = _make_shape(name, source)
        readers: dict[str, Reader] = {
            "id": _make_id_reader(shape, limits.max_id_bytes),
            "text": _read_text,
            "timestamp": _make_time_reader(find_zone(source.default_time_zone), limits),
            "integer": _read_integer,
            "count": _read_count,
        }
        fields.append(Field(name, _make_finder(name, source), shape, readers[kind]))
    return fields


def show_value(field: Field, value: Any) -> str:
    """The value of the field as a text for people."""
    return field.shape(value if isinstance(value, str) else show(value))


def can_be_stored(value: Any) -> bool:
    """Whether PostgreSQL can hold the text, or all texts in the object: none with a NUL, which half a surrogate pair is
    read as, too.
    """
    if isinstance(value, dict | list):
        return not _NUL_ESCAPE.search(show(value))
    return type(value) is not str or "\x00" not in value


def _make_finder(name: str, source: Source) -> Finder:
    paths = source.fields.get(name, ())
    if name in source.constants:
        constant = source.constants[name]
        return lambda record: constant
    if name == "event_id" and not paths:
        return derive_event_id
    return make_content_finder(paths) if name == "content" else make_finder(paths)


def _make_shape(name: str, source: Source) -> Callable[[str], str]:
    if FIELDS[name] == "text":
        return str
    if name == "event_id" and source.id_prefix:
        return lambda text: source.id_prefix + text.strip()
    if name == "event_type" and source.event_types:
        return lambda text: source.event_types.get(text.strip(), text.strip())
    return str.strip


def _make_id_reader(shape: Callable[[str], str], max_bytes: int) -> Reader:
    def read(value: Any) -> str:
        if type(value) is not str:
            if isinstance(value, dict | list | HugeNumber):
                raise WrongValueError("bad_value", "text")
            value = encode(value)
        text = shape(value)
        if len(text) > max_bytes or (not text.isascii() and len(text.encode()) > max_bytes):
            raise WrongValueError("value_too_long", f"at most {max_bytes} UTF-8 bytes")
        return text

    return read


def _read_text(value: Any) -> str:
    if type(value) is str:
        return value
    try:
        return encode(value)
    except OverflowError as error:
        raise WrongValueError("bad_value", "text, or a number below 1.8e308") from error


def _make_time_reader(default_time_zone: tzinfo, limits: Limits) -> Reader:
    earliest, latest = to_micros(limits.earliest_event_at), to_micros(limits.latest_event_at)
    bounds = f"from {limits.earliest_event_at.isoformat()} to {limits.latest_event_at.isoformat()}"

    def read(value: Any) -> int:
        if isinstance(value, dict | list):
            raise WrongValueError("bad_value", _TIME)
        micros = read_timestamp(value.strip() if type(value) is str else show(value), default_time_zone)
        if micros is None:
            raise WrongValueError("bad_timestamp", _TIME)
        if not earliest <= micros < latest:
            raise WrongValueError("timestamp_out_of_range", bounds)
        return micros

    return read


def _read_integer(value: Any, expected: str = "a whole number") -> int:
    if type(value) is str and _WHOLE_NUMBER.fullmatch(value.strip()):
        value = read_number(value.strip())
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    raise WrongValueError("bad_value", expected)


def _read_count(value: Any) -> int:
    expected = "a whole number, not negative"
    number = _read_integer(value, expected)
    if number < 0:
        raise WrongValueError("bad_value", expected)
    return number
