"""Which files there are to read, and what they look like."""

import json
import zlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from jobs.storage.errors import UsageError
from jobs.storage.file_systems import InputFile, file_system_of, make_uri

Format = Literal["json_lines", "json_values", "unreadable", "replay"]

_SNIFFED_BYTES = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Content:
    """What the beginning of a file shows."""

    format: Format
    is_gzip: bool = False


def discover(folder: str, include: tuple[str, ...]) -> tuple[list[InputFile], list[tuple[str, str]]]:
    """(files to read, files skipped with the reason) below `folder`, a path or a URI, in order of URI.

    Raises UsageError where the folder is not there or can't be listed.
    """
    root = make_uri(folder)
    files, skipped = [], []
    for name, found in file_system_of(root).walk(root):
        if isinstance(found, str):
            skipped.append((name, found))
        elif reason := _reason_to_skip(name, include):
            skipped.append((name, reason))
        else:
            files.append(found)
    return sorted(files, key=lambda file: file.uri), sorted(skipped)


def no_files_found(folder: str, skipped: list[tuple[str, str]]) -> UsageError:
    """The error for a folder in which there is nothing to read."""
    others = f"; {len(skipped)} skipped, such as {skipped[0][0]} ({skipped[0][1]})" if skipped else ""
    return UsageError(f"input folder {folder}: holds no file whose name matches `include` in the settings{others}")


def sniff(file: InputFile) -> Content:
    """What the first MiB shows: gzip or not; JSON Lines when at least half of the lines that are not blank are one
    complete JSON object each.

    Unreadable is what can't be opened, here or by the JVM, which knows no name that is not UTF-8.
    """
    try:
        file.place.encode()
        head = file_system_of(file.uri).read_head(file.uri, _SNIFFED_BYTES + 1)
    except (OSError, UnicodeEncodeError):
        return Content("unreadable")
    if not head.startswith(GZIP_MAGIC):
        return Content(_sniff_format(head[:_SNIFFED_BYTES], is_cut=len(head) > _SNIFFED_BYTES))
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(head, _SNIFFED_BYTES)
    except zlib.error:
        unpacked = b""
    return Content(_sniff_format(unpacked, is_cut=unpacked != b"" and not unpacker.eof), is_gzip=True)


def _sniff_format(head: bytes, is_cut: bool) -> Format:
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if is_cut:
        lines.pop()
    filled = [line for line in lines if line.strip()]
    if not filled:
        return "json_values" if is_cut else "json_lines"
    needed = (len(filled) + 1) // 2
    for line in filled:
        needed -= _is_object(line)
        if needed == 0:
            return "json_lines"
    return "json_values"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _reason_to_skip(name: str, include: tuple[str, ...]) -> str | None:
    *_, last = parts = name.split("/")
    if any(part.startswith(("_", ".")) for part in parts) or last.endswith(".tmp"):
        return "unfinished"
    if not any(fnmatchcase(last, pattern) for pattern in include):
        return "not included"
    return None
