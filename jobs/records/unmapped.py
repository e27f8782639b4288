"""What the records of a source hold and no path of its mapping reads, counted by name."""

from collections.abc import Callable, Iterator
from itertools import chain, takewhile
from typing import Any

from jobs.records.files.nested_records import record_decode
from jobs.records.mapping import compile_query
from schemas.fields import Source
from schemas.paths import Path, Query, Step, Steps, Sum

Names = tuple[str, ...]

# Keys can be ids, so that there may be any number of them, of any length.
MAX_NAMES = 200
_MAX_CANDIDATES = 2_000
_MAX_CHARACTERS = 200
# The sets of names that are held hold so much. Those of a usual log hold a few thousand.
_MAX_HELD_CHARACTERS = 200_000


class ReadNames:
    """What a mapping reads of a record: of an object the names, each with what is read of the object that it leads to.

    `None` in the place of the latter says that all of it is read. A path into a list reads all of the list.
    """

    def __init__(self, source: Source) -> None:
        mapped = [*chain.from_iterable(source.fields.values()), *source.identity, *(path for path, _ in source.ignore)]
        beginnings = [*chain.from_iterable(map(_list_beginnings, mapped))]
        # A JSONPath that begins with no name may read anything.
        self.is_known = all(beginnings)
        self.tree: dict[str, Any] = {}
        for names in filter(None, beginnings):
            self._add(names)
        for names in sorted(record_decode(source), key=len, reverse=True):
            # Where paths lead into an opened string, these say what is read of it.
            self._add(names, keeps=True)

    def does_not_read(self, name: Steps) -> bool:
        """Whether the mapping reads nothing of this, but something of the object that holds it."""
        tree: Any = self.tree
        for step in name.steps[:-1]:
            if not isinstance(step, str) or not (tree := tree.get(step)):
                return False
        return self.is_known and name.steps[-1] not in tree

    def _add(self, names: Names, *, keeps: bool = False) -> None:
        tree: Any = self.tree
        for name in names[:-1]:
            if (tree := tree.setdefault(name, {})) is None:
                return
        if not (keeps and names[-1] in tree):
            tree[names[-1]] = None


def _list_beginnings(path: Path) -> Iterator[Names]:
    """The names with which a path of the record begins: () where it could begin with any."""
    if isinstance(path, Sum):
        yield from chain(_list_beginnings(path.seconds), _list_beginnings(path.nanoseconds))
    elif isinstance(path, Steps) and not path.level:
        yield tuple(str(step) for step in takewhile(lambda step: isinstance(step, str), path.steps))
    elif isinstance(path, Query) and not path.level:
        segments = compile_query(path.text).segments
        is_child = bool(segments) and type(segments[0]).__name__ == "JSONPathChildSegment"
        names = [getattr(selector, "name", None) for selector in segments[0].selectors] if is_child else [None]
        yield from ((name,) if type(name) is str else () for name in names)


class NameCounter:
    """Counts, in each record, what is not read of it.

    Records of one log have few sets of names, so that these are counted and the names are worked out afterwards. Of
    names that `is_hidden` nothing is kept.
    """

    def __init__(self, read: ReadNames, is_hidden: Callable[[str], bool] | None = None) -> None:
        self._found: dict[Names, int] = {}
        self._unnamed = 0
        self._is_hidden = is_hidden
        self._record = _Object(read.tree, (), self._add_name)
        self.count: Callable[[dict[str, Any]], None] = self._record.count if read.is_known else lambda _: None

    def take(self) -> tuple[dict[str, int], int]:
        """Since the last time: by name, how many records have it, for the most frequent names; and how often there was
        another one.
        """
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
    """How many objects have a set of names, the unread ones of these, and those of which a part is read."""

    __slots__ = ("inner", "objects", "unread")

    def __init__(self, unread: list[str], inner: list[tuple[str, "_Object"]]) -> None:
        self.objects, self.unread, self.inner = 0, unread, inner


class _Object:
    """A record, or an object in it of which a part is read."""

    def __init__(self, tree: dict[str, Any], names: Names, add_name: Callable[[Names, int], None]) -> None:
        self._names, self._read, self._add_name = names, tree.keys(), add_name
        self._inner = {
            name: _Object(inner, (*names, name), add_name) for name, inner in tree.items() if inner is not None
        }
        self._sets: dict[Names, _NameSet] = {}
        self._characters = 0
        # Where an object is expected, how many records have something else.
        self._others = 0

    def count(self, value: dict[str, Any]) -> None:
        """Count the names of one object."""
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

    def work_out(self) -> None:
        """Add what has been counted to the names, and begin again."""
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
        unread = [name for name in names if name not in self._read]
        inner = [(name, self._inner[name]) for name in names if name in self._inner]
        found = self._sets[names] = _NameSet(unread, inner)
        return found
