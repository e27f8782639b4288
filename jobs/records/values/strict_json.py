"""The text of a record -> the JSON value that it is, and back.

msgspec decides what is JSON, as RFC 8259 says. Whole numbers become int, however they are written, others float; a
number that no double holds stays the text that it is (`msgspec.Raw`).
"""

import math
import re
import sys
from decimal import Decimal
from typing import Any
from unicodedata import normalize

import msgspec

# Levels of objects and lists in each other.
MAX_NESTING = 998
# From here on a number with an exponent keeps it, as JavaScript writes it too: with all digits a list of 1e308 would be
# sixty times as long.
_LEAST_EXPONENTIAL = 1e21

# Up to Python 3.11 the levels of a value count on the same limit as calls of functions.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 4 * MAX_NESTING))

# An open one goes to the end, so that the text behind it is not searched again from each of its quotes.
_STRING = rb'"(?:[^"\\]++|\\.)*+"?'
_STRINGS = re.compile(_STRING, re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# Python reads no more digits as int.
_LONG_INTEGER = re.compile(rb"%b|(?<![0-9.eE+-])(-?[0-9]{4301,}+)(?![.eE])" % _STRING, re.DOTALL)
# Escapes one after the other, so that no escaped backslash is taken for the start of an escape; the group is one half
# of a surrogate pair without the other.
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"%b%b|(%b|%b)|\\." % (_HIGH, _LOW, _HIGH, _LOW), re.DOTALL)
# The escape of a control character with a letter in it; behind an even number of backslashes.
_CONTROL = re.compile(rb"(?<!\\)((?:\\\\)*+\\u00)([01][a-f])")


def decode(text: bytes) -> Any:
    """The JSON value; of equal keys the last wins. Raises ValueError where `text` is not exactly one value."""
    if len(text) > MAX_NESTING and text.count(b"{") + text.count(b"[") > MAX_NESTING:
        _reject_deep(text)
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError:
        return _DECODER.decode(_replace_what_python_lacks(text))


def encode(value: Any, is_sorted: bool = False) -> str:
    """The JSON text of a value of `decode`, without white space; equal values have equal texts if it `is_sorted`."""
    text = (_SORTING_ENCODER if is_sorted else _ENCODER).encode(value)
    if b"\\u00" in text:  # derived ids are hashes of this text, which has always had hexadecimal digits in capitals
        text = _CONTROL.sub(lambda escape: escape[1] + escape[2].upper(), text)
    return text.decode()


def read_number(text: str) -> int | float | msgspec.Raw:
    """The number that a text with a fraction or an exponent is; int, and exact, where it is whole."""
    number = float(text)
    if math.isinf(number):  # before Decimal: int(Decimal("1e1000000000")) would eat all memory
        return msgspec.Raw(text.encode())
    if not number.is_integer() or (abs(number) >= _LEAST_EXPONENTIAL and "e" in text.lower()):
        return number
    return round(Decimal(text)) if number else 0


def fold_case(text: str) -> str:
    """The text that stands for all that differ from it in nothing but case, or in how Unicode composes a character."""
    return normalize("NFC", normalize("NFC", text.strip()).casefold())


def has_huge_number(text: str) -> bool:
    """Whether a number in the JSON text is one that no double holds."""
    try:
        _FLOAT_DECODER.decode(text)
    except OverflowError:
        return True
    return False


def _reject_deep(text: bytes) -> None:
    """Raises ValueError for more than `MAX_NESTING` levels; a bracket within a string is none."""
    depth = 0
    for bracket in _STRINGS.sub(b"", text).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_NESTING:
            raise ValueError(f"more than {MAX_NESTING} levels")


def _replace_what_python_lacks(text: bytes) -> bytes:
    """Half a surrogate pair becomes a NUL, which no text may hold either; a very long integer becomes a number that no
    double holds. What is no JSON stays none.
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
