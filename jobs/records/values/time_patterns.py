"""Patterns of times, as for Python's strptime. A text that fits a pattern is written again in ISO 8601.

We do not use `datetime.strptime` itself. It takes the names of months from the locale, and reads at most six digits of
a fraction. It also reads `111` by `%m%d` as one date, although two are possible.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

# Takes a text. Returns the same time in ISO 8601, or None where the text does not fit the pattern.
Speller = Callable[[str], str | None]

_MONTHS = [
    *["January", "February", "March", "April", "May", "June"],
    *["July", "August", "September", "October", "November", "December"],
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_NUMBERS_OF_NAMES = {name[:3].lower(): number for names in (_MONTHS, _WEEKDAYS) for number, name in enumerate(names)}
_ONE_OR_TWO = (1, 2)


class _Directive(NamedTuple):
    """What a directive reads: a part of a time, as digits (the fewest and the most), or by a regular expression."""

    part: str
    digits: tuple[int, int] | None
    expression: str = ""


def _name(part: str, names: list[str]) -> _Directive:
    return _Directive(part, None, "|".join(names))


_DIRECTIVES = {
    "Y": _Directive("year", (4, 4)),
    "y": _Directive("year", (2, 2)),
    "m": _Directive("month", _ONE_OR_TWO),
    "b": _name("month", [name[:3] for name in _MONTHS]),
    "B": _name("month", _MONTHS),
    "d": _Directive("day", _ONE_OR_TWO),
    "j": _Directive("day_of_year", (1, 3)),
    "a": _name("weekday", [name[:3] for name in _WEEKDAYS]),
    "A": _name("weekday", _WEEKDAYS),
    "H": _Directive("hour", _ONE_OR_TWO),
    "I": _Directive("hour_of_half_day", _ONE_OR_TWO),
    "p": _Directive("half_day", None, "AM|PM"),
    "M": _Directive("minute", _ONE_OR_TWO),
    "S": _Directive("second", _ONE_OR_TWO),
    "f": _Directive("fraction", (1, 30)),
    "z": _Directive("offset", None, "Z|UTC?|GMT|[+\u2212-][0-9]{2}(?::?[0-9]{2})?"),
}
_TOKEN = re.compile(r"%(.?)|(\s+)|(.)", re.DOTALL)
_KNOWN = " ".join(f"%{letter}" for letter in _DIRECTIVES)


def find_pattern_fault(pattern: str) -> str | None:
    """Returns what is wrong with a pattern, or None where it gives a whole date and time.

    >>> find_pattern_fault("%d/%b/%Y:%H:%M:%S %z")
    >>> find_pattern_fault("%d/%b/%Y")
    'it has no hour: %H, or %I and %p'
    """
    letters = [token[1] for token in _TOKEN.finditer(pattern) if token[1] is not None and token[1] != "%"]
    if "" in letters:
        return "a % stands at its end; %% is a percent sign"
    if unknown := [letter for letter in letters if letter not in _DIRECTIVES]:
        return f"%{unknown[0]} is not known; known are {_KNOWN} and %%"
    parts = [_DIRECTIVES[letter].part for letter in letters]
    if twice := [part for part in parts if parts.count(part) > 1]:
        return f"it has the {twice[0].replace('_', ' ')} twice"
    return _find_missing_part(set(parts))


def _find_missing_part(parts: set[str]) -> str | None:
    needs = {
        "it has no year: %Y or %y": "year" in parts,
        "it has no day: %m and %d, or %j": {"month", "day"} <= parts or "day_of_year" in parts,
        "it has the day twice: %j, and %m or %d": "day_of_year" not in parts or not parts & {"month", "day"},
        "it has no hour: %H, or %I and %p": "hour" in parts or {"hour_of_half_day", "half_day"} <= parts,
        "it has the hour twice: %H, and %I or %p": "hour" not in parts or not parts & {"hour_of_half_day", "half_day"},
        "it has seconds without minutes: %M": "minute" in parts or not parts & {"second", "fraction"},
        "it has a fraction without seconds: %S": "second" in parts or "fraction" not in parts,
    }
    return next((fault for fault, is_met in needs.items() if not is_met), None)


def make_speller(pattern: str) -> Speller:
    """Returns the function that reads a pattern in which `find_pattern_fault` finds no fault.

    >>> make_speller("%d/%b/%Y:%H:%M:%S %z")("02/Jun/2025:12:00:00 +0200")
    '2025-06-02T12:00:00+0200'
    """
    expression = re.compile(_make_expression(pattern), re.ASCII | re.IGNORECASE)

    def spell(text: str) -> str | None:
        match = expression.fullmatch(text)
        return _spell_parts(match.groupdict()) if match else None

    return spell


def _make_expression(pattern: str) -> str:
    """Returns the regular expression of a pattern.

    Where two numbers touch, as in `%m%d`, nobody can tell where the first one ends. So each must have all its digits.
    """
    tokens = list(_TOKEN.finditer(pattern.strip()))
    are_digits = [_is_digits(token) for token in tokens]
    expression = ""
    for place, token in enumerate(tokens):
        letter = token[1]
        if letter is None or letter == "%":
            expression += r"\s+" if token[2] else re.escape(letter or token[3])
            continue
        directive = _DIRECTIVES[letter]
        wanted = directive.expression
        if directive.digits:
            few, many = directive.digits
            is_followed = any(are_digits[place + 1 : place + 2])
            is_preceded = place > 0 and are_digits[place - 1]
            if letter == "f":
                few, many = (6, 6) if is_followed else (few, many)
            elif is_followed or is_preceded:
                few = many
            wanted = f"[0-9]{{{few},{many}}}"
        name = "short_year" if letter == "y" else directive.part
        expression += f"(?P<{name}>{wanted})"
    return expression


def _is_digits(token: re.Match[str]) -> bool:
    if token[1] in _DIRECTIVES:
        return _DIRECTIVES[token[1]].digits is not None
    return token[0].isdigit()


def _spell_parts(parts: dict[str, str]) -> str | None:
    try:
        day = _read_day(parts)
        hour = _read_hour(parts)
    except ValueError:  # there is no such day or hour
        return None
    if "weekday" in parts and _NUMBERS_OF_NAMES[parts["weekday"][:3].lower()] != day.weekday():
        return None
    clock = f"{hour:02}:{int(parts.get('minute', 0)):02}:{int(parts.get('second', 0)):02}"
    fraction = f".{parts['fraction']}" if "fraction" in parts else ""
    return f"{day}T{clock}{fraction}{spell_offset(parts.get('offset', ''))}"


def _read_day(parts: dict[str, str]) -> date:
    if "short_year" in parts:  # POSIX reads 69 to 99 as 1969 to 1999
        short = int(parts["short_year"])
        year = short + (1900 if short > 68 else 2000)
    else:
        year = int(parts["year"])
    if "day_of_year" in parts:
        day = date(year, 1, 1) + timedelta(int(parts["day_of_year"]) - 1)
        if day.year != year:
            raise ValueError(parts["day_of_year"])
        return day
    month = parts["month"]
    number = int(month) if month.isdigit() else _NUMBERS_OF_NAMES[month[:3].lower()] + 1
    return date(year, number, int(parts["day"]))


def _read_hour(parts: dict[str, str]) -> int:
    if "hour" in parts:
        return int(parts["hour"])
    hour = int(parts["hour_of_half_day"])
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + 12 * (parts["half_day"].upper() == "PM")


def spell_offset(offset: str) -> str:
    """Returns the offset as ISO 8601 writes it: `Z` for a name of UTC, and a plain minus.

    >>> spell_offset("GMT"), spell_offset("\u221203:00")
    ('Z', '-03:00')
    """
    return "Z" if offset[:1].isalpha() else offset.replace("\u2212", "-")
