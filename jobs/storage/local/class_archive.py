"""Keeps the Java classes that Spark loads from one run to the next. Spark then starts in half the time.

Java calls it class data sharing: https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html. The first
successful run of a virtual environment writes the archive (jobs/storage/process/java_classes.py), which takes some
seconds. Each later run reads it. Java ignores an archive that does not fit it.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path

from jobs.storage.process.java_classes import ARCHIVE_VARIABLE

FOLDER = Path(sys.prefix) / "java-classes"

# Without this, Java would print a warning about each class that it can't keep to standard output.
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
        self._exists = self.path.is_file()
        self._is_wanted = not self._exists and os.access(folder.parent, os.W_OK) and " " not in str(folder)

    @property
    def environment(self) -> dict[str, str]:
        """The variable that tells a job to write the archive. It is absent if there is one, or if none can be kept."""
        return {ARCHIVE_VARIABLE: str(self._written)} if self._is_wanted else {}

    def list_options(self, may_write: bool = True) -> list[str]:
        """Return the options of a JVM: to read the archive, or to be able to write it. Else there are none."""
        if self._exists:
            return [f"-XX:SharedArchiveFile={self.path}", _SILENT]
        return ["-XX:+RecordDynamicDumpInfo", _SILENT] if may_write and self._is_wanted else []

    def keep(self, is_whole: bool) -> None:
        """Keep the new archive if it `is_whole`, and remove the unfinished ones of other runs."""
        if is_whole and self._written.is_file():
            self._written.replace(self.path)
        leftovers = self.path.parent.glob(f"{self.path.stem}.*.tmp") if self.path.is_file() else [self._written]
        for path in leftovers:
            path.unlink(missing_ok=True)
