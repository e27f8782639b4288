"""What was read is parted into events, quarantined records and counts; records are numbered through their file."""

from datetime import timedelta

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from jobs.storage.process.spark_session import persist_in_order, persist_small
from jobs.transforms.deduplicate import add_history, deduplicate
from jobs.transforms.reading import number_records, sort_by_user, split_read
from jobs.transforms.sessionize import sessionize
from schemas.tables import READ_EVENTS, READ_QUARANTINED
from tests.builders import read_texts, record_json

PLACES = "file_id long, split long, record_number long, event_id string"


def test_each_row_is_in_one_of_the_three(spark: SparkSession) -> None:
    read = read_texts(spark, record_json(), "junk", record_json(event_id="e2"))
    accepted, quarantined, counts = split_read(read)
    assert accepted.columns == ["file_id", "split", "record_number", *READ_EVENTS]
    assert quarantined.columns == ["file_id", "split", "record_number", *READ_QUARANTINED.names]
    assert {(row.record_number, row.event_id) for row in accepted.collect()} == {(1, "e1"), (3, "e2")}
    assert [(row.record_number, row.raw) for row in quarantined.collect()] == [(2, "junk")]
    group = (["malformed_json"], [], 1, 2, "junk")
    (row,) = counts.collect()
    assert row[:6] == (1, 0, 3, 0, 0, [group])
    assert (row.observed.types, row.observed.unread_content, row.digest) == (["user_login"], 0, None)


@pytest.mark.parametrize("later", [True, False], ids=["several splits", "one split a file"])
def test_numbers_of_later_splits_follow_those_of_the_earlier_ones(spark: SparkSession, later: bool) -> None:
    rows = [(1, 0, 1, "a"), (2, 0, 1, "b"), (2, 0, 2, "c")]
    numbered = [(1, 1, "a"), (2, 1, "b"), (2, 2, "c")]
    if later:
        rows += [(2, 1, 1, "d"), (2, 2, 3, "e")]
        numbered += [(2, 11, "d"), (2, 18, "e")]
    earlier = [(1, 0, 0), (2, 0, 0), *([(2, 1, 10), (2, 2, 15)] if later else [])]
    found = number_records(spark.createDataFrame(rows, PLACES), earlier)
    expected = spark.createDataFrame(numbered, "file_id long, record_number long, event_id string")
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


def test_what_lies_in_the_order_of_users_is_not_shuffled_and_sorted_again(spark: SparkSession) -> None:
    texts = [record_json(event_id=f"e{number}", user_id=f"u{number % 7}") for number in range(50)]
    read = persist_in_order(sort_by_user(read_texts(spark, *texts, "junk"), 3))
    accepted, _, _ = split_read(read)
    modelled = sessionize(deduplicate(add_history(accepted, 1, None), persist_small), timedelta(minutes=30))
    assert modelled.count() == 50
    plan = modelled._jdf.queryExecution().executedPlan().toString()
    assert "Window" in plan and "Sort" not in plan and "Exchange hashpartitioning" not in plan
    assert spark.conf.get("spark.sql.adaptive.enabled") == "true"
