"""Files that are written while a run reads them: what it has read of them need not be what they ever held."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from jobs.storage.errors import ChangedFilesError, DatabaseUnavailableError
from jobs.storage.input.discovery import LOOKS_AT_ONCE
from jobs.storage.input.file_systems import InputFile, file_system_of, show_name
from jobs.storage.process.known_errors import explain


def require_unchanged(files: Iterable[InputFile]) -> None:
    """Raise ChangedFilesError where a file is not what it was when it was listed, by size and time."""
    files = list(files)
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        changes = zip(files, pool.map(describe_change, files), strict=True)
        changed = [f"{show_name(file.uri)} ({change})" for file, change in changes if change]
    if changed:
        counted = (
            "1 file changed while it was" if len(changed) == 1 else f"{len(changed)} files changed while they were"
        )
        raise ChangedFilesError(
            f"{counted} read, first {changed[0]}; nothing was published: try again when they are written, or put a `_`"
            " in front of their names until they are"
        )


@contextmanager
def explained_by_changes(files: Iterable[InputFile]) -> Iterator[None]:
    """Whatever fails in the block because a file has changed is told as that.

    A file that shrinks or vanishes fails Spark, one that grows makes sums differ, one that is cut trips the gate.
    """
    try:
        yield
    except Exception as error:
        if explain(error) is error and not isinstance(error, DatabaseUnavailableError):
            require_unchanged(files)
        raise


def describe_change(file: InputFile) -> str | None:
    """What has become of a file since it was listed; None where its size and its time are the same."""
    try:
        now = file_system_of(file.uri).stat(file.uri)
    except OSError:
        return "it is gone"
    if now == file:
        return None
    if now.size_bytes == file.size_bytes:
        return "it was rewritten"
    return f"from {file.size_bytes:,} to {now.size_bytes:,} bytes"
