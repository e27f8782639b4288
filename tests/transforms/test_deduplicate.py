"""The identity rule: one record per event id, whatever the order of arrival."""

import itertools
from typing import Any

from pyspark.sql import SparkSession

from jobs.transforms.deduplicate import deduplicate
from tests.builders import events, minutes


def verdicts(spark: SparkSession, *rows: dict[str, Any]) -> dict[int, str]:
    found = deduplicate(events(spark, *rows)).collect()
    return {row.record_number: row.verdict for row in found}


def test_the_first_arrival_of_equal_records_is_published(spark: SparkSession) -> None:
    found = verdicts(
        spark,
        {"file_id": 2, "record_number": 1},
        {"file_id": 1, "record_number": 9},
        {"file_id": 1, "record_number": 3},
    )
    assert found == {3: "published", 9: "exact_duplicate", 1: "exact_duplicate"}


def test_of_conflicting_records_the_earliest_wins_in_any_order_of_arrival(spark: SparkSession) -> None:
    versions = [
        {"event_at": minutes(5), "content_fingerprint": "aa"},
        {"event_at": minutes(0), "content_fingerprint": "cc"},
        {"event_at": minutes(0), "content_fingerprint": "bb"},
    ]
    rows = [
        {**version, "event_id": f"e{order}", "record_number": number}
        for order, arriving in enumerate(itertools.permutations(versions))
        for number, version in enumerate(arriving, 1)
    ]
    found = deduplicate(events(spark, *rows)).collect()
    expected = {"bb": "published", "cc": "superseded", "aa": "superseded"}
    for order in range(6):
        assert {row.content_fingerprint: row.verdict for row in found if row.event_id == f"e{order}"} == expected


def test_a_loser_that_arrives_twice_is_superseded_once(spark: SparkSession) -> None:
    loser = {"event_at": minutes(5), "content_fingerprint": "ff"}
    found = verdicts(spark, {"record_number": 1}, {**loser, "record_number": 2}, {**loser, "record_number": 3})
    assert found == {1: "published", 2: "superseded", 3: "exact_duplicate"}


def test_other_event_ids_are_other_events(spark: SparkSession) -> None:
    found = verdicts(spark, {"event_id": "a", "record_number": 1}, {"event_id": "A", "record_number": 2})
    assert found == {1: "published", 2: "published"}
