"""The content of one file -> its records, in plain Python: lines, arrays, printed or concatenated values, wrappers."""

import json
import re
from codecs import iterdecode
from collections.abc import Iterator

from jobs.records.files.content import Content
from jobs.records.files.formats import Format
from jobs.records.files.json_values import DECODER, MAX_VALUE_CHARACTERS, Splitter, Value
from jobs.records.files.lines import KEPT_BYTES, Line, LineRange, bound_record, split_lines
from schemas.fields import Path

# Record number from 1, the text as bytes, and and why it could not be split off whole.
RawRecord = tuple[int, bytes | None, str | None]

_SPACE = re.compile(r"[ \t\r\n]*")
_KEY = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_COMMA = re.compile(r"[ \t\r\n]*,")


def split_records(content: Content | LineRange, file_format: Format, record_path: Path = ()) -> Iterator[RawRecord]:
    """The records of one file or range, blank lines among them; what can't be read ends in one record that says so.

    With `record_path` the elements of the list there are the records; a value without a list there is one itself.
    Bytes that are not UTF-8 cost their own record only.
    """
    number, unfinished = 0, None
    for (record, error), is_open in _find_records(content, file_format, record_path):
        if is_open and content.error:
            unfinished = record[:KEPT_BYTES]
        else:
            number += 1
            yield number, record, error
    if content.error:
        yield number + 1, unfinished, content.error


def _find_records(content: Content | LineRange, file_format: Format, record_path: Path) -> Iterator[tuple[Line, bool]]:
    """The records, and whether the content may have ended within them."""
    if file_format == "json_lines" and not record_path:
        yield from split_lines(content.chunks())  # never decoded: a line is a record, whatever is in it
        return
    values = _scan_line_values(content.chunks()) if file_format == "json_lines" else _scan_values(content)
    for value in values:
        for element in _open_value(value, record_path):
            record = bound_record(element.text.encode("utf-8", "surrogateescape"))
            yield record, value.is_open and element.is_open


def _scan_line_values(chunks: Iterator[bytes]) -> Iterator[Value]:
    # The records are in the list that a line holds, so that the line itself may be longer than a record.
    for (line, _), is_open in split_lines(chunks, limit=MAX_VALUE_CHARACTERS):
        yield Value(line.decode("utf-8", "surrogateescape"), is_whole=False, is_open=is_open)


def _scan_values(content: Content | LineRange) -> Iterator[Value]:
    splitter = Splitter(iterdecode(content.chunks(), "utf-8", "surrogateescape"))
    for value in splitter.split():
        if splitter.is_too_long and value.is_open:
            content.error = "a value without an end in 1 GiB; split the file, or write JSON Lines"
        yield value


def _open_value(value: Value, record_path: Path) -> Iterator[Value]:
    """The elements of the list at `record_path`, else the value itself."""
    if not record_path or (start := _find_list(value.text, record_path)) is None:
        yield value
        return
    end = None
    if value.is_whole or _is_whole(value.text):
        # Of a whole value nothing but the list is a record; of a broken one the rest is a quarantined record.
        end = DECODER.raw_decode(value.text, start - 1)[1] - 1
    yield from Splitter(iter([value.text[start:end]]), in_array=True).split()


def _is_whole(value: str) -> bool:
    try:
        return not value[DECODER.raw_decode(value, _skip_space(value))[1] :].strip()
    except (ValueError, RecursionError):
        return False


def _find_list(value: str, path: Path) -> int | None:
    """Where the first element of the list at `path` may stand."""
    position = _skip_space(value)
    for key in path:
        if value[position : position + 1] != "{" or (found := _find_member(value, position + 1, key)) is None:
            return None
        position = found
    return position + 1 if value[position : position + 1] == "[" else None


def _find_member(value: str, position: int, key: str) -> int | None:
    """Where the last member named `key` of the object that begins before `position` has its value."""
    found = None
    while name := _KEY.match(value, position):
        position = name.end()
        try:
            if json.loads(name.group(1), strict=False) == key:
                found = position
            position = DECODER.raw_decode(value, position)[1]
        except (ValueError, RecursionError):
            break
        if not (comma := _COMMA.match(value, position)):
            break
        position = comma.end()
    return found


def _skip_space(value: str) -> int:
    space = _SPACE.match(value)
    return space.end() if space else 0
