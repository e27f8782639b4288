"""Opens strings that hold JSON, as text or packed as base64 or gzip. The `decode` of a source names them."""

import gzip
import zlib
from base64 import b64decode
from codecs import BOM_UTF8
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

from jobs.records.values.strict_json import decode

# The strings of one record may unpack to this many bytes. A string beyond that stays a string, to bound the memory.
MAX_UNPACKED_BYTES = 16 * 1024**2

# The names that lead to a string -> the steps that open it, such as ("base64", "gzip", "json").
Decode = dict[tuple[str, ...], tuple[str, ...]]


class Opened(NamedTuple):
    """The content of a string: its JSON text, and the value of that."""

    text: bytes
    value: Any


def open_string(string: str, steps: tuple[str, ...], limit: int = MAX_UNPACKED_BYTES) -> Opened | None:
    """Returns the content of the string; None where it can't be opened, or holds more than `limit` bytes.

    >>> open_string('{"id": 7}', ("json",))
    Opened(text=b'{"id": 7}', value={'id': 7})
    >>> open_string("eyJpZCI6IDd9", ("base64", "json")).value
    {'id': 7}
    """
    try:
        data = string.encode()
        for step in steps:
            data = _UNPACK[step](data, limit)
        text = data.removeprefix(BOM_UTF8).strip()
        return Opened(text, decode(text)) if len(data) <= limit else None
    except (ValueError, RecursionError, OSError, EOFError, zlib.error):
        return None


def open_strings(value: dict[str, Any], decode_paths: Decode) -> dict[str, Any]:
    """Opens the strings at these names, in place, and returns the value. Lists on the way are gone through.

    Shorter paths come first, so that a string within an opened string is opened too.
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
    """Returns the value if it is an object; the objects in it if it is a list."""
    objects, lists = [], [value]
    while lists:
        found = lists.pop()
        if type(found) is list:
            lists += found
        elif type(found) is dict:
            objects.append(found)
    return objects


def _unpack_base64(data: bytes, _: int) -> bytes:
    # Producers often add white space, use the URL-safe alphabet, or leave out the padding. We accept all three.
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
