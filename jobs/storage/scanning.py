"""The content of one file -> its records, in plain Python: arrays, printed or concatenated values, gzip, wrappers."""

import json
import re
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from jobs.storage.files import GZIP_MAGIC, Format
from schemas.fields import Path

# Record number from 1, the text as bytes, and what is wrong with the frame.
Frame = tuple[int, bytes | None, str | None]

_CHUNK_BYTES = 64 * 1024
# What is not JSON Lines is held in memory as a whole.
_MAX_VALUES_BYTES = 1024**3

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BETWEEN_VALUES = re.compile(r"[ \t\r\n,]*")
_LINE_WITH_OBJECT = re.compile(r"\n(?=[ \t]*\{)")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)
_KEY = re.compile(r'[ \t\r\n]*("(?:[^"\\]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_COMMA = re.compile(r"[ \t\r\n]*,")
# Numbers stay text: only the place where a value ends is asked for.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


def scan_records(stream: BinaryIO, file_format: Format, record_path: Path = ()) -> Iterator[Frame]:
    """The records of one file, blank lines among them; what can't be read ends in one record that says so.

    With `record_path` the elements of the list there are the records; a value without a list there is one itself.
    """
    content = _Content(stream)
    number = 0
    for number, record in enumerate(_find_records(content, file_format, record_path), start=1):
        yield number, record, None
    if content.error:
        yield number + 1, content.tail, content.error


def _find_records(content: "_Content", file_format: Format, record_path: Path) -> Iterator[bytes]:
    if file_format == "json_lines" and not record_path:
        yield from _scan_lines(content)  # never decoded: a line is a record, whatever is in it
        return
    is_lines = file_format == "json_lines"
    values = ((_decode(line), False) for line in _scan_lines(content)) if is_lines else _scan_values(content)
    for value, is_whole in values:
        for record in _open_value(value, is_whole, record_path):
            yield record.encode("utf-8", "surrogateescape")


class _Content:
    """The bytes of a stream, unpacked where they are gzip.

    Once all are read, `error` says why there are no more, if not because the stream ends; `tail` holds the unfinished
    line before that.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.error: str | None = None
        self.tail: bytes | None = None

    def chunks(self) -> Iterator[bytes]:
        packed = iter(lambda: self._stream.read(_CHUNK_BYTES), b"")
        first = next(packed, b"")
        packed = chain([first], packed)
        unpacked = self._unpack(packed) if first.startswith(GZIP_MAGIC) else packed
        yield next(unpacked, b"").removeprefix(_BYTE_ORDER_MARK)
        yield from unpacked

    def _unpack(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        """What can be unpacked, member by member."""
        member = zlib.decompressobj(wbits=31)
        for content in packed:
            while content:
                if member.eof:
                    content = content.lstrip(b"\x00")  # NULs may pad a member
                    if not content:
                        break
                    if content[:1] != GZIP_MAGIC[:1]:
                        self.error = "bytes after the end of the gzip"
                        return
                    member = zlib.decompressobj(wbits=31)
                before = member.copy()
                try:
                    yield member.decompress(content)
                except zlib.error as problem:
                    yield _unpack_bytewise(before, content)
                    self.error = f"damaged gzip: {problem}"
                    return
                content = member.unused_data
        if not member.eof:
            self.error = "truncated gzip"


def _unpack_bytewise(member: "zlib._Decompress", content: bytes) -> bytes:
    """What comes out before the damaged byte."""
    parts = []
    try:
        for position in range(len(content)):
            parts.append(member.decompress(content[position : position + 1]))
    except zlib.error:
        pass
    return b"".join(parts)


def _scan_lines(content: _Content) -> Iterator[bytes]:
    unfinished: list[bytes] = []
    for chunk in content.chunks():
        first, *others = chunk.split(b"\n")
        unfinished.append(first)
        for start in others:
            yield b"".join(unfinished).removesuffix(b"\r")
            unfinished = [start]
    last = b"".join(unfinished)
    if content.error:
        content.tail = last or None
    elif last:
        yield last.removesuffix(b"\r")


def _scan_values(content: _Content) -> Iterator[tuple[str, bool]]:
    """JSON values one after the other, and whether each is whole; the elements of a top-level array count as values.

    Bytes that are not UTF-8 pass through as surrogates, so that they cost their own record only.
    """
    parts, size = [], 0
    for chunk in content.chunks():
        parts.append(chunk)
        size += len(chunk)
        if size > _MAX_VALUES_BYTES:
            content.error = "more than 1 GiB that is not JSON Lines; split the file, or write JSON Lines"
            return
    yield from _split_values(_decode(b"".join(parts)))


def _split_values(text: str, position: int = 0, in_array: bool = False) -> Iterator[tuple[str, bool]]:
    while (position := _skip_separators(text, position)) < len(text):
        if text[position] == "[" and not in_array:
            in_array, position = True, position + 1
        elif text[position] == "]" and in_array:
            in_array, position = False, position + 1
        else:
            end, is_whole = _find_end(text, position, in_array)
            yield text[position:end].rstrip(), is_whole
            position = end


def _open_value(value: str, is_whole: bool, record_path: Path) -> list[str]:
    """The elements of the list at `record_path`, else the value itself."""
    if not record_path or (start := _find_list(value, record_path)) is None:
        return [value]
    end = None
    if is_whole or _is_whole(value):
        # Of a whole value nothing but the list is a record; of a broken one the rest is a record that is refused.
        end = _DECODER.raw_decode(value, start - 1)[1] - 1
    return [element for element, _ in _split_values(value[:end], start, in_array=True)]


def _is_whole(value: str) -> bool:
    try:
        return not value[_DECODER.raw_decode(value, _skip_separators(value, 0))[1] :].strip()
    except (ValueError, RecursionError):
        return False


def _find_list(value: str, path: Path) -> int | None:
    """Where the first element of the list at `path` may stand."""
    position = _skip_separators(value, 0)
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
            position = _DECODER.raw_decode(value, position)[1]
        except (ValueError, RecursionError):
            break
        if not (comma := _COMMA.match(value, position)):
            break
        position = comma.end()
    return found


def _find_end(text: str, start: int, in_array: bool) -> tuple[int, bool]:
    """Where the value that begins at `start` ends; or, where it is broken, where the next one may begin."""
    try:
        return _DECODER.raw_decode(text, start)[1], True
    except (ValueError, RecursionError):
        next_line = _LINE_WITH_OBJECT.search(text, start)
        limit = next_line.end() if next_line else len(text)
        return _find_balanced_end(text, start, limit, in_array) or limit, False


def _find_balanced_end(text: str, start: int, limit: int, in_array: bool) -> int | None:
    depth = 0
    for token in _TOKEN.finditer(text, start, limit):
        mark = token.group()
        if depth == 0 and in_array and mark in (",", "]"):
            return token.start()
        depth += mark in ("{", "[")
        depth -= mark in ("}", "]")
        if depth == 0 and mark in ("}", "]"):
            return token.end()
    return None


def _skip_separators(text: str, start: int) -> int:
    separators = _BETWEEN_VALUES.match(text, start)
    return separators.end() if separators else start


def _decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
