"""A worker returns batches of one schema with each record once, and the counts of each split."""

from pathlib import Path
from typing import Any

from pyspark.sql.pandas.types import to_arrow_schema

from jobs.records.batch import SCHEMA
from jobs.records.files.formats import Sniffed
from jobs.records.files.splits import Split
from jobs.records.read_splits import ReadRequest, read_splits
from schemas.tables import READ_RECORDS
from tests.builders import LIMITS, default_source, record_json

LINES = Sniffed("json_lines")


def read(request: ReadRequest, *splits: Split) -> list[dict[str, Any]]:
    return [row for batch in read_splits(request, splits) for row in batch.to_pylist()]


def test_the_schemas_of_spark_and_arrow_are_equal() -> None:
    assert to_arrow_schema(READ_RECORDS, timezone="UTC").equals(SCHEMA)


def test_each_split_ends_with_its_counts(tmp_path: Path) -> None:
    content = "\n".join([record_json(), "", "junk", " ", record_json(event_id="e2")]).encode()
    (tmp_path / "a.json").write_bytes(content)
    uri, size = (tmp_path / "a.json").as_uri(), len(content)
    whole = Split(1, uri, LINES, size)
    border = content.index(b"junk")
    parts = [Split(1, uri, LINES, size, 0, border - 1, 0), Split(1, uri, LINES, size, border - 1, size, 1)]
    request = ReadRequest({1: default_source()}, LIMITS)
    assert [count_of(row) for row in read(request, whole) if row["counts"] is not None] == [(1, 0, 5, 2)]
    rows = read(request, *parts)
    assert [count_of(row) for row in rows if row["counts"] is not None] == [(1, 0, 2, 1), (1, 1, 3, 1)]
    assert {(row["split"], row["record_number"], row["event_id"]) for row in rows if row["counts"] is None} == {
        (0, 1, "e1"),
        (1, 1, None),
        (1, 3, "e2"),
    }


def count_of(row: dict[str, Any]) -> tuple[int, ...]:
    return row["file_id"], row["split"], row["counts"]["records"], row["counts"]["blank"]


def test_a_file_that_can_not_be_opened_is_one_quarantined_record() -> None:
    split = Split(1, "file:///nowhere", Sniffed("unreadable", problem="it is locked"), 7)
    record, counts = read(ReadRequest({1: default_source()}, LIMITS), split)
    assert [(problem["reason"], problem["value"]) for problem in record["quarantined"]["problems"]] == [
        ("unreadable_file", "it is locked")
    ]
    assert count_of(counts) == (1, 0, 1, 0)


def test_batches_are_bounded(tmp_path: Path) -> None:
    content = "\n".join([record_json(comment_text="x" * 2_000_000)] * 20).encode()
    (tmp_path / "a.json").write_bytes(content)
    split = Split(1, (tmp_path / "a.json").as_uri(), LINES, len(content))
    batches = list(read_splits(ReadRequest({1: default_source()}, LIMITS), [split]))
    assert sum(batch.num_rows for batch in batches) == 21
    assert max(batch.nbytes for batch in batches) < 20_000_000
