"""Reads files into events and quarantined records. Python in Spark's workers reads each file once."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from pyspark.sql import DataFrame, Row, SparkSession

from jobs.records.batch import SplitCounts
from jobs.records.files.digest import add_digests
from jobs.records.files.formats import Format
from jobs.records.files.splits import Split
from jobs.records.observed import Observed
from jobs.records.problems import GroupCounter, QuarantinedGroup
from jobs.records.read_splits import ReadRequest
from jobs.storage.input.discovery import LOOKS_AT_ONCE, sniff
from jobs.storage.input.grown_files import find_content_end
from jobs.storage.input.spark_reader import scan_files
from jobs.storage.process.spark_session import persist_in_order
from jobs.storage.runs.ledger import Reading
from jobs.storage.runs.mappings import FoundNames
from jobs.transforms.reading import EarlierRecords, number_records, sort_by_user, split_read
from schemas.fields import Source

# The records of this many bytes of input make one partition.
_PARTITION_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class ReadContent:
    """What was read of a file: its format, the number of `bytes` from its start, and their digest.

    A line that is still being written may follow these bytes. `digest` is None if it could not be computed. Lines may
    be added to plain lines during the run, because nothing behind these bytes was read.
    """

    format: Format
    bytes: int | None = None
    digest: str | None = None
    is_plain_lines: bool = False


@dataclass(frozen=True)
class RecordsRead:
    """The records of some files.

    `accepted` has one row per event, with its number within its split; `earlier` holds how many records of the file
    precede each split. `quarantined` has one row per quarantined record, with its number in the file. `groups` counts
    these by what is wrong. The rest is by file id: `counts` counts all records, good or bad, `observed` holds what they
    show about the mapping, and `contents` holds what was read of the file.
    """

    accepted: DataFrame
    quarantined: DataFrame
    counts: dict[int, SplitCounts]
    groups: list[QuarantinedGroup]
    observed: dict[int, Observed]
    contents: dict[int, ReadContent] = field(default_factory=dict)
    earlier: list[EarlierRecords] = field(default_factory=list)


def read_new_content(spark: SparkSession, readings: list[Reading], request: ReadRequest) -> RecordsRead:
    """Read whole files, and the new lines of files that have grown. The content of each file tells its format."""
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        splits = list(pool.map(_find_content, readings))
    partitions = choose_partitions(splits, int(spark.conf.get("spark.sql.shuffle.partitions") or 1))
    read = persist_in_order(sort_by_user(scan_files(spark, splits, request), partitions))
    before = {reading.file_id: reading.continuation.records for reading in readings if reading.continuation}
    found, digests = gather(read, {reading.file_id: before.get(reading.file_id, 0) for reading in readings})
    contents = {
        reading.file_id: ReadContent(
            split.sniffed.format,
            split.size,
            reading.continuation.digest if reading.continuation else digests.get(reading.file_id),
            split.is_plain_lines,
        )
        for reading, split in zip(readings, splits, strict=True)
    }
    return replace(found, contents=contents)


def choose_partitions(splits: Iterable[Split], most: int) -> int:
    """Choose the number of partitions for the records of these splits. Each is a task, so a small load gets few."""
    return min(most, 1 + sum(split.size - split.start for split in splits) // _PARTITION_BYTES)


def gather(read: DataFrame, before: Mapping[int, int]) -> tuple[RecordsRead, dict[int, str | None]]:
    """Divide what was read (`schemas.tables.READ_RECORDS`) into its parts, and return the digests of the files too.

    `read` must have been persisted, because several queries use it. `before` holds the number of records that precede
    the ones read, by file id: it is not 0 where only the new lines of a file were read.
    """
    accepted, quarantined, splits = split_read(read)
    counts, groups = dict.fromkeys(before, SplitCounts(0, 0, 0)), GroupCounter()
    observed = {file_id: Observed() for file_id in before}
    earlier: list[EarlierRecords] = []
    digests: dict[int, str | None] = {}
    for row in sorted(splits.collect(), key=lambda row: (row.file_id, row.split)):
        number = before[row.file_id] + counts[row.file_id].records
        earlier.append((row.file_id, row.split, number))
        counts[row.file_id] = counts[row.file_id].plus(row.records, row.blank, row.ignored)
        observed[row.file_id].add(*row.observed)
        add_groups(groups, row, number)
        known = digests.setdefault(row.file_id, "0")
        digests[row.file_id] = add_digests(known, row.digest) if known and row.digest else None
    numbered = number_records(quarantined, earlier)
    return RecordsRead(accepted, numbered, counts, groups.take(), observed, earlier=earlier), digests


def add_groups(counter: GroupCounter, split: Row, earlier: int) -> None:
    """Add the quarantined groups of a split. `earlier` is the number of records of the file before this split."""
    for group in split.groups:
        names = tuple(group.reasons), tuple(group.missing_fields)
        number = earlier + group.record_number
        counter.add(QuarantinedGroup(split.file_id, *names, group.records, number, group.text))


def list_found_names(readings: list[Reading], read: RecordsRead) -> list[FoundNames]:
    """Return, for each source, the names in these readings that its mapping does not read."""
    found: dict[tuple[str, str], tuple[Source, Observed]] = {}
    for reading in readings:
        source, observed = reading.source, read.observed[reading.file_id]
        _, joined = found.setdefault((source.name, source.mapping_hash), (source, Observed()))
        joined.add_unmapped(observed.unmapped.items(), observed.unnamed)
    return [FoundNames(source, joined.unmapped, joined.unnamed) for source, joined in found.values()]


def _find_content(reading: Reading) -> Split:
    """Return the part of the file that is to be read, as one split."""
    file, continuation = reading.file, reading.continuation
    sniffed = sniff(file)
    if continuation:
        # The split begins at the line feed before the new lines, so that the reader sees where a line starts.
        start = max(0, continuation.start - 1)
        return Split(reading.file_id, file.uri, sniffed, continuation.end, start)
    try:
        end = file.size_bytes if reading.is_settled else find_content_end(file, sniffed)
    except OSError:  # whoever reads the file reports this error, or finds that the file is gone
        end = file.size_bytes
    return Split(reading.file_id, file.uri, sniffed, end)
