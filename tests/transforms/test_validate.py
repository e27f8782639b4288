"""Typed fields, and all the reasons against a record."""

from typing import Any

import pytest
from chispa import assert_df_equality
from jobs.transforms.parse import parse
from jobs.transforms.validate import judge, split
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from jobs.transforms import validate
from tests.builders import LIMITS, default_source, record_json, records


def judge_texts(spark: SparkSession, *texts: str | bytes) -> list[Row]:
    judged = judge(parse(records(spark, *texts), default_source()), default_source(), LIMITS)
    # Python has no year 0; a refused record's time goes nowhere.
    return judged.drop("event_at").orderBy("record_number").collect()


def edit(**fields: Any) -> str:
    return record_json(**{"event_type": "document_edit", "document_id": "d1", **fields})


# text -> (reason, field) of every problem
REFUSED = {
    "junk": [("malformed_json", None)],
    "[1]": [("not_an_object", None)],
    "{}": [("missing_field", name) for name in ("event_id", "event_type", "event_at", "user_id")],
    record_json(user_id=" "): [("missing_field", "user_id")],
    record_json(Event_ID="x", event_id=None): [("missing_field", "event_id")],
    edit(document_id=None): [("missing_field", "document_id")],
    record_json(timestamp="yesterday"): [("bad_timestamp", "event_at")],
    record_json(timestamp={"at": 1}): [("bad_value", "event_at")],
    record_json(timestamp="1999-12-31T23:59:59.999999Z"): [("timestamp_out_of_range", "event_at")],
    record_json(timestamp="2100-01-01T00:00:00Z"): [("timestamp_out_of_range", "event_at")],
    record_json(timestamp="0000-01-01T00:00:00Z"): [("timestamp_out_of_range", "event_at")],
    record_json(timestamp=1748865600123456789): [("timestamp_out_of_range", "event_at")],
    record_json(user_id=["ann"]): [("bad_value", "user_id")],
    record_json(user_id="x" * 2001): [("value_too_long", "user_id")],
    record_json(user_id="\u00e9" * 1001): [("value_too_long", "user_id")],
    record_json(comment_text="a\x00b"): [("invalid_text", "comment_text")],
    '{"event_id":"e","event_type":"t","ts":1748865600,"user_id":"u","device":"\\ud800"}': [("invalid_text", "device")],
    edit(edit_length="lots"): [("bad_value", "edit_length")],
    edit(edit_length=1.5): [("bad_value", "edit_length")],
    edit(edit_length=True): [("bad_value", "edit_length")],
    edit(edit_length=2**63): [("bad_value", "edit_length")],
    edit(edit_length=[1]): [("bad_value", "edit_length")],
    edit(word_count=-1): [("bad_value", "word_count")],
    edit(timestamp="never", edit_length="lots", user_id=None): [
        ("missing_field", "user_id"),
        ("bad_value", "edit_length"),
        ("bad_timestamp", "event_at"),
    ],
}

ACCEPTED = [
    record_json(),
    record_json(timestamp="2000-01-01T00:00:00Z"),
    record_json(timestamp="2099-12-31T23:59:59.999999Z"),
    record_json(event_type="something_new"),
    record_json(user_id="x" * 2000),
    record_json(comment_text="half a \\ud800 as text"),
    record_json(unmapped={"anything": [1, "\x00"]}),
    record_json(event_type="document_shared", document_id="d1"),
    edit(edit_length=-12, word_count=0),
    edit(edit_length="7"),
    edit(edit_length=7.0),
    edit(edit_length=2**63 - 1),
]


@pytest.fixture(scope="module")
def problems(spark: SparkSession) -> dict[str, list[tuple[str, str | None]]]:
    texts = [*REFUSED, *ACCEPTED]
    rows = judge_texts(spark, *texts)
    return {
        text: [(found.reason, found.field) for found in row.problems or []]
        for text, row in zip(texts, rows, strict=True)
    }


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:60])
def test_refused_for(problems: dict[str, list[tuple[str, str | None]]], text: str) -> None:
    assert sorted(problems[text], key=str) == sorted(REFUSED[text], key=str)


@pytest.mark.parametrize("text", ACCEPTED, ids=lambda text: text[:90])
def test_accepted(problems: dict[str, list[tuple[str, str | None]]], text: str) -> None:
    assert problems[text] == []


# As JSON: what a value may be instead of what its field must be.
ODD_VALUES = [
    *['""', '" "', "null", "true", "0", "-1", "-1.5", "7.0", "7e0", "1e400", "-1e999", "9" * 400],
    *['"Infinity"', '"NaN"', '"{"', '"[1"', "{}", "[]", "[1e999]", f'"{"x" * 2001}"'],
    *['{"a":"\\u0000"}', '["\\ud800"]', '"\\u0000"', '"\\udc00"', '"document_edit"', '"2025-06-02"'],
    *['"2025-06-02 12:00"', '"1999-12-31T00:00:00Z"', "1748865600", "1e18", "4102444800"],
]


def test_no_problem_escapes_the_look_that_comes_before_the_search(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the search made for every record the same ones are refused, for the same reasons."""
    valid = {"event_id": '"e"', "event_type": '"t"', "ts": '"2025-06-02T12:00:00Z"', "user_id": '"u"'}
    names = [path[0] for paths in default_source().fields.values() for path in paths if len(path) == 1]
    odd = [
        "{" + ",".join(f'"{key}":{value}' for key, value in {**valid, name: odd_value}.items()) + "}"
        for name in names
        for odd_value in ODD_VALUES
    ]
    texts = [*REFUSED, *ACCEPTED, *odd]
    found = judge_texts(spark, *texts)
    monkeypatch.setattr(validate, "_may_be_refused", lambda *_: F.lit(True))
    assert found == judge_texts(spark, *texts)
    assert 0.2 < sum(row.problems is not None for row in found) / len(texts) < 0.8


def test_bytes_that_are_no_utf8_are_invalid_text(spark: SparkSession) -> None:
    (row,) = judge_texts(spark, b'{"event_id":"\xff"}')
    assert [(found.reason, found.expected) for found in row.problems] == [("invalid_text", "UTF-8")]


def test_accepted_and_quarantined_add_up(spark: SparkSession) -> None:
    texts = [*REFUSED, *ACCEPTED]
    judged = judge(parse(records(spark, *texts), default_source()), default_source(), LIMITS)
    accepted, quarantined = split(judged)
    assert (accepted.count(), quarantined.count()) == (len(ACCEPTED), len(REFUSED))


def test_a_refused_record_keeps_its_text_and_its_readable_fields(spark: SparkSession) -> None:
    text = edit(edit_length="lots", device="phone")
    (row,) = judge_texts(spark, text)
    assert row.raw == text
    assert row.fields["device"] == "phone"
    assert row.problems[0].asDict() == {
        "reason": "bad_value",
        "field": "edit_length",
        "value": "lots",
        "expected": "a whole number",
    }


def test_word_count_comes_from_the_content_or_else_from_the_producer(spark: SparkSession) -> None:
    texts = [
        edit(content="two words", word_count=99),
        edit(content="", word_count=99),
        edit(word_count=99),
        edit(edit_length=5),
    ]
    assert [row.document_word_count for row in judge_texts(spark, *texts)] == [2, 0, 99, None]


def test_content_is_reduced_to_its_count_and_never_passed_on(spark: SparkSession) -> None:
    judged = judge(parse(records(spark, edit(content="secret")), default_source()), default_source(), LIMITS)
    accepted, _ = split(judged)
    assert "secret" not in str(accepted.collect())
    assert_df_equality(
        accepted.select("event_id", "document_word_count"),
        spark.createDataFrame([("e1", 1)], "event_id string, document_word_count long"),
        ignore_nullable=True,
    )
