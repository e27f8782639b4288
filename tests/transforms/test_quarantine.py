"""What is kept of a quarantined record, for people and for replay."""

import base64
import hashlib

from pyspark.sql import Row, SparkSession

from jobs.transforms.quarantine import to_quarantine_lines
from jobs.transforms.reading import split_read
from tests.builders import read_texts, record_json


def describe(spark: SparkSession, text: str | bytes) -> Row:
    _, quarantined, _ = split_read(read_texts(spark, text))
    row = to_quarantine_lines(quarantined).first()
    assert row is not None
    return row


def test_text_is_kept_as_it_was_with_its_hash(spark: SparkSession) -> None:
    text = '{"broken": "\u00e9\U0001f600'
    row = describe(spark, text)
    assert (row.raw, row.raw_base64, row.raw_bytes) == (text, None, len(text.encode()))
    assert row.raw_sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_bytes_that_are_no_text_are_kept_as_base64(spark: SparkSession) -> None:
    row = describe(spark, b"\xff\xfe broken")
    assert (row.raw, base64.b64decode(row.raw_base64)) == (None, b"\xff\xfe broken")


def test_of_long_text_the_head_is_kept_beside_length_and_hash(spark: SparkSession) -> None:
    text = "{" + "x" * 100_000
    row = describe(spark, text)
    assert (len(row.raw), row.raw_bytes) == (65_536, 100_001)
    assert row.raw_sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_each_reason_is_listed_once(spark: SparkSession) -> None:
    row = describe(spark, '{"event_id":"e","timestamp":"never"}')
    assert row.reasons == ["bad_timestamp", "missing_field"]
    assert {problem.field for problem in row.details.problems} == {"event_type", "user_id", "event_at"}


def test_details_name_field_value_and_type_and_hold_the_other_fields(spark: SparkSession) -> None:
    row = describe(spark, record_json(edit_length="lots", device="phone"))
    (problem,) = row.details.problems
    assert problem.asDict() == {
        "reason": "bad_value",
        "field": "edit_length",
        "value": "lots",
        "expected": "a whole number",
    }
    assert row.details.fields == {
        "event_id": "e1",
        "event_type": "user_login",
        "event_at": "2025-06-02T12:00:00Z",
        "user_id": "ann",
        "edit_length": "lots",
        "device": "phone",
    }
