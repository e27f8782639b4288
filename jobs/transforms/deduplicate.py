"""The identity rule: one record per event id is published, whatever the order of arrival."""

from collections.abc import Callable

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

PUBLISHED, EXACT_DUPLICATE, SUPERSEDED = "published", "exact_duplicate", "superseded"


def add_history(accepted: DataFrame, run_id: int, history: DataFrame | None) -> DataFrame:
    """New records, and beside them what is published already (`schemas.tables.HISTORY`).

    In: one row per accepted record of this run. Out: one row per record of both, with `run_id`, the run that brought
    it, and `previous_verdict`: NULL for a new one, else what it was before this run, `published` or `superseded`.
    """
    new = accepted.select("*", F.lit(run_id).alias("run_id"), F.lit(None).cast("string").alias("previous_verdict"))
    return new.unionByName(history) if history else new


def deduplicate(records: DataFrame, persist_small: Callable[[DataFrame], DataFrame] = lambda df: df) -> DataFrame:
    """Give each record its verdict.

    In and out: one row per record; out with `verdict`. Of all records with one event id the one with the smallest
    (event_at, content_fingerprint) is published. Records that repeat it, or repeat a loser, are exact duplicates of
    the first arrival (smallest file and record number); each other loser is superseded. Records of earlier runs have
    smaller file ids, so that beside them (`add_history`) the same rule says what a new record changes.

    Records of one content are of one user and time, so that the order in which sessions are cut brings them together.
    Conflicts are looked for apart. They are few, so that `persist_small` may compute them before they are joined.
    """
    suspects = persist_small(_find_suspects(records))
    winners = persist_small(_choose_winners(records, suspects))
    contested = records.join(winners, "event_id", "left")
    in_user_order = Window.partitionBy("user_id").orderBy(
        "event_at", "event_id", "content_fingerprint", "file_id", "record_number"
    )
    # Compared one by one: a struct of the two would be made before the shuffle, and each record weigh more in it.
    same = [F.lag(name).over(in_user_order) == F.col(name) for name in ("event_id", "content_fingerprint")]
    is_repetition = same[0] & same[1]
    is_loser = F.col("content_fingerprint") != F.col("winning_fingerprint")
    verdict = F.when(is_repetition, EXACT_DUPLICATE).when(is_loser, SUPERSEDED).otherwise(PUBLISHED)
    return contested.select(*records.columns, verdict.alias("verdict"))


def _find_suspects(records: DataFrame) -> DataFrame:
    """One row per hash of an event id that may stand for more than one content.

    Found on two hashes a record, a tenth of what ids and fingerprints would weigh in a shuffle. Two ids that share a
    hash are only looked at for nothing.
    """
    hashes = records.select(
        F.xxhash64("event_id").alias("id_hash"), F.xxhash64("content_fingerprint").alias("content_hash")
    )
    # Nearly all ids are there once, so that to group them before the shuffle is work without use.
    contents = hashes.repartition("id_hash").groupBy("id_hash")
    found = contents.agg(F.min("content_hash").alias("smallest"), F.max("content_hash").alias("largest"))
    return found.filter(F.col("smallest") != F.col("largest")).select("id_hash")


def _choose_winners(records: DataFrame, suspects: DataFrame) -> DataFrame:
    """One row per event id among the suspects: the fingerprint that is published."""
    contents = records.select("event_id", "event_at", "content_fingerprint", F.xxhash64("event_id").alias("id_hash"))
    return (
        contents.join(suspects, "id_hash", "left_semi")
        .groupBy("event_id")
        .agg(F.min(F.struct("event_at", "content_fingerprint"))["content_fingerprint"].alias("winning_fingerprint"))
    )


def count_verdicts(records: DataFrame) -> DataFrame:
    """How many of each verdict among the new records.

    In: one row per accepted record, with its verdict and `previous_verdict`. Out: one row per file of this run.
    """
    verdict = F.col("verdict")
    new = records.filter(F.col("previous_verdict").isNull())
    return new.groupBy("file_id").agg(
        F.count("*").alias("accepted"),
        F.count_if(verdict == EXACT_DUPLICATE).alias("exact_duplicates"),
        F.count_if(verdict == SUPERSEDED).alias("superseded"),
    )
