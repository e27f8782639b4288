"""Files -> events and quarantined records, by Python in Spark's workers, in one pass over their content."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import DataFrame, Row, SparkSession

from jobs.records.files.formats import Format
from jobs.records.quarantined_groups import GroupCounter, QuarantinedGroup
from jobs.records.read_splits import ReadRequest
from jobs.storage.input.discovery import LOOKS_AT_ONCE, sniff
from jobs.storage.input.file_systems import InputFile
from jobs.storage.input.spark_reader import scan_files
from jobs.storage.process.spark_session import persist
from jobs.storage.runs.ledger import Reading
from jobs.transforms.reading import number_records, split_read


@dataclass(frozen=True)
class RecordsRead:
    """What some files hold.

    `accepted` has one row per event, `quarantined` one per quarantined record, with file and record number. `counts`
    gives (records, blank) by file id: every record is counted where it is read, whatever becomes of it. `groups` says
    of the quarantined ones why.
    """

    accepted: DataFrame
    quarantined: DataFrame
    counts: dict[int, tuple[int, int]]
    groups: list[QuarantinedGroup]
    formats: dict[int, Format]


def read_whole_files(spark: SparkSession, readings: list[Reading], request: ReadRequest, scratch: Path) -> RecordsRead:
    """The records of whole files."""
    return read_files(spark, {reading.file_id: reading.file for reading in readings}, request, scratch)


def read_files(spark: SparkSession, files: dict[int, InputFile], request: ReadRequest, scratch: Path) -> RecordsRead:
    """Read the files, given by their file ids, each as what its content looks like; `scratch` is a private folder."""
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        sniffed = dict(zip(files, pool.map(sniff, files.values()), strict=True))
    read = persist(scan_files(spark, files, sniffed, request, scratch))
    return gather(read, {file_id: found.format for file_id, found in sniffed.items()})


def gather(read: DataFrame, formats: dict[int, Format]) -> RecordsRead:
    """Part what was read (`schemas.tables.READ_RECORDS`) and give each record its number in its file.

    `read` must have been computed: it is looked at several times.
    """
    accepted, quarantined, splits = split_read(read)
    counts, groups = dict.fromkeys(formats, (0, 0)), GroupCounter()
    earlier: list[tuple[int, int, int]] = []
    for row in sorted(splits.collect(), key=lambda row: (row.file_id, row.split)):
        records, blank = counts[row.file_id]
        earlier.append((row.file_id, row.split, records))
        counts[row.file_id] = records + row.records, blank + row.blank
        add_groups(groups, row, records)
    numbered = number_records(accepted, earlier), number_records(quarantined, earlier)
    return RecordsRead(*numbered, counts, groups.take(), formats)


def add_groups(counter: GroupCounter, split: Row, earlier: int) -> None:
    """Add the groups of a split, which begins behind `earlier` records of its file."""
    for group in split.groups:
        names = tuple(group.reasons), tuple(group.missing_fields)
        number = earlier + group.record_number
        counter.add(QuarantinedGroup(split.file_id, *names, group.records, number, group.text))
