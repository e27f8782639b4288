"""Finds the files to read, and looks at their format."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import partial

from jobs.records.files.formats import Sniffed, sniff_content
from jobs.records.files.open_file import can_open
from jobs.storage.errors import UsageError
from jobs.storage.input.file_systems import InputFile, file_system_of, make_input_uri, name_below

PATTERN_MARK = re.compile(r"[\[\]{}*?\\]")

# So many files are asked about at the same time. One by one, hundreds of files in a remote store would take minutes.
LOOKS_AT_ONCE = 32
# A file that only Hadoop opens is read into memory as a whole, unless it is plain JSON Lines. Spark's limit is 2 GiB.
MAX_REMOTE_BYTES = 1024**3


def discover(
    folder: str, include: tuple[str, ...], own: Iterable[str] = ()
) -> tuple[list[InputFile], list[tuple[str, str]]]:
    """Return the files to read below `folder`, in order of URI, and the skipped files with the reason.

    `folder` is a path or a URI. `own` are the paths and URIs that this tool writes to; files there are skipped. Raises
    UsageError if the folder is missing or can't be listed, and if it is inside one of those places.
    """
    root = make_input_uri(folder)
    files, skipped = [], []
    own_names = [(name, place) for place in own if (name := name_below(root, make_input_uri(place))) is not None]
    for name, place in own_names:
        if not name:
            raise UsageError(
                f"input folder {folder}: lies in {place}, where this tool writes its own files; name the folder that"
                " holds the event logs"
            )
    for name, found in file_system_of(root).walk(root, [name for name, _ in own_names]):
        if isinstance(found, str):
            skipped.append((name, found))
        elif reason := _reason_to_skip(name, include):
            skipped.append((name, reason))
        else:
            files.append(found)
    return sorted(files, key=lambda file: file.uri), sorted(skipped)


def no_files_found(folder: str, skipped: list[tuple[str, str]]) -> UsageError:
    """Make the error for a folder in which there is nothing to read."""
    others = f"; {len(skipped)} skipped, such as {skipped[0][0]} ({skipped[0][1]})" if skipped else ""
    return UsageError(f"input folder {folder}: holds no file whose name matches `include` in the settings{others}")


def can_be_named(place: str) -> bool:
    """Return whether Spark can be given this file by name.

    Spark takes a name as a pattern, so its special characters must be escaped. Hadoop can't do that if the name also
    has a colon.
    """
    return ":" not in place.partition(":")[2] or not PATTERN_MARK.search(place)


def sniff(file: InputFile) -> Sniffed:
    """Look at the first MiB of a file for its format.

    It is JSON Lines if at least half of its lines are one complete JSON object each. Blank lines do not count, and of a
    longer file only the first hundred lines do. The file is unreadable if it can't be opened by Python or by the JVM.
    The JVM opens no file whose name is not UTF-8.
    """
    is_ours = can_open(file.uri)
    if not is_ours and not can_be_named(file.place):
        return Sniffed("unreadable", problem="Hadoop reads no name with a colon and one of []{}*?\\ in it; rename it")
    try:
        file.place.encode()
        found = sniff_content(partial(file_system_of(file.uri).read_head, file.uri))
    except (OSError, UnicodeEncodeError):
        return Sniffed("unreadable", problem="it can't be opened; fix its permissions or its name")
    is_streamed = is_ours or (found.is_plain and found.format == "json_lines")
    if not is_streamed and file.size_bytes > MAX_REMOTE_BYTES:
        return Sniffed(
            "unreadable", problem="over 1 GiB that is not plain JSON Lines, behind a Hadoop file system; split it"
        )
    return found


def _reason_to_skip(name: str, include: tuple[str, ...]) -> str | None:
    *_, last = parts = name.split("/")
    if any(part.startswith(("_", ".")) for part in parts) or last.endswith(".tmp"):
        return "unfinished"
    if not any(fnmatchcase(last, pattern) for pattern in include):
        return "not included"
    return None
