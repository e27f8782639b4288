"""Finds files that changed while a run read them. What was read of such a file may be a mixture of two states."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from jobs.storage.errors import ChangedFilesError, DatabaseUnavailableError
from jobs.storage.input.discovery import LOOKS_AT_ONCE
from jobs.storage.input.file_systems import InputFile, file_system_of, show_name
from jobs.storage.input.grown_files import digest_beginning
from jobs.storage.process.known_errors import explain

# A number of bytes from the start of a file, and their digest.
Beginning = tuple[int, str]


def find_changes(files: Iterable[InputFile], read: Mapping[str, Beginning] | None = None) -> dict[str, str]:
    """Return, by URI, how the files have changed since they were listed. Unchanged files are left out.

    `read` holds, by URI, what was read of a file to which lines may be added. As long as the file still begins with
    that, it counts as unchanged.
    """
    files = list(files)
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        changes = pool.map(lambda file: _find_change(file, (read or {}).get(file.uri)), files)
        return {file.uri: change for file, change in zip(files, changes, strict=True) if change}


def require_unchanged(files: Iterable[InputFile], read: Mapping[str, Beginning] | None = None) -> None:
    """Raise ChangedFilesError if `find_changes` finds a change."""
    if changes := find_changes(files, read):
        raise make_changed_files_error(changes)


def make_changed_files_error(changes: Mapping[str, str]) -> ChangedFilesError:
    """Make the error for files that changed while they were read. `changes` are those of `find_changes`."""
    first, change = next(iter(changes.items()))
    counted = "1 file changed while it was" if len(changes) == 1 else f"{len(changes)} files changed while they were"
    return ChangedFilesError(
        f"{counted} read, first {show_name(first)} ({change}); nothing was published: try again when they are written,"
        " or put a `_` in front of their names until they are"
    )


@contextmanager
def explained_by_changes(files: Iterable[InputFile]) -> Iterator[None]:
    """Raise ChangedFilesError instead of an error in the block, if a file has changed.

    A changed file may show as another error. One that shrinks or vanishes stops Spark, one that grows makes sums
    differ, and one that is cut fails the quality gate.
    """
    try:
        yield
    except Exception as error:
        if explain(error) is error and not isinstance(error, DatabaseUnavailableError):
            require_unchanged(files)
        raise


def describe_change(file: InputFile) -> str | None:
    """Describe how a file has changed since it was listed. None if its size and its time are the same."""
    try:
        now = file_system_of(file.uri).stat(file.uri)
    except OSError:
        return "it is gone"
    if now == file:
        return None
    if now.size_bytes == file.size_bytes:
        return "it was rewritten"
    return f"from {file.size_bytes:,} to {now.size_bytes:,} bytes"


def _find_change(file: InputFile, read: Beginning | None) -> str | None:
    change = describe_change(file)
    if change and read and digest_beginning(file, read[0]) == [read[1]]:
        return None
    return change
