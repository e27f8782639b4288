"""Turns the fields of a record into typed values, or says what is wrong with each."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from msgspec import Raw

from jobs.records.observed import Observed
from jobs.records.values.strict_json import encode, has_huge_number, read_number
from jobs.records.values.timestamps import NoTimeError, TimeReader, to_micros

Reader = Callable[[Any], str | int | tuple[str, ...] | None]
Shape = Callable[[str], str]

# No real share has more recipients. Without a limit, one record could become millions of rows.
MAX_RECIPIENTS = 10_000

# These signs separate ids, and are rare within an id.
_split_like_a_list = re.compile(r"\s*[,;\n]\s*(?=\S)").split

_A_DAY = 24 * 60 * 60 * 10**6  # in microseconds
_TIME = "an ISO 8601 date and time, or an epoch number"
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
# Matches an escaped NUL in JSON text. After an odd number of other backslashes, its own backslash would be escaped.
_NUL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*+\\u0000")


@dataclass(frozen=True)
class Limits:
    """The limits of a record's values, from conf/pipeline.yml.

    `run_at` is the moment of the run. An event may be dated at most one day after it. Without `run_at` there is no such
    limit.
    """

    earliest_event_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    latest_event_at: datetime = datetime(2100, 1, 1, tzinfo=UTC)
    max_id_bytes: int = 800
    run_at: datetime | None = None


class WrongValueError(Exception):
    """A value is not what its field must be. `due_at_micros` says when a time that is still in the future is valid."""

    def __init__(self, reason: str, expected: str, due_at_micros: int | None = None) -> None:
        super().__init__(reason, expected)
        self.reason, self.expected, self.due_at_micros = reason, expected, due_at_micros


MISSING = WrongValueError("missing_field", "a value")
# The numbers in the text are the limits of jobs/records/json_path.py.
UNANSWERED = WrongValueError(
    "bad_value", "a JSONPath that looks at no more than 100,000 values, or ten times as many as are there"
)
NOT_STORABLE = WrongValueError("invalid_text", "text without NUL or half a surrogate pair")


def can_be_stored(value: Any) -> bool:
    r"""Whether PostgreSQL can store a text, or all texts in an object.

    It can store no NUL and no half of a surrogate pair. We read such a half as a NUL, so one test finds both.

    >>> can_be_stored("a"), can_be_stored({"name": ["a\x00"]})
    (True, False)
    """
    if isinstance(value, dict | list):
        return not _NUL_ESCAPE.search(encode(value))
    return type(value) is not str or "\x00" not in value


def make_id_reader(shape: Shape, max_bytes: int) -> Callable[[Any], str]:
    """Returns the reader of an id: a text or a number, of at most `max_bytes` after `shape` has changed it.

    >>> read_id = make_id_reader(str.strip, max_bytes=800)
    >>> read_id(1234), read_id(" ann ")
    ('1234', 'ann')
    """

    def read(value: Any) -> str:
        if type(value) is not str:
            if isinstance(value, dict | list | Raw | bool):
                raise WrongValueError("bad_value", "text or a number")
            value = encode(value)
        text = shape(value)
        if len(text) > max_bytes or (not text.isascii() and len(text.encode()) > max_bytes):
            raise WrongValueError("value_too_long", f"at most {max_bytes} UTF-8 bytes")
        return text

    return read


def make_ids_reader(shape: Shape, limits: Limits, separators: Sequence[str] | None, missing: frozenset[str]) -> Reader:
    """Returns the reader of a set of ids, from one value or a list. The result is sorted by its bytes.

    Each text is split at the `separators`. Elements that are null, blank or in `missing` are left out; the result is
    None where nothing is left.

    If the mapping names no separators (None), a text that looks like several ids is wrong. Otherwise `ann, bob` would
    become one person.
    """
    read_id = make_id_reader(shape, limits.max_id_bytes)
    part = _make_parter(separators or ())

    def read(value: Any) -> tuple[str, ...] | None:
        if separators is None and type(value) is str and len(_split_like_a_list(value)) > 1:
            raise WrongValueError("bad_value", "one id, or a list; see shared_with_separator")
        elements = value if isinstance(value, list) else [value]
        ids = [each for element in elements for each in part(element) if not is_none(each)]
        if len(ids) > MAX_RECIPIENTS:
            raise WrongValueError("value_too_long", f"at most {MAX_RECIPIENTS:,} recipients")
        return tuple(sorted({read_id(each) for each in ids})) or None

    def is_none(element: Any) -> bool:
        if element is None or (type(element) is str and not element.strip()):
            return True
        return bool(missing) and (element if type(element) is str else encode(element)).strip() in missing

    return read


def _make_parter(separators: Sequence[str]) -> Callable[[Any], list[Any]]:
    if not separators:
        return lambda element: [element]
    split = re.compile("|".join(map(re.escape, separators))).split
    return lambda element: [part.strip() for part in split(element)] if type(element) is str else [element]


def read_text(value: Any) -> str:
    """Returns a text as it is, and any other value as its JSON text.

    >>> read_text("web"), read_text({"os": "linux"})
    ('web', '{"os":"linux"}')
    """
    if type(value) is str:
        return value
    if has_huge_number(text := encode(value)):
        raise WrongValueError("bad_value", "text, or a number below 1.8e308")
    return text


def make_content_reader(observed: Observed) -> Reader:
    """Returns the reader of a document's text.

    An object or a list is counted as unread, because nobody can say which of its texts are words of the document.
    """

    def read(value: Any) -> str | None:
        if type(value) is dict or type(value) is list:
            observed.unread_content += 1
            return None
        return read_text(value)

    return read


def make_time_reader(time_reader: TimeReader, limits: Limits) -> Reader:
    earliest, latest = to_micros(limits.earliest_event_at), to_micros(limits.latest_event_at)
    bounds = f"from {limits.earliest_event_at.isoformat()} to {limits.latest_event_at.isoformat()}"
    newest = latest if limits.run_at is None else to_micros(limits.run_at) + _A_DAY
    not_later = f"at most a day after the run, which was at {limits.run_at and limits.run_at.isoformat()}"

    def read(value: Any) -> int:
        if type(value) is dict or type(value) is list:
            raise WrongValueError("bad_value", _TIME)
        text, unit = value.strip() if type(value) is str else encode(value), None
        if (micros := time_reader.read_usual(text)) is None:
            try:
                micros, unit = time_reader.read(text)
            except NoTimeError as error:
                raise WrongValueError("bad_timestamp", error.expected) from None
        if not earliest <= micros < latest:
            assumed = f"; the number was read as {unit}" if unit else ""
            raise WrongValueError("timestamp_out_of_range", bounds + assumed)
        if micros > newest:
            raise WrongValueError("timestamp_in_future", not_later, due_at_micros=micros - _A_DAY)
        return micros

    return read


def make_number_reader(least: int, expected: str) -> Reader:
    def read(value: Any) -> int:
        if type(value) is str and _NUMBER.fullmatch(value.strip()):
            value = read_number(value.strip())
        if type(value) is int and least <= value < 2**63:
            return value
        raise WrongValueError("bad_value", expected)

    return read


def make_revision_reader(time_reader: TimeReader) -> Reader:
    """Returns the reader of a revision: a whole number or a time.

    Revisions are only compared, so a number is taken as it is, whatever it counts. If `time_formats` names an epoch
    unit, numbers are read as times.
    """
    read_whole_number = make_number_reader(-(2**63), "a whole number or a time")

    def read(value: Any) -> str | int | tuple[str, ...] | None:
        if not isinstance(value, dict | list):
            text = value.strip() if type(value) is str else encode(value)
            if (micros := time_reader.read_written(text)) is not None:
                return read_whole_number(micros)
        return read_whole_number(value)

    return read
