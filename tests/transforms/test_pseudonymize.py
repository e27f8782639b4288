"""How erased people are told, and what becomes of their records."""

import json
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from jobs.storage.tombstones import Tombstones
from jobs.transforms.parse import parse
from jobs.transforms.pseudonymize import pseudonymize, redact
from jobs.transforms.quarantine import describe_quarantined
from jobs.transforms.validate import judge, split
from schemas.tables import WHOLE_QUARANTINE_LINE
from tests.builders import LIMITS, default_source, events, record_json, records

NOBODY = Tombstones(bytes(range(32)))
ANN, BOB = NOBODY.add("ann", ["Ann \u00c9. Lee"]), NOBODY.add("bob", [])
BOTH = ANN.add("bob", [])


def hide(text: str) -> str:
    return NOBODY.pseudonym(text)


def test_who_acted_leaves_a_pseudonym_and_what_was_done(spark: SparkSession) -> None:
    said = {
        "comment_text": "x",
        "device": "x",
        "ip_address": "x",
        "reported_user_name": "x",
        "reported_user_email": "x",
        "reported_document_title": "x",
    }
    done = {"document_id": "d", "permission": "read", "edit_length": 3, "shared_with_user_id": "cleo"}
    row = {"content_fingerprint": "f0", **said, **done}
    found = pseudonymize(events(spark, row), ANN.in_spark(spark))
    expected = events(spark, {**done, "user_id": hide("ann"), "content_fingerprint": NOBODY.hash("f0")})
    assert_df_equality(found, expected, ignore_nullable=True)


def test_who_received_leaves_a_pseudonym_and_the_others_words_stay(spark: SparkSession) -> None:
    row = {"user_id": "bob", "comment_text": "for you", "device": "desk", "reported_user_name": "Bob"}
    found = pseudonymize(events(spark, {**row, "shared_with_user_id": "ann"}), ANN.in_spark(spark))
    expected = events(spark, {**row, "shared_with_user_id": hide("ann"), "content_fingerprint": NOBODY.hash("f0")})
    assert_df_equality(found, expected, ignore_nullable=True)


def test_others_are_left_alone(spark: SparkSession) -> None:
    rows = events(spark, {"user_id": "bob"}, {"user_id": "Ann"}, {"user_id": "ann "}, {"user_id": hide("ann")})
    assert_df_equality(pseudonymize(rows, ANN.in_spark(spark)), rows, ignore_nullable=True)


def test_one_after_the_other_is_both_at_once(spark: SparkSession) -> None:
    rows = events(
        spark,
        {"event_id": "e1", "user_id": "ann", "shared_with_user_id": "bob", "device": "x"},
        {"event_id": "e2", "user_id": "bob", "shared_with_user_id": "ann", "device": "x"},
        {"event_id": "e3", "user_id": "bob", "device": "x"},
    )
    at_once = pseudonymize(rows, BOTH.in_spark(spark))
    in_turn = pseudonymize(pseudonymize(rows, ANN.in_spark(spark)), BOTH.in_spark(spark))
    assert_df_equality(in_turn, at_once, ignore_nullable=True)


def test_the_key_is_in_no_plan(spark: SparkSession) -> None:
    found = pseudonymize(events(spark, {}), ANN.in_spark(spark))
    found.collect()
    plan = found._jdf.queryExecution().toString()
    assert hide("ann") in plan
    for mask in (0, 0x36, 0x5C):
        secret = bytes(byte ^ mask for byte in NOBODY.key)
        for spelling in (secret.hex(), secret.hex().upper(), secret.decode("latin-1"), str(list(secret))[1:-1]):
            assert spelling not in plan


def describe(spark: SparkSession, text: str | bytes, erased: Tombstones = ANN) -> Any:
    _, quarantined = split(judge(parse(records(spark, text), default_source()), default_source(), LIMITS))
    return redact(describe_quarantined(quarantined), erased.in_spark(spark)).first()


BAD = {"edit_length": "many"}


@pytest.mark.parametrize(
    "text",
    [
        record_json(**BAD),
        record_json(**BAD, user_id="bob", shared_with_user_id="ann"),
        record_json(**BAD, user_id="bob", members=["cleo", "ann"]),
        '{"user_id": "ann", "event_id"',
        "user_id=ann",
        "<user>ann</user>",
        b'\xff\xfe {"user_id": "ann"}',
        record_json(**BAD, user_id=None, user_name="Ann \u00c9. Lee"),
        json.dumps({"user_name": "Ann \u00c9. Lee"}),
        json.dumps({"user_name": "Ann \u00c9. Lee"}, ensure_ascii=False)[:-1],
    ],
)
def test_of_a_refused_record_that_mentions_the_person_only_the_reasons_are_left(
    spark: SparkSession, text: str | bytes
) -> None:
    row = describe(spark, text)
    assert (row.raw, row.raw_base64, row.raw_sha256, row.details.fields, row.is_redacted) == (None,) * 4 + (True,)
    assert row.reasons
    assert [problem.value for problem in row.details.problems] == [None] * len(row.details.problems)
    assert [problem.reason for problem in row.details.problems]


@pytest.mark.parametrize(
    "text",
    [
        record_json(**BAD, user_id="bob"),
        record_json(**BAD, user_id="anna"),
        record_json(**BAD, user_id="bob", user_name="Ann \u00c9. Lee"),
        '{"user_id": "anna", "event_id"',
        "channel",
    ],
)
def test_other_refused_records_stay_as_they_are(spark: SparkSession, text: str) -> None:
    row = describe(spark, text)
    assert (row.raw, row.is_redacted) == (text, None)
    assert row.raw_sha256


def test_number_ids_are_found_in_what_is_no_json(spark: SparkSession) -> None:
    assert describe(spark, '{"user_id": 4711,', NOBODY.add("4711", [])).is_redacted
    assert not describe(spark, '{"user_id": 14711,', NOBODY.add("4711", [])).is_redacted


def test_a_line_is_read_back_with_all_that_it_has(spark: SparkSession) -> None:
    _, quarantined = split(judge(parse(records(spark, "x"), default_source()), default_source(), LIMITS))
    written = redact(describe_quarantined(quarantined), ANN.in_spark(spark)).columns
    assert ["source_file", *written[1:], "run_id"] == WHOLE_QUARANTINE_LINE.names
