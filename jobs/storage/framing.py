"""Files -> records: text with file and record number, whatever the file format.

Plain JSON Lines stay in the JVM and are read in splits. Everything else is framed file by file in Python workers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from io import BytesIO, FileIO
from typing import Any, BinaryIO

from pyspark import RDD
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.records.formats import Format, Sniffed
from jobs.records.lines import KEPT_BYTES, MAX_RECORD_BYTES, TOO_LONG
from jobs.records.opening import decode
from jobs.records.scanning import Frame, scan_records
from jobs.records.unpacking import Content
from jobs.storage.file_systems import InputFile
from jobs.storage.files import PATTERN_MARK, can_be_named, sniff
from jobs.transforms.text import begins_visible
from schemas.fields import Path
from schemas.tables import RECORD

# Spark would refuse a local name with a colon, and check a file against whatever `.name.crc` lies beside it, which a
# file that was edited fails.
_WITHOUT_CHECKSUMS = {
    "fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "fs.file.impl.disable.cache": "true",
}


@dataclass(frozen=True)
class Framed:
    """The records of some files.

    `records` has one row per record that is not blank (`schemas.tables.RECORD`). `counts` gives (records, blank) by
    file id, from a pass of its own over the text: what parsing does to a record can't change how many there are.
    """

    records: DataFrame
    counts: dict[int, tuple[int, int]]
    formats: dict[int, Format]


def frame(spark: SparkSession, files: dict[int, InputFile], record_path: Path = ()) -> Framed:
    """Frame the files, given by their file ids, each by what its content looks like.

    With `record_path` the elements of the list there, inside each JSON value, are the records.
    """
    with ThreadPoolExecutor() as pool:  # to ask a store for hundreds of files one by one would take a minute
        sniffed = dict(zip(files, pool.map(sniff, files.values()), strict=True))
    by_framer: dict[str, dict[int, str]] = defaultdict(dict)
    for file_id, file in files.items():
        by_framer[_choose_framer(file.place, sniffed[file_id], record_path)][file_id] = file.place
    counts = dict.fromkeys(files, (0, 0))
    frames = []
    for framer in (_frame_lines, _frame_contents, _frame_unreadable):
        if places := by_framer[framer.__name__]:
            framed, found = framer(spark, places, sniffed, record_path)
            frames.append(framed)
            counts |= found
    return Framed(reduce(DataFrame.unionByName, frames), counts, {key: found.format for key, found in sniffed.items()})


def _choose_framer(place: str, sniffed: Sniffed, record_path: Path) -> str:
    if sniffed.format == "unreadable":
        return _frame_unreadable.__name__
    # Spark unpacks by the name's ending, whatever is inside; and of a name with a colon it can make no pattern.
    is_readable = sniffed.is_plain and not place.endswith(".gz") and can_be_named(place)
    is_lines = sniffed.format == "json_lines" and not record_path
    return _frame_lines.__name__ if is_lines and is_readable else _frame_contents.__name__


def _frame_lines(
    spark: SparkSession, places: dict[int, str], sniffed: dict[int, Sniffed], record_path: Path
) -> tuple[DataFrame, dict[int, tuple[int, int]]]:
    """One row per line. A first pass counts the lines of each split, so that a split knows its first line's number."""
    lines = (
        spark.read.options(lineSep="\n", **_WITHOUT_CHECKSUMS)
        .text(escape_globs(places.values()))
        .select(
            _cut_carriage_return(F.when(_is_too_long(), _head()).otherwise(F.col("value"))).alias("raw"),
            F.when(_is_too_long(), _describe_too_long()).alias("framing_error"),
            "_metadata.file_path",
            "_metadata.file_block_start",
            F.monotonically_increasing_id().alias("row_id"),
        )
    )
    found = lines.groupBy("file_path", "file_block_start").agg(
        F.min("row_id").alias("first_row_id"),
        F.count("*").alias("records"),
        F.count_if(_is_blank(F.col("raw"))).alias("blank"),
    )
    file_ids = {place: file_id for file_id, place in places.items()}
    splits, counts = _number_splits(found.collect(), file_ids)
    offsets = spark.createDataFrame(
        splits, "file_path string, file_block_start long, file_id long, number_minus_row_id long"
    )
    records = (
        lines.filter(~_is_blank(F.col("raw")))
        .join(F.broadcast(offsets), ["file_path", "file_block_start"], "inner")
        .select(
            "file_id",
            (F.col("row_id") + F.col("number_minus_row_id")).alias("record_number"),
            "raw",
            "framing_error",
        )
    )
    return records, counts


def _number_splits(
    splits: list[Row], file_ids: dict[str, int]
) -> tuple[list[tuple[str, int, int, int]], dict[int, tuple[int, int]]]:
    """What to add to a row id for its line number, split by split in file order, and the counts by file id."""
    offsets: list[tuple[str, int, int, int]] = []
    counts: dict[int, tuple[int, int]] = {}
    for split in sorted(splits, key=lambda split: (split.file_path, split.file_block_start)):
        file_id = file_ids[decode(split.file_path)]
        records, blank = counts.get(file_id, (0, 0))
        offsets.append((split.file_path, split.file_block_start, file_id, records + 1 - split.first_row_id))
        counts[file_id] = (records + split.records, blank + split.blank)
    return offsets, counts


def _frame_contents(
    spark: SparkSession, places: dict[int, str], sniffed: dict[int, Sniffed], record_path: Path
) -> tuple[DataFrame, dict[int, tuple[int, int]]]:
    """One row per record of files that are read by one task each, from beginning to end.

    They are read twice, for counts and for records. Only the second pass carries records from Python to the JVM, which
    is what costs; to keep them instead would cost the disk what the files hold unpacked.
    """
    known = {place: (file_id, sniffed[file_id].format) for file_id, place in places.items()}

    def scan(place: str, stream: BinaryIO) -> Iterator[Frame]:
        with stream:
            yield from scan_records(Content(stream), known[place][1], record_path)

    def keep_filled(place: str, stream: BinaryIO) -> Iterator[tuple[Any, ...]]:
        return ((known[place][0], *found) for found in scan(place, stream) if not _is_blank_frame(found))

    def count(place: str, stream: BinaryIO) -> Iterator[tuple[Any, ...]]:
        records = blank = 0
        for found in scan(place, stream):
            records, blank = records + 1, blank + _is_blank_frame(found)
        yield known[place][0], records, blank

    counts = {file_id: (records, blank) for file_id, records, blank in _read(spark, list(known), count).collect()}
    schema = T.StructType([T.StructField("raw", T.BinaryType()) if f.name == "raw" else f for f in RECORD])
    rows = spark.createDataFrame(_read(spark, list(known), keep_filled), schema, verifySchema=False)
    return rows.withColumn("raw", F.col("raw").cast("string")), counts


def _read(
    spark: SparkSession, places: list[str], work: Callable[[str, BinaryIO], Iterator[tuple[Any, ...]]]
) -> "RDD[tuple[Any, ...]]":
    """What `work` makes of each place; a local file is a stream to it, another one is in memory as a whole."""
    here = [place for place in places if place.startswith("file:")]
    away = [place for place in places if not place.startswith("file:")]
    found: list[RDD[tuple[Any, ...]]] = []
    if here:
        # Some files a task: a task of its own for each of thousands would cost more than the reading.
        local = spark.sparkContext.parallelize(here, min(len(here), 8 * spark.sparkContext.defaultParallelism))
        found.append(local.flatMap(lambda place: work(place, FileIO(place.removeprefix("file:")))))
    if away:
        contents = spark.read.format("binaryFile").load(escape_globs(away)).select("content", "_metadata.file_path")
        found.append(contents.rdd.flatMap(lambda row: work(decode(row.file_path), BytesIO(row.content))))
    return spark.sparkContext.union(found)


def _is_blank_frame(frame: Frame) -> bool:
    _, text, error = frame
    return error is None and not (text or b"").strip()


def _frame_unreadable(
    spark: SparkSession, places: dict[int, str], sniffed: dict[int, Sniffed], record_path: Path
) -> tuple[DataFrame, dict[int, tuple[int, int]]]:
    """One row per file that can't be opened at all."""
    rows = [(file_id, 1, None, sniffed[file_id].problem) for file_id in places]
    return spark.createDataFrame(rows, RECORD), dict.fromkeys(places, (1, 0))


def _is_too_long() -> Column:
    return F.octet_length("value") > MAX_RECORD_BYTES


def _head() -> Column:
    return F.substring(F.col("value").cast("binary"), 1, KEPT_BYTES).cast("string")


def _describe_too_long() -> Column:
    return F.format_string(TOO_LONG, F.octet_length("value"), F.sha2("value", 256))


def _cut_carriage_return(line: Column) -> Column:
    """The line without the first half of its CR LF (a trim would walk through every line from its start)."""
    return F.when(F.endswith(line, F.lit("\r")), F.left(line, F.length(line) - 1)).otherwise(line)


def _is_blank(text: Column) -> Column:
    """True for white space alone; most records are spared the pattern, for which they would be decoded."""
    return ~(begins_visible(text) | text.rlike(r"\S"))


def escape_globs(places: Iterable[str]) -> list[str]:
    """The places, written so that Spark sees no pattern in them."""
    return [PATTERN_MARK.sub(r"\\\g<0>", place) for place in places]
