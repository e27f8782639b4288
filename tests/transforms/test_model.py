"""The counts of the modelled records, and the tables that are staged by them."""

from datetime import timedelta
from typing import Any

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.transforms.deduplicate import deduplicate
from jobs.transforms.model import count_records, model_tables
from jobs.transforms.sessionize import sessionize
from tests.builders import events


def model(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """Events with their verdict and session. A row whose `file_id` is 0 belongs to the history."""
    previous = F.when(F.col("file_id") == 0, "published")
    records = events(spark, *rows).withColumns({"previous_verdict": previous, "run_id": F.lit(1)})
    return sessionize(deduplicate(records), timedelta(minutes=30))


def test_records_are_counted_by_file_and_those_of_the_history_apart(spark: SparkSession) -> None:
    records = model(
        spark,
        {"file_id": 0, "record_number": 1, "event_id": "old"},
        {"file_id": 1, "record_number": 1, "document_id": "doc"},
        {"file_id": 2, "record_number": 1},
        {"file_id": 2, "record_number": 2, "content_fingerprint": "f1"},
        {"file_id": 2, "record_number": 3, "event_id": "e2", "recipients": ["bob", "eve"]},
    )
    counts = "accepted long, published long, with_document long, with_recipients long, superseded long"
    expected = spark.createDataFrame(
        [(0, False, 1, 1, 0, 0, 0, 0), (1, True, 1, 1, 1, 0, 0, 0), (2, True, 3, 1, 0, 1, 1, 1)],
        f"file_id long, is_new boolean, {counts}, exact_duplicates long",
    )
    assert_df_equality(count_records(records), expected, ignore_nullable=True, ignore_row_order=True)


def test_only_tables_with_rows_are_staged(spark: SparkSession) -> None:
    def find_staged(*rows: dict[str, Any]) -> set[str]:
        records = model(spark, *rows)
        return set(model_tables(records, count_records(records).collect()))

    of_any_event = {"events", "users", "sessions"}
    assert find_staged({}) == of_any_event
    assert find_staged(
        {"document_id": "doc"},
        {"event_id": "e2", "recipients": ["bob"]},
        {"event_id": "e3"},
        {"event_id": "e3", "record_number": 2},
        {"event_id": "e4"},
        {"event_id": "e4", "content_fingerprint": "f1"},
    ) == of_any_event | {"documents", "share_recipients", "duplicate_records", "superseded_records"}
