"""Prints the result of a query: as a ruled table on a terminal, and as aligned columns into a pipe."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from jobs.storage.database.queries import Result


def format_cell(value: Any) -> str:
    r"""Returns one value as text. Control characters are escaped, because a terminal would obey them.

    >>> print(format_cell("red \x1b[31m"))
    red \x1b[31m
    """
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def is_numeric_column(result: Result, position: int) -> bool:
    """Whether a column has numbers only. Such a column is aligned to the right."""
    values = [row[position] for row in result.rows if row[position] is not None]
    return bool(values) and all(isinstance(value, int | float | Decimal) for value in values)


def format_plain(result: Result) -> str:
    """Returns the result as aligned text."""
    table = [result.columns, *([format_cell(value) for value in row] for row in result.rows)]
    widths = [max(len(row[position]) for row in table) for position in range(len(result.columns))]
    align: list[Callable[[str, int], str]] = [
        str.rjust if is_numeric_column(result, position) else str.ljust for position in range(len(widths))
    ]
    lines = ["  ".join(f(cell, width) for f, cell, width in zip(align, row, widths, strict=True)) for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([result.title, *(line.rstrip() for line in lines)])


def print_table(result: Result) -> None:
    """Prints the result as a ruled table that fits the terminal."""
    from rich.console import Console  # noqa: PLC0415 - only the extra `terminal` installs it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=result.title, title_justify="left")
    for position, column in enumerate(result.columns):
        table.add_column(column, justify="right" if is_numeric_column(result, position) else "left")
    for row in result.rows:
        table.add_row(*(Text(format_cell(value)) for value in row))
    Console().print(table)


def show_results(results: list[Result]) -> None:
    """Prints each result: as a ruled table on a terminal, as aligned text into a pipe."""
    for result in results:
        if sys.stdout.isatty():
            print_table(result)
        else:
            print(format_plain(result))
        print(flush=True)


def parse_rows(text: str) -> int:
    """Returns the number of rows to show. Raises ArgumentTypeError for anything but a whole number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above zero, not {text}")
    return int(text)
