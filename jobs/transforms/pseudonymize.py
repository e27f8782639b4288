"""Erased people taken out of rows that were read before, by the rules that new records go through.

The key travels inside Python functions, as bytes: in a literal it would stand in plans, and these are shown and logged.
"""

from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.records.erased_people import PERSONAL, Erased
from jobs.records.problems import Problem, Quarantined
from schemas.tables import HISTORY_WITH_PROPERTIES, QUARANTINE_LINE

# The columns of an event that get another value; those of PERSONAL lose theirs.
_CHANGED = ("user_id", "recipients", "content_fingerprint", "properties")
_CHANGES = T.StructType(
    [
        T.StructField("names", T.ArrayType(T.StringType())),
        *[HISTORY_WITH_PROPERTIES[name] for name in _CHANGED],
    ]
)
# What is taken out of a line of the quarantine folder.
_REDACTED = T.StructType(
    [QUARANTINE_LINE[name] for name in ("details", "raw", "raw_base64", "raw_sha256", "around", "is_redacted")]
)


def pseudonymize(records: DataFrame, erased: Erased) -> DataFrame:
    """Take the erased people out of records of the history.

    In and out: one row per record, the same columns, `properties` among them.
    """

    def find(*values: Any) -> tuple[Any, ...] | None:
        changes = erased.find_changes(*values)
        return ([*changes], *[changes.get(name) for name in _CHANGED]) if changes else None

    found = records.withColumn("changes", F.udf(find, _CHANGES, useArrow=False)(*_CHANGED))
    is_changed = {
        name: F.coalesce(F.array_contains("changes.names", name), F.lit(False)) for name in (*_CHANGED, *PERSONAL)
    }
    changed = {name: F.when(is_changed[name], F.col(f"changes.{name}")).otherwise(F.col(name)) for name in _CHANGED}
    changed |= {name: F.when(~is_changed[name], F.col(name)) for name in PERSONAL}
    return found.select(*[changed.get(name, F.col(name)).alias(name) for name in records.columns])


def redact(lines: DataFrame, erased: Erased) -> DataFrame:
    """Take the text, its hash and all values out of the lines of the quarantine folder that mention an erased person.

    In and out: one row per quarantined record (`schemas.tables.QUARANTINE_LINE`). What was redacted before stays
    so.
    """

    def find(line: Row) -> tuple[Any, ...] | None:
        record = _read_line(line)
        redacted = erased.redact(record)
        if redacted is record:
            return None
        problems = [tuple(vars(problem).values()) for problem in redacted.problems]
        details = (problems, redacted.fields) if line.details else None
        return details, redacted.raw, redacted.raw_base64, redacted.raw_sha256, redacted.around, redacted.is_redacted

    found = lines.withColumn("redacted", F.udf(find, _REDACTED, useArrow=False)(F.struct(*lines.columns)))
    changed = {
        name: F.when(F.col("redacted").isNotNull(), F.col(f"redacted.{name}")).otherwise(F.col(name))
        for name in _REDACTED.names
    }
    return found.select(*[changed.get(name, F.col(name)).alias(name) for name in lines.columns])


def find_names(lines: DataFrame, erased: Erased) -> frozenset[str]:
    """The names and addresses that the erased people's own quarantined records state."""
    found = lines.select("details.fields").rdd.flatMap(lambda line: erased.find_names(line.fields or {}))
    return frozenset(found.distinct().collect())


def _read_line(line: Row) -> Quarantined:
    # A line that a dying run left half written may lack anything.
    details = line.details or Row(problems=None, fields=None)
    problems = [Problem(**problem.asDict()) for problem in details.problems or ()]
    text = (line.raw, line.raw_base64, line.raw_bytes, line.raw_sha256, line.around)
    return Quarantined(problems, details.fields, *text, is_redacted=line.is_redacted)
