"""Finds the records in decoded JSON values, and the objects around each record."""

from collections.abc import Iterable, Iterator
from typing import Any

from jobs.records.files.packed_strings import Decode, open_strings
from jobs.records.files.raw_record import Around

# The pipeline itself goes through as many lists within each other (jobs/records/files/nested_records.py).
_MAX_LISTS = 8

Record = tuple[dict[str, Any], Around]


def open_records(values: Iterable[Any], record_path: tuple[str, ...], decode: Decode) -> list[Record]:
    """Returns the records under `record_path` in the values. The strings that `decode` names are opened."""
    return [found for found in _open(values, record_path, decode) if found]


def count_no_objects(values: Iterable[Any], record_path: tuple[str, ...], decode: Decode) -> int:
    """Counts the elements of the lists at `record_path` that are not objects. A load would quarantine them."""
    return sum(found is None for found in _open(values, record_path, decode)) if record_path else 0


def _open(values: Iterable[Any], record_path: tuple[str, ...], decode: Decode) -> Iterator[Record | None]:
    """Yields the records; None for an element that is not an object."""
    for value in values:
        opened = open_strings(value, decode) if decode and type(value) is dict else value
        yield from _walk(opened, record_path, Around((), (None,)), is_in_list=not record_path)


def _walk(
    value: Any, names: tuple[str, ...], around: Around, is_in_list: bool, lists: int = 0
) -> Iterator[Record | None]:
    is_record = not names and is_in_list
    if type(value) is list and lists < _MAX_LISTS and not (is_record and around.objects):
        for place, element in enumerate(value):
            placed = Around(around.objects, (place, *around.places[1:]))
            yield from _walk(element, names, placed, is_in_list=True, lists=lists + 1)
    elif is_record:
        yield (value, around) if type(value) is dict else None
    elif type(value) is dict and names and names[0] in value:
        outer = {name: inner for name, inner in value.items() if name != names[0]}
        objects, places = (outer, *around.objects), (None, *around.places)
        yield from _walk(value[names[0]], names[1:], Around(objects, places), is_in_list=False)
