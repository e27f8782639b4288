"""Quarantined records, as they are kept for people and for replay."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def to_quarantine_lines(quarantined: DataFrame) -> DataFrame:
    """One row per quarantined record: a line of the quarantine folder, and `due_at`, which only the ledger keeps.

    In: one row per quarantined record, as it was read. Out: file_id, record_number; `reasons` lists each code once;
    `details` holds every problem and the fields that could be read; then the text as it is kept.
    """
    return quarantined.select(
        "file_id",
        "record_number",
        F.sort_array(F.array_distinct("problems.reason")).alias("reasons"),
        F.struct("problems", "fields").alias("details"),
        "raw",
        "raw_base64",
        "raw_bytes",
        "raw_sha256",
        "around",
        "is_redacted",
        "due_at",
    )


def shape_quarantined(lines: DataFrame, run_id: int) -> DataFrame:
    """One row per quarantined record, as `ops.quarantined_records` keeps it (`schemas.tables.QUARANTINED_RECORDS`)."""
    fields = F.transform("details.problems", lambda problem: problem["field"])
    return lines.select(
        "file_id",
        "record_number",
        "reasons",
        F.array_sort(F.array_distinct(F.filter(fields, lambda field: field.isNotNull()))).alias("fields"),
        "raw_sha256",
        F.lit(run_id).alias("run_id"),
        "due_at",
    )


def list_problems(lines: DataFrame) -> DataFrame:
    """One row per problem, as `ops.quarantine_problems` keeps it (`schemas.tables.QUARANTINE_PROBLEMS`)."""
    return (
        lines.select("file_id", "record_number", F.explode("details.problems").alias("problem"))
        .select("file_id", "record_number", "problem.reason", "problem.field")
        .distinct()
    )
