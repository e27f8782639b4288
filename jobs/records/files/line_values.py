"""Splits a line of JSON Lines into its values. A line has several where a producer left out line feeds."""

import re

from jobs.records.files.content import UTF8_MARK
from jobs.records.files.json_values import DECODER

# A producer that follows RFC 7464 writes this byte before each value.
RECORD_SEPARATOR = b"\x1e"
_BLANKS = b" \t\r"

_SIDE_BY_SIDE = re.compile(rb"}[ \t\r]*+[{\[]")
_SEPARATORS = re.compile("[ \t\r\ufeff\x1e]*")
_LEADING_SEPARATORS = re.compile(rb"(?:[ \t\r\x1e]|\xef\xbb\xbf)*+")


def are_plain(text: bytes, lines: list[bytes]) -> bool:
    """Whether each of these lines of the text certainly holds one value at most, with no mark before it.

    This test looks at all lines of a chunk at once, because most lines are plain. False means that each line has to be
    looked at by itself.

    >>> are_plain(b'{"a": 1}', [b'{"a": 1}']), are_plain(b'{"a": 1}{"a": 2}', [b'{"a": 1}{"a": 2}'])
    (True, False)
    """
    return not (
        RECORD_SEPARATOR in text
        or (UTF8_MARK[:1] in text and UTF8_MARK in text)  # searching one byte is ten times as fast
        or _SIDE_BY_SIDE.search(text)
        # A line that begins with `[` or a blank sorts before `{`, so that the least line tells whether there is one.
        or (min(lines, default=b"{") < b"{" and any(line.lstrip(_BLANKS).startswith(b"[") for line in lines))
    )


def split_values(line: bytes) -> list[bytes]:
    """Returns the objects and lists on a line; the line itself where it holds anything else.

    A byte order mark or a record separator before or after a value does not belong to it.

    >>> split_values(b'{"a": 1} {"a": 2}'), split_values(b'{"a": 1} x')
    ([b'{"a": 1}', b'{"a": 2}'], [b'{"a": 1} x'])
    """
    if are_plain(line, [line]):
        return [line]
    text = line.decode("utf-8", "surrogateescape")
    values: list[bytes] = []
    position = _skip(text, 0)
    while position < len(text):
        end = _find_end(text, position)
        if end is None:
            values.clear()
            break
        values.append(text[position:end].encode("utf-8", "surrogateescape"))
        position = _skip(text, end)
    return values or [_LEADING_SEPARATORS.sub(b"", line, count=1)]


def _find_end(text: str, position: int) -> int | None:
    if text[position] not in "{[":
        return None
    try:
        return DECODER.raw_decode(text, position)[1]
    except (ValueError, RecursionError):
        return None


def _skip(text: str, position: int) -> int:
    separators = _SEPARATORS.match(text, position)
    return separators.end() if separators else position
