"""Erased people taken out of rows that were read before, by the rules that new records go through."""

from collections.abc import Callable

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.records.pseudonyms import Erased
from jobs.records.quarantine import Problem, Quarantined


def pseudonymize(records: DataFrame, erased: Erased) -> DataFrame:
    """Take the erased people out of records of the history.

    In and out: one row per record, the same columns.
    """

    def change(row: Row) -> Row:
        changes = erased.find_changes(row.user_id, row.shared_with_user_id, row.content_fingerprint)
        return Row(**row.asDict() | changes) if changes else row

    # An instant that goes through Python's local time would be ambiguous where the clocks are put back.
    counted = records.withColumn("event_at", F.unix_micros("event_at"))
    return _change(counted, change).withColumn("event_at", F.timestamp_micros("event_at"))


def redact(lines: DataFrame, erased: Erased) -> DataFrame:
    """Take the text, its hash and all values out of the lines of the quarantine folder that mention an erased person.

    In and out: one row per quarantined record (`schemas.tables.WHOLE_QUARANTINE_LINE`). What was redacted before stays
    so.
    """

    def change(line: Row) -> Row:
        before = _read_line(line)
        after = erased.redact(before)
        if after is before:
            return line
        kept = {"raw": after.raw, "raw_base64": after.raw_base64, "raw_sha256": after.raw_sha256}
        return Row(**line.asDict() | kept | {"details": _write_details(line, after), "is_redacted": True})

    return _change(lines, change)


def find_names(lines: DataFrame, erased: Erased) -> frozenset[str]:
    """The names and addresses that the erased people's own quarantined records state."""
    found = lines.select("details.fields").rdd.flatMap(lambda line: erased.find_names(line.fields or {}))
    return frozenset(found.distinct().collect())


def _read_line(line: Row) -> Quarantined:
    # A line that a dying run left half written may lack anything.
    details = line.details or Row(problems=None, fields=None)
    problems = [Problem(**problem.asDict()) for problem in details.problems or ()]
    text = (line.raw, line.raw_base64, line.raw_bytes, line.raw_sha256)
    return Quarantined(problems, details.fields, *text, is_redacted=line.is_redacted)


def _write_details(line: Row, record: Quarantined) -> Row | None:
    if line.details is None:
        return None
    return Row(problems=[Row(**vars(problem)) for problem in record.problems], fields=record.fields)


def _change(rows: DataFrame, change: Callable[[Row], Row]) -> DataFrame:
    # The key travels inside the function, as bytes: in a literal it would stand in plans, and these are logged.
    return rows.sparkSession.createDataFrame(rows.rdd.map(change), rows.schema, verifySchema=False)
