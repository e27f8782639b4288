"""Makes the rows of every table from the modelled records, as sql/ddl/100_tables.sql declares them."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.transforms.deduplicate import EXACT_DUPLICATE, PUBLISHED, SUPERSEDED
from jobs.transforms.dimensions import summarize_documents, summarize_users
from jobs.transforms.sessionize import summarize_sessions
from schemas.tables import DUPLICATE_RECORDS, EVENTS, SUPERSEDED_RECORDS, VERSION_PROPERTIES

# `dayofweek` counts from 1, which is Sunday.
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def model_tables(records: DataFrame) -> dict[str, DataFrame]:
    """Return the DataFrames to stage, by table name (`schemas.tables.STAGED`).

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
    return df.select(*[F.col(field.name).cast(field.dataType) for field in schema])
