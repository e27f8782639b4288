"""Which files there are to read, and what they look like."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import partial

from jobs.records.files.formats import Sniffed, sniff_content
from jobs.records.files.open_file import can_open
from jobs.storage.errors import UsageError
from jobs.storage.input.file_systems import InputFile, file_system_of, make_input_uri, name_below

PATTERN_MARK = re.compile(r"[\[\]{}*?\\]")

# To ask a store for hundreds of files one by one would take minutes.
LOOKS_AT_ONCE = 32
# Behind Hadoop a file that Python splits into records is held in memory as a whole; Spark itself ends at 2 GiB.
MAX_REMOTE_BYTES = 1024**3


def discover(
    folder: str, include: tuple[str, ...], own: Iterable[str] = ()
) -> tuple[list[InputFile], list[tuple[str, str]]]:
    """(files to read, files skipped with the reason) below `folder`, a path or a URI, in order of URI.

    `own` are the places, paths or URIs, in which this tool writes; what lies there is skipped. Raises UsageError where
    the folder is not there or can't be listed, and where it lies in one of those places.
    """
    root = make_input_uri(folder)
    files, skipped = [], []
    own_names = [(name, place) for place in own if (name := name_below(root, make_input_uri(place))) is not None]
    for name, place in own_names:
        if not name:
            raise UsageError(
                f"input folder {folder}: lies in {place}, where this tool writes itself; name the folder that holds the"
                " event logs"
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
    """The error for a folder in which there is nothing to read."""
    others = f"; {len(skipped)} skipped, such as {skipped[0][0]} ({skipped[0][1]})" if skipped else ""
    return UsageError(f"input folder {folder}: holds no file whose name matches `include` in the settings{others}")


def can_be_named(place: str) -> bool:
    """Whether Spark can be told of this file: Hadoop makes no pattern of a name with a colon in it."""
    return ":" not in place.partition(":")[2] or not PATTERN_MARK.search(place)


def sniff(file: InputFile) -> Sniffed:
    """What the first MiB shows: JSON Lines when at least half of the lines that are not blank, or of the first hundred
    of them, are one complete JSON object each.

    Unreadable is what can't be opened, here or by the JVM, which knows no name that is not UTF-8.
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
