"""Decides which version of each event is published. The order in which records arrive does not matter."""

from collections.abc import Callable

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

PUBLISHED, EXACT_DUPLICATE, SUPERSEDED, WITHDRAWN = "published", "exact_duplicate", "superseded", "withdrawn"


def add_history(accepted: DataFrame, run_id: int, history: DataFrame | None) -> DataFrame:
    """Add the published records of the history (`schemas.tables.HISTORY`, and its split) to the new records.

    In: one row per accepted record of this run. Out: one row per record, new or of the history, with these columns.
    `run_id` is the run that brought the record. `previous_verdict` is NULL for a new record; for one of the history it
    is `published` or `superseded`. `is_current` says whether a current reading holds the record, and `is_held` whether
    any reading does; both are true for a new record. A new record is numbered within its `split`. One of the history is
    numbered within its file, and has split 0.
    """
    new = accepted.select(
        "*",
        F.lit(run_id).alias("run_id"),
        F.lit(None).cast("string").alias("previous_verdict"),
        F.lit(True).alias("is_current"),
        F.lit(True).alias("is_held"),
    )
    return new.unionByName(history) if history else new


def deduplicate(records: DataFrame, persist_small: Callable[[DataFrame], DataFrame] = lambda df: df) -> DataFrame:
    """Give each record its verdict.

    In and out: one row per record. Out has `verdict` too, and `is_current` is true if it is so for any record of the
    version. A version is an event id with a content fingerprint. Of the versions of an event one is published, by this
    order: versions of current readings come before those of former ones; a larger revision comes first, and a missing
    one last; then the smallest (event_at, content_fingerprint) decides. The other versions are superseded, and those
    that no reading holds any more are withdrawn. Records that repeat a version are exact duplicates of its first
    record, which has the smallest file id, split and record number. Records of the history (`add_history`) have smaller
    file ids than new ones, so the same rule tells what a new record changes.

    Records of the same content have the same user and time. So the order in which sessions are cut also puts exact
    duplicates next to each other. Events with several versions are found by a separate query. They are few, so
    `persist_small` can compute them before the join.
    """
    suspects = persist_small(_find_suspects(records))
    ranked = persist_small(_rank_versions(records, suspects))
    contested = records.withColumnRenamed("is_current", "was_current").join(
        ranked, ["event_id", "content_fingerprint"], "left"
    )
    in_user_order = Window.partitionBy("user_id").orderBy(
        "event_at", "event_id", "content_fingerprint", "file_id", "split", "record_number"
    )
    # The two columns are compared separately. Spark would make a struct of them before the shuffle, and shuffle more.
    same = [F.lag(name).over(in_user_order) == F.col(name) for name in ("event_id", "content_fingerprint")]
    is_repetition = same[0] & same[1]
    verdict = F.when(is_repetition, EXACT_DUPLICATE).otherwise(F.coalesce("rank", F.lit(PUBLISHED)))
    is_current = F.coalesce("is_current", F.lit(True))
    return contested.withColumns({"is_current": is_current, "verdict": verdict}).drop("was_current", "rank")


def _find_suspects(records: DataFrame) -> DataFrame:
    """Return the hashes of event ids that may have several versions, or a version that no current reading holds.

    The query shuffles only two hashes per record, a tenth of the size of ids and fingerprints. Two ids may share a
    hash. Then the next step looks at both, and finds that they have no conflict.
    """
    id_hash = F.xxhash64("event_id").alias("id_hash")
    hashes = records.select(id_hash, F.xxhash64("content_fingerprint").alias("content_hash"))
    # Nearly all ids occur once, so grouping them before the shuffle would save nothing. The repartition prevents that.
    contents = hashes.repartition("id_hash").groupBy("id_hash")
    found = contents.agg(F.min("content_hash").alias("smallest"), F.max("content_hash").alias("largest"))
    several = found.filter(F.col("smallest") != F.col("largest")).select("id_hash")
    # `is_current` and `is_held` are constants for new records, so Spark does not read those again for this filter.
    not_current = records.filter(~(F.col("is_current") & F.col("is_held"))).select(id_hash)
    return several.unionByName(not_current)


def _rank_versions(records: DataFrame, suspects: DataFrame) -> DataFrame:
    """Return one row per version of the suspect events: event_id, content_fingerprint, `rank`, is_current.

    `rank` is the verdict for the first record of the version.
    """
    contents = records.select(
        *("event_id", "content_fingerprint", "event_at", "revision", "is_current", "is_held"),
        F.xxhash64("event_id").alias("id_hash"),
    )
    versions = (
        contents.join(suspects, "id_hash", "left_semi")
        .repartition("event_id")  # both steps below need the versions of an event in one place
        .groupBy("event_id", "content_fingerprint")
        .agg(*[F.max(name).alias(name) for name in ("event_at", "revision", "is_current", "is_held")])
    )
    best_first = Window.partitionBy("event_id").orderBy(
        F.col("is_held").desc(),
        F.col("is_current").desc(),
        F.col("revision").desc_nulls_last(),
        "event_at",
        "content_fingerprint",
    )
    is_winner = F.row_number().over(best_first) == 1
    rank = F.when(~F.col("is_held"), WITHDRAWN).when(is_winner, PUBLISHED).otherwise(SUPERSEDED)
    return versions.select("event_id", "content_fingerprint", rank.alias("rank"), "is_current")
