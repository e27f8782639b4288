"""JSON text -> its values one after the other, with no more of it in memory than the value at hand."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

# A value that has not ended by then is given up.
MAX_VALUE_CHARACTERS = 1024**3

_LEAST_CHARACTERS = 64 * 1024
# The longest thing that the decoder may find wrong only because it is cut: \\uXXXX\\uXXXX, -Infinity.
_LONGEST_TOKEN = 16

# A byte order mark or a record separator (RFC 7464) before a value is no part of it.
_BETWEEN_VALUES = re.compile("[ \t\r\n,\ufeff\x1e]*")
# A text ends with its line at the latest, so that an open quote costs no more. A `{` that begins a line is a place to
# start again.
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\[^\n])*+"?|[\[\]{},]|\n(?P<indent>[ \t]*)(?=[\ufeff\x1e]*\{)')
# Numbers stay text: only the place where a value ends is asked for.
DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


class Value(NamedTuple):
    """One value as it is written; `is_open` where the text ends before it does.

    One that `is_broken` is an object or a list that may have been cut off too early.
    """

    text: str
    is_open: bool = False
    is_broken: bool = False


class Splitter:
    """Splits text that comes piece by piece. `is_too_long` says that it gave up, at a value without an end."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self.is_too_long = False
        self._pieces = pieces
        self._in_array = False
        # What is at hand, where in it we are, and at which column of its line it begins.
        self._text, self._position, self._column = "", 0, 0

    def split(self) -> Iterator[Value]:
        """The values; the elements of a top-level array count as such."""
        while self._skip_separators():
            mark = self._text[self._position]
            if mark == ("]" if self._in_array else "["):
                self._in_array = not self._in_array
                self._position += 1
            else:
                yield self._take_value(mark)

    def split_list(self) -> Iterator[Value]:
        """The elements of the list that begins the text."""
        self._in_array = self._skip_separators()
        self._position += 1
        while self._skip_separators() and self._text[self._position] != "]":
            yield self._take_value(self._text[self._position])
        self._position += 1

    def take_rest(self) -> str:
        """What has not been split."""
        return self._text[self._position :] + "".join(self._pieces)

    def _skip_separators(self) -> bool:
        while True:
            if separators := _BETWEEN_VALUES.match(self._text, self._position):
                self._position = separators.end()
            if self._position < len(self._text):
                return True
            if not self._read_on():
                return False

    def _read_on(self) -> bool:
        """Let go of what is behind us and put at least as much again to what is ahead; False at the end."""
        if self.is_too_long or (piece := next(self._pieces, None)) is None:
            return False
        self._column = self._column_of(self._position)
        parts = [self._text[self._position :], piece]
        wanted = max(len(parts[0]), _LEAST_CHARACTERS) - len(piece)
        while wanted > 0 and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            wanted -= len(piece)
        self._text, self._position = "".join(parts), 0
        self.is_too_long = len(self._text) > MAX_VALUE_CHARACTERS
        return True

    def _column_of(self, position: int) -> int:
        line_end = self._text.rfind("\n", 0, position)
        return position - line_end - 1 if line_end >= 0 else self._column + position

    def _take_value(self, mark: str) -> Value:
        if mark in "{[":
            return self._take_container()
        return self._take_up_to_end() if self._in_array else self._take_line()

    def _take_container(self) -> Value:
        while True:
            try:
                return self._cut(DECODER.raw_decode(self._text, self._position)[1])
            except RecursionError:
                break
            except json.JSONDecodeError as error:
                is_cut = error.msg.startswith("Unterminated") or error.pos > len(self._text) - _LONGEST_TOKEN
                if not is_cut or not self._read_on():
                    break
        return self._take_up_to_end()._replace(is_broken=True)

    def _take_line(self) -> Value:
        """Outside an array plain text is one value a line, and not one for each number in it."""
        while (end := self._text.find("\n", self._position)) < 0:
            if not self._read_on():
                return self._cut(len(self._text), is_open=True)
        return self._cut(end)

    def _take_up_to_end(self) -> Value:
        """What is broken, or a scalar: up to the comma behind it, up to where its brackets close, or up to the next
        line that begins with an object, whichever comes first.
        """
        while True:
            end = self._find_end()
            if end is not None:
                return self._cut(end)
            if not self._read_on():
                return self._cut(len(self._text), is_open=True)

    def _find_end(self) -> int | None:
        column, depth = self._column_of(self._position), 0
        for token in _TOKEN.finditer(self._text, self._position):
            mark = token.group()
            if mark[0] == "\n":
                # Indented deeper than the value it is one of the value's own.
                if depth <= 0 or len(token.group("indent")) <= column:
                    return token.end()
            elif depth == 0 and self._in_array and mark in (",", "]"):
                return token.start()
            elif mark in ("{", "["):
                depth += 1
            elif mark in ("}", "]"):
                depth -= 1
                if depth == 0:
                    return token.end()
        return None

    def _cut(self, end: int, is_open: bool = False) -> Value:
        text = self._text[self._position : end].rstrip()
        self._position = end
        return Value(text, is_open)
