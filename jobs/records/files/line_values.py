"""A line of JSON Lines -> the JSON values on it: one as a rule, several where a producer has left out line feeds."""

import re

from jobs.records.files.content import UTF8_MARK
from jobs.records.files.json_values import DECODER

# RFC 7464 puts one before each value.
RECORD_SEPARATOR = b"\x1e"
_BLANKS = b" \t\r"

_SIDE_BY_SIDE = re.compile(rb"}[ \t\r]*+[{\[]")
_SEPARATORS = re.compile("[ \t\r\ufeff\x1e]*")
_LEADING_SEPARATORS = re.compile(rb"(?:[ \t\r\x1e]|\xef\xbb\xbf)*+")


def are_plain(text: bytes, lines: list[bytes]) -> bool:
    """Whether these lines of the text hold one value each at the most, and no mark before it; False where only a closer
    look at each can tell.

    It costs little, so that many usual lines are told from others at once.
    """
    return not (
        RECORD_SEPARATOR in text
        or (UTF8_MARK[:1] in text and UTF8_MARK in text)  # the first byte alone is found ten times as fast
        or _SIDE_BY_SIDE.search(text)
        # A line that begins with an object comes behind `{` in order.
        or (min(lines, default=b"{") < b"{" and any(line.lstrip(_BLANKS).startswith(b"[") for line in lines))
    )


def split_values(line: bytes) -> list[bytes]:
    """The objects and lists on a line, where it holds nothing else; else the line itself.

    A byte order mark or a record separator before or behind a value is no part of it.
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
