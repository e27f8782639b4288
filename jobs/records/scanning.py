"""The content of one file -> its records, in plain Python: lines, arrays, printed or concatenated values, wrappers."""

import json
import re
from codecs import iterdecode
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

from jobs.records.formats import Format
from jobs.records.splitting import DECODER, Splitter, Value
from jobs.records.unpacking import Content
from schemas.fields import Path

# Record number from 1, the text as bytes, and what is wrong with the frame.
Frame = tuple[int, bytes | None, str | None]

# Two longer ones at once, each of which Spark holds some ten times over, are too much for a heap of 4 GB.
MAX_RECORD_BYTES = 16 * 1024**2
TOO_LONG = "a record of %d bytes, more than 16 MiB; its SHA-256 is %s"
# Of what can't be read, that much is kept.
KEPT_BYTES = 64 * 1024

_SPACE = re.compile(r"[ \t\r\n]*")
_KEY = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_COMMA = re.compile(r"[ \t\r\n]*,")


def scan_records(stream: BinaryIO, file_format: Format, record_path: Path = ()) -> Iterator[Frame]:
    """The records of one file, blank lines among them; what can't be read ends in one record that says so.

    With `record_path` the elements of the list there are the records; a value without a list there is one itself.
    Bytes that are not UTF-8 cost their own record only.
    """
    content = Content(stream)
    number, unfinished = 0, None
    for record, is_open in _find_records(content, file_format, record_path):
        if is_open and content.error:
            unfinished = record[:KEPT_BYTES]
        else:
            number += 1
            if len(record) <= MAX_RECORD_BYTES:
                yield number, record, None
            else:
                yield number, record[:KEPT_BYTES], TOO_LONG % (len(record), sha256(record).hexdigest())
    if content.error:
        yield number + 1, unfinished, content.error


def _find_records(content: Content, file_format: Format, record_path: Path) -> Iterator[tuple[bytes, bool]]:
    """The records, and whether the content may have ended within them."""
    is_lines = file_format == "json_lines"
    if is_lines and not record_path:
        yield from _scan_lines(content)  # never decoded: a line is a record, whatever is in it
        return
    for value in _scan_line_values(content) if is_lines else _scan_values(content):
        for element in _open_value(value, record_path):
            yield element.text.encode("utf-8", "surrogateescape"), value.is_open and element.is_open


def _scan_lines(content: Content) -> Iterator[tuple[bytes, bool]]:
    """The lines, and of the last one, where no line feed ends it, that it is open."""
    unfinished: list[bytes] = []
    for chunk in content.chunks():
        first, *others = chunk.split(b"\n")
        unfinished.append(first)
        for start in others:
            yield b"".join(unfinished).removesuffix(b"\r"), False
            unfinished = [start]
    if last := b"".join(unfinished):
        yield last.removesuffix(b"\r"), True


def _scan_line_values(content: Content) -> Iterator[Value]:
    for line, is_open in _scan_lines(content):
        yield Value(line.decode("utf-8", "surrogateescape"), is_whole=False, is_open=is_open)


def _scan_values(content: Content) -> Iterator[Value]:
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
        # Of a whole value nothing but the list is a record; of a broken one the rest is a record that is refused.
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
