"""Writes quarantined records to data/quarantine/run_id=.../*.json, one line per record, and reads them again."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.records.files.open_file import decode
from jobs.storage.errors import UsageError
from jobs.storage.input.file_systems import file_system_of, make_uri
from jobs.storage.process.spark_session import make_frame
from jobs.storage.runs.ledger import Reading
from schemas.tables import QUARANTINE_LINE

logger = logging.getLogger(__name__)

# (URI of the file, record number, id of the run that quarantined the record)
Place = tuple[str, int, int]

# The name of a run's folder begins with _RUN. The folder of lines that are to replace it begins with _REWRITTEN.
_RUN, _REWRITTEN = "run_id=", "_rewriting_run_id="


def write_quarantine(lines: DataFrame, readings: list[Reading], folder: str, run_id: int) -> None:
    """Write one JSON line per quarantined record, with its file's URI, below `folder`.

    The folder is a path or a URI that every executor can reach. The lines of each part are in order of file and number.
    They count only once the run is committed in the database.
    """
    names = make_frame(
        lines.sparkSession,
        file_id=[reading.file_id for reading in readings],
        source_file=[reading.file.uri for reading in readings],
    )
    rows = lines.join(F.broadcast(names), "file_id", "inner").sortWithinPartitions("file_id", "record_number")
    columns = [name for name in QUARANTINE_LINE.names if name != "run_id"]
    # Hadoop does not decode a path, so the path must hold no percent-encoding.
    rows.select(*columns).write.json(f"{decode(make_uri(folder))}/{_RUN}{run_id}")


def read_quarantine(spark: SparkSession, folder: str, run_ids: Iterable[int]) -> DataFrame:
    """Read the lines of these runs (`schemas.tables.QUARANTINE_LINE`). A run without a folder has no lines."""
    root = make_uri(folder)
    places = []
    for run_id in sorted(run_ids):
        place = f"{root}/{_RUN}{run_id}"
        with suppress(UsageError):  # there is no folder, or somebody has removed it
            if any(file_system_of(place).walk(place)):
                places.append(decode(place))
    if not places:
        return spark.createDataFrame([], QUARANTINE_LINE)
    lines = spark.read.schema(QUARANTINE_LINE).option("basePath", decode(root)).json(places)
    # Earlier versions read buckets through Hadoop, which writes s3a: for s3:.
    return lines.withColumn("source_file", F.regexp_replace("source_file", "^s3a:", "s3:")).select(
        *QUARANTINE_LINE.names
    )


def list_quarantined_runs(folder: str) -> set[int]:
    """Return the runs that have a folder of quarantined records, committed or not."""
    return set(_list_runs(folder, _RUN))


def rewrite_quarantine(lines: DataFrame, folder: str, run_ids: Iterable[int]) -> None:
    """Replace the content of the folders of these runs by `lines` (`read_quarantine`).

    The new folder is written beside the old one, which is then removed. A run that is killed in between leaves the new
    folder under its other name, and `finish_rewrites` renames it later.
    """
    root = decode(make_uri(folder))
    for run_id in run_ids:
        of_run = lines.filter(F.col("run_id") == run_id).drop("run_id")
        ordered = of_run.orderBy("source_file", "record_number")
        ordered.write.mode("overwrite").json(f"{root}/{_REWRITTEN}{run_id}")
        _put_in_place(lines.sparkSession, root, run_id)


def finish_rewrites(spark: SparkSession, folder: str) -> None:
    """Finish what a killed run had rewritten, and remove what it had not written to the end.

    A new folder is complete if Spark has put its mark `_SUCCESS` there, or if the old folder is gone. Then the old
    folder may have lost some of its files already, so the new one replaces it. The caller must hold the run lock.
    """
    root = decode(make_uri(folder))
    for run_id in _list_runs(folder, _REWRITTEN):
        files, beside = _open(spark, f"{root}/{_REWRITTEN}{run_id}")
        _, place = _open(spark, f"{root}/{_RUN}{run_id}")
        _, mark = _open(spark, f"{root}/{_REWRITTEN}{run_id}/_SUCCESS")
        if files.exists(mark) or not files.exists(place):
            logger.warning("the quarantine folder of run %s: finished what a killed erasure had rewritten", run_id)
            _put_in_place(spark, root, run_id)
        else:
            files.delete(beside, True)


def list_unfinished(folder: str) -> list[str]:
    """Return the folders below `folder` that a dead run left half written. No reader looks into these."""
    root = make_uri(folder)
    with suppress(UsageError):
        paths = [path for path, _ in file_system_of(root).walk(root) if "/_temporary/" in path]
        names = {path.partition("/_temporary/")[0] for path in paths}
        return [f"{decode(root).removeprefix('file://')}/{name}/_temporary" for name in sorted(names)]
    return []


def _put_in_place(spark: SparkSession, root: str, run_id: int) -> None:
    files, beside = _open(spark, f"{root}/{_REWRITTEN}{run_id}")
    _, place = _open(spark, f"{root}/{_RUN}{run_id}")
    files.delete(place, True)
    files.rename(beside, place)


def _list_runs(folder: str, prefix: str) -> list[int]:
    """Return the runs that have a folder with this prefix, in order."""
    root = make_uri(folder)
    numbers = [name.removeprefix(prefix) for name in file_system_of(root).list_names(root) if name.startswith(prefix)]
    return sorted(int(number) for number in numbers if number.isdecimal())


def _open(spark: SparkSession, place: str) -> tuple[Any, Any]:
    """Return Hadoop's file system for a place, and the place as a path of Hadoop."""
    path = spark._jvm.org.apache.hadoop.fs.Path(place)  # type: ignore[union-attr]
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path
