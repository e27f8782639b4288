"""Many records become one Arrow batch."""

from datetime import UTC, datetime

import pyarrow as pa

from jobs.records.batch import MAX_BYTES, MAX_ROWS, SCHEMA, BatchBuilder, SplitCounts
from jobs.records.erased_people import Erased
from jobs.records.files.raw_record import RawRecord
from jobs.records.reader import RecordReader
from tests.builders import LIMITS, record_json
from tests.records.helpers import READER, SOURCE, accept, edit, quarantine


def build(*texts: str) -> pa.RecordBatch:
    builder = BatchBuilder(READER)
    for number, text in enumerate(texts, 1):
        builder.add_record(7, 2, RawRecord(number, text.encode()))
    return builder.flush()


def test_an_event_is_a_row_of_its_values() -> None:
    text = edit(content="two words", edit_length=-3, device="x")
    (row,) = build(text).to_pylist()
    event = accept(text)._asdict()
    del event["event_at_micros"]
    said = {**event, "event_at": datetime(2025, 6, 2, 12, tzinfo=UTC)}
    assert row == {**dict.fromkeys(SCHEMA.names), "file_id": 7, "split": 2, "record_number": 1, **said}


def test_a_quarantined_record_is_a_row_of_its_problems_and_text() -> None:
    text = record_json(timestamp="never", user_id=None)
    (row,) = build(text).to_pylist()
    found = quarantine(text)
    kept = row.pop("quarantined")
    assert kept.pop("problems") == [vars(problem) for problem in found.problems]
    assert dict(kept.pop("fields")) == found.fields
    names = ("raw", "raw_base64", "raw_bytes", "raw_sha256", "is_redacted", "around")
    assert kept == {**{name: getattr(found, name) for name in names}, "due_at": None}
    assert {name for name, value in row.items() if value is not None} == {"file_id", "split", "record_number"}


def test_counts_are_a_row_of_their_own() -> None:
    builder = BatchBuilder(RecordReader(SOURCE, LIMITS))
    builder.add_counts(7, 2, SplitCounts(10, 3, 1), None)
    (row,) = builder.flush().to_pylist()
    counts = row.pop("counts")
    assert counts.pop("observed") == {
        "paths": [],
        "codes": [],
        "types": [],
        "keys": [],
        "unread_content": 0,
        "left_out_properties": [],
        "unmapped": [],
        "unnamed": 0,
    }
    assert counts == {"records": 10, "blank": 3, "ignored": 1, "groups": [], "digest": None}
    assert row == {**dict.fromkeys(row), "file_id": 7, "split": 2}


def test_observations_about_the_mapping_come_with_the_counts() -> None:
    builder = BatchBuilder(RecordReader(SOURCE, LIMITS))
    for number, text in enumerate([edit(content={"ops": []}), record_json(user={"name": "Ann"}), "junk"], 1):
        builder.add_record(1, 0, RawRecord(number, text.encode()))
    builder.add_counts(1, 0, SplitCounts(3, 0, 0), None)
    observed = builder.flush().to_pylist()[-1]["counts"]["observed"]
    assert observed["unread_content"] == 1
    assert {"content", "event_id", "user.name", "timestamp"} <= set(observed["paths"])
    assert observed["types"] == ["document_edit", "user_login"]
    assert observed["keys"] == [
        *("content.ops", "document_id", "event_id", "event_type", "timestamp", "user.name", "user_id")
    ]


def test_a_batch_holds_rows_of_all_kinds_each_once() -> None:
    builder = BatchBuilder(READER)
    builder.add_record(1, 0, RawRecord(1, record_json().encode()))
    builder.add_record(1, 0, RawRecord(2, b"junk"))
    builder.add_record(1, 0, RawRecord(3, None, "the file ends within"))
    builder.add_record(1, 0, RawRecord(4, record_json(event_id="e2").encode()))
    builder.add_counts(1, 0, SplitCounts(4, 0, 0), None)
    batch = builder.flush()
    assert batch.schema == SCHEMA
    batch.validate(full=True)
    rows = batch.to_pylist()
    assert sorted(row["record_number"] or 0 for row in rows) == [0, 1, 2, 3, 4]
    assert {row["record_number"]: row["event_id"] for row in rows if row["event_id"]} == {1: "e1", 4: "e2"}
    assert builder.flush().num_rows == 0


def test_a_batch_has_a_limit_of_rows_and_of_bytes() -> None:
    builder = BatchBuilder(READER)
    for number in range(MAX_ROWS - 1):
        builder.add_record(1, 0, RawRecord(number, b"x"))
    assert not builder.is_full
    builder.add_counts(1, 0, SplitCounts(5, 0, 0), None)
    assert builder.is_full
    builder.flush()
    assert not builder.is_full
    builder.add_record(1, 0, RawRecord(1, record_json(comment_text="x" * MAX_BYTES).encode()))
    assert builder.is_full


def test_a_redacted_record_has_neither_text_nor_fields() -> None:
    nobody = Erased(b"k" * 32)
    builder = BatchBuilder(RecordReader(SOURCE, LIMITS, Erased(b"k" * 32, frozenset({nobody.hash("ann")}))))
    builder.add_record(1, 0, RawRecord(1, record_json(timestamp="never").encode()))
    kept = builder.flush().to_pylist()[0]["quarantined"]
    assert (kept["fields"], kept["raw"], kept["raw_sha256"], kept["is_redacted"]) == (None, None, None, True)
    assert [problem["value"] for problem in kept["problems"]] == [None]


def test_quarantined_records_of_a_split_are_counted_in_groups() -> None:
    builder = BatchBuilder(READER)
    texts = ["junk", record_json(), record_json(user_id=None), "more junk"]
    for number, text in enumerate(texts, start=1):
        builder.add_record(1, 0, RawRecord(number, text.encode()))
    builder.add_counts(1, 0, SplitCounts(4, 0, 0), None)
    (counts,) = [row["counts"] for row in builder.flush().to_pylist() if row["counts"]]
    assert counts["groups"] == [
        {"reasons": ["malformed_json"], "missing_fields": [], "records": 2, "record_number": 1, "text": "junk"},
        {
            "reasons": ["missing_field"],
            "missing_fields": ["user_id"],
            "records": 1,
            "record_number": 3,
            "text": texts[2],
        },
    ]
    builder.add_counts(1, 1, SplitCounts(0, 0, 0), None)
    assert builder.flush().to_pylist()[0]["counts"]["groups"] == []
