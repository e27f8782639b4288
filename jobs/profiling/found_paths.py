"""Finds every path in a sample of records: how many records have it, its values, and how a mapping writes it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jobs.profiling.opening import Record
from jobs.profiling.steps import ANY, KINDS, Label, Step, write_path
from jobs.records.values.strict_json import encode
from schemas.paths import Path

MAX_PATHS = 500
MAX_DEPTH = 8
_MAX_NODES = 5000
_MAX_VALUES = 1000
_MAX_VALUE_CHARACTERS = 200
_MAX_ELEMENTS = 100
# An object with this many different names may be a table whose names are ids.
_MANY_NAMES = 50

_TYPES = {
    str: "text",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    dict: "object",
    list: "list",
}
# The members of an element in a list of names and values, such as `{"name": "doc_id", "value": "d1"}`.
_LABELS = ("name", "key", "field", "attribute", "param", "parameter")
_VALUE_NAME = re.compile(r"(?i)(?:\w*_?values?|val|v|content|data)\Z")
_ID_NAME = re.compile(r"[0-9]+|(?=.*[0-9])[0-9A-Fa-f-]{6,}|.+@.+")


@dataclass
class Node:
    """What was found at one place. `records` counts the records that have it; `texts` are the first values as text."""

    children: dict[Step, "Node"] = field(default_factory=dict)
    records: int = 0
    last_record: int = -1
    types: Counter[str] = field(default_factory=Counter)
    texts: list[str] = field(default_factory=list)
    example: str | None = None
    longest: int = 0
    # Once a node has this many children, we look whether their names are ids.
    next_look: int = _MANY_NAMES


class FoundPath(NamedTuple):
    """A path to a value, and what was found there. The `steps` lead to it from the object at `level`."""

    path: Path
    steps: tuple[Step, ...]
    level: int
    node: Node


class PathFinder:
    """Collects the paths of records, in bounded memory.

    `left_out` counts paths beyond the limit, `deep` counts objects and lists that are nested too deep to look into, and
    `unwritable` counts paths that are too long to be shown.
    """

    def __init__(self) -> None:
        self.left_out = self.deep = self.unwritable = 0
        self._roots: dict[int, Node] = {}
        self._nodes = 0
        self._left: set[int] = set()
        self._number = 0

    def add(self, records: Iterable[Record]) -> None:
        """Adds the paths of records, and of the objects around them."""
        for record, around in records:
            self._number += 1
            for level, value in enumerate((record, *around.objects)):
                root = self._roots.setdefault(level, Node())
                root.records += 1
                self._visit_object(root, value, depth=0)

    def list_paths(self) -> list[FoundPath]:
        """Returns all paths, those within the record first. If they are too many, only the most frequent ones."""
        paths = [path for level, root in sorted(self._roots.items()) for path in self._list(root, (), level)]
        if len(paths) > MAX_PATHS:
            by_records = sorted(range(len(paths)), key=lambda place: -paths[place].node.records)
            paths, rest = [paths[place] for place in sorted(by_records[:MAX_PATHS])], by_records[MAX_PATHS:]
            self.left_out = len(rest)
        self.left_out += len(self._left)
        return paths

    def _visit_object(self, node: Node, value: dict[str, Any], depth: int) -> None:
        for name, inner in value.items():
            child = self._enter(node, name)
            if child is not None:
                self._visit(child, inner, depth + 1)
        if len(node.children) >= node.next_look:
            self._collapse(node, [step for step, child in node.children.items() if _is_id(step, child, node)])

    def _enter(self, node: Node, step: Step) -> Node | None:
        child = node.children.get(step)
        if child is None and ANY in node.children:
            child = node.children[step := ANY]
        if child is None:
            if self._nodes >= _MAX_NODES:
                if len(self._left) < 100 * _MAX_NODES:
                    self._left.add(hash((id(node), step)))
                return None
            self._nodes += 1
            child = node.children[step] = Node()
        if child.last_record != self._number:
            child.last_record = self._number
            child.records += 1
        return child

    def _visit(self, node: Node, value: Any, depth: int) -> None:
        kind = type(value)
        node.types[_TYPES.get(kind, "number")] += 1
        if kind is dict:
            if depth < MAX_DEPTH:
                self._visit_object(node, value, depth)
            elif value:
                self.deep += 1
        elif kind is list:
            self._visit_list(node, value, depth)
        elif value is not None:
            _note(node, value if kind is str else encode(value))

    def _visit_list(self, node: Node, value: list[Any], depth: int) -> None:
        objects = [element for element in value[:_MAX_ELEMENTS] if type(element) is dict]
        if value and not objects:
            _note(node, encode(value[:10]))
        if not value or depth >= MAX_DEPTH:
            self.deep += bool(value)
            return
        label_name = _find_label(objects) if len(objects) == len(value[:_MAX_ELEMENTS]) else None
        if label_name is None:
            if child := self._enter(node, 0):
                self._visit(child, value[0], depth + 1)
            return
        for element in objects:
            if child := self._enter(node, Label(label_name, element[label_name])):
                child.types["object"] += 1
                others = {name: inner for name, inner in element.items() if name != label_name}
                self._visit_object(child, others, depth + 1)
        if len(node.children) >= node.next_look:
            self._collapse(node, [step for step in node.children if isinstance(step, Label)])

    def _collapse(self, node: Node, steps: list[Step]) -> None:
        """Merges children whose names are ids into one, if they are many. A log may have any number of ids."""
        node.next_look = 2 * len(node.children)
        if len(steps) < _MANY_NAMES:
            return
        whole = Node()
        for step in steps:
            self._nodes -= _merge(whole, node.children.pop(step))
        self._nodes += 1
        _bound_records(whole, node.records)
        node.children[ANY] = whole

    def _list(self, node: Node, steps: tuple[Step, ...], level: int) -> Iterator[FoundPath]:
        if steps and (set(node.types) - {"object"} or not node.children) and not _has_only_objects(node):
            path = write_path(steps, level)
            if path is None:
                self.unwritable += 1
            else:
                yield FoundPath(path, steps, level, node)
        for step, child in node.children.items():
            yield from self._list(child, (*steps, step), level)


def _note(node: Node, text: str) -> None:
    node.longest = max(node.longest, len(text))
    short = text[:_MAX_VALUE_CHARACTERS]
    if node.example is None or not node.example.strip():
        node.example = short
    if len(node.texts) < _MAX_VALUES:
        node.texts.append(short)


def _has_only_objects(node: Node) -> bool:
    """Whether there are only objects or lists of objects here, so that the paths into them say everything."""
    return bool(node.children) and node.example is None and not set(node.types) - {"object", "list", "null"}


def _find_label(objects: list[dict[str, Any]]) -> str | None:
    """Returns the member that distinguishes the elements of a list, such as `name`; None where there is none."""
    first = objects[0]
    for name in _LABELS:
        others = [other for other in first if other != name]
        if others and all(map(_VALUE_NAME.match, others)) and _have_text(objects, name):
            return name
    return next((name for name in KINDS if len(first) > 1 and _have_text(objects, name)), None)


def _have_text(objects: list[dict[str, Any]], name: str) -> bool:
    return all(type(each.get(name)) is str and 0 < len(each[name]) <= 100 for each in objects)


def _is_id(step: Step, child: Node, node: Node) -> bool:
    """Whether a name in an object seems to be an id: it looks like one, or it has a digit and is rare."""
    if not isinstance(step, str):
        return False
    is_rare = node.records >= 20 and 10 * child.records < node.records
    return bool(_ID_NAME.fullmatch(step)) or (is_rare and any(map(str.isdigit, step)))


def _bound_records(node: Node, most: int) -> None:
    """Corrects the counts after a merge. A record that has several of the merged names was counted for each."""
    node.records = min(node.records, most)
    for child in node.children.values():
        _bound_records(child, node.records)


def _merge(whole: Node, part: Node) -> int:
    """Adds one node to another. Returns how many nodes that saves."""
    whole.records += part.records
    whole.last_record = max(whole.last_record, part.last_record)
    whole.types += part.types
    whole.longest = max(whole.longest, part.longest)
    whole.example = whole.example or part.example
    whole.texts += part.texts[: _MAX_VALUES - len(whole.texts)]
    saved = 1
    for step, child in part.children.items():
        if step in whole.children:
            saved += _merge(whole.children[step], child)
        else:
            whole.children[step] = child
    return saved
