"""Strings that hold JSON, as text or packed as base64 and gzip, opened by the `decode` of a source."""

import gzip
import zlib
from base64 import b64decode
from codecs import BOM_UTF8
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

from jobs.records.values.strict_json import decode

# Of what a record unpacks to, no more is held in memory. A string that holds more stays a string.
MAX_UNPACKED_BYTES = 16 * 1024**2

# By the names that lead to a string, how it is opened, such as ("base64", "gzip", "json").
Decode = dict[tuple[str, ...], tuple[str, ...]]


class Opened(NamedTuple):
    """What was in a string: the JSON text, and its value."""

    text: bytes
    value: Any


def open_string(string: str, steps: tuple[str, ...], limit: int = MAX_UNPACKED_BYTES) -> Opened | None:
    """What is in the string; None where it can't be opened, or holds more than `limit` bytes."""
    try:
        data = string.encode()
        for step in steps:
            data = _UNPACK[step](data, limit)
        text = data.removeprefix(BOM_UTF8).strip()
        return Opened(text, decode(text)) if len(data) <= limit else None
    except (ValueError, RecursionError, OSError, EOFError, zlib.error):
        return None


def open_strings(value: dict[str, Any], decode_paths: Decode) -> dict[str, Any]:
    """Open the strings at these names in a decoded value, which is changed; through whatever lists they lead.

    Shorter paths come first, so that a string within an opened one is opened too.
    """
    left = MAX_UNPACKED_BYTES
    for names, steps in sorted(decode_paths.items(), key=lambda item: len(item[0])):
        *way, last = names
        holders: list[Any] = [value]
        for name in way:
            holders = [inner for holder in holders if name in holder for inner in _find_objects(holder[name])]
        places: list[tuple[Any, Any]] = [(holder, last) for holder in holders if last in holder]
        while places:
            holder, place = places.pop()
            found = holder[place]
            if type(found) is list:
                places += [(found, number) for number in range(len(found))]
            elif type(found) is str and (opened := open_string(found, steps, left)):
                holder[place] = opened.value
                left -= len(opened.text)
    return value


def _find_objects(value: Any) -> list[dict[str, Any]]:
    """The value, or those in its lists, as far as they are objects."""
    objects, lists = [], [value]
    while lists:
        found = lists.pop()
        if type(found) is list:
            lists += found
        elif type(found) is dict:
            objects.append(found)
    return objects


def _unpack_base64(data: bytes, _: int) -> bytes:
    # White space, the alphabet of URLs and missing padding are usual.
    packed = b"".join(data.split()).translate(bytes.maketrans(b"-_", b"+/"))
    return b64decode(packed + b"=" * (-len(packed) % 4), validate=True)


def _unpack_gzip(data: bytes, limit: int) -> bytes:
    with gzip.GzipFile(fileobj=BytesIO(data)) as unpacked:
        return unpacked.read(limit + 1)


_UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    "base64": _unpack_base64,
    "gzip": _unpack_gzip,
    "json": lambda data, _: data,
}
