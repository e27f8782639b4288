"""Which files there are to read, and what they look like."""

import errno
import json
import os
import stat
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_to_bytes, urlsplit

from jobs.storage.errors import UsageError

Format = Literal["json_lines", "json_values", "unreadable"]

_SNIFFED_BYTES = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class InputFile:
    """One reading of one file: `uri` is absolute, `modified_at` is UTC and cut to microseconds."""

    uri: str
    size_bytes: int
    modified_at: datetime

    @property
    def path(self) -> Path:
        """Where the file is on this machine."""
        return path_of(self.uri)


def discover(folder: str, include: tuple[str, ...]) -> tuple[list[InputFile], list[tuple[str, str]]]:
    """(files to read, files skipped with the reason) below `folder`, a path or a file: URI, in order of URI.

    Raises UsageError where the folder is not there or can't be listed.
    """
    if "://" in folder and not folder.startswith("file://"):
        raise UsageError(f"input folder {folder}: only local folders and file: URIs can be read; mount it")
    root = path_of(folder) if folder.startswith("file://") else Path(folder).resolve()
    if not root.is_dir():
        raise UsageError(f"input folder {root}: there is no such folder; name the one that holds the event logs")
    files, skipped = [], []
    for directory, folders, names in os.walk(root, onerror=_refuse_folder):
        # Followed, a link could lead in circles, or to files that are found elsewhere too.
        linked = [str(path) for name in folders if (path := Path(directory, name)).is_symlink()]
        skipped += [(path, "linked folder") for path in linked]
        for name in names:
            path = Path(directory, name)
            if reason := _reason_to_skip(path.relative_to(root), include):
                skipped.append((str(path), reason))
                continue
            try:
                files.append(stat_file(path))
            except OSError:
                skipped.append((str(path), "gone or no file"))
    return sorted(files, key=lambda file: file.uri), sorted(skipped)


def no_files_found(folder: str, skipped: list[tuple[str, str]]) -> UsageError:
    """The error for a folder in which there is nothing to read."""
    others = f"; {len(skipped)} skipped, such as {skipped[0][0]} ({skipped[0][1]})" if skipped else ""
    return UsageError(f"input folder {folder}: holds no file whose name matches `include` in the settings{others}")


def stat_file(path: Path) -> InputFile:
    """The reading of `path` as it is now. Raises OSError where it is gone, or a pipe, which could block for ever."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    modified_at = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1_000_000, UTC)
    return InputFile(path.as_uri(), status.st_size, modified_at)


def path_of(uri: str) -> Path:
    """The local path of a file: URI."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path)))  # a name need not be UTF-8


def is_gzip(path: Path) -> bool:
    """True where the content, whatever the name, is gzip. Raises OSError."""
    with path.open("rb") as stream:
        return stream.read(2) == GZIP_MAGIC


def sniff_format(path: Path) -> Format:
    """JSON Lines when at least half of the non-blank lines in the first MiB are one complete JSON object each.

    Unreadable is what can't be opened, here or by the JVM, which knows no name that is not UTF-8.
    """
    try:
        str(path).encode()
        head, is_cut = _read_head(path)
    except (OSError, UnicodeEncodeError):
        return "unreadable"
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


def _read_head(path: Path) -> tuple[bytes, bool]:
    """The first MiB of the unpacked content, as far as it unpacks, and whether there is more."""
    with path.open("rb") as stream:
        if stream.read(2) != GZIP_MAGIC:
            stream.seek(0)
            return stream.read(_SNIFFED_BYTES), bool(stream.read(1))
        stream.seek(0)
        unpacker = zlib.decompressobj(wbits=31)
        try:
            head = unpacker.decompress(stream.read(_SNIFFED_BYTES), _SNIFFED_BYTES)
        except zlib.error:
            return b"", False
        return head, not unpacker.eof


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _reason_to_skip(path: Path, include: tuple[str, ...]) -> str | None:
    if any(part.startswith(("_", ".")) for part in path.parts) or path.name.endswith(".tmp"):
        return "unfinished"
    if not any(fnmatchcase(path.name, pattern) for pattern in include):
        return "not included"
    return None


def _refuse_folder(error: OSError) -> None:
    raise UsageError(f"input folder {error.filename}: can't be listed ({error.strerror}); mend its permissions")
