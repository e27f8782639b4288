"""Cuts sessions. A session holds the events of one user without a pause that is longer than the gap."""

from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.transforms.deduplicate import PUBLISHED
from schemas.tables import SESSIONS


def sessionize(records: DataFrame, gap: timedelta) -> DataFrame:
    """Add `session_id` and `session_started_at` to each published record. Other records belong to no session.

    In and out: one row per record with its `verdict`. A pause of more than `gap` between two events of a user opens a
    new session. The id is derived from user and start alone, so other sessions of the user never change it.
    """
    # This order begins like that of `deduplicate`, so Spark need not sort the rows again.
    in_order = Window.partitionBy("user_id").orderBy("event_at", "event_id")
    before = in_order.rowsBetween(Window.unboundedPreceding, -1)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    event_at, is_published = F.col("event_at"), F.col("verdict") == PUBLISHED
    previous_at = F.last(F.when(is_published, event_at), ignorenulls=True).over(before)
    # This is a column of its own, because an expression that uses it twice would compute it twice.
    timed = records.select("*", previous_at.alias("previous_at"))
    pause = F.unix_micros(event_at) - F.unix_micros("previous_at")
    opens_session = is_published & (F.col("previous_at").isNull() | (pause > gap // timedelta(microseconds=1)))
    marked = timed.select("*", F.when(opens_session, event_at).alias("opened_at"))
    last_opened_at = F.last("opened_at", ignorenulls=True).over(so_far)
    started = marked.select("*", F.when(is_published, last_opened_at).alias("session_started_at"))
    session_id = F.when(is_published, derive_session_id(F.col("user_id"), F.col("session_started_at")))
    return started.drop("previous_at", "opened_at").select("*", session_id.alias("session_id"))


def derive_session_id(user_id: Column, started_at: Column) -> Column:
    """Return md5 of the start in microseconds, a colon and the user: 32 hex digits, which PostgreSQL reads as uuid."""
    return F.md5(F.concat_ws(":", F.unix_micros(started_at), user_id))


def summarize_sessions(events: DataFrame) -> DataFrame:
    """Summarize sessions. In: one row per event with its session. Out: one row per session (`SESSIONS`)."""
    # We group by user and start and derive the id again, because a hash table of long ids takes longer.
    sessions = events.groupBy("user_id", F.col("session_started_at").alias("started_at")).agg(
        F.max("event_at").alias("ended_at"),
        F.count("*").alias("event_count"),
        count_type("document_edit").alias("edit_count"),
        count_type("comment_added").alias("comment_count"),
        count_type("document_shared").alias("share_count"),
        F.count_distinct("document_id").alias("document_count"),
    )
    session_id = derive_session_id(F.col("user_id"), F.col("started_at"))
    length = F.unix_micros("ended_at") - F.unix_micros("started_at")
    seconds = (length.cast("decimal(18, 0)") / 1_000_000).cast("decimal(18, 6)")
    derived = {"session_id": session_id, "session_duration_seconds": seconds}
    return sessions.withColumns(derived).select(*SESSIONS.names)


def count_type(event_type: str) -> Column:
    """The number of events of that type in a group."""
    return F.count_if(F.col("event_type") == event_type)
