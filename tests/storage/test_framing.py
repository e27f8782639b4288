"""Every framer gives the same records: number, text, file; and counts them from the text, not from the records."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.storage.errors import UsageError
from jobs.storage.file_systems import InputFile
from jobs.storage.files import discover
from jobs.storage.framing import frame

INCLUDE = ("*.json", "*.gz")


def frame_folder(
    spark: SparkSession, folder: Path
) -> tuple[dict[str, list[tuple[int, str]]], dict[str, tuple[int, int]]]:
    """Records and counts by file name."""
    files, _ = discover(str(folder), INCLUDE)
    return read(spark, files)


def read(
    spark: SparkSession, files: list[InputFile]
) -> tuple[dict[str, list[tuple[int, str]]], dict[str, tuple[int, int]]]:
    by_id = dict(enumerate(files, start=1))
    framed = frame(spark, by_id)
    records: dict[str, list[tuple[int, str]]] = {Path(file.place).name: [] for file in files}
    for row in framed.records.orderBy("file_id", "record_number").collect():
        records[Path(by_id[row.file_id].place).name].append((row.record_number, row.raw))
    return records, {Path(by_id[file_id].place).name: counts for file_id, counts in framed.counts.items()}


def test_lines_arrays_and_gzip_side_by_side(spark: SparkSession, tmp_path: Path) -> None:
    lines = '{"a":1}\r\n\n  \n{"b":2}\n\n{"c":3}'
    (tmp_path / "lines.json").write_bytes(lines.encode())
    (tmp_path / "packed.json.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "plain.json.gz").write_bytes(lines.encode())
    (tmp_path / "array [1] {x}.json").write_text('[{"a":1},\n{"b":2}]')
    (tmp_path / "empty.json").write_text("")
    records, counts = frame_folder(spark, tmp_path)
    of_lines = [(1, '{"a":1}'), (4, '{"b":2}'), (6, '{"c":3}')]
    assert records == {
        "lines.json": of_lines,
        "packed.json.gz": of_lines,
        "plain.json.gz": of_lines,
        "array [1] {x}.json": [(1, '{"a":1}'), (2, '{"b":2}')],
        "empty.json": [],
    }
    assert counts == {
        "lines.json": (6, 3),
        "packed.json.gz": (6, 3),
        "plain.json.gz": (6, 3),
        "array [1] {x}.json": (2, 0),
        "empty.json": (0, 0),
    }


def test_line_numbers_hold_across_splits_of_a_file(spark: SparkSession, tmp_path: Path) -> None:
    lines = [f'{{"number": {number}, "filling": "{"x" * (number % 97)}"}}' for number in range(1, 20_001)]
    (tmp_path / "big.json").write_text("\n".join(lines) + "\n")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "100k")
    try:
        records, counts = frame_folder(spark, tmp_path)
    finally:
        spark.conf.unset("spark.sql.files.maxPartitionBytes")
    assert records["big.json"] == list(enumerate(lines, start=1))
    assert counts["big.json"] == (20_000, 0)


def test_a_broken_gzip_is_one_record_more(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "broken.json.gz").write_bytes(gzip.compress(b'{"a":1}\n' * 50)[:-12])
    files, _ = discover(str(tmp_path), INCLUDE)
    framed = frame(spark, {1: files[0]})
    errors = [row.framing_error for row in framed.records.collect() if row.framing_error]
    assert errors == ["truncated gzip"]
    assert framed.counts[1][0] == framed.records.count()


def test_a_folder_behind_another_scheme_gives_the_same_records(spark: SparkSession, tmp_path: Path) -> None:
    """viewfs: is a file system of Hadoop's own; here it shows local folders, so no server is needed."""
    folder = tmp_path / "in"
    (folder / "\u00fc b").mkdir(parents=True)
    (folder / "lines.json").write_text('{"a":1}\n\n{"b":2}\n')
    (folder / "\u00fc b" / "array [1]%20.json").write_text('[{"a":1},\n{"b":2}]')
    (folder / "packed.json.gz").write_bytes(gzip.compress(b'{"a":1}\n'))
    (folder / "_SUCCESS").touch()
    spark._jsc.hadoopConfiguration().set("fs.viewfs.mounttable.test.link./events", folder.as_uri())
    files, skipped = discover("viewfs://test/events", INCLUDE)
    assert (len(files), skipped) == (3, [("_SUCCESS", "unfinished")])
    local, _ = discover(str(folder), INCLUDE)
    for there, here in zip(files, local, strict=True):
        assert (there.size_bytes, Path(there.place).name) == (here.size_bytes, Path(here.place).name)
        assert abs(there.modified_at - here.modified_at) < timedelta(milliseconds=1)
    assert read(spark, files) == read(spark, local)


def test_a_uri_that_can_not_be_listed_is_refused_in_one_line(spark: SparkSession, tmp_path: Path) -> None:
    for uri in ("viewfs://test/nowhere", "nothing://bucket/events", "viewfs://test/a b"):
        with pytest.raises(UsageError, match=r"input folder .* can't be listed") as caught:
            discover(uri, INCLUDE)
        assert "\n" not in str(caught.value)
