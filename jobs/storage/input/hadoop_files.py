"""Reads records of files that only Hadoop can open. Spark's own readers deliver the text, and our reader the records.

Plain JSON Lines are read line by line, in splits. Every other file is read into memory as a whole.
"""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import count, groupby
from typing import Any

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.records.files.content import Content
from jobs.records.files.formats import Sniffed
from jobs.records.files.line_values import split_values
from jobs.records.files.lines import KEPT_BYTES, MAX_RECORD_BYTES, TOO_LONG
from jobs.records.files.nested_records import make_opener
from jobs.records.files.open_file import decode
from jobs.records.files.raw_record import RawRecord, read_around
from jobs.records.files.split_records import split_records
from jobs.records.files.splits import Split
from jobs.records.read_splits import Piece, ReadRequest, read_pieces
from jobs.storage.input.discovery import PATTERN_MARK, can_be_named
from jobs.storage.input.file_systems import spell_for_hadoop
from schemas.tables import READ_QUARANTINED, READ_RECORDS

# A dict of Python may reach Spark's map type with its keys in another order. So fields travel as a list of pairs.
_PAIR = T.StructType([T.StructField("key", T.StringType()), T.StructField("value", T.StringType())])


def _with_type(schema: T.StructType, name: str, data_type: T.DataType) -> T.StructType:
    return T.StructType([T.StructField(name, data_type) if field.name == name else field for field in schema])


_LISTED = _with_type(READ_RECORDS, "quarantined", _with_type(READ_QUARANTINED, "fields", T.ArrayType(_PAIR)))


def read_hadoop_files(spark: SparkSession, request: ReadRequest, files: list[Split]) -> list[DataFrame]:
    """Read the records of these files into `schemas.tables.READ_RECORDS`."""
    places = {spell_for_hadoop(file.uri): file.file_id for file in files}
    sniffed = {file.file_id: file.sniffed for file in files}
    by_line = {
        place: file_id
        for place, file_id in places.items()
        if request.wanted is None and _is_read_by_line(place, sniffed[file_id], request.sources[file_id].record_path)
    }
    whole = {place: file_id for place, file_id in places.items() if place not in by_line}
    found = []
    if by_line:
        found.append(_read(_list_lines(spark, by_line), request, lambda rows: _piece_lines(rows, by_line)))
    if whole:
        formats = {file_id: sniffed[file_id] for file_id in whole.values()}
        contents = spark.read.format("binaryFile").load(escape_globs(whole)).select("_metadata.file_path", "content")
        found.append(_read(contents, request, lambda rows: _piece_contents(rows, request, whole, formats)))
    return found


def read_given(records: DataFrame, request: ReadRequest) -> DataFrame:
    """Read records whose texts are given as rows of file_id, record_number, raw (binary), around (JSON)."""

    def piece(rows: Iterator[tuple[Any, ...]]) -> Iterator[Piece]:
        for file_id, of_file in groupby(rows, key=lambda row: row[0]):
            yield Piece(
                file_id,
                0,
                (
                    RawRecord(number, bytes(raw), around=read_around(around) if around else None)
                    for _, number, raw, around in of_file
                ),
            )

    return _read(records, request, piece)


def escape_globs(places: Iterable[str]) -> list[str]:
    """Escape the places, so that Spark does not take them as patterns."""
    return [PATTERN_MARK.sub(r"\\\g<0>", place) for place in places]


def _is_read_by_line(place: str, sniffed: Sniffed, record_path: tuple[str, ...]) -> bool:
    # Spark unpacks a file by the ending of its name, whatever its content is. So `.gz` files are read as a whole.
    is_readable = sniffed.is_plain and not place.endswith(".gz") and can_be_named(place)
    return sniffed.format == "json_lines" and not record_path and is_readable


def _read(
    rows: DataFrame, request: ReadRequest, piece: Callable[[Iterator[tuple[Any, ...]]], Iterator[Piece]]
) -> DataFrame:
    """Make pieces of files from the rows, and read the records in them.

    We do not use mapInArrow, because it needs pandas.
    """

    def read(found: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        for batch in read_pieces(request, piece(map(tuple, found))):
            yield from zip(*[column.to_pylist() for column in batch.columns], strict=True)

    listed = rows.sparkSession.createDataFrame(rows.rdd.mapPartitions(read), _LISTED, verifySchema=False)
    quarantined = F.col("quarantined").withField("fields", F.map_from_entries("quarantined.fields"))
    return listed.withColumn("quarantined", quarantined).select(*READ_RECORDS.names)


def _list_lines(spark: SparkSession, places: dict[str, int]) -> DataFrame:
    """Return one row per line: its file, the start of its split, its text, and what is wrong with it."""
    is_too_long = F.octet_length("value") > MAX_RECORD_BYTES
    text = F.col("value").cast("binary")
    return (
        spark.read.option("lineSep", "\n")
        .text(escape_globs(places))
        .select(
            "_metadata.file_path",
            "_metadata.file_block_start",
            F.when(is_too_long, F.substring(text, 1, KEPT_BYTES)).otherwise(text).alias("raw"),
            F.when(is_too_long, _describe_too_long()).alias("splitting_error"),
        )
    )


def _describe_too_long() -> Column:
    return F.format_string(TOO_LONG, F.octet_length("value"), F.sha2("value", 256))


def _piece_lines(rows: Iterator[tuple[Any, ...]], places: dict[str, int]) -> Iterator[Piece]:
    for (place, start), lines in groupby(rows, key=lambda row: row[:2]):
        yield Piece(places[decode(place)], start, _number_records(lines))


def _number_records(lines: Iterable[tuple[Any, ...]]) -> Iterator[RawRecord]:
    number = count(1)
    for *_, raw, error in lines:
        line = bytes(raw).removesuffix(b"\r")
        for record in [line] if error else split_values(line):
            yield RawRecord(next(number), record, error)


def _piece_contents(
    rows: Iterator[tuple[Any, ...]], request: ReadRequest, places: dict[str, int], sniffed: dict[int, Sniffed]
) -> Iterator[Piece]:
    for place, content in rows:
        file_id = places[decode(place)]
        opener = make_opener(request.sources[file_id])
        yield Piece(file_id, 0, split_records(Content(BytesIO(content)), sniffed[file_id].format, opener))
