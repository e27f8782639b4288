"""Epoch numbers: they count seconds, or a smaller unit of time, since 1970."""

import math
import re
from decimal import ROUND_FLOOR, Context, Decimal

NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?")
# The short name of each unit, and how messages describe it.
UNITS = {
    "s": "seconds since 1970",
    "ms": "milliseconds since 1970",
    "us": "microseconds since 1970",
    "ns": "nanoseconds since 1970",
}
# The length of each unit in microseconds.
_SIZES: dict[str, int | Decimal] = {"s": 10**6, "ms": 10**3, "us": 1, "ns": Decimal("0.001")}
# A number's size tells its unit: 10^11 seconds is the year 5138, while 10^11 milliseconds is 1973. The same holds for
# the next two limits.
_SECONDS_END, _MILLISECONDS_END, _MICROSECONDS_END = 10**11, 10**14, 10**17
_FLOOR = Context(prec=60, rounding=ROUND_FLOOR)
# Matches digits that can be a date of the years 2000 to 2099: with an hour, yyyyMMddHH, or with a time to the hundredth
# of a second, yyyyMMddHHmmssSS.
_DATE = re.compile(
    r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])(?:[0-5][0-9][0-5][0-9][0-9]{2})?"
)


def read_number(text: str) -> int | Decimal:
    """Returns the number that a text matching NUMBER states; an int where the text has digits only.

    >>> read_number("1748865600"), read_number("1.5e3")
    (1748865600, Decimal('1.5E+3'))
    """
    return int(text) if text.isdigit() else Decimal(text)


def count_micros(number: int | Decimal, unit: str) -> int:
    """Returns the whole microseconds in that many units. A fraction of a microsecond is cut off, towards the past.

    >>> count_micros(1748865600, "s"), count_micros(-1, "ns")
    (1748865600000000, -1)
    """
    size = _SIZES[unit]
    if isinstance(number, int) and isinstance(size, int):
        return number * size
    return math.floor(_FLOOR.multiply(number, size))


def guess_unit(number: int | Decimal) -> str | None:
    """Returns the unit that the size of an epoch number suggests, or None where its digits can also be a date.

    An epoch number of seconds or microseconds looks like a date from the year 2033 on only.

    >>> guess_unit(1748865600), guess_unit(1748865600000), guess_unit(2025060212)
    ('s', 'ms', None)
    """
    size = number if number >= 0 else -number
    if size < _SECONDS_END:
        return None if size >= 20 * 10**8 and _can_be_date(number) else "s"
    if size < _MILLISECONDS_END:
        return "ms"
    if size < _MICROSECONDS_END:
        return None if size >= 20 * 10**14 and _can_be_date(number) else "us"
    return "ns"


def _can_be_date(number: int | Decimal) -> bool:
    whole = int(number)
    return number == whole and bool(_DATE.fullmatch(str(whole)))
