"""Quarantined records, as they are kept for people and for replay."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

_EXAMPLE_CHARACTERS = 2000


@dataclass(frozen=True)
class QuarantinedGroup:
    """The quarantined records of one file that have the same reasons and miss the same fields; the first as example."""

    file_id: int
    reasons: tuple[str, ...]
    missing_fields: tuple[str, ...]
    records: int
    record_number: int
    text: str | None


def to_quarantine_lines(quarantined: DataFrame) -> DataFrame:
    """One row per quarantined record, as a line of the quarantine folder has it.

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
        "is_redacted",
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
    )


def group_quarantined(lines: DataFrame) -> DataFrame:
    """One row per file, reasons and missing fields (`QuarantinedGroup`): few, however many records are quarantined."""
    missing = F.filter("details.problems", lambda problem: problem["reason"] == "missing_field")
    example = F.struct("record_number", F.substring("raw", 1, _EXAMPLE_CHARACTERS).alias("text"))
    groups = lines.groupBy("file_id", "reasons", F.transform(missing, lambda p: p["field"]).alias("missing_fields"))
    counted = groups.agg(F.count("*").alias("records"), F.min(example).alias("example"))
    return counted.select("file_id", "reasons", "missing_fields", "records", "example.*")


def read_group(row: Row) -> QuarantinedGroup:
    """A row of `group_quarantined`."""
    values = row.asDict()
    return QuarantinedGroup(**values | {"reasons": tuple(row.reasons), "missing_fields": tuple(row.missing_fields)})


def count_reasons(groups: Iterable[QuarantinedGroup]) -> Counter[str]:
    """How many records are quarantined for each reason; a record counts once for each of its reasons."""
    reasons: Counter[str] = Counter()
    for group in groups:
        reasons.update(dict.fromkeys(group.reasons, group.records))
    return reasons
