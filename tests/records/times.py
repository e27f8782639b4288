"""Reading single times."""

from datetime import UTC, datetime

from jobs.records.values.timestamps import NoTimeError, TimeReader, to_micros


def read_time(text: str, zone: str = "UTC", *formats: str) -> int | None:
    """The instant that the text names for a source of that zone; None where it names none."""
    try:
        return TimeReader(zone, formats).read(text).micros
    except NoTimeError:
        return None


def micros(text: str | None) -> int | None:
    """The instant of a time in UTC, read by Python."""
    return None if text is None else to_micros(datetime.fromisoformat(text).replace(tzinfo=UTC))
