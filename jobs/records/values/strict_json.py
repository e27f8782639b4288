"""Parses the text of a record as JSON, and writes JSON.

msgspec decides what is JSON, by RFC 8259. A whole number becomes an int, also one written as `1.0` or `1e3`. Any other
number becomes a float. A number that is too large for a double is left as text (`msgspec.Raw`).
"""

import math
import re
import sys
from decimal import Decimal
from typing import Any
from unicodedata import normalize

import msgspec

# How deep objects and lists may be nested.
MAX_NESTING = 998
# A larger number that has an exponent stays a float, so that we write it with an exponent too, as JavaScript does. With
# all its digits, a list of 1e308 would be sixty times as long.
_LEAST_EXPONENTIAL = 1e21

# Up to Python 3.11, nested values count against the limit for nested function calls.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 4 * MAX_NESTING))

# A string without a closing quote matches up to the end. Otherwise the rest would be searched again from each quote.
_STRING = rb'"(?:[^"\\]++|\\.)*+"?'
_STRINGS = re.compile(_STRING, re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# Matches integers of more than 4,300 digits, which Python does not convert to int. Strings are matched first, so that
# digits within them are skipped.
_LONG_INTEGER = re.compile(rb"%b|(?<![0-9.eE+-])(-?[0-9]{4301,}+)(?![.eE])" % _STRING, re.DOTALL)
# Matches every escape in turn, so that the second backslash of `\\` never starts one. The group matches half of a
# surrogate pair whose other half is missing.
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"%b%b|(%b|%b)|\\." % (_HIGH, _LOW, _HIGH, _LOW), re.DOTALL)
# Matches the escape of a control character that has a hexadecimal letter, such as `\u001f`. Only an even number of
# backslashes may precede it; after an odd number, its own backslash is escaped.
_CONTROL = re.compile(rb"(?<!\\)((?:\\\\)*+\\u00)([01][a-f])")


def decode(text: bytes) -> Any:
    """Returns the JSON value. Where a key is repeated, the last one wins. Raises ValueError unless `text` is one value.

    >>> decode(b'{"id": 17.0, "id": 1.5}'), decode(b"1e3")
    ({'id': 1.5}, 1000)
    """
    if len(text) > MAX_NESTING and text.count(b"{") + text.count(b"[") > MAX_NESTING:
        _reject_deep(text)
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError:
        return _DECODER.decode(_replace_what_python_lacks(text))


def encode(value: Any, is_sorted: bool = False) -> str:
    """Returns the JSON text of a value, without white space. With `is_sorted`, equal values give equal texts.

    >>> encode({"b": [1, 2.5], "a": None}, is_sorted=True)
    '{"a":null,"b":[1,2.5]}'
    """
    text = (_SORTING_ENCODER if is_sorted else _ENCODER).encode(value)
    # Derived ids are hashes of this text. So we write these escapes as always, with capitals, to get the same ids.
    if b"\\u00" in text:
        text = _CONTROL.sub(lambda escape: escape[1] + escape[2].upper(), text)
    return text.decode()


def read_number(text: str) -> int | float | msgspec.Raw:
    """Returns the number of a text with a fraction or an exponent. A whole number becomes an exact int.

    >>> read_number("1234.0"), read_number("0.5")
    (1234, 0.5)
    """
    number = float(text)
    # We test this before we use Decimal, because int(Decimal("1e1000000000")) would fill the memory.
    if math.isinf(number):
        return msgspec.Raw(text.encode())
    if not number.is_integer() or (abs(number) >= _LEAST_EXPONENTIAL and "e" in text.lower()):
        return number
    return round(Decimal(text)) if number else 0


def fold_case(text: str) -> str:
    """Returns one spelling for all texts that differ only in case, or in how Unicode composes a character.

    >>> fold_case(" Straße ") == fold_case("STRASSE")
    True
    """
    return normalize("NFC", normalize("NFC", text.strip()).casefold())


def has_huge_number(text: str) -> bool:
    """Tells whether the JSON text has a number that is too large for a double.

    >>> has_huge_number("[1e308]"), has_huge_number("[1e309]")
    (False, True)
    """
    try:
        _FLOAT_DECODER.decode(text)
    except OverflowError:
        return True
    return False


def _reject_deep(text: bytes) -> None:
    """Raises ValueError for more than `MAX_NESTING` levels. Brackets within strings do not count."""
    depth = 0
    for bracket in _STRINGS.sub(b"", text).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_NESTING:
            raise ValueError(f"more than {MAX_NESTING} objects and lists are nested")


def _replace_what_python_lacks(text: bytes) -> bytes:
    """Rewrites two things that the library cannot read, so that the record is quarantined for the right reason.

    Half a surrogate pair becomes a NUL, because neither can be stored. A very long integer becomes a number that is too
    large for a double. Text that is not JSON does not become JSON by this.
    """
    if b"\\ud" in text or b"\\uD" in text:
        text = _ESCAPE.sub(lambda escape: rb"\u0000" if escape[1] else escape[0], text)
    return _LONG_INTEGER.sub(lambda token: token[0] + b"e0" if token[1] else token[0], text)


def _read_float(text: str) -> float:
    if math.isinf(number := float(text)):
        raise OverflowError(text[:20])
    return number


_FLOAT_DECODER = msgspec.json.Decoder(float_hook=_read_float)
_DECODER = msgspec.json.Decoder(float_hook=read_number)
_ENCODER = msgspec.json.Encoder()
_SORTING_ENCODER = msgspec.json.Encoder(order="sorted")
