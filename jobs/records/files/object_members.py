"""Finds where a member stands in the text of an object. The object may be broken."""

import json
import re
from typing import NamedTuple

from jobs.records.files.json_values import DECODER

_KEY = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_COMMA = re.compile(r"[ \t\r\n]*,")
_END = re.compile(r"[ \t\r\n]*}[ \t\r\n]*\Z")


class Member(NamedTuple):
    """Where the value of a member begins and ends.

    `start` is None where there is no such member, and `end` where its value is broken. `is_whole` says that the text is
    one whole object.
    """

    start: int | None
    end: int | None
    is_whole: bool


def find_member(text: str, name: str) -> Member:
    """Finds the last member of this name, as far as the object at the beginning of the text can be read.

    >>> find_member('{"a": 1, "b": [2]}', "b")
    Member(start=14, end=17, is_whole=True)
    """
    start = end = None
    position, may_end = 1, True
    while key := _KEY.match(text, position):
        begin = key.end()
        is_wanted = _is_key(key.group(1), name)
        try:
            position = DECODER.raw_decode(text, begin)[1]
        except (ValueError, RecursionError):
            return Member(begin, None, False) if is_wanted else Member(start, end, False)
        if is_wanted:
            start, end = begin, position
        comma = _COMMA.match(text, position)
        may_end = comma is None
        if comma is None:
            break
        position = comma.end()
    return Member(start, end, may_end and _END.match(text, position) is not None)


def _is_key(key: str, name: str) -> bool:
    if "\\" not in key:
        return key[1:-1] == name
    try:
        return bool(json.loads(key, strict=False) == name)
    except ValueError:
        return False
