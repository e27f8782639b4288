"""Watches an input folder for Structured Streaming. A batch starts when `discover` finds other files than before.

A batch has no rows, because the ledger tells which files are new. Folders that only Hadoop can list are watched by
Spark's own file source. It notices new files, but not changed ones.
"""

import json
from collections.abc import Collection, Iterator
from hashlib import sha256

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import ReadLimit, SupportsTriggerAvailableNow
from pyspark.sql.types import StructType

from jobs.records.files.open_file import can_open, decode
from jobs.storage.errors import PipelineError
from jobs.storage.input.discovery import discover
from jobs.storage.input.file_systems import make_input_uri
from jobs.storage.input.hadoop_files import escape_globs

# By default Spark ignores a file that is a week older than the newest one. But a file may be copied with its old time.
_NO_AGE_MATTERS = "36500d"


def watch(spark: SparkSession, folder: str, include: tuple[str, ...], own: Collection[str]) -> DataFrame:
    """Return a stream whose batches mean that there may be something to load. It reads no content of files.

    `include` and `own` are as for `discover`.
    """
    uri = make_input_uri(folder)
    if can_open(uri):
        spark.dataSource.register(EventFiles)
        options = {"include": json.dumps(include), "own": json.dumps([*own])}
        return spark.readStream.format(EventFiles.name()).options(**options).load(uri)
    return (
        spark.readStream.format("binaryFile")
        .schema("path string, modificationTime timestamp, length long, content binary")
        .options(recursiveFileLookup="true", pathGlobFilter="{" + ",".join(include) + "}")
        .option("maxFileAge", _NO_AGE_MATTERS)
        .load(*escape_globs([decode(uri)]))
        .select("path")
    )


class EventFiles(DataSource):
    """The files below a folder, as a stream without rows."""

    @classmethod
    def name(cls) -> str:
        return "document_event_files"

    def schema(self) -> str:
        return "path string"

    def streamReader(self, schema: StructType) -> "FolderWatch":  # noqa: N802  (Spark's name)
        include, own = (json.loads(self.options[name]) for name in ("include", "own"))
        return FolderWatch(self.options["path"], tuple(include), tuple(own))


class FolderWatch(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Watches one folder. Its offset is a hash of the found files: it changes when a file is new, changed or gone."""

    def __init__(self, folder: str, include: tuple[str, ...], own: tuple[str, ...]) -> None:
        self._folder, self._include, self._own = folder, include, own

    def initialOffset(self) -> dict[str, str]:  # noqa: N802
        return {"found": ""}

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802
        """Do nothing. Spark calls this before it loads what is there now."""

    def latestOffset(self, start: dict[str, str], limit: ReadLimit) -> dict[str, str]:  # noqa: N802
        try:
            files, _ = discover(self._folder, self._include, self._own)
        except PipelineError as error:  # another offset starts a load, and the load reports the error
            return {"found": str(error)}
        return {"found": sha256(repr(files).encode("utf-8", "surrogateescape")).hexdigest()}

    def partitions(self, start: dict[str, str], end: dict[str, str]) -> list[InputPartition]:
        return [InputPartition(None)]

    def read(self, partition: InputPartition) -> Iterator[tuple[str]]:
        return iter(())
