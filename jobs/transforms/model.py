"""Makes the rows of every table from the modelled records, as sql/ddl/100_tables.sql declares them."""

from collections.abc import Callable, Iterable

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.transforms.deduplicate import EXACT_DUPLICATE, PUBLISHED, SUPERSEDED
from jobs.transforms.dimensions import summarize_documents, summarize_users
from jobs.transforms.sessionize import summarize_sessions
from schemas.tables import DUPLICATE_RECORDS, EVENTS, SUPERSEDED_RECORDS, VERSION_PROPERTIES

# `dayofweek` counts from 1, which is Sunday.
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def count_records(records: DataFrame) -> DataFrame:
    """Count the modelled records: for the ledger, and for `model_tables`.

    In: one row per accepted record, new or of the history, with its verdict. Out: up to two rows per file, of which one
    counts its new records (`is_new`). A record of the history has a `previous_verdict`.
    """
    verdict = F.col("verdict")
    is_published = verdict == PUBLISHED
    return records.groupBy("file_id", F.col("previous_verdict").isNull().alias("is_new")).agg(
        F.count("*").alias("accepted"),
        F.count_if(is_published).alias("published"),
        F.count_if(is_published & F.col("document_id").isNotNull()).alias("with_document"),
        F.count_if(is_published & F.col("recipients").isNotNull()).alias("with_recipients"),
        F.count_if(verdict == SUPERSEDED).alias("superseded"),
        F.count_if(verdict == EXACT_DUPLICATE).alias("exact_duplicates"),
    )


def model_tables(records: DataFrame, counted: Iterable[Row]) -> dict[str, DataFrame]:
    """Return the DataFrames to stage, by table name (`schemas.tables.STAGED`).

    In: one row per accepted record, new or of the history, with verdict and session (`deduplicate`, `sessionize`), and
    the rows of `count_records`. A table without rows is left out, because Spark and PostgreSQL need as long to write
    none as to write a few. A load of one record is a tenth shorter by that (2026-11-27).
    """

    def having(verdict: str) -> DataFrame:
        return records.filter(F.col("verdict") == verdict)

    events = having(PUBLISHED)
    # The count that says whether the table has rows, and what makes them.
    tables: dict[str, tuple[str, Callable[[], DataFrame]]] = {
        "events": ("published", lambda: shape_events(events)),
        "share_recipients": ("with_recipients", lambda: list_recipients(events)),
        "users": ("published", lambda: summarize_users(events)),
        "documents": ("with_document", lambda: summarize_documents(events)),
        "sessions": ("published", lambda: summarize_sessions(events)),
        "superseded_records": ("superseded", lambda: conform(having(SUPERSEDED), SUPERSEDED_RECORDS)),
        "duplicate_records": ("exact_duplicates", lambda: conform(having(EXACT_DUPLICATE), DUPLICATE_RECORDS)),
    }
    rows = list(counted)
    return {name: make() for name, (count, make) in tables.items() if any(row[count] for row in rows)}


def shape_events(events: DataFrame) -> DataFrame:
    """Return one row per published event (`schemas.tables.EVENTS`). Date and weekday are in UTC, as Spark is set."""
    event_at = F.col("event_at")
    dated = events.select("*", F.to_date(event_at).alias("event_date"), name_weekday(event_at).alias("day_of_week"))
    return conform(dated, EVENTS)


def list_recipients(events: DataFrame) -> DataFrame:
    """List recipients. In: one row per published event. Out: one row per event and recipient (`SHARE_RECIPIENTS`)."""
    received = events.filter(F.col("recipients").isNotNull())
    return received.select("event_id", F.explode("recipients").alias("user_id"), F.col("event_at").alias("shared_at"))


def list_properties(records: DataFrame) -> DataFrame:
    """List properties. In: one row per record. Out: one row per record with properties (`VERSION_PROPERTIES`)."""
    return conform(records.filter(F.col("properties").isNotNull()), VERSION_PROPERTIES)


def name_weekday(instant: Column) -> Column:
    """Return 'Monday' to 'Sunday', in the time zone of the Spark session (UTC). `date_format` would be slower."""
    return F.element_at(F.array(*map(F.lit, _WEEKDAYS)), F.dayofweek(instant))


def conform(df: DataFrame, schema: T.StructType) -> DataFrame:
    """Select the columns of `schema`, in its order and types."""
    return df.to(schema)
