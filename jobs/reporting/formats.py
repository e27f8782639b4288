"""Formats values for people."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

NOTHING = "\N{EN DASH}"


def number(value: Any, digits: int | None = None) -> str:
    """Formats a number, with all its decimals or with `digits` of them.

    >>> number(1234.5), number(1234.5, 0)
    ('1,234.5', '1,234')
    """
    if value is None:
        return NOTHING
    if digits is None and isinstance(value, Decimal):
        value = value.normalize() if value % 1 else int(value)
    return f"{value:,}" if digits is None else f"{value:,.{digits}f}"


def percent(part: Any, whole: Any) -> str:
    """Formats a share in percent with one decimal. A share that is not 0 is never shown as 0."""
    if not whole:
        return NOTHING
    share = 100 * part / whole
    return "<\N{NO-BREAK SPACE}0.1\N{NO-BREAK SPACE}%" if 0 < share < 0.1 else f"{share:.1f}\N{NO-BREAK SPACE}%"


def duration(seconds: Any) -> str:
    """Formats a duration with its two largest units.

    >>> duration(838), duration(7200), duration(0.2)
    ('13 min 58 s', '2 h', '0 s')
    """
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    shown = [f"{value} {unit}" for value, unit in parts if value]
    return " ".join(shown[:2]) or "0 s"


def name_problem(reason: str, field: str) -> str:
    """Formats a reason for quarantine with its field, which may be blank.

    >>> name_problem("missing_field", "user_id"), name_problem("malformed_json", "")
    ('missing field (user_id)', 'malformed json')
    """
    words = reason.replace("_", " ")
    return f"{words} ({field})" if field else words


def day(value: date) -> str:
    """Formats a day.

    >>> day(date(2025, 6, 30))
    'Mon 30 June 2025'
    """
    return f"{value:%a} {value.day} {value:%B %Y}"


def instant(value: datetime | None) -> str:
    """Formats an instant, such as 2025-06-30 20:01:25 UTC."""
    return NOTHING if value is None else f"{value:%Y-%m-%d %H:%M:%S} UTC"


def days_from_to(first: date, last: date) -> str:
    """Formats a period. The month and year of the first day are left out where they are those of the last.

    >>> days_from_to(date(2025, 6, 1), date(2025, 6, 30)), days_from_to(date(2025, 5, 31), date(2025, 6, 1))
    ('1 to 30 June 2025', '31 May to 1 June 2025')
    """
    start = f"{first.day}"
    if (first.year, first.month) != (last.year, last.month):
        start += f" {first:%B}" + (f" {first.year}" if first.year != last.year else "")
    return f"{start} to {last.day} {last:%B %Y}"


def cell(value: Any) -> str:
    """Formats one value of a table."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, int | float | Decimal):
        return number(value)
    return NOTHING if value is None else str(value)


def heading(column: str) -> str:
    """Formats the name of a column.

    >>> heading("edit_count"), heading("event_at")
    ('Edit count', 'Event at (UTC)')
    """
    words = column.replace("_", " ").capitalize().replace(" id", " ID")
    return f"{words} (UTC)" if column.endswith("_at") else words
