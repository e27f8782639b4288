"""The records that are in the lists of a JSON value, by the `record_path` and the `decode` of a source."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jobs.records.files.json_values import Splitter, Value
from jobs.records.files.object_members import Member, find_member
from jobs.records.files.packed_strings import Decode, open_string, open_strings
from jobs.records.files.raw_record import Around
from jobs.records.values.strict_json import decode
from schemas.fields import Source
from schemas.paths import Steps

# So many lists directly in each other are gone through: each costs another look at all that is in them.
_MAX_LISTS = 8
_PIECE_CHARACTERS = 64 * 1024
_SPACE = " \t\r\n"
_NOWHERE = Around((), (None,))
_BROKEN = ("malformed_json", "one JSON object")


class Nested(NamedTuple):
    """A record that was found in a value, or the value itself, if it has none."""

    value: Value
    around: Around | None = None
    is_ignored: bool = False
    problem: tuple[str, str] | None = None


def make_opener(source: Source) -> "ValueOpener | None":
    """What finds the records of a source in each JSON value; None where the value itself is the record."""
    return ValueOpener(source) if source.record_path else None


def record_decode(source: Source) -> Decode:
    """The strings that are to be opened within a record."""
    return _cut_paths(source.decode, source.record_path)


class ValueOpener:
    """Finds records in records: the elements of the lists at the record path.

    Their text is taken as it stands, also out of a value that is broken elsewhere. At the level of an object as many
    names of the path are behind us. A unit is what becomes one quarantined record where there is no list in it: the
    innermost element of a list on the way, else the whole value.
    """

    def __init__(self, source: Source) -> None:
        names = self._names = source.record_path
        self._looks_around = source.looks_around
        self._no_list = ("bad_value", f"a list at {Steps(names)}")
        levels = range(len(names) + 1)
        self._steps = [source.decode.get(names[:level]) for level in levels]
        self._decode = [_cut_paths(source.decode, names[:level]) for level in levels]

    def open(self, values: Iterable[Value]) -> Iterator[tuple[Value, Nested]]:
        """The records of each value: itself, ignored, where it has none, and as a problem where no list can be found.

        A value that can't be read to its end may have been cut off within its list. What follows it has no such list
        and is a record.
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
            # What is no object is quarantined as that.
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
        # Where nothing but elements of the list is broken, what is around them is no record.
        if rest and not _is_json(f"{unit.text.removesuffix(value.text)}null{rest}"):
            yield from _show_rest(rest, value.is_open)

    def _walk_object(self, value: Value, level: int, unit: Value, around: Around | None) -> Iterator[Nested]:
        """Nothing where the unit turns out to be no JSON, so that itself is the record, and where there is no list."""
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
        """Where what is in the member stands; None where the object around it is no JSON.

        The member is cut out of the text, so that a long list is not decoded with the object around it.
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
        if around.objects and around.places[0] is None:  # no list is between them
            around.objects[0][self._names[level - 1]] = outside
        return Around((outside, *around.objects), (None, *around.places))

    def _open_string(self, value: Value, level: int) -> Value:
        """What is in the string that the value is, if it is to be opened and can be."""
        if not (steps := self._steps[level]) or not value.text.startswith('"') or not _is_json(value.text):
            return value
        opened = open_string(decode(_encode(value.text)), steps)
        return value if opened is None else Value(opened.text.decode(), is_open=False)


def _cut_pieces(text: str) -> Iterator[str]:
    """To say where an element is broken, Python's library counts the lines from the beginning of what is at hand."""
    return (text[start : start + _PIECE_CHARACTERS] for start in range(0, len(text), _PIECE_CHARACTERS))


def _show_rest(text: str, is_open: bool) -> Iterator[Nested]:
    """What follows a list in a broken value, unless it does nothing but close what is around the list."""
    rest = text.strip(_SPACE + ",")
    if rest.strip(_SPACE + ",]}"):
        yield Nested(Value(rest, is_open), problem=_BROKEN)


def _cut_paths(paths: Decode, beginning: tuple[str, ...]) -> Decode:
    """Those that begin so, without their beginning."""
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
