"""What `make fields` shows of a folder: some lines, and the rows of a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jobs.profiling.found_paths import MAX_DEPTH, FoundPath, PathFinder
from jobs.profiling.guesses import Guesses, guess_fields
from jobs.profiling.opening import Record, count_no_objects, open_records
from jobs.profiling.records_place import RecordsPlace, guess_place
from jobs.profiling.sample import Sample
from jobs.records.mapping import make_finder
from jobs.records.values.strict_json import encode
from jobs.storage.wording import plural
from schemas.fields import Source
from schemas.paths import Path, Steps

COLUMNS = ["path", "records", "share", "types", "example", "reads"]
_EXAMPLE_CHARACTERS = 40
# How many records we try in order to see whether a mapping finds times in them.
_LOOKED_AT = 2000

# The table shows this name as the field that reads the paths of `properties`.
_PROPERTIES = "properties"


@dataclass(frozen=True)
class View:
    """The records of a sample, where a mapping or our guess says they are, and the paths in them."""

    place: RecordsPlace
    records: list[Record]
    paths: list[FoundPath]
    guesses: Guesses
    left_out: list[str]


def make_view(sample: Sample, place: RecordsPlace) -> View:
    """Opens the records at that place, and finds the paths in them."""
    records = open_records(sample.values, place.record_path, place.decode)
    finder = PathFinder()
    finder.add(records)
    paths = finder.list_paths()
    left_out = _tell_left_out(finder)
    if others := count_no_objects(sample.values, place.record_path, place.decode):
        elements = plural(others, "element is no object", "elements are no objects")
        left_out.append(f"{elements}, so that a load would quarantine them (record_path: {Steps(place.record_path)})")
    return View(place, records, paths, guess_fields(paths, records, place.record_path), left_out)


def look_at(sample: Sample, source: Source | None) -> tuple[View, list[str]]:
    """Returns the view of the sample, and lines that say where the records are.

    The source says where, if it finds times there. Otherwise we guess the place by the values.
    """
    if source is None:
        view = make_view(sample, guess_place(sample.values))
        return view, _describe_place(view.place, "the records seem to be")
    given = RecordsPlace(source.record_path, source.decode)
    view = make_view(sample, given)
    guessed = guess_place(sample.values)
    guessed = guessed._replace(decode=given.decode | guessed.decode)
    if guessed == given:
        return view, _describe_place(given, "the records are")
    if _reads_times(view, source):
        return view, _describe_place(given, "the records are") + _describe_place(guessed, "they might also be")
    view = make_view(sample, guessed)
    note = f"{source.location or source.name} finds no event here; the table shows what it finds in this place:"
    return view, [note, *_describe_place(guessed, "the records seem to be")]


def describe_sample(sample: Sample) -> list[str]:
    """Returns lines that say how much was read."""
    formats = ", ".join(f"{name} ({plural(number, 'file')})" for name, number in sorted(sample.formats.items()))
    size = f"{sample.read_bytes / 1024**2:.1f} MiB"
    lines = [f"{plural(sample.read_files, 'file')} of {sample.files:,}, {size}: {formats or 'empty'}"]
    if not sample.is_whole:
        lines.append("this is a sample: some files or parts of them were not read; rare paths may be missing")
    if sample.unreadable:
        lines.append(f"{plural(sample.unreadable, 'file')} could not be read")
    if sample.quarantined:
        lines.append(f"{plural(sample.quarantined, 'record')} would be quarantined: no JSON, or no JSON object")
    return lines


def make_rows(view: View, source: Source | None) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Returns the rows of the table, and lines about the paths of the source that find nothing."""
    mapped: dict[Path, list[str]] = {}
    for name, paths in ({**source.fields, _PROPERTIES: source.property_paths} if source else {}).items():
        for path in paths:
            mapped.setdefault(path, []).append(name)
    total = len(view.records)
    known = {found.path for found in view.paths}
    others = {path: _find_values(path, view.records) for path in mapped if path not in known}
    read = {name for path, names in mapped.items() if path in known or others[path][0] for name in names}
    read.discard(_PROPERTIES)
    rows = [
        _make_row(
            found.path, found.node.records, total, "|".join(_types(found)), found.node.example,
            _tell_reader(mapped.get(found.path, []), view.guesses.name_fields_of(found.path), read),
        )
        for found in view.paths
    ]  # fmt: skip
    rows += [
        _make_row(path, count, total, "", example, ", ".join(mapped[path]))
        for path, (count, example) in others.items()
        if count
    ]
    unused = [
        (name, path) for path, names in mapped.items() if path not in known and not others[path][0] for name in names
    ]
    return rows, _tell_unused(unused, read)


def _tell_unused(unused: list[tuple[str, Path]], read: set[str]) -> list[str]:
    """Returns a line for the fields that are found nowhere, and one for unused paths of fields that are found."""
    empty: dict[str, list[str]] = {}
    for name, path in unused:
        if name not in read:
            empty.setdefault(name, []).append(str(path))
    lines = []
    if empty:
        lines.append("finds nothing: " + "; ".join(f"{name} at {', '.join(paths)}" for name, paths in empty.items()))
    if spare := [f"{path} ({name})" for name, path in unused if name in read]:
        lines.append(f"finds nothing at {', '.join(spare)}: these fields are found at other paths")
    return lines


def shorten(text: str, length: int = _EXAMPLE_CHARACTERS) -> str:
    """Returns the beginning of a text in one line. Characters that cannot be seen are escaped.

    >>> print(shorten("two\\nlines"), shorten("a long text", 9))
    two\\nlines a long...
    """
    shown = "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in text[: length + 1])
    return shown if len(text) <= length and len(shown) <= length else shown[: length - 3] + "..."


def _make_row(path: Path, count: int, total: int, types: str, example: str | None, reads: str) -> tuple[Any, ...]:
    return str(path), count, show_share(count, total), types, shorten(example or ""), reads


def show_share(count: int, total: int) -> str:
    """Returns a percentage. It shows 0 % and 100 % only where that is exact.

    >>> show_share(1, 1000), show_share(999, 1000), show_share(3, 3)
    ('<1 %', '99 %', '100 %')
    """
    percent = 100 * count / max(1, total)
    return "<1 %" if 0 < percent < 1 else "99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def _types(found: FoundPath) -> list[str]:
    return [name for name, _ in found.node.types.most_common()]


def _tell_reader(mapped: list[str], guessed: list[str], read: set[str]) -> str:
    if mapped:
        return ", ".join(mapped)
    open_fields = [name for name in guessed if name not in read]
    return f"maybe {', '.join(open_fields)}?" if open_fields else ""


def _find_values(path: Path, records: list[Record]) -> tuple[int, str | None]:
    """Returns how many records have a value at the path, and the first such value."""
    find = make_finder((path,))
    count, example = 0, None
    for record, around in records:
        value = find(record, around)
        if value is not None:
            count += 1
            example = example if example is not None else value if type(value) is str else encode(value)
    return count, example


def _reads_times(view: View, source: Source) -> bool:
    some = view.records[:_LOOKED_AT]
    return any(_find_values(path, some)[0] for path in source.fields.get("event_at", ()))


def _describe_place(place: RecordsPlace, beginning: str) -> list[str]:
    where = (
        f"the elements of a list (record_path: {Steps(place.record_path)})"
        if place.record_path
        else "the JSON values themselves"
    )
    lines = [f"{beginning} {where}"]
    if place.decode:
        opened = ", ".join(f"{Steps(names)}: {'+'.join(steps)}" for names, steps in place.decode.items())
        lines.append(f"strings that hold JSON are opened (decode: {{{opened}}})")
    return lines


def _tell_left_out(finder: PathFinder) -> list[str]:
    told: Iterable[tuple[int, str]] = (
        (finder.left_out, "more paths are left out"),
        (finder.unwritable, "paths are too long to be shown"),
        (finder.deep, f"objects and lists are nested deeper than {MAX_DEPTH} levels; what is in them is not shown"),
    )
    return [f"{count:,} {what}" for count, what in told if count]
