"""Removes erased people from rows that were read before, by the same rules as from new records.

The key must not be a literal, because Spark shows and logs plans with their literals. So it goes to the workers inside
Python functions, as bytes.
"""

from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.records.erased_people import PERSONAL, Erased
from jobs.records.problems import Problem, Quarantined
from schemas.tables import HISTORY_WITH_PROPERTIES, QUARANTINE_LINE

# These columns of an event get another value. Those of PERSONAL become NULL.
_CHANGED = ("user_id", "recipients", "content_fingerprint", "properties")
_CHANGES = T.StructType(
    [
        T.StructField("names", T.ArrayType(T.StringType())),
        *[HISTORY_WITH_PROPERTIES[name] for name in _CHANGED],
    ]
)
# These columns of a line of the quarantine folder change when it is redacted.
_REDACTED = T.StructType(
    [QUARANTINE_LINE[name] for name in ("details", "raw", "raw_base64", "raw_sha256", "around", "is_redacted")]
)


def pseudonymize(records: DataFrame, erased: Erased) -> DataFrame:
    """Remove the erased people from records of the history.

    In and out: one row per record, with the same columns, including `properties`.
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
    """Remove the text, its hash and all values from lines of the quarantine folder that mention an erased person.

    In and out: one row per quarantined record (`schemas.tables.QUARANTINE_LINE`). Lines that were redacted before stay
    redacted.
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
    """Return the names and addresses that the erased people's own quarantined records state."""
    found = lines.select("details.fields").rdd.flatMap(lambda line: erased.find_names(line.fields or {}))
    return frozenset(found.distinct().collect())


def _read_line(line: Row) -> Quarantined:
    # A killed run may have left a line half written. Such a line can lack any column.
    details = line.details or Row(problems=None, fields=None)
    problems = [Problem(**problem.asDict()) for problem in details.problems or ()]
    text = (line.raw, line.raw_base64, line.raw_bytes, line.raw_sha256, line.around)
    return Quarantined(problems, details.fields, *text, is_redacted=line.is_redacted)
