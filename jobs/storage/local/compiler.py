"""Which of Java's compilers a run uses.

C1 compiles quickly, C2 makes code that runs in two thirds of the time and takes long for it. The sample costs 18 core
seconds with C1 alone and 27 with both; a million events cost the same, and two million cost more (2026-11-27).
"""

from contextlib import suppress
from pathlib import Path

# About 700,000 events in JSON Lines.
SMALL_BYTES = 256 * 1024**2


def choose_compiler(folder: str | None) -> list[str]:
    """The options of a JVM that is to load the files of `folder` and end: for a small local one C1 alone.

    None stands for anything else, such as a stream, which goes on.
    """
    is_small = folder and Path(folder).is_dir() and not _has_more_bytes(Path(folder), SMALL_BYTES)
    return ["-XX:TieredStopAtLevel=1"] if is_small else []


def _has_more_bytes(folder: Path, most: int) -> bool:
    """Whether the files below a folder are more bytes; a file that goes meanwhile counts for nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size
        if total > most:
            return True
    return False
