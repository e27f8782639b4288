"""Derives users and documents from the published events."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.columns import LATEST
from schemas.tables import DOCUMENTS, USERS

# Every "first" and "latest" is by time, then by event id in byte order. So the result is the same in whatever order
# records arrive.
_ORDER = ("event_at", "event_id")


def summarize_users(events: DataFrame) -> DataFrame:
    """Summarize users. In: one row per published event. Out: one row per user or recipient (`schemas.tables.USERS`)."""
    acting = events.select("user_id", *_ORDER, *[F.col(stated).alias(name) for name, stated in LATEST["users"].items()])
    receiving = events.filter(F.col("recipients").isNotNull()).select(
        F.explode("recipients").alias("user_id"),
        *_ORDER,
        *[F.lit(None).cast(USERS[name].dataType).alias(name) for name in LATEST["users"]],
    )
    return (
        acting.unionByName(receiving)
        .groupBy("user_id")
        .agg(
            *[_latest(name).alias(name) for name in LATEST["users"]],
            F.min("event_at").alias("first_seen_at"),
            F.max("event_at").alias("last_seen_at"),
        )
        .select(*USERS.names)
    )


def summarize_documents(events: DataFrame) -> DataFrame:
    """Summarize documents. In: one row per published event. Out: one row per document (`schemas.tables.DOCUMENTS`)."""
    is_edit = F.col("event_type") == "document_edit"
    edits = {
        "last_edited_by": F.when(is_edit, F.col("user_id")),
        "last_edited_at": F.when(is_edit, F.col("event_at")),
        "word_count": F.when(is_edit, F.col("document_word_count")),
    }
    return (
        events.filter(F.col("document_id").isNotNull())
        .select("*", *[column.alias(name) for name, column in edits.items()])
        .groupBy("document_id")
        .agg(
            *[_latest(stated).alias(name) for name, stated in LATEST["documents"].items()],
            F.min("event_at").alias("first_seen_at"),
            F.min(F.struct(*_ORDER, "user_id"))["user_id"].alias("first_seen_by"),
            *[_latest(name).alias(name) for name in edits],
        )
        .select(*DOCUMENTS.names)
    )


def _latest(name: str) -> Column:
    """Aggregate a column to its value in the latest event that states one."""
    return F.max(F.when(F.col(name).isNotNull(), F.struct(*_ORDER, name)))[name]
