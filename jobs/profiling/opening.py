"""The records in JSON values that are decoded already, and the objects around each."""

from collections.abc import Iterable, Iterator
from typing import Any

from jobs.records.files.packed_strings import Decode, open_strings
from jobs.records.files.raw_record import Around

# As far as the pipeline itself goes.
_MAX_LISTS = 8

Record = tuple[dict[str, Any], Around]


def open_records(values: Iterable[Any], record_path: tuple[str, ...], decode: Decode) -> list[Record]:
    """The records under `record_path` in the values, in which the strings of `decode` are opened."""
    found: list[Record] = []
    for value in values:
        opened = open_strings(value, decode) if decode and type(value) is dict else value
        found += _walk(opened, record_path, Around((), (None,)), is_in_list=not record_path)
    return found


def _walk(value: Any, names: tuple[str, ...], around: Around, is_in_list: bool, lists: int = 0) -> Iterator[Record]:
    if type(value) is list and lists < _MAX_LISTS:
        for place, element in enumerate(value):
            placed = Around(around.objects, (place, *around.places[1:]))
            yield from _walk(element, names, placed, is_in_list=True, lists=lists + 1)
    elif type(value) is dict and not names and is_in_list:
        yield value, around
    elif type(value) is dict and names and names[0] in value:
        outer = {name: inner for name, inner in value.items() if name != names[0]}
        objects, places = (outer, *around.objects), (None, *around.places)
        yield from _walk(value[names[0]], names[1:], Around(objects, places), is_in_list=False)
