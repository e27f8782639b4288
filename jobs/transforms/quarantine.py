"""Shapes quarantined records for the quarantine folder and for the ledger."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def to_quarantine_lines(quarantined: DataFrame) -> DataFrame:
    """Make the lines of the quarantine folder, and `due_at`, which only the ledger keeps.

    In: one row per quarantined record, as it was read. Out: one row per record, with file_id and record_number.
    `reasons` lists each code once. `details` holds every problem, and the fields that could be read. The other columns
    hold the text.
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
    """Make one row of `ops.quarantined_records` per record (`schemas.tables.QUARANTINED_RECORDS`)."""
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
    """Make one row of `ops.quarantine_problems` per problem (`schemas.tables.QUARANTINE_PROBLEMS`)."""
    return (
        lines.select("file_id", "record_number", F.explode("details.problems").alias("problem"))
        .select("file_id", "record_number", "problem.reason", "problem.field")
        .distinct()
    )
