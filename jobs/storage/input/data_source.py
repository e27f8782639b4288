"""The Spark data source `document_events`: the records of files, each an event or quarantined with its problems.

    spark.read.format("document_events").schema(READ_RECORDS).option("request", path).load(folder)

`request` names a file that `write_request` has written for this process alone: which splits there are, and what the
readers must know. Spark shows options in plans and logs, and the request holds the key that tells erased people; so it
goes to the workers inside the reader, which Spark sends them as bytes.

Spark's workers import this module, so it imports no more than they need.
"""

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from pyarrow import RecordBatch
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.types import StructType

from jobs.records.files.splits import Split
from jobs.records.read_splits import ReadRequest, read_splits
from schemas.tables import READ_RECORDS


class DocumentEvents(DataSource):
    """One row per record that is not blank and one per split (`schemas.tables.READ_RECORDS`)."""

    @classmethod
    def name(cls) -> str:
        return "document_events"

    def schema(self) -> StructType:
        return READ_RECORDS

    def reader(self, schema: StructType) -> "DocumentEventsReader":
        return DocumentEventsReader(*pickle.loads(Path(self.options["request"]).read_bytes()))  # noqa: S301


class DocumentEventsReader(DataSourceReader):
    """Reads the splits of each task."""

    def __init__(self, request: ReadRequest, tasks: list[list[Split]]) -> None:
        self._request, self._tasks = request, tasks

    def __getstate__(self) -> dict[str, Any]:
        # A reader that is sent to the workers need not know the tasks of the others.
        return {"_request": self._request, "_tasks": []}

    def partitions(self) -> list[InputPartition]:
        return [InputPartition(splits) for splits in self._tasks]

    def read(self, partition: InputPartition) -> Iterator[RecordBatch]:
        return read_splits(self._request, partition.value)


def write_request(request: ReadRequest, tasks: list[list[Split]], folder: Path) -> Path:
    """Write a request into a folder, for the eyes of this user alone; returns its path."""
    handle, path = mkstemp(dir=folder)  # of mode 600
    with os.fdopen(handle, "wb") as stream:
        pickle.dump((request, tasks), stream)
    return Path(path)
