"""The identity rule: one record per event id is published, whatever the order of arrival."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

PUBLISHED, EXACT_DUPLICATE, SUPERSEDED = "published", "exact_duplicate", "superseded"


def deduplicate(accepted: DataFrame) -> DataFrame:
    """Give each accepted record its verdict.

    In and out: one row per record; out with `verdict`. Of all records with one event id the one with the smallest
    (event_at, content_fingerprint) is published. Records that repeat it, or repeat a loser, are exact duplicates of
    the first arrival (smallest file and record number); each other loser is superseded. Records of earlier runs have
    smaller file ids, so that beside them (`add_history`) the same rule says what a new record changes.
    """
    by_event_id = Window.partitionBy("event_id").orderBy("event_at", "content_fingerprint", "file_id", "record_number")
    fingerprint = F.col("content_fingerprint")
    is_repetition = fingerprint == F.lag("content_fingerprint").over(by_event_id)
    is_winner = fingerprint == F.first("content_fingerprint").over(by_event_id)
    verdict = F.when(is_repetition, EXACT_DUPLICATE).when(is_winner, PUBLISHED).otherwise(SUPERSEDED).alias("verdict")
    return accepted.select("*", verdict)


def add_history(accepted: DataFrame, run_id: int, history: DataFrame | None) -> DataFrame:
    """New records, and beside them what is published already (`schemas.tables.HISTORY`).

    In: one row per accepted record of this run. Out: one row per record of both, with `run_id`, the run that brought
    it, and `standing`: NULL for a new one, else what it was before this run, `published` or `superseded`.
    """
    new = accepted.select("*", F.lit(run_id).alias("run_id"), F.lit(None).cast("string").alias("standing"))
    return new.unionByName(history) if history else new


def count_verdicts(records: DataFrame) -> DataFrame:
    """How many of each verdict among the new records.

    In: one row per accepted record, with its verdict and `standing`. Out: one row per file of this run.
    """
    verdict = F.col("verdict")
    new = records.filter(F.col("standing").isNull())
    return new.groupBy("file_id").agg(
        F.count("*").alias("accepted"),
        F.count_if(verdict == EXACT_DUPLICATE).alias("exact_duplicates"),
        F.count_if(verdict == SUPERSEDED).alias("superseded"),
    )
