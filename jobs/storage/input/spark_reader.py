"""Spark's way to the records of files: our data source where we can open them, Spark's own readers elsewhere."""

from functools import cache, reduce
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from jobs.records.files.open_file import can_open
from jobs.records.files.splits import Split, choose_split_bytes, cut_file, pack_splits
from jobs.records.read_splits import ReadRequest
from jobs.storage.input.data_source import DocumentEvents, write_request
from jobs.storage.input.hadoop_files import read_hadoop_files
from schemas.tables import READ_RECORDS


def scan_files(spark: SparkSession, files: list[Split], request: ReadRequest, scratch: Path) -> DataFrame:
    """What becomes of the records of the files, each given as one split (`schemas.tables.READ_RECORDS`)."""
    ours: list[Split] = []
    others: list[Split] = []
    for split in files:
        is_ours = can_open(split.uri) or split.sniffed.format == "unreadable"
        (ours if is_ours else others).append(split)
    found = read_hadoop_files(spark, request, others) if others else []
    if ours:
        found.append(_read_splits(spark, ours, request, scratch))
    return reduce(DataFrame.unionByName, found)


def _read_splits(spark: SparkSession, files: list[Split], request: ReadRequest, scratch: Path) -> DataFrame:
    split_bytes = choose_split_bytes(files, spark.sparkContext.defaultParallelism)
    splits = files if request.wanted is not None else [split for file in files for split in cut_file(file, split_bytes)]
    path = write_request(request, pack_splits(splits, split_bytes), scratch)
    _register(spark)
    return spark.read.format(DocumentEvents.name()).schema(READ_RECORDS).option("request", str(path)).load()


@cache
def _register(spark: SparkSession) -> None:
    spark.dataSource.register(DocumentEvents)
