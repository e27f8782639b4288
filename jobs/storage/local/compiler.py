"""Chooses which of Java's two compilers a run uses.

C1 compiles quickly. C2 takes long, and its code runs in two thirds of the time. So C2 pays off for large loads only.
The sample costs 18 core seconds with C1 alone, and 27 with both. A million events cost the same with either, and two
million cost more with C1 alone (2026-11-27).
"""

from contextlib import suppress
from pathlib import Path

# This is the size of about 700,000 events in JSON Lines.
SMALL_BYTES = 256 * 1024**2


def choose_compiler(folder: str | None) -> list[str]:
    """Return the options of a JVM that loads the files of `folder` and ends. A small local folder gets C1 alone.

    `folder` is None for any other job, such as a stream, which runs for long.
    """
    is_small = folder and Path(folder).is_dir() and not _has_more_bytes(Path(folder), SMALL_BYTES)
    return ["-XX:TieredStopAtLevel=1"] if is_small else []


def _has_more_bytes(folder: Path, most: int) -> bool:
    """Return whether the files below a folder have more bytes. A file that vanishes meanwhile does not count."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size
        if total > most:
            return True
    return False
