"""Guesses where the records are in the JSON values of an unknown log."""

import zlib
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from jobs.profiling.words import is_time, split_words
from jobs.records.files.packed_strings import Decode, open_string, open_strings

_MAX_DEPTH = 6
_LOOKED_AT = 500
_ELEMENTS = 20
_GZIP = b"\x1f\x8b"
# A list with one of these names holds records. A list with another name does so only if its elements look like events.
_STRONG_NAMES = {"events", "records", "entries", "log_events", "activities", "audit_events", "audit_log", "audit_logs"}
_LEAST_PACKED = 24


class RecordsPlace(NamedTuple):
    """The `record_path` and `decode` of a mapping."""

    record_path: tuple[str, ...]
    decode: Decode


class _List(NamedTuple):
    """The elements of a list of objects, over all objects that have this list, and the number of these objects."""

    holders: int
    elements: list[dict[str, Any]]


def guess_place(values: list[Any]) -> RecordsPlace:
    """Returns the list of objects that looks like events, if there is one, and the strings that hold JSON.

    The strings are opened in `values`, in place.
    """
    decode: Decode = {}
    sample = [value for value in values if type(value) is dict]
    sample = sample[:: max(1, len(sample) // _LOOKED_AT)]
    # An opened string may hold strings that hold JSON too.
    for _ in range(3):
        found = _find_packed(sample)
        if not found:
            break
        decode |= found
        for value in sample:
            open_strings(value, found)
    for value in values:
        if type(value) is dict:
            open_strings(value, decode)
    return RecordsPlace(_find_list(sample), decode)


def _find_packed(values: list[dict[str, Any]]) -> Decode:
    """Returns the names of strings of which at least a quarter hold an object or a list of objects."""
    seen: Counter[tuple[str, ...]] = Counter()
    kinds: dict[tuple[str, ...], Counter[tuple[str, ...]]] = {}
    for value in values:
        for names, text in _list_strings(value, ()):
            seen[names] += 1
            if steps := _how_packed(text):
                kinds.setdefault(names, Counter())[steps] += 1
    return {names: counts.most_common(1)[0][0] for names, counts in kinds.items() if counts.total() * 4 >= seen[names]}


def _list_strings(value: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if type(value) is dict and len(names) < _MAX_DEPTH:
        for name, inner in value.items():
            yield from _list_strings(inner, (*names, name))
    elif type(value) is list:
        for element in value[:_ELEMENTS]:
            if type(element) is dict:
                yield from _list_strings(element, names)
            elif type(element) is str and names:
                yield names, element
    elif type(value) is str and names:
        yield names, value


def _how_packed(text: str) -> tuple[str, ...] | None:
    text = text.strip()
    if text[:1] in ("{", "["):
        steps: tuple[str, ...] = ("json",)
    elif len(text) >= _LEAST_PACKED and text[:8].isalnum():
        try:
            head = b64decode(text[:64] + "=" * (-len(text[:64]) % 4), validate=True)
        except ValueError:
            return None
        if not head.startswith((_GZIP, b"{", b"[")):
            return None
        steps = ("base64", "gzip", "json") if head.startswith(_GZIP) else ("base64", "json")
    else:
        return None
    try:
        opened = open_string(text, steps)
    except (ValueError, OSError, zlib.error):
        return None
    return steps if opened and _holds_records(opened.value) else None


def _holds_records(value: Any) -> bool:
    """Whether the value is an object or a list of objects, apart from a rich text in the formats of common editors."""
    if type(value) is dict:
        return bool(value) and "ops" not in value and value.get("type") != "doc"
    return (
        type(value) is list and bool(value) and all(type(each) is dict and "insert" not in each for each in value[:5])
    )


def _find_list(values: list[dict[str, Any]]) -> tuple[str, ...]:
    """Returns the names that lead to the list that looks like events. Its elements may hold such a list again."""
    path: tuple[str, ...] = ()
    holders = values
    for _ in range(4):
        lists = {
            names: each for names, each in _collect_lists(holders).items() if _looks_like_events(names, each, holders)
        }
        if not lists:
            break
        names = max(lists, key=lambda names: (_is_strong(names), len(lists[names].elements)))
        path += names
        holders = lists[names].elements
    return path


def _collect_lists(holders: list[dict[str, Any]]) -> dict[tuple[str, ...], _List]:
    found: dict[tuple[str, ...], _List] = {}
    for holder in holders[:_LOOKED_AT]:
        for names, elements in _list_lists(holder, ()):
            known = found.get(names, _List(0, []))
            found[names] = _List(known.holders + 1, known.elements + elements)
    return found


def _list_lists(
    value: dict[str, Any], names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Yields the lists of objects below an object, but not the lists within their elements."""
    for name, inner in value.items():
        if type(inner) is dict and len(names) < _MAX_DEPTH:
            yield from _list_lists(inner, (*names, name))
        elif type(inner) is list and inner and type(inner[0]) is dict:
            yield (*names, name), [element for element in inner[:_LOOKED_AT] if type(element) is dict]


def _looks_like_events(names: tuple[str, ...], found: _List, holders: list[dict[str, Any]]) -> bool:
    is_usual = 2 * found.holders >= len(holders)
    if _is_strong(names):
        return is_usual or not _have_times(holders)
    if not _have_times(found.elements):
        return False
    if not _have_times(holders):
        return True
    return is_usual and len(found.elements) >= 3 * found.holders


def _is_strong(names: tuple[str, ...]) -> bool:
    return "_".join(split_words(names[-1])) in _STRONG_NAMES


def _have_times(objects: list[dict[str, Any]]) -> bool:
    """Whether most of the first objects have a time, directly or in an object within them."""
    first = objects[:_ELEMENTS]
    return 2 * sum(_has_time(each, (), 0) for each in first) > len(first)


def _has_time(value: dict[str, Any], words: tuple[str, ...], depth: int) -> bool:
    for name, inner in value.items():
        if type(inner) is dict:
            if depth < 3 and _has_time(inner, (*words, *split_words(name)), depth + 1):
                return True
        elif type(inner) in (str, int, float) and is_time(str(inner), (*words, *split_words(name))):
            return True
    return False
