"""Modelled records -> the rows of every table, as sql/ddl/100_tables.sql declares them."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.transforms.deduplicate import EXACT_DUPLICATE, PUBLISHED, SUPERSEDED
from jobs.transforms.dimensions import summarize_documents, summarize_users
from jobs.transforms.sessionize import summarize_sessions
from schemas.tables import DUPLICATE_RECORDS, EVENTS, SUPERSEDED_RECORDS, VERSION_PROPERTIES

# As `dayofweek` counts them, from 1.
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def model_tables(records: DataFrame) -> dict[str, DataFrame]:
    """The DataFrames to stage, by table name (`schemas.tables.STAGED`).

    In: one row per accepted record, new or of the history, with verdict and session (`deduplicate`, `sessionize`).
    """
    events, superseded, duplicates = (
        records.filter(F.col("verdict") == verdict) for verdict in (PUBLISHED, SUPERSEDED, EXACT_DUPLICATE)
    )
    return {
        "events": shape_events(events),
        "share_recipients": list_recipients(events),
        "users": summarize_users(events),
        "documents": summarize_documents(events),
        "sessions": summarize_sessions(events),
        "superseded_records": conform(superseded, SUPERSEDED_RECORDS),
        "duplicate_records": conform(duplicates, DUPLICATE_RECORDS),
    }


def shape_events(events: DataFrame) -> DataFrame:
    """One row per published event (`schemas.tables.EVENTS`); date and weekday are UTC, the session's time zone."""
    event_at = F.col("event_at")
    dated = events.select("*", F.to_date(event_at).alias("event_date"), name_weekday(event_at).alias("day_of_week"))
    return conform(dated, EVENTS)


def list_recipients(events: DataFrame) -> DataFrame:
    """In: one row per published event. Out: one row per recipient of each (`schemas.tables.SHARE_RECIPIENTS`)."""
    received = events.filter(F.col("recipients").isNotNull())
    return received.select("event_id", F.explode("recipients").alias("user_id"), F.col("event_at").alias("shared_at"))


def list_properties(records: DataFrame) -> DataFrame:
    """In: one row per record. Out: one row for each that has properties (`schemas.tables.VERSION_PROPERTIES`)."""
    return conform(records.filter(F.col("properties").isNotNull()), VERSION_PROPERTIES)


def name_weekday(instant: Column) -> Column:
    """'Monday' to 'Sunday', by the session's time zone (UTC). `date_format` says the same, and takes longer for it."""
    return F.element_at(F.array(*map(F.lit, _WEEKDAYS)), F.dayofweek(instant))


def conform(df: DataFrame, schema: T.StructType) -> DataFrame:
    """The columns of `schema`, in its order and types."""
    return df.select(*[F.col(field.name).cast(field.dataType) for field in schema])
