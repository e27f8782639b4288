"""Files -> events and quarantined records, by Python in Spark's workers, in one pass over their content."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from jobs.records.files.formats import Format, Sniffed
from jobs.records.files.open_file import can_open
from jobs.records.files.splits import Split, choose_split_bytes, cut_file, pack_splits
from jobs.records.read_splits import ReadRequest
from jobs.storage.input.data_source import DocumentEvents, write_request
from jobs.storage.input.discovery import LOOKS_AT_ONCE, sniff
from jobs.storage.input.file_systems import InputFile
from jobs.storage.input.hadoop_files import read_hadoop_files
from jobs.storage.process.spark_session import keep
from jobs.transforms.reading import number_records, split_read
from schemas.tables import READ_RECORDS


@dataclass(frozen=True)
class RecordsRead:
    """What some files hold.

    `accepted` has one row per event, `quarantined` one per quarantined record, with file and record number. `counts`
    gives (records, blank) by file id: every record is counted where it is read, whatever becomes of it.
    """

    accepted: DataFrame
    quarantined: DataFrame
    counts: dict[int, tuple[int, int]]
    formats: dict[int, Format]


def read_files(spark: SparkSession, files: dict[int, InputFile], request: ReadRequest, scratch: Path) -> RecordsRead:
    """Read the files, given by their file ids, each as what its content looks like; `scratch` is a private folder."""
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        sniffed = dict(zip(files, pool.map(sniff, files.values()), strict=True))
    read = keep(scan_files(spark, files, sniffed, request, scratch))
    return gather(read, {file_id: found.format for file_id, found in sniffed.items()})


def gather(read: DataFrame, formats: dict[int, Format]) -> RecordsRead:
    """Part what was read (`schemas.tables.READ_RECORDS`) and give each record its number in its file.

    `read` must have been computed: it is looked at several times.
    """
    accepted, quarantined, splits = split_read(read)
    counts = dict.fromkeys(formats, (0, 0))
    earlier: list[tuple[int, int, int]] = []
    for row in sorted(splits.collect()):
        records, blank = counts[row.file_id]
        earlier.append((row.file_id, row.split, records))
        counts[row.file_id] = records + row.records, blank + row.blank
    return RecordsRead(number_records(accepted, earlier), number_records(quarantined, earlier), counts, formats)


def scan_files(
    spark: SparkSession,
    files: dict[int, InputFile],
    sniffed: dict[int, Sniffed],
    request: ReadRequest,
    scratch: Path,
) -> DataFrame:
    """What becomes of the records of the files (`schemas.tables.READ_RECORDS`)."""
    ours = [
        Split(file_id, file.uri, sniffed[file_id], file.size_bytes)
        for file_id, file in files.items()
        if can_open(file.uri) or sniffed[file_id].format == "unreadable"
    ]
    others = {file_id: files[file_id] for file_id in files.keys() - {split.file_id for split in ours}}
    found = read_hadoop_files(spark, request, others, sniffed) if others else []
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
