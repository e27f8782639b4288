"""Finds the problems of a record a second time, in plain Python that shares no code with the job."""

import json
import math
import re
import sys
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from schemas.event_types import REQUIRED_BY_TYPE
from schemas.fields import FIELDS, REQUIRED, Source
from schemas.paths import Steps

Problem = tuple[str, str | None]

# The time of the run that reads the records.
RUN_AT = datetime(2025, 6, 2, 12, tzinfo=UTC)
# value of a timestamp or number field -> the reason against it
TIMESTAMPS = {
    "2025-06-02T12:00:00Z": None,
    "2025-06-02 14:00:00.123456789+02:00": None,
    "1748865600": None,
    1748865600: None,
    1748865600123: None,
    1748865600.25: None,
    1748865600123456789: None,
    "1748865600123456789": None,
    "2025-06-02 12:00:00 UTC": None,
    "2025-06-02 12:00:00.5 +0000 UTC m=+0.000012": None,
    "2025-06-02T14:00:00+02:00[Europe/Paris]": None,
    "20250602T120000Z": None,
    "2025-06-02T10:00:00\u221202:00": None,
    "/Date(1748865600000+0200)/": None,
    "Mon, 02 Jun 2025 12:00:00 GMT": None,
    "02/Jun/2025:12:00:00 +0000": None,
    "Mon, 02 Jun 2025 12:00:00 EST": "bad_timestamp",
    "2025-06-02 12:00:00 PST": "bad_timestamp",
    2025060212: "bad_timestamp",
    "2025060212": "bad_timestamp",
    "2025060212000012": "bad_timestamp",
    20250602120000: "timestamp_out_of_range",
    "/Date(0)/": "timestamp_out_of_range",
    "1999-12-31T23:59:59Z": "timestamp_out_of_range",
    "2100-01-01T00:00:00Z": "timestamp_out_of_range",
    "2025-06-03T12:00:00Z": None,
    "2025-06-03T12:00:00.000001Z": "timestamp_in_future",
    "2099-12-31T23:59:59Z": "timestamp_in_future",
    1748952000: None,
    1748952001: "timestamp_in_future",
    0: "timestamp_out_of_range",
    -1: "timestamp_out_of_range",
    "2025-02-30T12:00:00Z": "bad_timestamp",
    "2025-06-02": "bad_timestamp",
    "soon": "bad_timestamp",
    "\u0663": "bad_timestamp",
}
WHOLE_NUMBERS = {
    "7": True,
    "-7": True,
    "7.0": True,
    "1e3": True,
    "lots": False,
    "1.5": False,
    "0x10": False,
    "7d": False,
}

sys.setrecursionlimit(10_000)


class _Number(str):
    """A number in its original notation."""


def validate_text(raw: bytes, source: Source) -> set[Problem]:
    """Returns every (reason, field) against the record, or none if it must be accepted."""
    try:
        value = read_json(raw.decode())
    except UnicodeDecodeError:
        return {("invalid_text", None)}
    except ValueError:
        return {("malformed_json", None)}
    return validate_object(value, source) if isinstance(value, dict) else {("not_an_object", None)}


def read_json(text: str) -> Any:
    """Reads JSON by RFC 8259; the last of equal keys wins. Raises ValueError if `text` is not exactly one value."""

    def quarantine(word: str) -> None:
        raise ValueError(word)

    return json.loads(text, parse_constant=quarantine, parse_int=_Number, parse_float=_Number)


def validate_object(record: dict[str, Any], source: Source) -> set[Problem]:
    values = {name: find_value(record, name, source) for name in FIELDS}
    event_type = values["event_type"]
    required = {*REQUIRED, *REQUIRED_BY_TYPE.get(event_type.strip() if isinstance(event_type, str) else "", ())}
    missing = {("missing_field", name) for name in required if values[name] is None}
    return missing.union(*(_validate_value(name, value) for name, value in values.items() if value is not None))


def find_value(record: dict[str, Any], name: str, source: Source) -> Any:
    """Returns the first value that is neither null nor blank, for a time the first that is valid, or None."""
    found = []
    for path in source.fields.get(name, ()):
        assert isinstance(path, Steps)
        value = _find_in_each(record, path.steps) if None in path.steps else _find(record, path.steps)
        if value is not None and not (isinstance(value, str) and value.strip() == ""):
            found.append(value)
    is_time = FIELDS[name].kind == "timestamp"
    times = [value for value in found if is_time and _validate_timestamp(value) in (None, "timestamp_in_future")]
    return (times or found or [None])[0]


def _find(value: Any, steps: tuple[Any, ...]) -> Any:
    for key in steps:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _find_in_each(record: dict[str, Any], steps: tuple[Any, ...]) -> list[Any] | None:
    """Returns what `list[*].name` finds in the elements that are not null: an empty object for one without the name."""
    elements = _find(record, steps[:-2])
    if not isinstance(elements, list) or not elements:
        return None
    lacking = object()
    values = [
        None if each is None else each.get(steps[-1], lacking) if isinstance(each, dict) else lacking
        for each in elements
    ]
    if lacking in values and all(value is None or value is lacking for value in values):
        return None
    return [{} if value is lacking else value for value in values if value is not None]


def _validate_ids(name: str, value: Any) -> set[Problem]:
    """Returns the problem of the first element that is no id. A text is split as the default mapping says."""
    parts: list[Any] = []
    for element in value if isinstance(value, list) else [value]:
        is_text = isinstance(element, str) and not isinstance(element, _Number)
        parts += re.split("[,;]", element) if is_text else [element]
    for part in parts:
        if part is None or (isinstance(part, str) and not part.strip()):
            continue
        if isinstance(part, dict | list | bool) or _holds_huge_number(part):
            return {("bad_value", name)}
        if len(str(part).strip().encode("utf-8", "surrogatepass")) > 2000:
            return {("value_too_long", name)}
    return set()


def _validate_value(name: str, value: Any) -> set[Problem]:
    kind, is_container = FIELDS[name].kind, isinstance(value, dict | list)
    found = {("invalid_text", name)} if _holds_bad_text(value) else set()
    if is_container and name == "content":  # it is no text, so it has no words and is not read
        return found
    if kind == "ids" or (kind == "id" and isinstance(value, bool)):
        return found | _validate_ids(name, value)
    if is_container:
        return found | ({("bad_value", name)} if kind != "text" or _holds_huge_number(value) else set())
    if kind in ("id", "text"):
        is_huge = _holds_huge_number(value)
        too_long = kind == "id" and len(str(value).strip().encode("utf-8", "surrogatepass")) > 2000
        found |= {("bad_value", name)} if is_huge else set()
        return found | ({("value_too_long", name)} if too_long else set())
    if kind == "timestamp":
        reason = _validate_timestamp(value)
        return found | ({(reason, name)} if reason else set())
    return found if _is_whole(value, is_count=kind == "count") else found | {("bad_value", name)}


def _holds_bad_text(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_bad_text(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_holds_bad_text(part) for part in value)
    return isinstance(value, str) and any(c == "\0" or 0xD800 <= ord(c) < 0xE000 for c in value)


def _holds_huge_number(value: Any) -> bool:
    """Whether the value is, or contains, a number beyond the range of a double or with too many digits."""
    if isinstance(value, dict | list):
        return any(_holds_huge_number(part) for part in (value.values() if isinstance(value, dict) else value))
    if not isinstance(value, _Number):
        return False
    digits = value.lstrip("-")
    return len(digits) > 4300 if digits.isdigit() else math.isinf(float(value))


def _validate_timestamp(value: Any) -> str | None:
    if isinstance(value, _Number):
        return next((TIMESTAMPS[known] for known in TIMESTAMPS if repr(known) == value), "bad_timestamp")
    return TIMESTAMPS.get(value.strip(), "bad_timestamp") if isinstance(value, str) else "bad_timestamp"


def _is_whole(value: Any, is_count: bool) -> bool:
    """Whether the value is a whole number, in any notation: 7, 7.0 and 70e-1 are equal."""
    if isinstance(value, _Number):
        if math.isinf(float(value)):
            return False
        number = Fraction(value) if float(value) else Fraction(0)
        return number.denominator == 1 and (0 if is_count else -(2**63)) <= number < 2**63
    if not isinstance(value, str) or not WHOLE_NUMBERS.get(value.strip(), False):
        return False
    return not (is_count and float(value) < 0)
