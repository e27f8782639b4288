"""Refused records -> data/quarantine/run_id=.../*.json, one line a record; and back."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.records.opening import decode
from jobs.storage.errors import UsageError
from jobs.storage.file_systems import file_system_of, make_uri
from jobs.storage.ledger import Reading


def write_quarantine(described: DataFrame, readings: list[Reading], folder: str, run_id: int) -> None:
    """Write one JSON line per refused record, in order of file and record number, with the file's URI, below `folder`,
    a path or a URI that every executor can reach.

    The directory counts only once the run is committed in the database.
    """
    spark = described.sparkSession
    names = spark.createDataFrame(
        [(reading.file_id, reading.file.uri) for reading in readings], "file_id long, source_file string"
    )
    rows = described.join(F.broadcast(names), "file_id", "inner").orderBy("file_id", "record_number")
    columns = [name for name in described.columns if name != "file_id"]
    # Decoded: Hadoop takes a path as it is written, percent signs and all.
    rows.select("source_file", *columns).write.json(f"{decode(make_uri(folder))}/run_id={run_id}")


def read_quarantine(spark: SparkSession, folder: str, run_ids: Iterable[int], schema: T.StructType) -> DataFrame:
    """The lines of these runs, as far as their folders are there, as `schema` has it; its `run_id` is the folder's."""
    root = make_uri(folder)
    places = []
    for run_id in sorted(run_ids):
        place = f"{root}/run_id={run_id}"
        with suppress(UsageError):  # taken away
            if any(file_system_of(place).walk(place)):
                places.append(decode(place))
    if not places:
        return spark.createDataFrame([], schema)
    lines = spark.read.schema(schema).option("basePath", decode(root)).json(places)
    # Buckets were read through Hadoop once, which has a name of its own for them.
    return lines.withColumn("source_file", F.regexp_replace("source_file", "^s3a:", "s3:")).select(*schema.names)


def list_quarantined_runs(folder: str) -> set[int]:
    """The runs that have a folder of refused records, committed or not."""
    root = make_uri(folder)
    names: set[str] = set()
    with suppress(UsageError):  # nothing has been refused yet
        names = {name.partition("/")[0] for name, _ in file_system_of(root).walk(root)}
    found = {name.partition("run_id=")[2] for name in names if name.startswith("run_id=")}
    return {int(run_id) for run_id in found if run_id.isdecimal()}


def rewrite_quarantine(lines: DataFrame, folder: str, run_ids: Iterable[int]) -> None:
    """Put `lines` (`read_quarantine`) in the place of what the folders of these runs hold."""
    root = decode(make_uri(folder))
    for run_id in run_ids:
        place, beside = f"{root}/run_id={run_id}", f"{root}/_rewriting_run_id={run_id}"
        of_run = lines.filter(F.col("run_id") == run_id).drop("run_id")
        of_run.orderBy("source_file", "record_number").write.mode("overwrite").json(beside)
        _remove(lines.sparkSession, place)
        files, path = _open(lines.sparkSession, beside)
        files.rename(path, _open(lines.sparkSession, place)[1])


def list_unfinished(folder: str) -> list[str]:
    """The folders that a run which died left half written, below `folder`; none that a reader looks into."""
    root = make_uri(folder)
    with suppress(UsageError):
        paths = [path for path, _ in file_system_of(root).walk(root) if "/_temporary/" in path]
        names = {path.partition("/_temporary/")[0] for path in paths}
        return [f"{decode(root).removeprefix('file://')}/{name}/_temporary" for name in sorted(names)]
    return []


def _remove(spark: SparkSession, place: str) -> None:
    files, path = _open(spark, place)
    files.delete(path, True)


def _open(spark: SparkSession, place: str) -> tuple[Any, Any]:
    """The file system that Hadoop has for a place, and the place as its path."""
    path = spark._jvm.org.apache.hadoop.fs.Path(place)  # type: ignore[union-attr]
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path
