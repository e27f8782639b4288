"""Reads timestamps as producers write them. The results are microseconds since 1970."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from jobs.records.values.epoch_numbers import NUMBER, UNITS, count_micros, guess_unit, read_number
from jobs.records.values.time_forms import spell_as_iso
from jobs.records.values.time_patterns import find_pattern_fault, make_speller

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ISO_8601 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
    r"(?: ?(?:[Zz]|[+-](?:(?:0[0-9]|1[0-7])(?::?[0-5][0-9])?|18(?::?00)?)))?"
)
_MINUTES = len("2025-06-02T12:00")
# The calendar repeats itself after 400 years.
_MICROSECONDS_OF_400_YEARS = 146_097 * 86_400 * 10**6

# .NET writes times so. We ignore the offset, because the number counts in UTC whatever the offset is.
_DOT_NET = re.compile(r"/Date\((-?[0-9]{1,20})(?:[+-][0-9]{4})?\)/")

_TIME = "an ISO 8601 date and time, or an epoch number"
_ONE_MEANING = (
    "a time of one meaning: these digits can be a date or an epoch, and time_formats of the mapping says which"
)
_EPOCH_FORMATS = {f"epoch_{unit}": (unit, False) for unit in UNITS} | {
    f"local_epoch_{unit}": (unit, True) for unit in UNITS
}


class Time(NamedTuple):
    """An instant in microseconds since 1970. For a number, `unit` is the unit that we assumed: `seconds since 1970`."""

    micros: int
    unit: str | None


class NoTimeError(ValueError):
    """The text names no instant, or could name two. `expected` says which forms would be right."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def find_zone(name: str) -> tzinfo:
    """Returns the time zone of an IANA name, such as `Europe/Berlin`."""
    return UTC if name == "UTC" else ZoneInfo(name)


def to_micros(instant: datetime) -> int:
    """Returns the microseconds since 1970.

    >>> to_micros(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds


def check_time_format(text: str) -> str | None:
    """Returns what is wrong with an entry of `time_formats`, or None where nothing is.

    >>> check_time_format("%H:%M")
    'it has no year: %Y or %y'
    """
    if text in _EPOCH_FORMATS:
        return None
    if "%" not in text:
        return f"it is neither one of {', '.join(_EPOCH_FORMATS)} nor a pattern such as %d/%b/%Y:%H:%M:%S %z"
    return find_pattern_fault(text)


class TimeReader:
    """Reads the times of one field of one source, cut to microseconds.

    These forms need no setting: ISO 8601, the forms of `time_forms`, `/Date(ms)/`, and epoch numbers. A time without
    `Z` and without an offset is in the default time zone. The size of an epoch number tells its unit.

    `formats` are tried first. They are names such as `epoch_ms` and `local_epoch_s`, or patterns such as
    `%d/%b/%Y:%H:%M:%S %z`. A local epoch counts in the default time zone instead of UTC. If an epoch format is named,
    every number has its unit.

    >>> TimeReader("UTC").read("2025-06-02T12:00:00Z")
    Time(micros=1748865600000000, unit=None)
    >>> TimeReader("Europe/Berlin", ("epoch_s",)).read("1748865600")
    Time(micros=1748865600000000, unit='seconds since 1970')
    """

    def __init__(self, default_time_zone: str, formats: tuple[str, ...] = ()) -> None:
        self._zone = find_zone(default_time_zone)
        self._formats = [self._make_format_reader(text) for text in formats]
        self._expected = f"{_TIME}, or one of these time_formats: {', '.join(formats)}" if formats else _TIME

    def read_usual(self, text: str) -> int | None:
        """Returns the instant where the text is ISO 8601, the usual case. None means that `read` has to decide."""
        if not self._formats and _ISO_8601.fullmatch(text):
            return _read_iso_8601(text, self._zone)
        return None

    def read(self, text: str) -> Time:
        """Returns the instant that `text` names. Raises NoTimeError where it names none, or could name two."""
        if self._formats and (time := self._read_format(text)):
            return time
        if _ISO_8601.fullmatch(text):
            micros = _read_iso_8601(text, self._zone)
        elif NUMBER.fullmatch(text):
            return _read_number_by_size(text)
        else:
            micros = _read_other_form(text, self._zone)
        if micros is not None:
            return Time(micros, None)
        if match := _DOT_NET.fullmatch(text):
            return _read_epoch(match[1], "ms")
        raise NoTimeError(self._expected)

    def read_written(self, text: str) -> int | None:
        """Returns the instant as `read` does, or None. A number counts as a time only if `formats` say so."""
        time = self._read_format(text) if self._formats else None
        if time:
            return time.micros
        read = _read_iso_8601 if _ISO_8601.fullmatch(text) else _read_other_form
        return read(text, self._zone)

    def _read_format(self, text: str) -> Time | None:
        return next((time for read in self._formats if (time := read(text))), None)

    def _make_format_reader(self, text: str) -> Callable[[str], Time | None]:
        if text in _EPOCH_FORMATS:
            return self._make_epoch_reader(*_EPOCH_FORMATS[text])
        spell = make_speller(text)

        def read(text: str) -> Time | None:
            micros = _read_spelled(spell(text), self._zone)
            return None if micros is None else Time(micros, None)

        return read

    def _make_epoch_reader(self, unit: str, is_local: bool) -> Callable[[str], Time | None]:
        def read(text: str) -> Time | None:
            if not NUMBER.fullmatch(text):
                return None
            time = _read_epoch(text, unit)
            return _take_for_local(time, self._zone) if is_local else time

        return read


def _read_other_form(text: str, default_time_zone: tzinfo) -> int | None:
    return _read_spelled(spell_as_iso(text), default_time_zone)


def _read_spelled(text: str | None, default_time_zone: tzinfo) -> int | None:
    return _read_iso_8601(text, default_time_zone) if text and _ISO_8601.fullmatch(text) else None


def _read_iso_8601(text: str, default_time_zone: tzinfo) -> int | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return _read_odd_iso_8601(text, default_time_zone)
    return to_micros(instant if instant.tzinfo else instant.replace(tzinfo=default_time_zone))


def _read_odd_iso_8601(text: str, default_time_zone: tzinfo) -> int | None:
    """Reads what Python cannot: the year 0, a blank before the offset, and a small z."""
    # Python's calendar begins with the year 1. So we read the year 400, and subtract 400 years.
    if text.startswith("0000"):
        later = _read_iso_8601("0400" + text[4:], default_time_zone)
        return None if later is None else later - _MICROSECONDS_OF_400_YEARS
    known = text[:_MINUTES] + text[_MINUTES:].replace(" ", "").upper()
    # Where the spelling was not the fault, there is no such day, and we stop.
    return None if known == text else _read_iso_8601(known, default_time_zone)


def _read_epoch(text: str, unit: str) -> Time:
    return Time(count_micros(read_number(text), unit), UNITS[unit])


def _read_number_by_size(text: str) -> Time:
    number = read_number(text)
    unit = guess_unit(number)
    if unit is None:
        raise NoTimeError(_ONE_MEANING)
    return Time(count_micros(number, unit), UNITS[unit])


def _take_for_local(time: Time, zone: tzinfo) -> Time:
    """Returns the instant at which clocks in the zone show the time that the number gives in UTC."""
    unit = f"{time.unit}, of local time"
    try:
        shown = EPOCH + timedelta(microseconds=time.micros)
    except OverflowError:  # the year is beyond Python's calendar, and every limit is within it
        return Time(time.micros, unit)
    return Time(to_micros(shown.replace(tzinfo=zone)), unit)
