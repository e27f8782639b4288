"""Timestamps as producers write them -> instants."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.transforms.uncompiled import uncompiled

_DATE_TIME = r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}"
_ISO_8601 = rf"^{_DATE_TIME}(:\d{{2}}([.,]\d+)?)?( ?([Zz]|[+-]\d{{2}}(:?\d{{2}})?))?$"
# What Spark's own cast reads right; everything else is brought into this form first.
_CANONICAL = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$"
_NUMBER = r"^-?\d{1,20}(\.\d+)?([eE][+]?\d{1,2})?$"

# An epoch number below the first limit is in seconds, below the second in milliseconds, else in microseconds: as
# seconds 10^11 is the year 5138, as milliseconds it is 1973.
_LARGEST_SECONDS = 10**11
_LARGEST_MILLISECONDS = 10**14


def parse_timestamp(text: Column, default_time_zone: str) -> Column:
    """The instant that `text` names, cut to microseconds; NULL where it names none.

    Understood: ISO 8601 date and time with `Z`, an offset, or neither (then `default_time_zone`, an IANA name), and
    epoch numbers in seconds, milliseconds or microseconds, told apart by their size. The Spark session must be in
    UTC. A time of day without a date is not understood: Spark's own cast would add today's date.
    """
    is_canonical = text.rlike(_CANONICAL)
    is_iso_8601 = text.rlike(_ISO_8601)
    is_number = text.rlike(_NUMBER)
    return (
        F.when(is_canonical, text.try_cast("timestamp"))
        .when(is_iso_8601, uncompiled(_normalise(text, default_time_zone)).try_cast("timestamp"))
        .when(is_number, _from_epoch(text))
    )


def _normalise(text: Column, default_time_zone: str) -> Column:
    """Upper-case T and Z, seconds present, at most six decimals, and always a zone."""
    upper = F.upper(F.replace(text, F.lit(","), F.lit(".")))
    date_time = F.regexp_extract(upper, r"^(.{10})[T ](\d{2}:\d{2})", 1)
    clock = F.regexp_extract(upper, r"^(.{10})[T ](\d{2}:\d{2})", 2)
    seconds = F.regexp_extract(upper, r"^.{16}(:\d{2}(?:\.\d{1,6})?)", 1)
    zone = F.regexp_extract(upper, r"(Z|[+-]\d{2}(?::?\d{2})?)$", 1)
    # A date alone ends in what looks like an offset (-31); the pattern above has made sure that a time follows it.
    zone = F.when(F.length(upper) > 10, zone)
    return F.concat(
        date_time,
        F.lit("T"),
        clock,
        F.when(seconds == "", ":00").otherwise(seconds),
        F.when(zone == "", f" {default_time_zone}").otherwise(zone),
    )


def _from_epoch(text: Column) -> Column:
    number = text.try_cast("decimal(38, 9)")
    size = F.abs(number)
    microseconds = (
        F.when(size < _LARGEST_SECONDS, number * 1_000_000)
        .when(size < _LARGEST_MILLISECONDS, number * 1_000)
        .otherwise(number)
    )
    return F.timestamp_micros(F.floor(microseconds).try_cast("bigint"))
