"""Finds the records in the lists of a JSON value, by the `record_path` and the `decode` of a source."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jobs.records.files.json_values import Splitter, Value
from jobs.records.files.object_members import Member, find_member
from jobs.records.files.packed_strings import Decode, open_string, open_strings
from jobs.records.files.raw_record import Around
from jobs.records.values.strict_json import decode
from schemas.fields import Source
from schemas.paths import Steps

# How many lists directly within each other we go through. Each level scans all that is in it again.
_MAX_LISTS = 8
_PIECE_CHARACTERS = 64 * 1024
_SPACE = " \t\r\n"
_NOWHERE = Around((), (None,))
_BROKEN = ("malformed_json", "one JSON object")


class Nested(NamedTuple):
    """A record that was found in a value, or the value itself where it holds no record."""

    value: Value
    around: Around | None = None
    is_ignored: bool = False
    problem: tuple[str, str] | None = None


def make_opener(source: Source) -> "ValueOpener | None":
    """Returns what finds the records in each JSON value; None where the value itself is the record."""
    return ValueOpener(source) if source.record_path else None


def record_decode(source: Source) -> Decode:
    """Returns the strings to open within a record: the entries of `decode` below the record path."""
    return _cut_paths(source.decode, source.record_path)


class ValueOpener:
    """Finds the records within each value: the elements of the lists at the record path.

    The text of a record is cut out as it is written, so that a value that is broken elsewhere still gives its records.

    A `level` counts the names of the record path that lead to where we are. A `unit` is what becomes one quarantined
    record if no list is found in it: the innermost list element on the way, else the whole value. For example, with
    the path `batches.events`, an element of `batches` without a list `events` is quarantined alone.
    """

    def __init__(self, source: Source) -> None:
        names = self._names = source.record_path
        self._looks_around = source.looks_around
        self._no_list = ("bad_value", f"a list at {Steps(names)}")
        levels = range(len(names) + 1)
        self._steps = [source.decode.get(names[:level]) for level in levels]
        self._decode = [_cut_paths(source.decode, names[:level]) for level in levels]

    def open(self, values: Iterable[Value]) -> Iterator[tuple[Value, Nested]]:
        """Yields each value with each of its records.

        A value whose list is empty comes once, as ignored. A value without a list comes once, with a problem.

        A broken value may have been cut off within its list. The values that follow are then elements of that list, so
        we take them as records.
        """
        is_in_broken = False
        for value in values:
            is_empty = True
            for nested in self._walk_unit(value, 0, _NOWHERE if self._looks_around else None):
                is_empty = False
                yield value, nested
            if not is_empty:
                is_in_broken = value.is_broken
            elif is_in_broken:
                yield value, Nested(value, problem=_BROKEN if self._looks_around else None)
            else:
                yield value, Nested(value, is_ignored=True)

    def _walk_unit(self, unit: Value, level: int, around: Around | None, lists: int = 0) -> Iterator[Nested]:
        is_empty = True
        value = Value(unit.text.lstrip(_SPACE), unit.is_open)
        for nested in self._walk(value, level, unit, around, lists):
            is_empty = False
            yield nested
        if is_empty and not _is_json(unit.text):
            yield Nested(unit)

    def _walk(self, value: Value, level: int, unit: Value, around: Around | None, lists: int) -> Iterator[Nested]:
        value = self._open_string(value, level)
        if value.text.startswith("[") and lists < _MAX_LISTS:
            yield from self._walk_list(value, level, unit, around, lists)
        elif value.text.startswith("{") and level < len(self._names):
            yield from self._walk_object(value, level, unit, around)
        elif value.text != "null" or unit.text == "null":
            # The problem `no list` is given for an object only. Anything else is quarantined for not being an object.
            yield Nested(unit, problem=self._no_list if unit.text.lstrip(_SPACE).startswith("{") else None)

    def _walk_list(self, value: Value, level: int, unit: Value, around: Around | None, lists: int) -> Iterator[Nested]:
        splitter = Splitter(_cut_pieces(value.text))
        for place, found in enumerate(splitter.split_list()):
            element = Value(found.text, value.is_open and found.is_open)
            placed = around and Around(around.objects, (place, *around.places[1:]))
            if level == len(self._names):
                yield Nested(self._open_string(element, level), placed)
            else:
                yield from self._walk_unit(element, level, placed, lists + 1)
        rest = splitter.take_rest()
        # If the value is JSON without its list, only elements of the list were broken, and the rest holds no record.
        if rest and not _is_json(f"{unit.text.removesuffix(value.text)}null{rest}"):
            yield from _show_rest(rest, value.is_open)

    def _walk_object(self, value: Value, level: int, unit: Value, around: Around | None) -> Iterator[Nested]:
        """Yields the records below an object. There are none without a list, or where the unit is not JSON."""
        member = start, end, is_whole = find_member(value.text, self._names[level])
        if start is None or (end is None and value.text[start] not in "{["):
            return
        if around and (around := self._look_around(value.text, member, level, around)) is None:
            return
        inner = Value(value.text[start:end], value.is_open and end is None)
        yield from self._walk(inner, level + 1, unit, around, lists=0)
        if end is not None and not is_whole:
            yield from _show_rest(value.text[end:], value.is_open)

    def _look_around(self, text: str, member: Member, level: int, around: Around) -> Around | None:
        """Returns what is around the content of the member; None where the object around it is not JSON.

        We cut the member out of the text first, so that a long list is not decoded with the object around it.
        """
        start, end, _ = member
        if end is None:
            return None
        try:
            outside = decode(_encode(f"{text[:start]}null{text[end:]}"))
        except (ValueError, RecursionError):
            return None
        del outside[self._names[level]]
        open_strings(outside, self._decode[level])
        # Without a list between the two objects, the outer one holds the inner one. We put it back where we cut it out.
        if around.objects and around.places[0] is None:
            around.objects[0][self._names[level - 1]] = outside
        return Around((outside, *around.objects), (None, *around.places))

    def _open_string(self, value: Value, level: int) -> Value:
        """Returns the content of a string that the source says to open; the value itself where it can't be opened."""
        if not (steps := self._steps[level]) or not value.text.startswith('"') or not _is_json(value.text):
            return value
        opened = open_string(decode(_encode(value.text)), steps)
        return value if opened is None else Value(opened.text.decode(), is_open=False)


def _cut_pieces(text: str) -> Iterator[str]:
    """Cuts the text into pieces, because Python's library counts all lines of a text for each error in it."""
    return (text[start : start + _PIECE_CHARACTERS] for start in range(0, len(text), _PIECE_CHARACTERS))


def _show_rest(text: str, is_open: bool) -> Iterator[Nested]:
    """Yields the text after a list in a broken value, unless it is nothing but closing brackets."""
    rest = text.strip(_SPACE + ",")
    if rest.strip(_SPACE + ",]}"):
        yield Nested(Value(rest, is_open), problem=_BROKEN)


def _cut_paths(paths: Decode, beginning: tuple[str, ...]) -> Decode:
    """Returns the paths that begin with `beginning`, without their beginning."""
    size = len(beginning)
    return {names[size:]: steps for names, steps in paths.items() if len(names) > size and names[:size] == beginning}


def _is_json(text: str) -> bool:
    try:
        decode(_encode(text))
    except (ValueError, RecursionError):
        return False
    return True


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
