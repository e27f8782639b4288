"""Examines files that are still being written: where the last whole line ends, and whether a file has only grown."""

from jobs.records.files.digest import digest_beginnings
from jobs.records.files.formats import Sniffed
from jobs.records.files.line_values import split_values
from jobs.records.files.lines import MAX_RECORD_BYTES
from jobs.records.files.open_file import can_open, is_local, open_file
from jobs.records.values.strict_json import decode
from jobs.storage.input.file_systems import InputFile

_BLOCK_BYTES = 64 * 1024


def find_content_end(file: InputFile, sniffed: Sniffed) -> int:
    """Return how many bytes of the file can be read now.

    A local file of plain JSON Lines may end within an object that is still being written. That object is left for a
    later run. A last line without a line feed is read if it is complete JSON, or if it does not begin as an object,
    since it will never become a record. Every other file is read to its end. Raises OSError.
    """
    if not is_local(file.uri) or sniffed.format != "json_lines" or not sniffed.is_plain:
        return file.size_bytes
    with open_file(file.uri) as stream:
        start, tail = file.size_bytes, b""
        while start > 0 and b"\n" not in tail and len(tail) <= MAX_RECORD_BYTES:
            begin = max(0, start - _BLOCK_BYTES)
            stream.seek(begin)
            tail, start = stream.read(start - begin) + tail, begin
    if len(tail) > MAX_RECORD_BYTES:
        return file.size_bytes
    last_line = tail[tail.rfind(b"\n") + 1 :]
    values = split_values(last_line)
    is_open = values[0].lstrip().startswith(b"{") and not all(map(_is_json, values))
    return file.size_bytes - len(last_line) if is_open else file.size_bytes


def digest_beginning(file: InputFile, *lengths: int) -> list[str | None]:
    """Return the digests of the beginnings of these lengths, which must be in ascending order.

    A digest is None if the file is shorter, or if it can't be read here.
    """
    if not can_open(file.uri):
        return [None] * len(lengths)
    try:
        with open_file(file.uri) as stream:
            return digest_beginnings(stream, list(lengths))
    except OSError:
        return [None] * len(lengths)


def continues_behind(file: InputFile, position: int) -> bool:
    """Return whether a line ends at this position. Then everything that follows it is new lines."""
    with open_file(file.uri) as stream:
        stream.seek(max(0, position - 1))
        before, *rest = stream.read(1 + _BLOCK_BYTES).split(b"\n", 2)
    return position == 0 or not before or (bool(rest) and not before[1:].strip())


def _is_json(line: bytes) -> bool:
    try:
        decode(line)
    except (ValueError, RecursionError):
        return False
    return True
