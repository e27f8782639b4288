"""The content of one file -> its records, in plain Python: for arrays, printed or concatenated values, gzip."""

import json
import re
import zlib
from collections.abc import Iterator

from jobs.storage.files import GZIP_MAGIC, Format

# Record number from 1, the text as bytes, and what is wrong with the frame.
Frame = tuple[int, bytes | None, str | None]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BETWEEN_VALUES = re.compile(r"[ \t\r\n,]*")
_LINE_WITH_OBJECT = re.compile(r"\n(?=[ \t]*\{)")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)
# Numbers stay text: only the place where a value ends is asked for.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


def scan_records(content: bytes, file_format: Format) -> Iterator[Frame]:
    """The records of one file, blank lines among them; a broken gzip ends in one record that says so."""
    text, error = _unpack(content)
    text = text.removeprefix(_BYTE_ORDER_MARK)
    tail = None
    if error and file_format == "json_lines":
        text, _, tail = text.rpartition(b"\n")
    texts = _scan_lines(text) if file_format == "json_lines" else _scan_values(text)
    number = 0
    for number, record in enumerate(texts, start=1):
        yield number, record, None
    if error:
        yield number + 1, tail, error


def _unpack(content: bytes) -> tuple[bytes, str | None]:
    """What can be unpacked, member by member, and why the rest can't."""
    if not content.startswith(GZIP_MAGIC):
        return content, None
    parts, error = [], None
    while content.startswith(GZIP_MAGIC) and error is None:
        member = zlib.decompressobj(wbits=31)
        for start in range(0, len(content), 64 * 1024):
            try:
                parts.append(member.decompress(content[start : start + 64 * 1024]))
            except zlib.error as problem:
                error = f"damaged gzip: {problem}"
                break
        if error is None and not member.eof:
            error = "truncated gzip"
        content = member.unused_data
    if error is None and content.strip(b"\x00"):  # NULs may pad a member
        error = "bytes after the end of the gzip"
    return b"".join(parts), error


def _scan_lines(content: bytes) -> Iterator[bytes]:
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for line in lines:
        yield line.removesuffix(b"\r")


def _scan_values(content: bytes) -> Iterator[bytes]:
    """JSON values one after the other; the elements of a top-level array count as values.

    Bytes that are not UTF-8 pass through as surrogates, so that they cost their own record only.
    """
    text = content.decode("utf-8", "surrogateescape")
    position, in_array = 0, False
    while (position := _skip_separators(text, position)) < len(text):
        if text[position] == "[" and not in_array:
            in_array, position = True, position + 1
        elif text[position] == "]" and in_array:
            in_array, position = False, position + 1
        else:
            end = _find_end(text, position, in_array)
            yield text[position:end].rstrip().encode("utf-8", "surrogateescape")
            position = end


def _find_end(text: str, start: int, in_array: bool) -> int:
    """Where the value that begins at `start` ends, or, where it is broken, where the next one may begin."""
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        next_line = _LINE_WITH_OBJECT.search(text, start)
        limit = next_line.end() if next_line else len(text)
        return _find_balanced_end(text, start, limit, in_array) or limit


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
