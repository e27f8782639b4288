"""Timestamps as producers write them -> instants, in microseconds since 1970."""

import math
import re
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_FLOOR, Context, Decimal
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ISO_8601 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
    r"(?: ?(?:[Zz]|[+-](?:(?:0[0-9]|1[0-7])(?::?[0-5][0-9])?|18(?::?00)?)))?"
)
_MINUTES = len("2025-06-02T12:00")
_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?")

# An epoch number below the first limit is in seconds, below the second in milliseconds, else in microseconds: as
# seconds 10^11 is the year 5138, as milliseconds it is 1973.
_LARGEST_SECONDS = 10**11
_LARGEST_MILLISECONDS = 10**14
_FLOOR = Context(prec=60, rounding=ROUND_FLOOR)
# After so long the calendar repeats itself.
_MICROSECONDS_OF_400_YEARS = 146_097 * 86_400 * 10**6


def find_zone(name: str) -> tzinfo:
    """The time zone of that IANA name."""
    return UTC if name == "UTC" else ZoneInfo(name)


def read_timestamp(text: str, default_time_zone: tzinfo) -> int | None:
    """The instant that `text` names, cut to microseconds; None where it names none.

    Understood: ISO 8601 date and time with `Z`, an offset, or neither (then `default_time_zone`), and epoch numbers in
    seconds, milliseconds or microseconds, told apart by their size.
    """
    if _NUMBER.fullmatch(text):
        return _read_epoch(text)
    return read_iso_timestamp(text, default_time_zone)


def read_iso_timestamp(text: str, default_time_zone: tzinfo) -> int | None:
    """As `read_timestamp`, and a number is no time."""
    return _read_iso_8601(text, default_time_zone) if _ISO_8601.fullmatch(text) else None


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds


def _read_iso_8601(text: str, default_time_zone: tzinfo) -> int | None:
    if text.startswith("0000"):  # Python's calendar begins with the year 1
        later = _read_iso_8601("0400" + text[4:], default_time_zone)
        return None if later is None else later - _MICROSECONDS_OF_400_YEARS
    try:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:  # Python knows neither a blank before the offset nor a small z
            instant = datetime.fromisoformat(text[:_MINUTES] + text[_MINUTES:].replace(" ", "").upper())
    except ValueError:  # no day of the calendar
        return None
    return to_micros(instant if instant.tzinfo else instant.replace(tzinfo=default_time_zone))


def _read_epoch(text: str) -> int | None:
    number = Decimal(text)
    size = abs(number)
    unit = 10**6 if size < _LARGEST_SECONDS else 10**3 if size < _LARGEST_MILLISECONDS else 1
    micros = math.floor(_FLOOR.multiply(number, unit))
    return micros if -(2**63) <= micros < 2**63 else None


def check_time_format(text: str) -> str | None:
    return None
