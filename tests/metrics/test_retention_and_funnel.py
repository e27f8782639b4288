"""Weekly retention and the activation funnel, on logs small enough to count by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests.metrics.rows import Event, comment, create_tables, edit, load, login, query, share

RETENTION = (
    "select cohort_week, weeks_since_first, cohort_size, returned_users, retention from metrics.weekly_retention"
)
FUNNEL = "select step, users, share_of_first_step, median_seconds_since_previous_step from metrics.activation_funnel"
FIRST, SECOND = date(2025, 3, 3), date(2025, 3, 10)  # Mondays


def test_cohorts_are_followed_up_to_the_week_of_the_latest_day(tables: Any) -> None:
    load(
        tables,
        Event("e1", "ann", "2025-03-03 00:00"),
        Event("e2", "bob", "2025-03-09 23:59:59.999999"),
        share("e3", "cyd", "2025-03-10 00:00", recipients=("dan",)),  # dan only receives
        Event("e4", "bob", "2025-03-24 10:00"),
        Event("e5", "bob", "2025-03-25 10:00"),
    )
    assert query(tables, RETENTION) == [
        (FIRST, 0, 2, 2, Decimal("1.0000")),
        (FIRST, 1, 2, 0, 0),
        (FIRST, 2, 2, 0, 0),  # a week without any event
        (FIRST, 3, 2, 1, Decimal("0.5000")),  # an unfinished week: it begins on the 24th, and the log ends on the 25th
        (SECOND, 0, 1, 1, 1),
        (SECOND, 1, 1, 0, 0),
        (SECOND, 2, 1, 0, 0),
    ]


def test_weeks_begin_on_monday_of_the_business_time_zone(database: Any) -> None:
    create_tables(database, "America/New_York")
    # Clocks go forward on the 9th. So this Monday begins at 04:00 UTC, and the Monday before at 05:00.
    load(
        database,
        Event("e1", "ann", "2025-03-03 04:59:59"),
        Event("e2", "bob", "2025-03-03 05:00"),
        Event("e3", "bob", "2025-03-10 03:59:59"),
        Event("e4", "ann", "2025-03-10 04:00"),
    )
    assert query(database, f"{RETENTION} where returned_users > 0") == [
        (date(2025, 2, 24), 0, 1, 1, 1),  # ann
        (date(2025, 2, 24), 2, 1, 1, 1),
        (FIRST, 0, 1, 1, 1),  # bob
    ]


def test_the_calendar_has_every_day_with_its_borders(database: Any) -> None:
    create_tables(database, "Europe/Berlin")
    load(database, Event("e1", "ann", "2025-03-28 22:59"), Event("e2", "ann", "2025-03-30 22:00"))
    days = "select activity_date, week_start, month_start, day_of_week, is_weekend from metrics.calendar"
    monday = date(2025, 3, 24)
    assert query(database, days) == [
        (date(2025, 3, 28), monday, date(2025, 3, 1), "Friday", False),
        (date(2025, 3, 29), monday, date(2025, 3, 1), "Saturday", True),
        (date(2025, 3, 30), monday, date(2025, 3, 1), "Sunday", True),
        (date(2025, 3, 31), date(2025, 3, 31), date(2025, 3, 1), "Monday", False),
    ]
    hours = "select extract(epoch from ends_at - starts_at) / 3600 from metrics.calendar"
    assert query(database, hours) == [(24,), (24,), (23,), (24,)]
    joined = "select event_id, activity_date from metrics.calendar join public.events on starts_at <= event_at"
    assert query(database, f"{joined} and event_at < ends_at order by 1") == [
        ("e1", date(2025, 3, 28)),
        ("e2", date(2025, 3, 31)),
    ]


def test_the_funnel_counts_who_took_the_steps_in_order(tables: Any) -> None:
    load(
        tables,
        # ann takes all four steps. Her edit and the comment before the step that they must follow do not count.
        edit("a1", "ann", "2025-03-01 09:00", "d0"),
        login("a2", "ann", "2025-03-01 10:00"),
        comment("a3", "bob", "2025-03-01 10:00:05", "d1"),
        edit("a4", "ann", "2025-03-01 10:00:10", "d1"),
        share("a5", "ann", "2025-03-01 10:00:40", "d1"),
        comment("a6", "ann", "2025-03-01 10:00:41", "d1"),  # her own comment
        comment("a7", "cyd", "2025-03-01 10:00:50", "d0"),  # on a document that she edited before her login
        comment("a8", "cyd", "2025-03-01 10:01:40", "d1"),
        # bob logs in, edits and shares. The comment is on a document that he edited later, so it does not count.
        login("b1", "bob", "2025-03-01 11:00"),
        edit("b2", "bob", "2025-03-01 11:00:20", "d2"),
        share("b3", "bob", "2025-03-01 11:00:30", "d3", recipients=("ann",)),
        edit("b4", "bob", "2025-03-01 11:00:40", "d4"),
        comment("b5", "ann", "2025-03-01 11:00:50", "d4"),
        # cyd shares only before her first edit.
        login("c1", "cyd", "2025-03-01 12:00"),
        share("c2", "cyd", "2025-03-01 12:00:01", "d5"),
        edit("c3", "cyd", "2025-03-01 12:00:40", "d5"),
        login("d1", "dan", "2025-03-01 12:00"),
        edit("e1", "eve", "2025-03-01 12:00", "d6"),  # never logged in
        share("e2", "eve", "2025-03-01 12:01", "d6"),
    )
    assert query(tables, FUNNEL) == [
        ("first_login", 4, 1, None),
        ("first_edit", 3, Decimal("0.7500"), Decimal("20.000000")),  # 10, 20 and 40 s
        ("first_share", 2, Decimal("0.5000"), Decimal("20.000000")),  # 30 and 10 s
        ("first_comment_by_others", 1, Decimal("0.2500"), Decimal("60.000000")),
    ]


def test_steps_of_one_instant_are_in_order_whatever_their_ids(tables: Any) -> None:
    at = "2025-03-01 10:00"
    load(tables, share("a", "ann", at), edit("b", "ann", at), login("c", "ann", at), comment("B", "bob", at))
    assert [row[1:] for row in query(tables, FUNNEL)] == [(1, 1, None), (1, 1, 0), (1, 1, 0), (1, 1, 0)]


def test_the_first_edit_by_id_counts_among_edits_at_one_instant(tables: Any) -> None:
    load(
        tables,
        login("e1", "ann", "2025-03-01 10:00"),
        edit("a", "ann", "2025-03-01 10:01", "d1"),
        edit("B", "ann", "2025-03-01 10:01", "d2"),
        share("e2", "ann", "2025-03-01 10:02", "d1"),
        comment("e3", "bob", "2025-03-01 10:03", "d1"),
        comment("e4", "bob", "2025-03-01 10:04", "d2"),
    )
    assert query(tables, FUNNEL)[3] == ("first_comment_by_others", 1, 1, 120)


def test_a_log_without_logins_has_steps_that_nobody_reached(tables: Any) -> None:
    load(tables, edit("e1", "ann", "2025-03-01 10:00"))
    assert [row[1:] for row in query(tables, FUNNEL)] == [(0, None, None)] * 4
