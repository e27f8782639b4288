"""The views beyond those of the brief, on rows few enough to count by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from jobs.query import METRICS
from jobs.storage.database.postgres import SQL
from tests.metrics.rows import Event, comment, edit, load, login, query, share


@pytest.mark.parametrize("view", [view for view in METRICS if view != "anomalies"])
def test_every_metric_of_an_empty_database_is_empty(tables: Any, view: str) -> None:
    assert query(tables, f"select * from metrics.{view}") == []


def test_every_metric_has_a_file_and_every_file_is_a_metric_or_part_of_one() -> None:
    files = {path.stem.partition("_")[2] for path in (SQL / "metrics").glob("0[0-4]*.sql")}
    assert files == set(METRICS) - {"anomalies"} | {"settings", "robust_spread"}


def test_active_users_count_each_person_once_in_a_window(tables: Any) -> None:
    load(
        tables,
        Event("e1", "ann", "2025-02-28 10:00"),  # 30 days before the last day, so in no window that ends on it
        Event("e2", "bob", "2025-03-01 10:00"),  # in the last month
        Event("e3", "bob", "2025-03-23 10:00"),  # 7 days before the last day, so not in the last week
        Event("e4", "cyd", "2025-03-24 10:00"),  # in the last week
        Event("e5", "cyd", "2025-03-25 10:00"),
        Event("e6", "dan", "2025-03-30 10:00"),
        Event("e7", "dan", "2025-03-30 11:00"),
    )
    rows = {row[0]: row[1:] for row in query(tables, "select * from metrics.active_users")}
    assert (min(rows), max(rows), len(rows)) == (date(2025, 3, 1), date(2025, 3, 30), 30)
    assert rows[date(2025, 3, 1)] == (1, 2, 2, Decimal("0.5000"))  # bob; ann and bob
    assert rows[date(2025, 3, 7)] == (0, 1, 2, 0)  # ann's last week ended on the 6th
    assert rows[date(2025, 3, 24)] == (1, 2, 3, Decimal("0.3333"))
    assert rows[date(2025, 3, 29)] == (0, 2, 3, 0)  # the last month of ann
    assert rows[date(2025, 3, 30)] == (1, 2, 3, Decimal("0.3333"))


def test_active_users_agree_with_daily_active_users(tables: Any) -> None:
    days = [(n * 7) % 45 for n in range(60)]
    start = date(2025, 3, 1).toordinal()
    load(tables, *(Event(f"e{n}", f"u{n % 9}", f"{date.fromordinal(start + d)} 10:00") for n, d in enumerate(days)))
    daily = query(tables, "select activity_date, daily_active_users from metrics.active_users")
    assert daily == query(tables, "select * from metrics.daily_active_users")
    brute_force = query(
        tables,
        "select activity_date, count(distinct user_id) filter (where event_date > activity_date - 7),"
        " count(distinct user_id) from metrics.daily_active_users"
        " join public.events on event_date between activity_date - 29 and activity_date group by 1 order by 1",
    )
    found = "select activity_date, weekly_active_users, monthly_active_users from metrics.active_users"
    assert query(tables, found) == brute_force


def test_daily_sessions_have_their_lengths_and_those_of_one_event(tables: Any) -> None:
    load(
        tables,
        *(Event(f"a{n}", "ann", f"2025-03-01 10:{n:02}") for n in (0, 10)),  # 600 s
        *(Event(f"b{n}", "bob", f"2025-03-01 10:{n:02}") for n in (0, 20)),  # 1200 s
        Event("c1", "cyd", "2025-03-01 23:50"),  # 900 s over midnight; it counts for the day on which it starts
        Event("c2", "cyd", "2025-03-02 00:05"),
        Event("d1", "dan", "2025-03-01 10:00"),
        Event("d2", "dan", "2025-03-03 10:00"),
    )
    # The lengths are 0, 600, 900 and 1200. Their median is 750, and the 90th percentile is 900 + 0.7 * 300.
    assert query(tables, "select * from metrics.daily_sessions") == [
        (date(2025, 3, 1), 4, Decimal("750.000000"), Decimal("1110.000000"), Decimal("0.2500")),
        (date(2025, 3, 3), 1, 0, 0, 1),
    ]


def test_documents_with_several_editors_count_people_and_not_edits(tables: Any) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", "both", reported_document_title="Plan"),
        edit("e2", "ann", "2025-03-01 10:01", "both"),
        edit("e3", "bob", "2025-03-02 10:00", "both"),
        edit("e4", "ann", "2025-03-01 10:02", "alone"),
        edit("e5", "ann", "2025-03-01 10:03", "alone"),
        comment("e6", "bob", "2025-03-01 10:02", "alone"),
    )
    assert query(tables, "select * from metrics.documents_with_several_editors") == [
        ("both", "Plan", 2, 3, datetime(2025, 3, 2, 10, tzinfo=UTC))
    ]


def test_most_connected_users_count_people_in_both_directions_once(tables: Any) -> None:
    load(
        tables,
        share("e1", "ann", "2025-03-01 10:00", "d1", recipients=("bob",)),
        share("e2", "ann", "2025-03-01 10:01", "d2", recipients=("bob", "cyd")),
        share("e3", "bob", "2025-03-01 10:02", "d1", recipients=("ann",)),
        share("e4", "cyd", "2025-03-01 10:03", "d1", recipients=("ann",)),
        share("e5", "ann", "2025-03-01 10:04", "d1", recipients=("ann",)),
        share("e6", "dan", "2025-03-01 10:05", "d1"),  # by link
    )
    assert query(tables, "select * from metrics.most_connected_users") == [
        (1, "ann", None, 2, 2, 2),
        (2, "bob", None, 1, 1, 1),
        (3, "cyd", None, 1, 1, 1),
    ]


def test_most_connected_users_are_ten_and_break_ties_by_id_bytewise(tables: Any) -> None:
    load(
        tables,
        *(share(f"e{n}", f"U{n:02}", "2025-03-01 10:00", recipients=(f"u{n:02}",)) for n in range(12)),
    )
    assert query(tables, "select user_id from metrics.most_connected_users") == [(f"U{n:02}",) for n in range(10)]


def test_new_users_are_new_once_and_receiving_is_not_acting(tables: Any) -> None:
    load(
        tables,
        share("e1", "ann", "2025-03-01 10:00", recipients=("bob",)),
        Event("e2", "ann", "2025-03-01 11:00"),
        Event("e3", "ann", "2025-03-03 10:00"),
        Event("e4", "bob", "2025-03-03 10:00"),
        Event("e5", "bob", "2025-03-04 10:00"),
    )
    assert query(tables, "select * from metrics.new_and_returning_users") == [
        (date(2025, 3, 1), 1, 0),
        (date(2025, 3, 3), 1, 1),
        (date(2025, 3, 4), 0, 1),
    ]


def test_time_to_first_share_begins_with_the_first_event_of_the_one_who_shares(tables: Any) -> None:
    load(
        tables,
        login("e1", "ann", "2025-03-01 10:00"),
        share("e2", "ann", "2025-03-02 10:00:00.5", recipients=("bob",)),
        share("e3", "ann", "2025-03-03 10:00"),
        share("e4", "cyd", "2025-03-01 09:00"),
        Event("e5", "bob", "2025-03-05 10:00"),
    )
    found = query(tables, "select * from metrics.time_to_first_share order by user_id")
    at = [datetime(2025, 3, day, hour, tzinfo=UTC) for day, hour in ((1, 10), (5, 10), (1, 9))]
    assert found == [
        ("ann", None, at[0], datetime(2025, 3, 2, 10, 0, 0, 500_000, tzinfo=UTC), Decimal("86400.5")),
        ("bob", None, at[1], None, None),  # bob received on the 2nd, and acted first on the 5th
        ("cyd", None, at[2], at[2], 0),
    ]


def test_comments_per_edit_is_null_on_a_day_without_edits(tables: Any) -> None:
    load(
        tables,
        *(edit(f"e{n}", "ann", f"2025-03-01 10:0{n}") for n in range(3)),
        comment("c1", "bob", "2025-03-01 10:00"),
        comment("c2", "bob", "2025-03-02 10:00"),
        login("l1", "bob", "2025-03-03 10:00"),
        edit("e9", "ann", "2025-03-04 10:00"),
    )
    assert query(tables, "select * from metrics.comments_per_edit") == [
        (date(2025, 3, 1), 3, 1, Decimal("0.3333")),
        (date(2025, 3, 2), 0, 1, None),
        (date(2025, 3, 4), 1, 0, 0),
    ]
