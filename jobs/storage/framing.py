"""Files -> records: text with file and record number, whatever the file format.

Plain JSON Lines stay in the JVM and are read in splits. Everything else is framed file by file in Python workers.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from io import BytesIO, FileIO
from typing import BinaryIO

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.storage.file_systems import InputFile, decode
from jobs.storage.files import Content, Format, sniff
from jobs.storage.scanning import scan_records
from schemas.fields import Path
from schemas.tables import RECORD


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
    contents = {file_id: sniff(file) for file_id, file in files.items()}
    formats = {file_id: content.format for file_id, content in contents.items()}
    by_framer: dict[str, dict[int, str]] = defaultdict(dict)
    for file_id, file in files.items():
        by_framer[_choose_framer(file.place, contents[file_id], record_path)][file_id] = file.place
    counts = dict.fromkeys(files, (0, 0))
    frames = []
    for framer in (_frame_lines, _frame_contents, _frame_unreadable):
        if places := by_framer[framer.__name__]:
            framed, found = framer(spark, places, formats, record_path)
            frames.append(framed)
            counts |= found
    return Framed(reduce(DataFrame.unionByName, frames), counts, formats)


def _choose_framer(place: str, content: Content, record_path: Path) -> str:
    if content.format == "unreadable":
        return _frame_unreadable.__name__
    # Spark unpacks by the name's ending, whatever is inside.
    is_packed = content.is_gzip or place.endswith(".gz")
    is_plain_lines = content.format == "json_lines" and not is_packed and not record_path
    return _frame_lines.__name__ if is_plain_lines else _frame_contents.__name__


def _frame_lines(
    spark: SparkSession, places: dict[int, str], formats: dict[int, Format], record_path: Path
) -> tuple[DataFrame, dict[int, tuple[int, int]]]:
    """One row per line. A first pass counts the lines of each split, so that a split knows its first line's number."""
    lines = (
        spark.read.option("lineSep", "\n")
        .text(escape_globs(places.values()))
        .select(
            _cut_carriage_return(F.col("value")).alias("raw"),
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
            F.lit(None).cast("string").alias("framing_error"),
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
    spark: SparkSession, places: dict[int, str], formats: dict[int, Format], record_path: Path
) -> tuple[DataFrame, dict[int, tuple[int, int]]]:
    """One row per record of files that are read by one task each, from beginning to end."""
    known = {place: (file_id, formats[file_id]) for file_id, place in places.items()}

    def scan(place: str, stream: BinaryIO) -> Iterator[tuple[int, int, bytes | None, str | None]]:
        file_id, file_format = known[place]
        with stream:
            for number, text, error in scan_records(stream, file_format, record_path):
                yield file_id, number, text, error

    here = [place for place in known if place.startswith("file:")]
    away = [place for place in known if not place.startswith("file:")]
    frames = []
    if here:
        opened = spark.sparkContext.parallelize(here, len(here))
        frames.append(opened.flatMap(lambda place: scan(place, FileIO(place.removeprefix("file:")))))
    if away:
        contents = spark.read.format("binaryFile").load(escape_globs(away)).select("content", "_metadata.file_path")
        frames.append(contents.rdd.flatMap(lambda row: scan(decode(row.file_path), BytesIO(row.content))))
    rows = spark.sparkContext.union(frames)
    schema = T.StructType([T.StructField("raw", T.BinaryType()) if f.name == "raw" else f for f in RECORD])
    every = spark.createDataFrame(rows, schema).withColumn("raw", F.col("raw").cast("string"))
    is_blank = F.col("framing_error").isNull() & _is_blank(F.col("raw"))
    found = every.groupBy("file_id").agg(F.count("*").alias("records"), F.count_if(is_blank).alias("blank"))
    counts = {row.file_id: (row.records, row.blank) for row in found.collect()}
    return every.filter(~is_blank), counts


def _frame_unreadable(
    spark: SparkSession, places: dict[int, str], formats: dict[int, Format], record_path: Path
) -> tuple[DataFrame, dict[int, tuple[int, int]]]:
    """One row per file that can't be opened at all."""
    rows = [(file_id, 1, None, "it can't be opened; mend its permissions or its name") for file_id in places]
    return spark.createDataFrame(rows, RECORD), dict.fromkeys(places, (1, 0))


def _cut_carriage_return(line: Column) -> Column:
    """The line without the first half of its CR LF (a trim would walk through every line from its start)."""
    return F.when(F.endswith(line, F.lit("\r")), F.left(line, F.length(line) - 1)).otherwise(line)


def _is_blank(text: Column) -> Column:
    return ~text.rlike(r"\S")


def escape_globs(places: Iterable[str]) -> list[str]:
    """The places, written so that Spark sees no pattern in them."""
    return [re.sub(r"([\[\]{}*?\\])", r"\\\1", place) for place in places]
