"""The identity rule: one record per event id is published, whatever the order of arrival."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

PUBLISHED, EXACT_DUPLICATE, SUPERSEDED = "published", "exact_duplicate", "superseded"


def deduplicate(accepted: DataFrame) -> DataFrame:
    """Give each accepted record its verdict.

    In and out: one row per record; out with `verdict`. Of all records with one event id the one with the smallest
    (event_at, content_fingerprint) is published. Records that repeat it, or repeat a loser, are exact duplicates of
    the first arrival (smallest file and record number); each other loser is superseded.
    """
    by_event_id = Window.partitionBy("event_id").orderBy("event_at", "content_fingerprint", "file_id", "record_number")
    fingerprint = F.col("content_fingerprint")
    is_repetition = fingerprint == F.lag("content_fingerprint").over(by_event_id)
    is_winner = fingerprint == F.first("content_fingerprint").over(by_event_id)
    verdict = F.when(is_repetition, EXACT_DUPLICATE).when(is_winner, PUBLISHED).otherwise(SUPERSEDED).alias("verdict")
    return accepted.select("*", verdict)


def count_verdicts(records: DataFrame) -> DataFrame:
    """In: one row per accepted record, with its verdict. Out: one row per file: how many of each verdict."""
    verdict = F.col("verdict")
    return records.groupBy("file_id").agg(
        F.count("*").alias("accepted"),
        F.count_if(verdict == EXACT_DUPLICATE).alias("exact_duplicates"),
        F.count_if(verdict == SUPERSEDED).alias("superseded"),
    )
