"""The metric views of the brief, on rows few enough to count by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.metrics.rows import Event, edit, load, query, share


def test_every_metric_of_an_empty_database_is_empty(tables: Any) -> None:
    views = ("daily_active_users", "average_session_duration", "top_edited_documents", "anomalies")
    assert [query(tables, f"select * from metrics.{view}") for view in views] == [[], [], [], []]


def test_daily_active_users_are_zero_filled_over_thirty_days(tables: Any) -> None:
    load(
        tables,
        Event("e1", "ann", "2025-03-01 00:00"),  # the first of the 30 days
        Event("e2", "ann", "2025-03-30 10:00"),
        Event("e3", "ann", "2025-03-30 23:59"),
        Event("e4", "bob", "2025-03-30 10:00"),
        Event("e5", "bob", "2025-02-28 23:59"),  # the day before
    )
    active = {date(2025, 3, 1): 1, date(2025, 3, 30): 2}
    days = [date(2025, 3, 1) + timedelta(days=n) for n in range(30)]
    assert query(tables, "select * from metrics.daily_active_users") == [(d, active.get(d, 0)) for d in days]


def test_daily_active_users_can_end_at_any_date(tables: Any) -> None:
    load(tables, Event("e1", "ann", "2025-03-01 10:00"), Event("e2", "bob", "2025-06-01 10:00"))
    rows = query(tables, "select * from metrics.daily_active_users_as_of('2025-03-02')")
    assert (len(rows), rows[-2:]) == (30, [(date(2025, 3, 1), 1), (date(2025, 3, 2), 0)])
    assert query(tables, "select * from metrics.daily_active_users_as_of(null)") == []


def test_the_window_ends_at_the_latest_event_whatever_the_day(tables: Any) -> None:
    later = datetime.now(UTC) + timedelta(days=3)
    load(tables, Event("e1", "ann", "2025-03-30 10:00"), Event("e2", "ann", later.strftime("%Y-%m-%d %H:%M")))
    assert query(tables, "select max(activity_date) from metrics.daily_active_users") == [(later.date(),)]


def test_a_recipient_is_not_active(tables: Any) -> None:
    load(tables, share("e1", "ann", "2025-03-30 10:00", recipients=("bob",)))
    assert query(tables, "select sum(active_users) from metrics.daily_active_users") == [(1,)]


def test_session_durations_set_single_event_sessions_apart(tables: Any) -> None:
    load(
        tables,
        Event("e1", "ann", "2025-03-01 10:00", reported_user_name="Ann"),
        Event("e2", "ann", "2025-03-01 10:10"),
        Event("e3", "ann", "2025-03-01 12:00"),
        Event("e4", "ann", "2025-03-01 14:00"),
        Event("e5", "bob", "2025-03-01 10:00"),
        share("e6", "bob", "2025-03-01 15:00", recipients=("cyd",)),
    )
    assert query(tables, "select * from metrics.average_session_duration order by user_id") == [
        ("ann", "Ann", 3, Decimal("200.000000"), 2, Decimal("600.000000")),
        ("bob", None, 2, Decimal("0.000000"), 2, None),
        ("cyd", None, 0, None, 0, None),
    ]


def test_average_session_seconds_are_rounded_to_six_decimals(tables: Any) -> None:
    load(
        tables,
        *(Event(f"e{hour}", "ann", f"2025-03-01 {hour}:00") for hour in (10, 11, 12)),
        Event("e13", "ann", "2025-03-01 12:00:02"),
    )
    assert query(tables, "select average_session_seconds from metrics.average_session_duration") == [
        (Decimal("0.666667"),)
    ]


def test_top_edited_documents_break_a_tie_at_the_tenth_place_by_id_bytewise(tables: Any) -> None:
    twice = [edit(f"a{n}{i}", "ann", f"2025-03-01 10:0{i}", f"top{n}") for n in range(9) for i in (0, 1)]
    load(tables, *twice, *(edit(f"b{d}", "ann", "2025-03-02 10:00", d) for d in ("a", "B", "_")))
    ranked = query(tables, "select rank, document_id, edit_count from metrics.top_edited_documents")
    assert ranked == [*((n + 1, f"top{n}", 2) for n in range(9)), (10, "B", 1)]


def test_top_edited_documents_count_edits_editors_and_length(tables: Any) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", "d", edit_length=5, reported_document_title="Plan"),
        edit("e2", "ann", "2025-03-02 10:00", "d", edit_length=-2),
        edit("e3", "bob", "2025-03-03 10:00", "d"),
        Event("e4", "cyd", "2025-03-04 10:00", "comment_added", "d", edit_length=100),
        edit("e5", "cyd", "2025-03-01 10:00", "without length"),
    )
    at = [datetime(2025, 3, day, 10, tzinfo=UTC) for day in (3, 1)]
    assert query(tables, "select * from metrics.top_edited_documents") == [
        (1, "d", "Plan", 3, 2, Decimal(3), at[0]),
        (2, "without length", None, 1, 1, None, at[1]),
    ]


def test_shares_count_distinct_documents_of_the_one_who_shares(tables: Any) -> None:
    load(
        tables,
        share("e1", "ann", "2025-03-01 10:00", "d1", recipients=("bob",)),
        share("e2", "ann", "2025-03-01 10:01", "d1", recipients=("cyd",)),
        share("e3", "ann", "2025-03-01 10:02", "d2", recipients=("bob", "cyd")),
        share("e4", "dan", "2025-03-01 10:00", "d1"),  # by link
        edit("e5", "bob", "2025-03-01 10:00", "d3"),
    )
    assert query(tables, "select * from metrics.shared_documents_per_user order by user_id") == [
        ("ann", None, 2, 3, 2),
        ("bob", None, 0, 0, 0),
        ("cyd", None, 0, 0, 0),
        ("dan", None, 1, 1, 0),
    ]
