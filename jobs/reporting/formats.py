"""Values as people read them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

NOTHING = "\N{EN DASH}"


def number(value: Any, digits: int | None = None) -> str:
    """1234.5 as 1,234.5; as many decimals as it has, unless `digits` are asked for."""
    if value is None:
        return NOTHING
    if digits is None and isinstance(value, Decimal):
        value = value.normalize() if value % 1 else int(value)
    return f"{value:,}" if digits is None else f"{value:,.{digits}f}"


def percent(part: Any, whole: Any) -> str:
    """A share in percent with one decimal; one that is not 0 is never shown as 0."""
    if not whole:
        return NOTHING
    share = 100 * part / whole
    return "<\N{NO-BREAK SPACE}0.1\N{NO-BREAK SPACE}%" if 0 < share < 0.1 else f"{share:.1f}\N{NO-BREAK SPACE}%"


def duration(seconds: Any) -> str:
    """13 min 58 s."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    shown = [f"{value} {unit}" for value, unit in parts if value]
    return " ".join(shown[:2]) or "0 s"


def name_problem(reason: str, field: str) -> str:
    """A reason for quarantine with the field that it is about, which may be blank: missing field (user_id)."""
    words = reason.replace("_", " ")
    return f"{words} ({field})" if field else words


def day(value: date) -> str:
    """Mon 30 June 2025."""
    return f"{value:%a} {value.day} {value:%B %Y}"


def instant(value: datetime | None) -> str:
    """2025-06-30 20:01:25 UTC."""
    return NOTHING if value is None else f"{value:%Y-%m-%d %H:%M:%S} UTC"


def days_from_to(first: date, last: date) -> str:
    """1 to 30 June 2025, naming a month or year twice only where they differ."""
    start = f"{first.day}"
    if (first.year, first.month) != (last.year, last.month):
        start += f" {first:%B}" + (f" {first.year}" if first.year != last.year else "")
    return f"{start} to {last.day} {last:%B %Y}"


def cell(value: Any) -> str:
    """One value of a table."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, int | float | Decimal):
        return number(value)
    return NOTHING if value is None else str(value)


def heading(column: str) -> str:
    """`edit_count` as `Edit count`, `event_at` as `Event at (UTC)`."""
    words = column.replace("_", " ").capitalize().replace(" id", " ID")
    return f"{words} (UTC)" if column.endswith("_at") else words
