"""The identity rule: one version of each event is published, whatever the order of arrival."""

from collections.abc import Callable

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

PUBLISHED, EXACT_DUPLICATE, SUPERSEDED, WITHDRAWN = "published", "exact_duplicate", "superseded", "withdrawn"


def add_history(accepted: DataFrame, run_id: int, history: DataFrame | None) -> DataFrame:
    """New records, and beside them what is published already (`schemas.tables.HISTORY`, with its split).

    In: one row per accepted record of this run. Out: one row per record of both, with `run_id`, the run that brought
    it, and `previous_verdict`: NULL for a new one, else what it was before this run, `published` or `superseded`.
    `is_current` and `is_held` say whether a current reading, or any, holds the record; a new one is held by its own.
    New records are numbered within their `split` of a file, earlier ones, of split 0, within their file.
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

    In and out: one row per record; out with `verdict`, and with `is_current` as it holds for all records of the same
    version. A version is an event id with a fingerprint. Of the versions of an event one is published: one of current
    readings before one of former readings, then the one of the largest revision (a record without one ranks lowest),
    then the one with the smallest (event_at, content_fingerprint). Records that repeat a version are exact duplicates
    of its first arrival (smallest file, split and record number). The other versions are superseded, and those that no
    reading holds any more are withdrawn. Records of earlier runs have smaller file ids, so that beside them
    (`add_history`) the same rule says what a new record changes.

    Records of one content are of one user and time, so that the order in which sessions are cut brings them together.
    Conflicts are looked for apart. They are few, so that `persist_small` may compute them before they are joined.
    """
    suspects = persist_small(_find_suspects(records))
    ranked = persist_small(_rank_versions(records, suspects))
    contested = records.withColumnRenamed("is_current", "was_current").join(
        ranked, ["event_id", "content_fingerprint"], "left"
    )
    in_user_order = Window.partitionBy("user_id").orderBy(
        "event_at", "event_id", "content_fingerprint", "file_id", "split", "record_number"
    )
    # Compared one by one: a struct of the two would be made before the shuffle, and each record weigh more in it.
    same = [F.lag(name).over(in_user_order) == F.col(name) for name in ("event_id", "content_fingerprint")]
    is_repetition = same[0] & same[1]
    verdict = F.when(is_repetition, EXACT_DUPLICATE).otherwise(F.coalesce("rank", F.lit(PUBLISHED)))
    columns = {name: F.col(name) for name in records.columns} | {
        "is_current": F.coalesce("is_current", F.lit(True)),
        "verdict": verdict,
    }
    return contested.select(*[column.alias(name) for name, column in columns.items()])


def _find_suspects(records: DataFrame) -> DataFrame:
    """The hashes of the event ids that may stand for several versions, or for one that is not simply current.

    Found on two hashes a record, a tenth of what ids and fingerprints would weigh in a shuffle. Two ids that share a
    hash are only looked at for nothing.
    """
    id_hash = F.xxhash64("event_id").alias("id_hash")
    hashes = records.select(id_hash, F.xxhash64("content_fingerprint").alias("content_hash"))
    # Nearly all ids are there once, so that to group them before the shuffle is work without use.
    contents = hashes.repartition("id_hash").groupBy("id_hash")
    found = contents.agg(F.min("content_hash").alias("smallest"), F.max("content_hash").alias("largest"))
    several = found.filter(F.col("smallest") != F.col("largest")).select("id_hash")
    # New records are current, which Spark sees without reading them again.
    not_current = records.filter(~(F.col("is_current") & F.col("is_held"))).select(id_hash)
    return several.unionByName(not_current)


def _rank_versions(records: DataFrame, suspects: DataFrame) -> DataFrame:
    """One row per version of the events among the suspects: event_id, content_fingerprint, `rank`, is_current.

    `rank` is the verdict on the first record of the version.
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
