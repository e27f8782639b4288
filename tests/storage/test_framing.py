"""Every framer gives the same records: number, text, file; and counts them from the text, not from the records."""

import gzip
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.storage.errors import UsageError
from jobs.storage.file_systems import InputFile
from jobs.storage.files import discover
from jobs.storage.framing import frame
from jobs.storage.scanning import KEPT_BYTES, MAX_RECORD_BYTES

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


def test_behind_another_scheme_too_what_this_tool_writes_is_no_input(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("a.json", "quarantine/run_id=1/part.json", "quarantined/b.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text('{"a":1}\n')
    spark._jsc.hadoopConfiguration().set("fs.viewfs.mounttable.own.link./in", tmp_path.as_uri())
    files, skipped = discover("viewfs://own/in", INCLUDE, [str(tmp_path), "viewfs://own/in/quarantine/"])
    assert [Path(file.place).name for file in files] == ["a.json", "b.json"]
    assert skipped == [("quarantine/run_id=1/part.json", "written by this tool")]
    with pytest.raises(UsageError, match="lies in viewfs://own/in/quarantine/, where"):
        discover("viewfs://own/in/quarantine/run_id=1", INCLUDE, ["viewfs://own/in/quarantine/"])
    with pytest.raises(UsageError, match="is a file; name the folder that it is in"):
        discover("viewfs://own/in/a.json", INCLUDE)


def test_a_uri_that_can_not_be_listed_is_refused_in_one_line(spark: SparkSession, tmp_path: Path) -> None:
    for uri in ("viewfs://test/nowhere", "nothing://bucket/events", "viewfs://test/a b"):
        with pytest.raises(UsageError, match=r"input folder .* can't be listed") as caught:
            discover(uri, INCLUDE)
        assert "\n" not in str(caught.value)


NAMES = (
    "a b",
    "[x]{y}",
    "\u00fc\U0001f600",
    "new\nline",
    "q?*",
    "12:30:00",
    "12:30 [x]",
    "a#b%20",
    "b\\c",
    "'q\"&$",
    "-x",
)


def test_any_name_that_is_utf_8_is_read_once(spark: SparkSession, tmp_path: Path) -> None:
    expected = {}
    for number, name in enumerate(NAMES):
        (tmp_path / f"{name}.json").write_text(f'{{"plain": {number}}}\n')
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(b'{"packed": %d}\n' % number))
        expected[f"{name}.json"] = [(1, f'{{"plain": {number}}}')]
        expected[f"{name}.gz"] = [(1, f'{{"packed": {number}}}')]
    assert frame_folder(spark, tmp_path)[0] == expected


def test_folders_that_look_like_partitions_are_folders(spark: SparkSession, tmp_path: Path) -> None:
    for folder in ("date=2025-06-02", "value=1", "file_id=7/raw=8"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"{folder[:4]}.json").write_text('{"a": 1}')
    records, _ = frame_folder(spark, tmp_path)
    assert set(records) == {"date.json", "valu.json", "file.json"}
    assert all(found == [(1, '{"a": 1}')] for found in records.values())


def test_a_checksum_of_an_earlier_content_beside_a_file_does_not_matter(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(3).selectExpr("to_json(struct(id))").coalesce(1).write.text(f"{tmp_path}/written")
    (part,) = (tmp_path / "written").glob("part-*.txt")
    assert (part.parent / f".{part.name}.crc").exists()
    part.write_text('{"edited": 1}\n')
    files, _ = discover(f"{tmp_path}/written", ("*.txt",))
    assert read(spark, files)[0] == {part.name: [(1, '{"edited": 1}')]}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(spark: SparkSession, tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    text = '{"a": "\u00e9\U0001f600\u202e"}'
    lines, array = (f"{mark}{text}\n\n{text}\n".encode(encoding), f"{mark}[{text},\n{text}]".encode(encoding))
    (tmp_path / "lines.json").write_bytes(lines)
    (tmp_path / "array.json").write_bytes(array)
    (tmp_path / "lines.json.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "array.json.gz").write_bytes(gzip.compress(array))
    records, counts = frame_folder(spark, tmp_path)
    assert records["lines.json"] == records["lines.json.gz"] == [(1, text), (3, text)]
    assert records["array.json"] == records["array.json.gz"] == [(1, text), (2, text)]
    assert counts["lines.json"] == counts["lines.json.gz"] == (3, 1)


def test_blank_is_the_same_in_the_jvm_and_in_python(spark: SparkSession, tmp_path: Path) -> None:
    content = '{"a": 1}\n' * 9 + "\n".join(
        ['{"a": 1}', " \t", "\x0b\x0c\r", "\u00a0", "\x1c", "\u2028", "\0", '{"b": 2}']
    )
    (tmp_path / "plain.json").write_text(content * 2)
    (tmp_path / "packed.gz").write_bytes(gzip.compress((content * 2).encode()))
    records, counts = frame_folder(spark, tmp_path)
    assert records["plain.json"] == records["packed.gz"]
    assert counts["plain.json"] == counts["packed.gz"] == (33, 4)


def test_a_record_too_long_is_refused_with_its_head_wherever_it_is(spark: SparkSession, tmp_path: Path) -> None:
    long = '{"a":"' + "x" * MAX_RECORD_BYTES + '"}'
    content = "{}\n" * 1_000_000 + f"{long}\n{{}}\n"
    (tmp_path / "plain.json").write_text(content)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(content.encode(), compresslevel=1))
    files, _ = discover(str(tmp_path), INCLUDE)
    framed = frame(spark, dict(enumerate(files)))
    told = f"a record of {len(long)} bytes, more than 16 MiB; its SHA-256 is {sha256(long.encode()).hexdigest()}"
    refused = framed.records.filter("framing_error is not null").orderBy("file_id").collect()
    head = long[:KEPT_BYTES]
    assert [tuple(row) for row in refused] == [(number, 1_000_001, head, told) for number in (0, 1)]
    assert framed.counts == {0: (1_000_002, 0), 1: (1_000_002, 0)}
