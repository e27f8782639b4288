"""A source's mapping, prepared once: a function for each field that finds its value in a record."""

from collections.abc import Callable
from typing import Any

from schemas.fields import Path

Finder = Callable[[dict[str, Any]], Any]


def make_finder(paths: tuple[Path, ...], takes_blank: bool = False) -> Finder:
    """A function that gives the value at the first path where one is neither null nor blank.

    Without any it gives None or, if it `takes_blank`, the first blank text.
    """
    steps = [(path[0], path[1:]) for path in paths]

    def find(record: dict[str, Any]) -> Any:
        blank = None
        for key, inner_path in steps:
            value = record.get(key)
            if value is None or (inner_path and (value := _follow(value, inner_path)) is None):
                continue
            if type(value) is not str or (value and not value.isspace()):
                return value
            blank = value if blank is None else blank
        return blank if takes_blank else None

    return find


def _follow(value: Any, path: Path) -> Any:
    """What the path leads to; None where there is nothing, or something that is no object on the way."""
    for key in path:
        if type(value) is not dict:
            return None
        value = value.get(key)
    return value
