"""What the records of a source show of its mapping: which parts of it applied, and what no part of it reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.paths import Steps

# Keys can be ids, so that there may be any number of them.
_MAX_NAMES = 200
_KEY_DEPTH = 3
# The keys of so many records are looked at in each split.
_LOOKED_AT = 20


@dataclass
class Observed:
    """`paths` have led to a value in some record, `codes` are entries of `event_types` that applied, `types` the event
    types that came out, and `keys` a bounded number of the keys that are there, such as `document.title`.

    `unread_content` counts records that have something else where the text of a document is expected, and
    `left_out_properties` values that are too large for properties.
    """

    paths: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    unread_content: int = 0
    left_out_properties: int = 0
    _looked_at: int = 0

    def look_at(self, record: dict[str, Any]) -> None:
        """Note the keys of one of the first records."""
        if self._looked_at < _LOOKED_AT:
            self._looked_at += 1
            for key in _list_paths(record, (), _KEY_DEPTH):
                if len(self.keys) >= _MAX_NAMES:
                    return
                self.keys.add(str(key))

    def add_type(self, event_type: str) -> None:
        """Note an event type."""
        if len(self.types) < _MAX_NAMES:
            self.types.add(event_type)

    def take(self) -> tuple[list[str], list[str], list[str], list[str], int, int]:
        """What has been noted since the last time, in the order of the columns."""
        paths, codes, types, keys = (sorted(names) for names in (self.paths, self.codes, self.types, self.keys))
        taken = (paths, codes, types, keys, self.unread_content, self.left_out_properties)
        self.unread_content = self.left_out_properties = self._looked_at = 0
        return taken

    def add(
        self,
        paths: Iterable[str],
        codes: Iterable[str],
        types: Iterable[str],
        keys: Iterable[str],
        unread_content: int,
        left_out_properties: int,
    ) -> None:
        """Add what was noted elsewhere."""
        self.paths.update(paths)
        self.codes.update(codes)
        self.types.update(types)
        self.keys.update(keys)
        self.unread_content += unread_content
        self.left_out_properties += left_out_properties


def _list_paths(value: Any, steps: tuple[str | int, ...], depth: int) -> Iterator[Steps]:
    """The paths to what a value holds: into objects, and into the first elements of lists."""
    if type(value) is list and value and type(value[0]) is dict and depth:
        yield from _list_paths(value[0], (*steps, 0), depth)
    elif type(value) is dict and value and depth:
        for key, inner in value.items():
            yield from _list_paths(inner, (*steps, key), depth - 1)
    elif steps:
        yield Steps(steps)
