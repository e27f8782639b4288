"""Every file format gives the same records, with number, text and file. Each record is counted when it is read."""

import gzip
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.records.files.lines import KEPT_BYTES, MAX_RECORD_BYTES
from jobs.records.files.splits import Split
from jobs.records.read_splits import ReadRequest
from jobs.steps.read_files import RecordsRead, read_new_content
from jobs.storage.erasure.tombstones import Tombstones
from jobs.storage.errors import UsageError
from jobs.storage.input.discovery import discover, sniff
from jobs.storage.input.file_systems import InputFile
from jobs.storage.input.spark_reader import scan_files
from jobs.storage.runs.ledger import Reading
from tests.builders import LIMITS, NOON, default_source, record_json

INCLUDE = ("*.json", "*.gz")


Records = dict[str, list[tuple[int, str]]]
Counts = dict[str, tuple[int, int]]


def read_folder(spark: SparkSession, folder: Path) -> tuple[Records, Counts]:
    """Returns records and counts by file name. The records are no events, so that quarantine shows their text."""
    files, _ = discover(str(folder), INCLUDE)
    return read(spark, files)


def read(spark: SparkSession, files: list[InputFile]) -> tuple[Records, Counts]:
    by_id = dict(enumerate(files, start=1))
    found = read_by_id(spark, by_id)
    assert found.accepted.isEmpty()
    records: Records = {Path(file.place).name: [] for file in files}
    for row in found.quarantined.orderBy("file_id", "record_number").collect():
        records[Path(by_id[row.file_id].place).name].append((row.record_number, row.raw))
    return records, {Path(by_id[file_id].place).name: counts[:2] for file_id, counts in found.counts.items()}


def read_by_id(spark: SparkSession, files: dict[int, InputFile], **request: Any) -> RecordsRead:
    request = {"sources": dict.fromkeys(files, default_source()), "limits": LIMITS, **request}
    readings = [Reading(file_id, file, request["sources"][file_id]) for file_id, file in files.items()]
    return read_new_content(spark, readings, ReadRequest(**request))


def find_errors(found: RecordsRead) -> list[str]:
    """Returns the errors of splitting files into records."""
    unreadable = found.quarantined.filter("problems[0].reason = 'unreadable_file'")
    return [row.value for row in unreadable.orderBy("file_id").selectExpr("problems[0].value as value").collect()]


def test_lines_arrays_and_gzip_side_by_side(spark: SparkSession, tmp_path: Path) -> None:
    lines = '{"a":1}\r\n\n  \n{"b":2}\n\n{"c":3}'
    (tmp_path / "lines.json").write_bytes(lines.encode())
    (tmp_path / "packed.json.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "plain.json.gz").write_bytes(lines.encode())
    (tmp_path / "array [1] {x}.json").write_text('[{"a":1},\n{"b":2}]')
    (tmp_path / "empty.json").write_text("")
    records, counts = read_folder(spark, tmp_path)
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


def test_line_numbers_hold_across_splits_of_a_file(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f'{{"number": {number}, "filling": "{"x" * (number % 97)}"}}' for number in range(1, 4001)]
    (tmp_path / "big.json").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr("jobs.storage.input.spark_reader.choose_split_bytes", lambda *_: 20_000)
    records, counts = read_folder(spark, tmp_path)
    assert records["big.json"] == list(enumerate(lines, start=1))
    assert counts["big.json"] == (4000, 0)


def test_a_broken_gzip_is_one_record_more(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "broken.json.gz").write_bytes(gzip.compress(b'{"a":1}\n' * 50)[:-12])
    files, _ = discover(str(tmp_path), INCLUDE)
    found = read_by_id(spark, {1: files[0]})
    assert find_errors(found) == ["truncated gzip"]
    assert found.counts[1][0] == found.quarantined.count()


def test_a_folder_behind_another_scheme_gives_the_same_records(spark: SparkSession, tmp_path: Path) -> None:
    """viewfs: is a file system of Hadoop. Here it shows local folders, so that no server is needed."""
    folder = tmp_path / "in"
    (folder / "\u00fc b").mkdir(parents=True)
    (folder / "lines.json").write_text('{"a":1}\n\n\ufeff{"b":2}{"c":3}\r\n\x1e{"d":4}\n')
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
    there, here = (read_by_id(spark, dict(enumerate(found))) for found in (files, local))
    # Chispa sorts rows by their hashes, and Spark can't hash a map.
    plain = [found.quarantined.withColumn("fields", F.to_json("fields")) for found in (there, here)]
    assert_df_equality(*plain, ignore_nullable=True, ignore_row_order=True)


def test_folders_that_this_tool_writes_are_skipped_behind_another_scheme_too(
    spark: SparkSession, tmp_path: Path
) -> None:
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


def test_a_uri_that_can_not_be_listed_is_rejected_in_one_line(spark: SparkSession, tmp_path: Path) -> None:
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
    assert read_folder(spark, tmp_path)[0] == expected


def test_folders_that_look_like_partitions_are_folders(spark: SparkSession, tmp_path: Path) -> None:
    for folder in ("date=2025-06-02", "value=1", "file_id=7/raw=8"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"{folder[:4]}.json").write_text('{"a": 1}')
    records, _ = read_folder(spark, tmp_path)
    assert set(records) == {"date.json", "valu.json", "file.json"}
    assert all(found == [(1, '{"a": 1}')] for found in records.values())


def test_a_byte_order_mark_determines_the_encoding(spark: SparkSession, tmp_path: Path) -> None:
    text = '{"a": "\u00e9\U0001f600\u202e"}'
    expected: tuple[Records, Counts] = {}, {}
    for encoding, mark in {"utf-8-sig": "", "utf-16": "", "utf-16-be": "\ufeff", "utf-32": ""}.items():
        lines = (f"lines {encoding}", f"{mark}{text}\n\n{text}\n", [(1, text), (3, text)], (3, 1))
        array = (f"array {encoding}", f"{mark}[{text},\n{text}]", [(1, text), (2, text)], (2, 0))
        for name, content, records, counts in (lines, array):
            (tmp_path / f"{name}.json").write_bytes(content.encode(encoding))
            (tmp_path / f"{name}.json.gz").write_bytes(gzip.compress(content.encode(encoding)))
            for suffix in (".json", ".json.gz"):
                expected[0][name + suffix], expected[1][name + suffix] = records, counts
    assert read_folder(spark, tmp_path) == expected


def test_blank_is_white_space_alone(spark: SparkSession, tmp_path: Path) -> None:
    content = '{"a": 1}\n' * 9 + "\n".join(
        ['{"a": 1}', " \t", "\x0b\x0c\r", "\u00a0", "\x1c", "\u2028", "\0", '{"b": 2}']
    )
    (tmp_path / "plain.json").write_text(content * 2)
    (tmp_path / "packed.gz").write_bytes(gzip.compress((content * 2).encode()))
    records, counts = read_folder(spark, tmp_path)
    assert records["plain.json"] == records["packed.gz"]
    # The line in the middle has two objects.
    assert counts["plain.json"] == counts["packed.gz"] == (34, 4)


def test_a_record_too_long_is_quarantined_with_its_head_in_every_format(spark: SparkSession, tmp_path: Path) -> None:
    long = '{"a":"' + "x" * MAX_RECORD_BYTES + '"}'
    content = "{}\n" * 1000 + f"{long}\n{{}}\n"
    (tmp_path / "plain.json").write_text(content)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(content.encode(), compresslevel=1))
    files, _ = discover(str(tmp_path), INCLUDE)
    found = read_by_id(spark, dict(enumerate(files)))
    error = f"a record of {len(long)} bytes, more than 16 MiB; its SHA-256 is {sha256(long.encode()).hexdigest()}"
    assert find_errors(found) == [error, error]
    rows = found.quarantined.filter("record_number = 1001").select("raw").collect()
    assert [row.raw for row in rows] == [long[:KEPT_BYTES]] * 2
    assert found.counts == {0: (1002, 0, 0), 1: (1002, 0, 0)}


def test_reading_gives_events_problems_and_counts(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        "\n".join([record_json(comment_text="x"), "", record_json(user_id=None), "junk\n"])
    )
    files, _ = discover(str(tmp_path), INCLUDE)
    found = read_by_id(spark, {7: files[0]})
    rows = found.accepted.select("file_id", "record_number", "event_id", "event_at", "comment_text", "document_id")
    expected = spark.createDataFrame([(7, 1, "e1", NOON, "x", None)], rows.schema)
    assert_df_equality(rows, expected)
    problems = found.quarantined.selectExpr("record_number", "inline(problems)").orderBy("record_number")
    wrong = [(3, "missing_field", "user_id", None, "a value"), (4, "malformed_json", None, None, "one JSON object")]
    assert_df_equality(problems, spark.createDataFrame(wrong, problems.schema))
    assert (found.counts, found.contents[7].format) == ({7: (4, 1, 0)}, "json_lines")


def test_each_file_is_read_by_its_own_mapping(spark: SparkSession, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.json").write_text(record_json(event_id=name))
    files, _ = discover(str(tmp_path), INCLUDE)
    other = replace(default_source(), name="other", namespace="other")
    found = read_by_id(spark, dict(enumerate(files)), sources={0: default_source(), 1: other})
    assert {row.event_id for row in found.accepted.collect()} == {"a", "other:b"}


def test_only_selected_records_are_read_if_their_text_is_unchanged(spark: SparkSession, tmp_path: Path) -> None:
    lines = [record_json(event_id=f"e{number}") for number in range(4)]
    (tmp_path / "a.json").write_text("\n".join(lines))
    files, _ = discover(str(tmp_path), INCLUDE)
    wanted = {2: sha256(lines[1].encode()).hexdigest(), 3: sha256(b"other").hexdigest()}
    found = read_by_id(spark, {1: files[0]}, wanted={1: wanted})
    assert [(row.record_number, row.event_id) for row in found.accepted.collect()] == [(2, "e1")]


def test_key_and_hashes_of_erased_people_are_in_no_query_plan(spark: SparkSession, tmp_path: Path) -> None:
    key = bytes(range(32))
    erased = Tombstones(key).add("ann", []).erased
    (tmp_path / "a.json").write_text(record_json())
    files, _ = discover(str(tmp_path), INCLUDE)
    by_id = dict(enumerate(files))
    request = ReadRequest(dict.fromkeys(by_id, default_source()), LIMITS, erased)
    split = Split(0, files[0].uri, sniff(files[0]), files[0].size_bytes)
    found = scan_files(spark, [split], request)
    (event,) = found.filter("event_id is not null").collect()
    assert event.user_id == erased.pseudonym("ann")
    plan = found._jdf.queryExecution().toString()
    for spelling in (key.hex(), key.hex().upper(), key.decode("latin-1"), str(list(key))[1:-1], repr(key)):
        assert spelling not in plan + repr(request)
    assert next(iter(erased.ids)) not in plan + repr(request)
