"""Java's classes as Spark needs them, kept from one run to the next: Spark then starts in half the time.

Java calls it class data sharing: https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html. The first run of
a virtual environment that ends well writes the archive, which takes some seconds; each later one reads it. Java itself
does without where an archive does not fit.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path

FOLDER = Path(sys.prefix) / "java-classes"

# Java warns of each class that it can't keep, on standard output.
_SILENT = "-Xlog:disable"


class ClassArchive:
    """The archive of one Java and one Spark below a folder."""

    def __init__(self, java_home: Path, spark_home: Path, folder: Path = FOLDER) -> None:
        jars = sorted((jar.name, jar.stat().st_size) for jar in (spark_home / "jars").glob("*.jar"))
        release = java_home / "release"
        java = (str(java_home.resolve()), release.read_bytes() if release.is_file() else b"")
        name = sha256(repr((java, str(spark_home), jars)).encode()).hexdigest()[:16]
        self.path = folder / f"{name}.jsa"
        self._written = folder / f"{name}.{os.getpid()}.tmp"

    def list_options(self) -> list[str]:
        """The options of a JVM that reads the archive, or writes it; none where there is none and none can be kept."""
        if self.path.is_file():
            return [f"-XX:SharedArchiveFile={self.path}", _SILENT]
        if not os.access(self.path.parent.parent, os.W_OK) or " " in str(self.path):
            return []
        self.path.parent.mkdir(exist_ok=True)
        return [f"-XX:ArchiveClassesAtExit={self._written}", _SILENT]

    def keep(self, is_whole: bool) -> None:
        """Put in place what a JVM wrote that has ended well; remove what others have left."""
        if is_whole and self._written.is_file():
            self._written.replace(self.path)
        leftovers = self.path.parent.glob(f"{self.path.stem}.*.tmp") if self.path.is_file() else [self._written]
        for path in leftovers:
            path.unlink(missing_ok=True)
