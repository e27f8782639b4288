"""Numbers that count a unit of time since 1970."""

import math
import re
from decimal import ROUND_FLOOR, Context, Decimal

NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?")
# What a number counts; the keys are the units' short names.
UNITS = {
    "s": "seconds since 1970",
    "ms": "milliseconds since 1970",
    "us": "microseconds since 1970",
    "ns": "nanoseconds since 1970",
}
# What each is in microseconds.
_SIZES: dict[str, int | Decimal] = {"s": 10**6, "ms": 10**3, "us": 1, "ns": Decimal("0.001")}
# As seconds 10^11 is the year 5138, as milliseconds it is 1973; and so with each limit that follows.
_SECONDS_END, _MILLISECONDS_END, _MICROSECONDS_END = 10**11, 10**14, 10**17
_FLOOR = Context(prec=60, rounding=ROUND_FLOOR)
# A date of 2000 to 2099 and an hour, yyyyMMddHH, or a time to the hundredth of a second, yyyyMMddHHmmssSS.
_DATE = re.compile(
    r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])(?:[0-5][0-9][0-5][0-9][0-9]{2})?"
)


def read_number(text: str) -> int | Decimal:
    """The number of a text that matches NUMBER; int where it is written as one."""
    return int(text) if text.isdigit() else Decimal(text)


def count_micros(number: int | Decimal, unit: str) -> int:
    """The whole microseconds in that many units; the rest is cut off towards the past."""
    size = _SIZES[unit]
    if isinstance(number, int) and isinstance(size, int):
        return number * size
    return math.floor(_FLOOR.multiply(number, size))


def guess_unit(number: int | Decimal) -> str | None:
    """The unit of an epoch number by its size; None where its digits can as well be those of a date.

    No epoch number in seconds or microseconds has the digits of a date before the year 2033.
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
