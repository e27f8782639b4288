"""What a mapping says and no record of a run has. It is told after each run, since a slip makes columns of NULL."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from jobs.records.observed import Observed
from jobs.records.reader import read_default_source
from schemas.fields import FIELDS, REQUIRED, Source
from schemas.paths import Path

_SHOWN_NAMES = 20
# How alike a key must be to be taken for what a path was to be.
_LIKENESS = 0.7


def describe_slips(source: Source, observed: Observed, records: int) -> Iterator[str]:
    """One line for each kind of slip of a source: paths at which none of its `records` has a value, with the nearest
    key that is there; entries of `event_types` that never applied; content that is no text.

    Of the default mapping, whose paths are guesses, only required fields are told that no path has found.
    """
    is_default = source.fields == read_default_source().fields
    if records and (unmatched := _find_unmatched(source, observed, is_default)):
        known = set() if is_default else observed.keys
        wanted = "; ".join(_describe_field(name, paths, known) for name, paths in unmatched.items())
        keys = _list(sorted(observed.keys)) or "no keys"
        yield f"{source.name}: no record of {records:,} has {wanted}; the records have: {keys}"
    unused = [code for code in source.event_types if code not in observed.codes]
    if records and unused:
        types = _list(sorted(observed.types)) or "none"
        yield f"{source.name}: no record has the event_types {_list(unused)}; the types are: {types}"
    if observed.unread_content:
        yield (
            f"{source.name}: {observed.unread_content:,} records have an object, a list or endless HTML as content,"
            " whose words are not counted; name the texts in it by a JSONPath such as $.content..text: conf/README.md"
        )


def join_observed(several: Iterable[Observed]) -> Observed:
    """What several files of a source show."""
    joined = Observed()
    for each in several:
        joined.add(
            each.paths,
            each.codes,
            each.types,
            each.keys,
            each.unread_content,
            each.unmapped.items(),
            each.unnamed,
        )
    return joined


def _find_unmatched(source: Source, observed: Observed, is_default: bool) -> dict[str, list[Path]]:
    """By field, the paths that led to nothing. What only records of one type state is left out where there are none."""
    unmatched = {}
    for name, paths in source.fields.items():
        field = FIELDS[name]
        without = [path for path in paths if str(path) not in observed.paths]
        if is_default and (name not in REQUIRED or len(without) < len(paths)):
            continue
        if without and (field.of_type is None or field.of_type in observed.types):
            unmatched[name] = without
    return unmatched


def _describe_field(name: str, paths: list[Path], keys: set[str]) -> str:
    places = ", ".join(map(str, paths))
    near = dict.fromkeys(key for path in paths for key in get_close_matches(str(path), keys, n=1, cutoff=_LIKENESS))
    return f"{name} at {places}" + (f" (is it {', '.join(near)}?)" if near else "")


def _list(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN_NAMES]) + (", ..." if len(names) > _SHOWN_NAMES else "")
