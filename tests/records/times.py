"""Helpers to read single times."""

from datetime import UTC, datetime

from jobs.records.values.timestamps import NoTimeError, TimeReader, to_micros


def read_time(text: str, zone: str = "UTC", *formats: str) -> int | None:
    """Returns the instant of a text for a mapping with that time zone and these formats, or None if it is no time."""
    try:
        return TimeReader(zone, formats).read(text).micros
    except NoTimeError:
        return None


def micros(text: str | None) -> int | None:
    """Returns the instant of a time in UTC, as Python reads it."""
    return None if text is None else to_micros(datetime.fromisoformat(text).replace(tzinfo=UTC))
