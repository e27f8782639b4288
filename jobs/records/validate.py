"""The fields of a record -> typed values, or what is wrong with each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from jobs.records.identity import derive_event_id
from jobs.records.mapping import Finder, make_content_finder, make_finder
from jobs.records.strict_json import HugeNumber, encode, read_number, show
from jobs.records.timestamps import find_zone, read_timestamp, to_micros
from schemas.fields import FIELDS, Source

_BAD_TEXT = "text without NUL or half a surrogate pair"
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


@dataclass(frozen=True, slots=True)
class Field:
    """One of our fields, as a source maps it. `find` gives its value in a record, `shape` what its text becomes, and
    `read` the typed value; `read` raises WrongValueError.
    """

    name: str
    find: Finder
    shape: Callable[[str], str]
    read: Callable[[Any], str | int]


def make_fields(source: Source, limits: Limits) -> list[Field]:
    """All fields of ours, in the order of `schemas.fields.FIELDS`."""
    zone = find_zone(source.default_time_zone)
    fields = []
    for name, kind in FIELDS.items():
        shape = _make_shape(name, source)
        readers: dict[str, Callable[[Any], str | int]] = {
            "id": partial(_read_id, shape=shape, max_bytes=limits.max_id_bytes),
            "text": _read_text,
            "timestamp": partial(_read_timestamp, zone=zone, limits=limits),
            "integer": _read_integer,
            "count": _read_count,
        }
        fields.append(Field(name, _make_finder(name, source), shape, readers[kind]))
    return fields


def check_text(value: Any) -> None:
    """Raises WrongValueError for a text that PostgreSQL can't hold, or an object with one in it."""
    text = show(value) if isinstance(value, dict | list) else value
    if isinstance(text, str) and (_NUL_ESCAPE.search(text) if text is not value else "\x00" in text):
        raise WrongValueError("invalid_text", _BAD_TEXT)


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


def _read_id(value: Any, shape: Callable[[str], str], max_bytes: int) -> str:
    if type(value) is not str:
        if isinstance(value, dict | list | HugeNumber):
            raise WrongValueError("bad_value", "text")
        value = encode(value)
    text = shape(value)
    if len(text) > max_bytes or (not text.isascii() and len(text.encode()) > max_bytes):
        raise WrongValueError("value_too_long", f"at most {max_bytes} UTF-8 bytes")
    return text


def _read_text(value: Any) -> str:
    if type(value) is str:
        return value
    try:
        return encode(value)
    except OverflowError as error:
        raise WrongValueError("bad_value", "text, or a number below 1.8e308") from error


def _read_timestamp(value: Any, zone: Any, limits: Limits) -> int:
    expected = "an ISO 8601 date and time, or an epoch number"
    if isinstance(value, dict | list):
        raise WrongValueError("bad_value", expected)
    micros = read_timestamp(value.strip() if type(value) is str else show(value), zone)
    if micros is None:
        raise WrongValueError("bad_timestamp", expected)
    if not to_micros(limits.earliest_event_at) <= micros < to_micros(limits.latest_event_at):
        earliest, latest = limits.earliest_event_at.isoformat(), limits.latest_event_at.isoformat()
        raise WrongValueError("timestamp_out_of_range", f"from {earliest} to {latest}")
    return micros


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
