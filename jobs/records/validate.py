"""The fields of a record -> typed values, or what is wrong with each."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from msgspec import Raw

from jobs.records.identity import derive_event_id
from jobs.records.mapping import Finder, make_finder
from jobs.records.strict_json import encode, has_huge_number, read_number
from jobs.records.timestamps import NoTimeError, TimeReader, to_micros
from schemas.fields import FIELDS, Kind, Path, Source

Reader = Callable[[Any], str | int]

_A_DAY = 24 * 60 * 60 * 10**6  # in microseconds
_TIME = "an ISO 8601 date and time, or an epoch number"
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
# In the JSON text of an object; behind an even number of backslashes.
_NUL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*+\\u0000")


@dataclass(frozen=True)
class Limits:
    """What a record's values may be at most; from conf/pipeline.yml.

    `run_at` is the moment of the run. An event may be dated a day later at most; without a moment that is not asked.
    """

    earliest_event_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    latest_event_at: datetime = datetime(2100, 1, 1, tzinfo=UTC)
    max_id_bytes: int = 2000
    run_at: datetime | None = None


class WrongValueError(Exception):
    """A value is not what its field must be. From `due_at_micros` on, the time will have come at which it is."""

    def __init__(self, reason: str, expected: str, due_at_micros: int | None = None) -> None:
        super().__init__(reason, expected)
        self.reason, self.expected, self.due_at_micros = reason, expected, due_at_micros


MISSING = WrongValueError("missing_field", "a value")
NOT_STORABLE = WrongValueError("invalid_text", "text without NUL or half a surrogate pair")


class Field(NamedTuple):
    """One of our fields, as a source maps it.

    `place` is its place in `schemas.fields.FIELDS`. `find` gives its value in a record, `shape` what its text becomes,
    and `read` the typed value, or raises WrongValueError. Without `paths` it does not depend on the names in a record.
    """

    place: int
    name: str
    find: Finder
    shape: Callable[[str], str]
    read: Reader
    paths: tuple[Path, ...]

    def narrow(self, names: Collection[str]) -> "Field | None":
        """The field for records that have no names but these, with fewer places to look; None where there is none."""
        if not self.paths:
            return self
        paths = tuple(path for path in self.paths if path[0] in names)
        return self._replace(find=_make_path_finder(self.name, paths), paths=paths) if paths else None

    def show(self, value: Any) -> str:
        """The value as a text for people."""
        return self.shape(value if type(value) is str else encode(value))


def make_fields(source: Source, limits: Limits) -> list[Field]:
    """The fields that the source maps, in the order of `schemas.fields.FIELDS`."""
    shapes = {name: _make_shape(name, source) for name in FIELDS}
    readers: dict[Kind, Callable[[str], Reader]] = {
        "id": lambda name: _make_id_reader(shapes[name], limits.max_id_bytes),
        "text": lambda name: _read_text,
        "timestamp": lambda name: _make_time_reader(
            TimeReader(source.default_time_zone, getattr(source, "time_formats", {}).get(name, ())), limits
        ),
        "integer": lambda name: _make_number_reader(-(2**63), "a whole number"),
        "count": lambda name: _make_number_reader(0, "a whole number, not negative"),
        "revision": lambda name: _make_revision_reader(
            TimeReader(source.default_time_zone, getattr(source, "time_formats", {}).get(name, ()))
        ),
    }
    return [
        Field(place, name, find, shapes[name], readers[field.kind](name), paths)
        for place, (name, field) in enumerate(FIELDS.items())
        for find, paths in _map(name, source)
    ]


def can_be_stored(value: Any) -> bool:
    """Whether PostgreSQL can hold the text, or all texts in the object: none has a NUL, as which half a surrogate pair
    is read, too.
    """
    if isinstance(value, dict | list):
        return not _NUL_ESCAPE.search(encode(value))
    return type(value) is not str or "\x00" not in value


def _map(name: str, source: Source) -> Iterator[tuple[Finder, tuple[Path, ...]]]:
    """How the field is found and by which paths, once; nothing for a field that the source does not map."""
    if name in source.constants:
        yield lambda record: source.constants[name], ()
    elif name in source.fields:
        yield _make_path_finder(name, source.fields[name]), source.fields[name]
    elif name == "event_id":
        yield derive_event_id, ()


def _make_path_finder(name: str, paths: tuple[Path, ...]) -> Finder:
    # A blank document is a document of no words, not a missing one.
    return make_finder(paths, takes_blank=name == "content")


def _make_shape(name: str, source: Source) -> Callable[[str], str]:
    if FIELDS[name].kind == "text":
        return str
    if name == "event_id" and source.id_prefix:
        return lambda text: source.id_prefix + text.strip()
    if name == "event_type" and source.event_types:
        return lambda text: source.event_types.get(text.strip(), text.strip())
    return str.strip


def _make_id_reader(shape: Callable[[str], str], max_bytes: int) -> Reader:
    def read(value: Any) -> str:
        if type(value) is not str:
            if isinstance(value, dict | list | Raw):
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
    if has_huge_number(text := encode(value)):
        raise WrongValueError("bad_value", "text, or a number below 1.8e308")
    return text


def _make_time_reader(time_reader: TimeReader, limits: Limits) -> Reader:
    earliest, latest = to_micros(limits.earliest_event_at), to_micros(limits.latest_event_at)
    bounds = f"from {limits.earliest_event_at.isoformat()} to {limits.latest_event_at.isoformat()}"
    newest = latest if limits.run_at is None else to_micros(limits.run_at) + _A_DAY
    not_later = f"at most a day after the run, which was at {limits.run_at and limits.run_at.isoformat()}"

    def read(value: Any) -> int:
        if isinstance(value, dict | list):
            raise WrongValueError("bad_value", _TIME)
        try:
            micros, unit = time_reader.read(value.strip() if type(value) is str else encode(value))
        except NoTimeError as error:
            raise WrongValueError("bad_timestamp", error.expected) from None
        if not earliest <= micros < latest:
            assumed = f"; the number was read as {unit}" if unit else ""
            raise WrongValueError("timestamp_out_of_range", bounds + assumed)
        if micros > newest:
            raise WrongValueError("timestamp_in_future", not_later, due_at_micros=micros - _A_DAY)
        return micros

    return read


def _make_number_reader(least: int, expected: str) -> Reader:
    def read(value: Any) -> int:
        if type(value) is str and _NUMBER.fullmatch(value.strip()):
            value = read_number(value.strip())
        if type(value) is int and least <= value < 2**63:
            return value
        raise WrongValueError("bad_value", expected)

    return read


def _make_revision_reader(time_reader: TimeReader) -> Reader:
    """Whole numbers are taken as they are, whatever unit of time they may be in: they are only compared. Where
    `time_formats` names the unit they are times.
    """
    read_whole_number = _make_number_reader(-(2**63), "a whole number or a time")

    def read(value: Any) -> str | int:
        if not isinstance(value, dict | list):
            text = value.strip() if type(value) is str else encode(value)
            if (micros := time_reader.read_written(text)) is not None:
                return read_whole_number(micros)
        return read_whole_number(value)

    return read
