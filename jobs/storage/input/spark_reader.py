"""Reads the records of files by Spark: by Python in its workers if we can open the files, else by its own readers."""

from collections.abc import Iterator
from functools import reduce
from typing import Any

from pyarrow import RecordBatch
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import arrow_udtf

from jobs.records.files.open_file import can_open
from jobs.records.files.splits import Split, choose_split_bytes, cut_file, pack_splits
from jobs.records.read_splits import ReadRequest, read_splits
from jobs.storage.input.hadoop_files import read_hadoop_files
from schemas.tables import READ_RECORDS


def scan_files(spark: SparkSession, files: list[Split], request: ReadRequest) -> DataFrame:
    """Read the records of the files, each given as one split, into `schemas.tables.READ_RECORDS`."""
    ours: list[Split] = []
    others: list[Split] = []
    for split in files:
        is_ours = can_open(split.uri) or split.sniffed.format == "unreadable"
        (ours if is_ours else others).append(split)
    found = read_hadoop_files(spark, request, others) if others else []
    if ours:
        found.append(_read_splits(spark, ours, request))
    return reduce(DataFrame.unionByName, found)


def _read_splits(spark: SparkSession, files: list[Split], request: ReadRequest) -> DataFrame:
    split_bytes = choose_split_bytes(files, spark.sparkContext.defaultParallelism)
    splits = files if request.wanted is not None else [split for file in files for split in cut_file(file, split_bytes)]
    tasks = pack_splits(splits, split_bytes)
    numbers = spark.range(0, len(tasks), 1, numPartitions=len(tasks))
    read: DataFrame = _make_reader(request, tasks)(numbers.asTable())
    return read


def _make_reader(request: ReadRequest, tasks: list[list[Split]]) -> Any:
    """Make the table function that reads the splits of tasks. Its input are the numbers of tasks.

    The request holds the key that recognises erased people, and plans are logged. So the key goes to the workers inside
    this function: Spark shows only the name of a function.
    """

    class ReadSplits:
        def eval(self, numbers: RecordBatch) -> Iterator[RecordBatch]:
            for number in numbers.column("id").to_pylist():
                yield from read_splits(request, tasks[number])

    return arrow_udtf(ReadSplits, returnType=READ_RECORDS)
