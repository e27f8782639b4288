"""Reads a YAML file so that an error can name the wrong line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml

from jobs.storage.errors import UsageError

Loader = type[yaml.SafeLoader] | type[yaml.BaseLoader]

# PostgreSQL stores neither NUL nor half a surrogate pair.
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
# Python also lists these three, but they are no zones that Java knows.
_ZONES = available_timezones() - {"Factory", "localtime", "ROC"}


@dataclass(frozen=True)
class YamlFile:
    """The keys and values at the top of a YAML file, and its text."""

    path: Path
    text: str
    values: dict[str, Any]

    def wrong(self, message: str, *keys: str) -> UsageError:
        """Make the error for the value under `keys`, from the top down. It names file, line, keys and message."""
        node, line = yaml.compose(self.text, Loader=yaml.SafeLoader), 1
        for key in keys:
            for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
                if name.value == str(key):
                    node, line = value, name.start_mark.line + 1
                    break
        return UsageError(
            " ".join([f"{self.path}, line {line}:", *([": ".join(map(str, keys))] if keys else []), message])
        )

    def reject_unknown(self, known: Iterable[str]) -> None:
        """Raise UsageError for the first key that is not known."""
        for key in self.values:
            if key not in set(known):
                raise self.wrong(f"is an unknown key; known are {', '.join(sorted(known))}", key)

    def zone(self, key: str, default: str = "UTC") -> str:
        """Read the time zone under `key`. Raises UsageError if it is not the name of one."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or value not in _ZONES:
            raise self.wrong(f"is {value!r}; it must be an IANA name such as Europe/Berlin", key)
        return value


def read_yaml(path: Path, loader: Loader = yaml.SafeLoader) -> YamlFile:
    """Read a file. Raises UsageError if it can't be read, or if `parse_yaml` raises it.

    SafeLoader turns values into numbers, times and booleans. BaseLoader keeps every key and value as it is written, so
    that `on`, `010` and `1.10` stay texts.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not text in UTF-8 ({error.reason}); save it as UTF-8") from error
    except OSError as error:
        raise UsageError(f"{path}: can't be read ({error}); name a readable YAML file") from error
    return parse_yaml(path, text, loader)


def parse_yaml(path: Path, text: str, loader: Loader) -> YamlFile:
    """Parse the text of the file `path`. Raises UsageError if it is not YAML, has a key twice or no keys at all."""
    try:
        values, node = _load_with_node(text, loader)
        file = YamlFile(path, text, values)
        _check_nodes(file, node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        place = f"line {mark.line + 1}" if (mark := getattr(error, "problem_mark", None)) else "somewhere"
        problem = getattr(error, "problem", None) or "syntax"
        fix = "fix that line (a text with [, {, *, &, # or a colon and a blank in it stands in quotes)"
        raise UsageError(f"{path}: not valid YAML, {place}: {problem}; {fix}") from error
    if not isinstance(file.values, dict):
        raise UsageError(f"{path}: holds no keys; it must be a YAML mapping, as the project's own file is")
    return file


def _load_with_node(text: str, loader: Loader) -> tuple[Any, Any]:
    """Return the values, as `yaml.load` does, and the node from which they are made, which knows its lines."""
    parser = loader(text)
    try:
        node = parser.get_single_node()
        return (None if node is None else parser.construct_document(node)), node
    finally:
        parser.dispose()


def _check_nodes(file: YamlFile, node: Any, *keys: str) -> None:
    """Raise UsageError for a key that stands twice, and for a text that no table can store.

    YAML forbids a key that stands twice, but the library silently takes the last one.
    """
    if isinstance(node, yaml.ScalarNode) and _NOT_STORABLE.search(node.value):
        line = node.start_mark.line + 1
        raise UsageError(
            f"{file.path}, line {line}: {': '.join([*keys, ascii(node.value)])} has a NUL or half a surrogate pair in"
            " it; take it out"
        )
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check_nodes(file, value, *keys)
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for name, value in node.value:
        if name.value in seen:
            line = name.start_mark.line + 1
            raise UsageError(f"{file.path}, line {line}: {': '.join([*keys, str(name.value)])} stands twice; keep one")
        seen.add(name.value)
        _check_nodes(file, name, *keys)
        _check_nodes(file, value, *keys, str(name.value))
