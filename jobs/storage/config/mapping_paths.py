"""Reads the paths of a mapping file. The error for a wrong path names its line and what to write instead."""

from collections.abc import Callable
from typing import Any, TypeVar

from jobs.records.mapping import compile_query
from jobs.storage.config.yaml_file import YamlFile
from schemas.paths import Path, Query, parse_names, parse_path

T = TypeVar("T")


def read_paths(file: YamlFile, value: Any, *keys: str) -> tuple[Path, ...]:
    """Read a path, or a list of them. Raises UsageError, as all functions here do."""
    alternatives = value if isinstance(value, list) else [value]
    if not alternatives:
        raise file.wrong("is []; it must be a path or a list of them", *keys)
    return tuple(read_path(file, alternative, *keys) for alternative in alternatives)


def read_path(file: YamlFile, value: Any, *keys: str) -> Path:
    """Read one path. A JSONPath is compiled once, to see whether it is valid."""
    path = parse_value(file, parse_path, value, *keys)
    if isinstance(path, Query):
        parse_value(file, compile_query, path.text, *keys)
    return path


def parse_value(file: YamlFile, parse: Callable[[str], T], value: Any, *keys: str) -> T:
    """Parse the text that stands under `keys`."""
    if not isinstance(value, str):
        raise file.wrong(f"is {value!r}; it must be a path or a list of them", *keys)
    try:
        return parse(value)
    except ValueError as error:
        raise file.wrong(f"is {value!r}; {error}{_hint_at_lists(parse, value)}", *keys) from error


def _hint_at_lists(parse: Callable[[str], Any], value: str) -> str:
    """Suggest names without `[*]`, since names go through the elements of a list anyway."""
    return f": {value.replace('[*]', '')}" if parse is parse_names and "[*]" in value else ""


def read_record_path(file: YamlFile) -> tuple[str, ...]:
    """Read the names that lead to the list of records. There are none if the values themselves are the records."""
    value = file.values.get("record_path")
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        names = ".".join(value)
        raise file.wrong(f"is {value!r}; it must be one path, whose names are joined by dots: {names}", "record_path")
    return parse_value(file, parse_names, value, "record_path") if "record_path" in file.values else ()
