"""A source's mapping, prepared once: a function for each field that finds its value in a record."""

from collections.abc import Callable
from typing import Any

from schemas.fields import Path

Record = dict[str, Any]
Finder = Callable[[Record], Any]


def make_finder(paths: tuple[Path, ...]) -> Finder:
    """A function that gives the value at the first path where one is neither null nor blank; None without any."""
    keys = [path[0] for path in paths if len(path) == 1]
    if len(keys) < len(paths):
        return lambda record: _find_at_paths(record, paths)
    if len(keys) != 1:
        return lambda record: _find_at_keys(record, keys)
    (key,) = keys
    return lambda record: None if is_blank(value := record.get(key)) else value


def make_content_finder(paths: tuple[Path, ...]) -> Finder:
    """The same for a text that may be blank: a blank document is a document of no words, not a missing one."""
    find_filled = make_finder(paths)

    def find(record: Record) -> Any:
        if (value := find_filled(record)) is not None:
            return value
        return next((value for path in paths if (value := follow(record, path)) is not None), None)

    return find


def is_blank(value: Any) -> bool:
    """True for null and for text of white space alone."""
    return value is None or value == "" or (type(value) is str and value.isspace())


def follow(record: Any, path: Path) -> Any:
    """What the path leads to; None where there is nothing, or something that is no object on the way."""
    for key in path:
        if type(record) is not dict:
            return None
        record = record.get(key)
    return record


def _find_at_keys(record: Record, keys: list[str]) -> Any:
    for key in keys:
        if not is_blank(value := record.get(key)):
            return value
    return None


def _find_at_paths(record: Record, paths: tuple[Path, ...]) -> Any:
    for path in paths:
        if not is_blank(value := follow(record, path)):
            return value
    return None
