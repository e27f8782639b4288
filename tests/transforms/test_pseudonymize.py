"""How erased people are told, and what becomes of their records."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.storage.erasure.tombstones import Tombstones
from jobs.transforms.pseudonymize import find_names, pseudonymize, redact
from jobs.transforms.quarantine import to_quarantine_lines
from jobs.transforms.reading import split_read
from schemas.tables import QUARANTINE_LINE
from tests.builders import events, read_texts, record_json

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
        "properties": '{"plan":"x"}',
    }
    done = {"document_id": "d", "permission": "read", "edit_length": 3, "recipients": ["cleo"]}
    row = {"content_fingerprint": "f0", **said, **done}
    found = pseudonymize(events(spark, row), ANN.erased)
    expected = events(spark, {**done, "user_id": hide("ann"), "content_fingerprint": NOBODY.hash("f0")})
    assert_df_equality(found, expected, ignore_nullable=True)


def test_who_received_leaves_a_pseudonym_and_the_others_words_stay(spark: SparkSession) -> None:
    row = {"user_id": "bob", "comment_text": "for you", "device": "desk", "reported_user_name": "Bob"}
    found = pseudonymize(
        events(spark, {**row, "recipients": ["ann", "zoe"], "properties": '{"who":["ann","x"]}'}), ANN.erased
    )
    hidden = {"recipients": [hide("ann"), "zoe"], "properties": f'{{"who":["{hide("ann")}","x"]}}'}
    expected = events(spark, {**row, **hidden, "content_fingerprint": NOBODY.hash("f0")})
    assert_df_equality(found, expected, ignore_nullable=True)


def test_others_are_left_alone(spark: SparkSession) -> None:
    rows = events(spark, {"user_id": "bob"}, {"user_id": "Ann"}, {"user_id": "ann "}, {"user_id": hide("ann")})
    assert_df_equality(pseudonymize(rows, ANN.erased), rows, ignore_nullable=True)


def test_one_after_the_other_is_both_at_once(spark: SparkSession) -> None:
    rows = events(
        spark,
        {"event_id": "e1", "user_id": "ann", "recipients": ["bob", "cleo"], "device": "x"},
        {"event_id": "e2", "user_id": "bob", "recipients": ["ann"], "device": "x"},
        {"event_id": "e3", "user_id": "bob", "device": "x"},
    )
    at_once = pseudonymize(rows, BOTH.erased)
    in_turn = pseudonymize(pseudonymize(rows, ANN.erased), BOTH.erased)
    assert_df_equality(in_turn, at_once, ignore_nullable=True)


def test_an_instant_stays_what_it_is_where_the_clocks_are_put_back(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    instants = [datetime(2025, 10, 26, hour, 30, tzinfo=UTC) for hour in (0, 1, 2)]
    rows = events(spark, *[{"event_id": str(at), "event_at": at} for at in instants])
    monkeypatch.setitem(spark.sparkContext.environment, "TZ", "Europe/Berlin")  # of the workers
    found = pseudonymize(rows, ANN.erased).selectExpr("unix_micros(event_at) as micros")
    assert {row.micros for row in found.collect()} == {round(at.timestamp() * 1_000_000) for at in instants}


def test_the_key_is_in_no_plan(spark: SparkSession) -> None:
    found = pseudonymize(events(spark, {}), ANN.erased)
    plan = found._jdf.queryExecution().toString()
    for spelling in (NOBODY.key.hex(), NOBODY.key.decode("latin-1"), str(list(NOBODY.key))[1:-1]):
        assert spelling not in plan


def write(spark: SparkSession, *texts: str | bytes) -> DataFrame:
    """Lines of the quarantine folder, as they are read from it."""
    _, quarantined, _ = split_read(read_texts(spark, *texts))
    lines = to_quarantine_lines(quarantined).withColumns({"source_file": F.lit("file:///a"), "run_id": F.lit(1)})
    return lines.select(*[F.col(field.name).cast(field.dataType) for field in QUARANTINE_LINE])


def describe(spark: SparkSession, text: str | bytes, erased: Tombstones = ANN) -> Any:
    return redact(write(spark, text), erased.erased).first()


BAD = {"edit_length": "many"}


@pytest.mark.parametrize(
    "text",
    [
        record_json(**BAD),
        record_json(**BAD, user_id="bob", shared_with=["cleo", "ann"]),
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


def test_what_was_redacted_before_stays_so(spark: SparkSession) -> None:
    once = redact(write(spark, '{"user_id": "ann",', "junk"), ANN.erased)
    assert_df_equality(redact(once, BOB.erased), once, ignore_nullable=True)


def test_a_line_that_was_written_in_part_is_redacted_too(spark: SparkSession) -> None:
    half = write(spark, '{"user_id": "ann",').withColumn(
        "details", F.lit(None).cast(QUARANTINE_LINE["details"].dataType)
    )
    row = redact(half, ANN.erased).first()
    assert row is not None
    assert (row.raw, row.raw_sha256, row.details, row.is_redacted) == (None, None, None, True)


def test_names_are_those_that_the_persons_own_records_state(spark: SparkSession) -> None:
    texts = [record_json(**BAD, user_name="Ann"), record_json(**BAD, user_id="bob", user_name="Bob"), "ann"]
    assert find_names(write(spark, *texts), ANN.erased) == {"Ann"}


def test_a_line_is_read_back_with_all_that_it_has(spark: SparkSession) -> None:
    _, quarantined, _ = split_read(read_texts(spark, "x"))
    written = to_quarantine_lines(quarantined).columns
    assert ["source_file", *written[1:-1], "run_id"] == QUARANTINE_LINE.names
    assert written[-1] == "due_at"
