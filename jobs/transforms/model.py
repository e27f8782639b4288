"""Modelled records -> the rows of every table, as sql/ddl/100_tables.sql declares them."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.transforms.deduplicate import PUBLISHED, SUPERSEDED
from jobs.transforms.dimensions import summarize_documents, summarize_users
from jobs.transforms.sessionize import summarize_sessions
from schemas.tables import EVENTS, QUARANTINED_RECORDS, SUPERSEDED_RECORDS


def model_tables(verdicts: DataFrame, events: DataFrame, described: DataFrame, run_id: int) -> dict[str, DataFrame]:
    """The frames to stage, by table name (`schemas.tables.STAGED`).

    In: `verdicts`, one row per accepted record (`deduplicate`); `events`, one row per published record with its
    session (`sessionize`); `described`, one row per refused record (`describe_quarantined`).
    """
    published = verdicts.filter(F.col("verdict") == PUBLISHED)
    superseded = verdicts.filter(F.col("verdict") == SUPERSEDED)
    return {
        "users": summarize_users(published),
        "documents": summarize_documents(published),
        "sessions": summarize_sessions(events),
        "events": shape_events(events, run_id),
        "quarantined_records": _conform(described, QUARANTINED_RECORDS, run_id),
        "superseded_records": _conform(superseded, SUPERSEDED_RECORDS, run_id),
    }


def shape_events(events: DataFrame, run_id: int) -> DataFrame:
    """One row per published event (`schemas.tables.EVENTS`); date and weekday are UTC, the session's time zone."""
    event_at = F.col("event_at")
    dated = events.select("*", F.to_date(event_at).alias("event_date"), name_weekday(event_at).alias("day_of_week"))
    return _conform(dated, EVENTS, run_id)


def name_weekday(instant: Column) -> Column:
    """'Monday' to 'Sunday', by the session's time zone (UTC)."""
    return F.date_format(instant, "EEEE")


def _conform(frame: DataFrame, schema: T.StructType, run_id: int) -> DataFrame:
    columns = frame.withColumn("run_id", F.lit(run_id))
    return columns.select(*[F.col(field.name).cast(field.dataType) for field in schema])
