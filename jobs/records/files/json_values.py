"""Splits JSON text into its values. Only the current value is in memory."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

# We give up a value that is longer.
MAX_VALUE_CHARACTERS = 1024**3

_LEAST_CHARACTERS = 64 * 1024
# The decoder may call a token wrong only because the text is cut within it. These are the longest such tokens, rounded
# up: \\uXXXX\\uXXXX and -Infinity.
_LONGEST_TOKEN = 16

# A byte order mark or a record separator (RFC 7464) before a value does not belong to it.
_BETWEEN_VALUES = re.compile("[ \t\r\n,\ufeff\x1e]*")
# We assume that a string ends at the line break. A missing closing quote then spoils one record, not the rest of the
# file. After a broken value we start again at the next line that begins with `{`.
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\[^\n])*+"?|[\[\]{},]|\n(?P<indent>[ \t]*)(?=[\ufeff\x1e]*\{)')
# We only need to know where a value ends, so numbers are left as text.
DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


class Value(NamedTuple):
    """The text of one value. `is_open` says that the text ended before the value did.

    `is_broken` says that it is an object or a list with an error in it, so that it may have been cut off too early.
    """

    text: str
    is_open: bool = False
    is_broken: bool = False


class Splitter:
    """Splits text that comes in pieces. `is_too_long` says that it gave up at a value without an end."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self.is_too_long = False
        self._pieces = pieces
        self._in_array = False
        # The text in memory, our position in it, and the column of its line at which the text begins.
        self._text, self._position, self._column = "", 0, 0

    def split(self) -> Iterator[Value]:
        """Yields the values. Each element of a top-level array is a value."""
        while self._skip_separators():
            mark = self._text[self._position]
            if mark == ("]" if self._in_array else "["):
                self._in_array = not self._in_array
                self._position += 1
            else:
                yield self._take_value(mark)

    def split_list(self) -> Iterator[Value]:
        """Yields the elements of the list at the beginning of the text."""
        self._in_array = self._skip_separators()
        self._position += 1
        while self._skip_separators() and self._text[self._position] != "]":
            yield self._take_value(self._text[self._position])
        self._position += 1

    def take_rest(self) -> str:
        """Returns the text that has not been split."""
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
        """Drops the text before our position, and doubles the rest by reading on; False at the end.

        Because it doubles, a long value is copied only a few times.
        """
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
        """Takes a line as one value. Outside an array, plain text would else become a value for each number in it."""
        while (end := self._text.find("\n", self._position)) < 0:
            if not self._read_on():
                return self._cut(len(self._text), is_open=True)
        return self._cut(end)

    def _take_up_to_end(self) -> Value:
        """Takes a scalar, or a broken value.

        It ends at the next comma, where its brackets close, or before a line that begins with `{`, whichever is first.
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
                # An object on a line of its own belongs to the value if it is indented deeper than the value.
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
