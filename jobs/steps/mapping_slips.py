"""Finds slips in a mapping, such as a path that no record has.

A slip raises no error: its column is only NULL in every row. So each run warns of what looks like one.
"""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher, get_close_matches

from jobs.records.observed import Observed
from jobs.records.properties import MAX_VALUE_BYTES
from jobs.records.reader import read_default_source
from jobs.storage.runs.mapping_clues import SharedIds
from jobs.storage.wording import plural
from schemas.event_types import EVENT_TYPES
from schemas.fields import FIELDS, REQUIRED, Source
from schemas.paths import Path

_SHOWN_NAMES = 20
_OUR_TYPES = [event_type.code for event_type in EVENT_TYPES]
# A key that is at least this similar to a path (0 to 1) is suggested instead of it.
_LIKENESS = 0.7
# A type that is at least this similar to one of ours counts as a misspelling: `document_edits`, not `document_saved`.
_TYPE_LIKENESS = 0.9


def describe_slips(source: Source, observed: Observed, records: int) -> Iterator[str]:
    """Yield one line for each kind of slip in the mapping of a source.

    The kinds are: paths at which none of the `records` has a value, with the most similar key that they have; entries
    of `event_types` that never applied; event types that are nearly ours; content that is no text; properties that are
    too long. The paths of the default mapping are guesses. So of these only required fields that no path found are
    named.
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
    if near := _find_near_types(source):
        told = ", ".join(f"{name} (is it {ours}?)" for name, ours in near.items())
        yield f"{source.name}: no metric knows the event type {told}; the types of ours are: {_list(_OUR_TYPES)}"
    if observed.unread_content:
        counted = plural(observed.unread_content, "record has", "records have")
        yield (
            f"{source.name}: {counted} an object, a list or endless HTML as content, whose words are not counted; name"
            " the texts in it by a JSONPath such as $.content..text: conf/README.md"
        )
    if observed.left_out_properties:
        counts = [f"{name} {values:,}" for name, values in sorted(observed.left_out_properties.items())]
        yield (
            f"{source.name}: properties leave out values of over {MAX_VALUE_BYTES:,} bytes, which are {_list(counts)};"
            " of an object name the paths that you need, such as payload.action"
        )


def join_observed(several: Iterable[Observed]) -> Observed:
    """Add up what the files of one source show about its mapping."""
    joined = Observed()
    for each in several:
        counts = (each.unread_content, each.left_out_properties.items(), each.unmapped.items(), each.unnamed)
        joined.add(each.paths, each.codes, each.types, each.keys, *counts)
    return joined


def sort_shared_ids(found: list[SharedIds], sources: list[Source]) -> dict[str, tuple[int, str | None]]:
    """Count the event ids that several people, or several records, share in one file. Each count has an example.

    `shared_ids` stand for several people. A mapping with `identity` makes ids itself, and they should be unique. So its
    `shared_identities` are the ids of several records, unless the mapping names a revision.
    """
    by_mapping = {(source.name, source.mapping_hash): source for source in sources}
    people: list[tuple[int, str]] = []
    records: list[tuple[int, str]] = []
    for each in found:
        source = by_mapping.get((each.source, each.mapping_hash))
        if source and source.identity:
            records += [] if "revision" in source.fields else [(each.records, each.example)]
        elif each.people_example is not None:
            people.append((each.people, each.people_example))
    return {name: _add_up(counts) for name, counts in (("shared_ids", people), ("shared_identities", records))}


def _add_up(counts: list[tuple[int, str]]) -> tuple[int, str | None]:
    return sum(count for count, _ in counts), min((example for _, example in counts), default=None)


def _find_near_types(source: Source) -> dict[str, str]:
    """Return the event types of the mapping that are nearly one of ours, each with ours."""
    named = [*source.event_types.values(), *filter(None, [source.constants.get("event_type")])]
    near = {name: [ours for ours in _OUR_TYPES if _is_misspelt(name, ours)] for name in named if name not in _OUR_TYPES}
    return {name: codes[0] for name, codes in near.items() if codes}


def _is_misspelt(name: str, ours: str) -> bool:
    """Return whether the name is a misspelling of our type.

    A word with a prefix has another meaning, so `document_unshared` is no misspelling of `document_shared`.
    """
    name = name.strip().lower().replace("-", "_").replace(" ", "_")
    pairs = zip(name.split("_"), ours.split("_"), strict=False)
    if any(word != our_word and word.endswith(our_word) for word, our_word in pairs):
        return False
    return SequenceMatcher(None, name, ours).ratio() >= _TYPE_LIKENESS


def _find_unmatched(source: Source, observed: Observed, is_default: bool) -> dict[str, list[Path]]:
    """Return, by field, the paths that found nothing.

    Some fields belong to one event type. They are left out where no record has that type.
    """
    unmatched = {}
    for name, paths in source.fields.items():
        field = FIELDS[name]
        without = [path for path in paths if str(path) not in observed.paths]
        if is_default and (name not in REQUIRED or len(without) < len(paths)):
            continue
        if without and (field.of_type is None or field.of_type in observed.types):
            unmatched[name] = without
    if without := [path for path in source.property_paths if str(path) not in observed.paths]:
        unmatched["properties"] = without
    return unmatched


def _describe_field(name: str, paths: list[Path], keys: set[str]) -> str:
    places = ", ".join(map(str, paths))
    near = dict.fromkeys(key for path in paths for key in get_close_matches(str(path), keys, n=1, cutoff=_LIKENESS))
    return f"{name} at {places}" + (f" (is it {', '.join(near)}?)" if near else "")


def _list(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN_NAMES]) + (", ..." if len(names) > _SHOWN_NAMES else "")
