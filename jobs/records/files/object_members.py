"""The text of an object, whole or broken -> where one of its members stands."""

import json
import re
from typing import NamedTuple

from jobs.records.files.json_values import DECODER

_KEY = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_COMMA = re.compile(r"[ \t\r\n]*,")
_END = re.compile(r"[ \t\r\n]*}[ \t\r\n]*\Z")


class Member(NamedTuple):
    """Where its value begins and ends: no `start` where there is none such, and no `end` where the value is broken.

    `is_whole` says that all the text is one whole object.
    """

    start: int | None
    end: int | None
    is_whole: bool


def find_member(text: str, name: str) -> Member:
    """The last member of this name in the object that begins the text, as far as it can be read."""
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
