"""Sessions: cut by pauses, ended by the last event, named by user and start."""

from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.transforms.sessionize import sessionize, summarize_sessions
from tests.builders import NOON, events, minutes

GAP = timedelta(minutes=30)


def published(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """Events with a verdict: published unless the row says otherwise."""
    verdicts = {row["event_id"]: row.pop("verdict", "published") for row in rows}
    lookup = F.create_map(*[F.lit(part) for pair in verdicts.items() for part in pair])
    return events(spark, *rows).withColumn("verdict", lookup[F.col("event_id")])


def sessions(spark: SparkSession, *rows: dict[str, Any]) -> list[tuple[str, datetime, datetime, Decimal, int]]:
    numbered = [{"event_id": f"e{number}", **row} for number, row in enumerate(rows)]
    found = summarize_sessions(sessionize(published(spark, *numbered), GAP)).orderBy("user_id", "started_at")
    spans = found.selectExpr(
        "user_id",
        "unix_micros(started_at) - unix_micros(timestamp '2025-06-02 12:00:00') as opened",
        "session_duration_seconds",
        "event_count",
    )
    return [(row[0], row[1] / 60_000_000, row[2], row[3]) for row in spans.collect()]


def test_a_pause_of_exactly_the_gap_does_not_open_a_session(spark: SparkSession) -> None:
    found = sessions(spark, {"event_at": minutes(0)}, {"event_at": minutes(30)})
    assert found == [("ann", 0, Decimal("1800.000000"), 2)]


def test_a_microsecond_more_does(spark: SparkSession) -> None:
    later = minutes(30) + timedelta(microseconds=1)
    found = sessions(spark, {"event_at": minutes(0)}, {"event_at": later})
    assert [(count, seconds) for *_, seconds, count in found] == [(1, Decimal(0)), (1, Decimal(0))]


def test_durations_are_exact_to_the_microsecond(spark: SparkSession) -> None:
    found = sessions(spark, {"event_at": NOON}, {"event_at": NOON + timedelta(seconds=1, microseconds=1)})
    assert found[0][2] == Decimal("1.000001")


def test_users_do_not_share_sessions(spark: SparkSession) -> None:
    found = sessions(spark, {"user_id": "ann"}, {"user_id": "bob", "event_at": minutes(1)})
    assert [(user_id, count) for user_id, *_, count in found] == [("ann", 1), ("bob", 1)]


def test_an_event_between_two_sessions_joins_them(spark: SparkSession) -> None:
    apart = [{"event_at": minutes(0)}, {"event_at": minutes(50)}]
    assert len(sessions(spark, *apart)) == 2
    assert sessions(spark, *apart, {"event_at": minutes(25)}) == [("ann", 0, Decimal(3000), 3)]


def test_the_id_depends_on_user_and_start_alone(spark: SparkSession) -> None:
    alone = sessionize(published(spark, {"event_id": "e1", "event_at": minutes(100)}), GAP).first()
    among = sessionize(
        published(spark, {"event_id": "e0", "event_at": minutes(0)}, {"event_id": "e1", "event_at": minutes(100)}),
        GAP,
    ).filter("event_id = 'e1'")
    micros = int(minutes(100).timestamp()) * 1_000_000
    assert alone.session_id == among.first().session_id == md5(f"{micros}:ann".encode()).hexdigest()  # noqa: S324


def test_every_event_keeps_its_columns_and_gets_a_session(spark: SparkSession) -> None:
    frame = published(spark, {"event_id": "a"}, {"event_id": "b", "event_at": minutes(90)})
    found = sessionize(frame, GAP)
    assert_df_equality(
        found.drop("session_id", "session_started_at"), frame, ignore_nullable=True, ignore_row_order=True
    )
    assert found.filter("session_id is null").isEmpty()


def test_what_is_not_published_neither_has_a_session_nor_makes_one_longer(spark: SparkSession) -> None:
    rows = [
        {"event_id": "a", "event_at": minutes(0)},
        {"event_id": "b", "event_at": minutes(25), "verdict": "superseded"},
        {"event_id": "c", "event_at": minutes(50)},
        {"event_id": "d", "event_at": minutes(60), "verdict": "exact_duplicate"},
    ]
    found = sessionize(published(spark, *rows), GAP).orderBy("event_id").collect()
    starts = [row.session_started_at and row.session_started_at.minute for row in found]
    assert starts == [0, None, 50, None]
    assert [row.session_id is None for row in found] == [False, True, False, True]


def test_a_session_counts_its_edits_comments_shares_and_different_documents(spark: SparkSession) -> None:
    kinds = [
        *[("document_edit", "d1"), ("document_edit", "d1"), ("comment_added", "d2"), ("document_shared", "d1")],
        *[("user_login", None), ("document_viewed", "d3"), ("user_login", "d3")],
    ]
    rows = [{"event_type": kind, "document_id": document} for kind, document in kinds]
    alone = {"event_type": "user_login", "event_at": minutes(90)}
    numbered = [{"event_id": f"e{number}", **row} for number, row in enumerate([*rows, alone])]
    found = summarize_sessions(sessionize(published(spark, *numbered), GAP)).orderBy("started_at")
    counts = found.select("event_count", "edit_count", "comment_count", "share_count", "document_count").collect()
    assert [tuple(row) for row in counts] == [(7, 2, 1, 1, 3), (1, 0, 0, 0, 0)]
