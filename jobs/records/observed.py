"""Observes how a mapping fits the records of its source: which parts of it applied, and which names no path reads."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from jobs.records.files.nested_records import record_decode
from jobs.records.mapping import list_first_names
from schemas.fields import Source
from schemas.paths import Path, Query, Step, Steps
from schemas.read_names import Names as ReadTree
from schemas.read_names import ReadNames

Names = tuple[str, ...]
_AddName = Callable[[Names, int], None]
_PickMapped = Callable[[Iterable[str]], Names]

# Keys can be ids, so that a log may have any number of them, of any length. These limits bound the memory.
MAX_NAMES = 200
_MAX_CANDIDATES = 2_000
_MAX_CHARACTERS = 200
# How many characters the sets of names in memory may have. Those of a usual log have a few thousand.
_MAX_HELD_CHARACTERS = 200_000
_KEY_DEPTH = 3
# How many records of each split we look at for their keys.
_LOOKED_AT = 20


def list_read_names(source: Source) -> ReadTree | None:
    """Returns the names that a mapping reads of a record. None means that it may read, or stores, every name."""
    paths = source.list_read_paths()
    if source.keeps_all or any(isinstance(path, Query) and path.may_read_anything for path in paths):
        return None
    return ReadNames(paths, record_decode(source)).names


def is_unread(tree: ReadTree | None, name: Path) -> bool:
    """Whether the mapping reads nothing at this path, but does read something of the object that holds it."""
    if tree is None or not isinstance(name, Steps):
        return False
    *way, last = map(str, name.steps)
    for step in way:
        if not (tree := tree.get(step)):
            return False
    return last not in tree


class NameCounter:
    """Counts the names that no path reads, over all records.

    Records of one log have few different sets of names. So we count those sets, and derive the names from them later.
    Names that are hidden (`is_hidden`) are counted without their name.
    """

    def __init__(self, source: Source, is_hidden: Callable[[str], bool] | None = None) -> None:
        self._found: dict[Names, int] = {}
        self._unnamed = 0
        self._is_hidden = is_hidden
        tree = list_read_names(source)
        is_mapped = list_first_names(chain.from_iterable(source.fields.values())).__contains__

        def pick_mapped(names: Iterable[str]) -> Names:
            return tuple(filter(is_mapped, names))

        self._record = _Object(tree or {}, (), self._add_name, pick_mapped)
        # Counts the names of a record. Returns those at which the path of a field begins.
        self.count: Callable[[dict[str, Any]], Names] = pick_mapped if tree is None else self._record.count

    def take(self) -> tuple[dict[str, int], int]:
        """Returns how many records have each frequent name, and how often other names occurred, since the last call."""
        self._record.work_out()
        taken: dict[str, int] = {}
        unnamed = self._unnamed
        for names, records in sorted(self._found.items(), key=lambda item: (-item[1], item[0])):
            if len(taken) < MAX_NAMES and not self.hides(names):
                taken[str(Steps(names))] = records
            else:
                unnamed += records
        self._found, self._unnamed = {}, 0
        return taken, unnamed

    def hides(self, steps: tuple[Step, ...]) -> bool:
        """Whether one of the names is hidden."""
        is_hidden = self._is_hidden
        return is_hidden is not None and any(is_hidden(step) for step in steps if isinstance(step, str))

    def _add_name(self, names: Names, records: int) -> None:
        is_short = sum(map(len, names)) <= _MAX_CHARACTERS
        if names in self._found or (is_short and len(self._found) < _MAX_CANDIDATES):
            self._found[names] = self._found.get(names, 0) + records
        else:
            self._unnamed += records


class _NameSet:
    """One set of names: how many objects have it, and which of its names are mapped, unread, or read in part."""

    __slots__ = ("inner", "mapped", "objects", "unread")

    def __init__(self, mapped: Names, unread: list[str], inner: list[tuple[str, "_Object"]]) -> None:
        self.objects, self.mapped, self.unread, self.inner = 0, mapped, unread, inner


class _Object:
    """A record, or an object in it that is read in part."""

    def __init__(self, tree: ReadTree, names: Names, add_name: _AddName, pick_mapped: _PickMapped) -> None:
        self._names, self._read, self._add_name, self._pick_mapped = names, tree.keys(), add_name, pick_mapped
        read = [(name, inner) for name, inner in tree.items() if inner is not None]
        self._inner = {name: _Object(inner, (*names, name), add_name, pick_mapped) for name, inner in read}
        self._sets: dict[Names, _NameSet] = {}
        self._characters = 0
        # How many records have something else where an object is expected.
        self._others = 0

    def count(self, value: dict[str, Any]) -> Names:
        """Counts the names of one object. Returns those that are mapped."""
        names = tuple(value)
        if (found := self._sets.get(names)) is None:
            found = self._add_set(names)
        found.objects += 1
        for name, place in found.inner:
            inner = value[name]
            if type(inner) is dict:
                place.count(inner)
            elif inner is not None:
                place._others += 1
        return found.mapped

    def work_out(self) -> None:
        """Adds the counts of the sets to the names in them, and forgets the sets."""
        for found in self._sets.values():
            for name in found.unread:
                self._add_name((*self._names, name), found.objects)
        self._sets.clear()
        self._characters = 0
        for place in self._inner.values():
            place.work_out()
        if self._others:
            self._add_name(self._names, self._others)
            self._others = 0

    def _add_set(self, names: Names) -> _NameSet:
        if self._characters > _MAX_HELD_CHARACTERS:
            self.work_out()
        self._characters += sum(map(len, names)) + 1
        mapped = self._pick_mapped(names)
        unread = [name for name in names if name not in self._read]
        inner = [(name, self._inner[name]) for name in names if name in self._inner]
        found = self._sets[names] = _NameSet(mapped, unread, inner)
        return found


@dataclass
class Observed:
    """What the records of a source have shown of its mapping.

    `paths` found a value in some record. `codes` are the entries of `event_types` that applied, and `types` the event
    types that resulted. `keys` are some of the keys that occur, such as `document.title`.
    `unread_content` counts records whose document is not a text. `left_out_properties` counts, by name, values that are
    too large for properties. `unmapped` counts, by name, the records with a name that no path reads; `unnamed` counts
    those names beyond the bound. `counter` does the counting while records are read.
    """

    paths: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    unread_content: int = 0
    left_out_properties: dict[str, int] = field(default_factory=dict)
    unmapped: dict[str, int] = field(default_factory=dict)
    unnamed: int = 0
    counter: NameCounter | None = None
    _looked_at: int = 0

    def look_at(self, record: dict[str, Any]) -> None:
        """Notes the keys of a record, if it is one of the first."""
        if self._looked_at < _LOOKED_AT:
            self._looked_at += 1
            for key in _list_paths(record, (), _KEY_DEPTH):
                if len(self.keys) >= MAX_NAMES:
                    return
                if not (self.counter and self.counter.hides(key.steps)):
                    self.keys.add(str(key))

    def add_type(self, event_type: str) -> None:
        """Notes an event type."""
        if len(self.types) < MAX_NAMES:
            self.types.add(event_type)

    def take(self) -> tuple[Any, ...]:
        """Returns what was noted since the last call, in the order of the columns."""
        paths, codes, types, keys = (sorted(names) for names in (self.paths, self.codes, self.types, self.keys))
        unmapped, unnamed = self.counter.take() if self.counter else ({}, 0)
        counts = (self.unread_content, list(self.left_out_properties.items()), list(unmapped.items()), unnamed)
        taken = (paths, codes, types, keys, *counts)
        self.unread_content = self._looked_at = 0
        self.left_out_properties = {}
        return taken

    def add(
        self,
        paths: Iterable[str],
        codes: Iterable[str],
        types: Iterable[str],
        keys: Iterable[str],
        unread_content: int,
        left_out_properties: Iterable[tuple[str, int]],
        unmapped: Iterable[tuple[str, int]],
        unnamed: int,
    ) -> None:
        """Adds what another reader noted."""
        self.paths.update(paths)
        self.codes.update(codes)
        self.types.update(types)
        self.keys.update(keys)
        self.unread_content += unread_content
        for name, values in left_out_properties:
            self.leave_out(name, values)
        self.add_unmapped(unmapped, unnamed)

    def leave_out(self, name: str, values: int = 1) -> None:
        """Counts values that are too large for properties. Names beyond the bound are counted together, as `...`."""
        is_told = name in self.left_out_properties or len(self.left_out_properties) < MAX_NAMES
        name = name if is_told and not (self.counter and self.counter.hides((name,))) else "..."
        self.left_out_properties[name] = self.left_out_properties.get(name, 0) + values

    def add_unmapped(self, unmapped: Iterable[tuple[str, int]], unnamed: int) -> None:
        """Adds what another reader counted by name."""
        self.unnamed += unnamed
        for name, records in unmapped:
            if name in self.unmapped or len(self.unmapped) < _MAX_CANDIDATES:
                self.unmapped[name] = self.unmapped.get(name, 0) + records
            else:
                self.unnamed += records


def _list_paths(value: Any, steps: tuple[str | int, ...], depth: int) -> Iterator[Steps]:
    """Yields the paths to the values in a value: into objects, and into the first element of each list."""
    if type(value) is list and value and type(value[0]) is dict and depth:
        yield from _list_paths(value[0], (*steps, 0), depth)
    elif type(value) is dict and value and depth:
        for key, inner in value.items():
            yield from _list_paths(inner, (*steps, key), depth - 1)
    elif steps:
        yield Steps(steps)
