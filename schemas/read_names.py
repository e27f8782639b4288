"""Says which names of a record the paths of a mapping read."""

from collections.abc import Iterable, Sequence
from typing import Any

from schemas.paths import Path, Query, Steps, Sum

# For each name, what is read below it: everything (None), or some names of the object there.
Names = dict[str, "Names | None"]


class ReadNames:
    """The names that some path reads.

    A path into a list, or a JSONPath, counts as reading the whole value at its first names. `opened` names lead to
    strings that are opened. Such a string counts as read as a whole if no path leads into it.

    >>> names = ReadNames([Steps(("user", "id")), Query("$.tags[*].id")])
    >>> names.find_unread({"user": {"id": 7, "team": "a"}, "tags": [{"id": 1}], "device": "web"})
    {'user': {'team': 'a'}, 'device': 'web'}
    """

    def __init__(self, paths: Iterable[Path], opened: Iterable[tuple[str, ...]] = ()) -> None:
        self.names: Names = {}
        for path in paths:
            for part in (path.seconds, path.nanoseconds) if isinstance(path, Sum) else (path,):
                if not part.level:
                    _enter(self.names, _list_names(part), is_whole=True)
        for names in sorted(opened, key=len, reverse=True):
            _enter(self.names, names, is_whole=False)

    def find_unread(self, record: dict[str, Any]) -> dict[str, Any]:
        """Returns the record without what is read. An object whose parts are all read is left out."""
        return _leave_out(record, self.names)


def _list_names(path: Path) -> list[str]:
    if isinstance(path, Query):
        return [path.first_name] if path.first_name else []
    names: list[str] = []
    for step in path.steps if isinstance(path, Steps) else ():
        if not isinstance(step, str):
            break
        names.append(step)
    return names


def _enter(names: Names, steps: Sequence[str], *, is_whole: bool) -> None:
    """Adds what the steps lead to. With `is_whole` all of it is read, else only the parts that are added themselves."""
    if not steps:
        return
    first, *others = steps
    if others:
        if (inner := names.setdefault(first, {})) is not None:
            _enter(inner, others, is_whole=is_whole)
    elif is_whole:
        names[first] = None
    else:
        names.setdefault(first, None)


def _leave_out(value: dict[str, Any], names: Names) -> dict[str, Any]:
    left = {}
    for name, inner in value.items():
        if name not in names:
            left[name] = inner
        elif (read := names[name]) is not None and isinstance(inner, dict):
            if rest := _leave_out(inner, read):
                left[name] = rest
        elif read is not None:
            left[name] = inner  # no path finds anything here, because it is not an object
    return left
