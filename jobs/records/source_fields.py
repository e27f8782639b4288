"""The fields that a source maps: where each is in a record, and how its value is read."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from jobs.records.files.raw_record import Around
from jobs.records.identity import derive_event_id
from jobs.records.mapping import NO_ANSWER, Finder, join_texts, make_finder, make_missing_test, may_find, take_all
from jobs.records.observed import Observed
from jobs.records.validate import (
    Limits,
    Reader,
    Shape,
    WrongValueError,
    make_content_reader,
    make_id_reader,
    make_ids_reader,
    make_number_reader,
    make_revision_reader,
    make_time_reader,
    read_text,
)
from jobs.records.values.strict_json import encode, fold_case
from jobs.records.values.timestamps import TimeReader
from schemas.fields import FIELDS, Kind, Source
from schemas.paths import Path

# Takes paths. Returns the function that finds a value by them, or None where they can find nothing.
MakeFinder = Callable[[tuple[Path, ...]], Finder | None]


class Field(NamedTuple):
    """One of our fields, as a source maps it.

    `place` is its place in `schemas.fields.FIELDS`. `find` finds its value in a record. `shape` changes its text, such
    as by folding case. `read` returns the typed value, or raises WrongValueError. `make_find` makes `find` for fewer
    paths. A field without `paths` does not depend on the names in a record. If a field `is_plain`, every text that is
    not blank is a valid value; an id is stripped, and other text is stored as it is.
    """

    place: int
    name: str
    find: Finder
    shape: Shape
    read: Reader
    paths: tuple[Path, ...]
    make_find: MakeFinder
    is_plain: bool

    def narrow(self, names: Collection[str]) -> "Field | None":
        """Returns the field for records with these names only, so that fewer paths are tried; None if none is left."""
        if not self.paths:
            return self
        paths = tuple(path for path in self.paths if may_find(path, names))
        find = self.make_find(paths)
        return self._replace(find=find, paths=paths) if find else None

    def show(self, value: Any) -> str:
        """Returns the value as text for people."""
        if FIELDS[self.name].kind == "ids" and isinstance(value, list):
            return encode([self.shape(part) if type(part) is str else part for part in value])
        return self.shape(value if type(value) is str else encode(value))


def make_fields(source: Source, limits: Limits, observed: Observed) -> list[Field]:
    """Returns the fields that the source maps, in the order of `schemas.fields.FIELDS`."""

    def read_times(name: str) -> TimeReader:
        return TimeReader(source.default_time_zone, source.time_formats.get(name, ()))

    readers: dict[Kind, Callable[[str, Shape], Reader]] = {
        "id": lambda name, shape: make_id_reader(shape, limits.max_id_bytes),
        "ids": lambda name, shape: make_ids_reader(shape, limits, source.shared_with_separator, source.missing_values),
        "text": lambda name, shape: make_content_reader(observed) if name == "content" else read_text,
        "timestamp": lambda name, shape: make_time_reader(read_times(name), limits),
        "integer": lambda name, shape: make_number_reader(-(2**63), "a whole number"),
        "count": lambda name, shape: make_number_reader(0, "a whole number, not negative"),
        "revision": lambda name, shape: make_revision_reader(read_times(name)),
    }
    fields = []
    for place, (name, field) in enumerate(FIELDS.items()):
        shape = _make_shape(name, source, observed)
        read = readers[field.kind](name, shape)
        paths, make_find = _map(name, source, read)
        if find := make_find(paths):
            fields.append(Field(place, name, find, shape, read, paths, make_find, _is_plain(name, source, shape)))
    return fields


def _is_plain(name: str, source: Source, shape: Shape) -> bool:
    # The text of a document may be blank, so it is not among these.
    is_text = FIELDS[name].kind in ("id", "text") and name != "content"
    return is_text and shape in (str, str.strip) and not source.missing_values


def _map(name: str, source: Source, read: Reader) -> tuple[tuple[Path, ...], MakeFinder]:
    """Returns the paths of the field, and the function that makes a finder of some of them."""
    paths, constant = source.fields.get(name, ()), source.constants.get(name)
    if name == "event_id" and not paths:
        find_id = _make_identity(source)
        return (), lambda _: find_id
    kind = FIELDS[name].kind

    def make_find(some: tuple[Path, ...]) -> Finder | None:
        if not some:
            return None if constant is None else lambda record, around: constant
        find = make_finder(
            some,
            is_missing=make_missing_test(source.missing_values, is_id=kind in ("id", "ids")),
            is_usable=_make_usable_test(read) if kind == "timestamp" else None,
            gather=_GATHERED.get(name),
            # A blank document has no words, but it is not missing.
            takes_blank=name == "content",
        )
        if constant is None:
            return find
        return lambda record, around: constant if (value := find(record, around)) is None else value

    return paths, make_find


# What these fields make of several values that a path finds. Other fields take the first usable one.
_GATHERED = {"content": join_texts, "shared_with_user_id": take_all}


def _make_usable_test(read: Reader) -> Callable[[Any], bool]:
    """Returns a test whether a value is a valid time.

    A time in the future counts as valid, so that no other path replaces it. Its record waits in quarantine.
    """

    def is_usable(value: Any) -> bool:
        try:
            read(value)
        except WrongValueError as wrong:
            return wrong.due_at_micros is not None
        return True

    return is_usable


def _make_identity(source: Source) -> Finder:
    """Returns the function that derives the id of a record whose producer gives none.

    If the mapping names an `identity`, the id is made of the values at its paths, which must all exist. Otherwise it is
    made of the whole record and of what the mapping reads around it.
    """
    if source.identity:
        is_missing = make_missing_test(source.missing_values, is_id=True)
        parts = [make_finder((path,), is_missing=is_missing) for path in source.identity]

        def identify(record: dict[str, Any], around: Around | None) -> Any:
            found = [find(record, around) for find in parts]
            if any(value is NO_ANSWER for value in found):
                return NO_ANSWER
            return None if None in found else derive_event_id(found)

        return identify
    paths = {str(path): path for paths in source.fields.values() for path in paths if path.level}
    outer = [make_finder((path,)) for _, path in sorted(paths.items())]
    if not outer:
        return lambda record, around: derive_event_id(record)
    return lambda record, around: derive_event_id([record, *(find(record, around) for find in outer)])


def _make_shape(name: str, source: Source, observed: Observed) -> Shape:
    """Returns the function that changes the text of a field as the source says.

    An id is stripped, its case may be folded, and a namespace may be put before it. An event type is translated. Any
    other text stays as it is.
    """
    if FIELDS[name].kind == "text":
        return str
    shape: Shape = str.strip
    # Recipients are users, so the case of their ids is folded as that of users.
    if ("user_id" if name == "shared_with_user_id" else name) in source.fold_case:
        shape = fold_case
    if name == "event_type" and source.event_types:
        return _make_translation(shape, source.event_types, observed)
    if source.namespace and FIELDS[name].kind in ("id", "ids") and name != "event_type":
        unnamed, prefix = shape, f"{source.namespace}:"
        return lambda text: prefix + unnamed(text)
    return shape


def _make_translation(shape: Shape, event_types: dict[str, str], observed: Observed) -> Shape:
    entries = {shape(code): (code, event_type) for code, event_type in event_types.items()}

    def translate(text: str) -> str:
        if (entry := entries.get(text := shape(text))) is None:
            return text
        observed.codes.add(entry[0])
        return entry[1]

    return translate
