"""What the records of a source show of its mapping: which parts of it applied, and what no part of it reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jobs.records.unmapped import NameCounter
from schemas.paths import Steps

# Keys can be ids, so that there may be any number of them.
_MAX_NAMES = 200
# The same of names that no path reads, of many splits.
_MAX_UNMAPPED = 2_000
_KEY_DEPTH = 3
# The keys of so many records are looked at in each split.
_LOOKED_AT = 20


@dataclass
class Observed:
    """`paths` have led to a value in some record, `codes` are entries of `event_types` that applied, `types` the event
    types that came out, and `keys` a bounded number of the keys that are there, such as `document.title`.

    `unread_content` counts records that have something else where the text of a document is expected. `unmapped` says,
    by name, how many records have what no path reads, and `unnamed` how often there was a name beyond the bound.
    `counter` counts these where records are read.
    """

    paths: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    unread_content: int = 0
    unmapped: dict[str, int] = field(default_factory=dict)
    unnamed: int = 0
    counter: NameCounter | None = None
    _looked_at: int = 0

    def look_at(self, record: dict[str, Any]) -> None:
        """Note the keys of one of the first records."""
        if self._looked_at < _LOOKED_AT:
            self._looked_at += 1
            for key in _list_paths(record, (), _KEY_DEPTH):
                if len(self.keys) >= _MAX_NAMES:
                    return
                if not (self.counter and self.counter.hides(key.steps)):
                    self.keys.add(str(key))

    def add_type(self, event_type: str) -> None:
        """Note an event type."""
        if len(self.types) < _MAX_NAMES:
            self.types.add(event_type)

    def take(self) -> tuple[list[str], list[str], list[str], list[str], int, list[tuple[str, int]], int]:
        """What has been noted since the last time, in the order of the columns."""
        paths, codes, types, keys = (sorted(names) for names in (self.paths, self.codes, self.types, self.keys))
        unmapped, unnamed = self.counter.take() if self.counter else ({}, 0)
        taken = (paths, codes, types, keys, self.unread_content, list(unmapped.items()), unnamed)
        self.unread_content = self._looked_at = 0
        return taken

    def add(
        self,
        paths: Iterable[str],
        codes: Iterable[str],
        types: Iterable[str],
        keys: Iterable[str],
        unread_content: int,
        unmapped: Iterable[tuple[str, int]],
        unnamed: int,
    ) -> None:
        """Add what was noted elsewhere."""
        self.paths.update(paths)
        self.codes.update(codes)
        self.types.update(types)
        self.keys.update(keys)
        self.unread_content += unread_content
        self.add_unmapped(unmapped, unnamed)

    def add_unmapped(self, unmapped: Iterable[tuple[str, int]], unnamed: int) -> None:
        """Add what was counted elsewhere by name."""
        self.unnamed += unnamed
        for name, records in unmapped:
            if name in self.unmapped or len(self.unmapped) < _MAX_UNMAPPED:
                self.unmapped[name] = self.unmapped.get(name, 0) + records
            else:
                self.unnamed += records


def _list_paths(value: Any, steps: tuple[str | int, ...], depth: int) -> Iterator[Steps]:
    """The paths to what a value holds: into objects, and into the first elements of lists."""
    if type(value) is list and value and type(value[0]) is dict and depth:
        yield from _list_paths(value[0], (*steps, 0), depth)
    elif type(value) is dict and value and depth:
        for key, inner in value.items():
            yield from _list_paths(inner, (*steps, key), depth - 1)
    elif steps:
        yield Steps(steps)
