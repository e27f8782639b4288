"""Days and weekdays in the business time zone, with daylight saving time; in UTC they are the stored dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.metrics.rows import Event, comment, create_tables, edit, execute, load, query


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("UTC", "2025-03-01 23:59:59.999999", date(2025, 3, 1)),
        ("UTC", "2025-03-02 00:00", date(2025, 3, 2)),
        ("Europe/Berlin", "2025-03-01 22:59:59.999999", date(2025, 3, 1)),
        ("Europe/Berlin", "2025-03-01 23:00", date(2025, 3, 2)),
        ("America/New_York", "2025-03-02 04:59:59.999999", date(2025, 3, 1)),
        ("America/New_York", "2025-03-02 05:00", date(2025, 3, 2)),
        # In summer midnight is an hour earlier in UTC. The day of the change still begins in winter time.
        ("Europe/Berlin", "2025-03-29 22:59:59", date(2025, 3, 29)),
        ("Europe/Berlin", "2025-03-29 23:00", date(2025, 3, 30)),
        ("Europe/Berlin", "2025-03-30 21:59:59", date(2025, 3, 30)),
        ("Europe/Berlin", "2025-03-30 22:00", date(2025, 3, 31)),
        ("Pacific/Kiritimati", "2025-03-01 10:00", date(2025, 3, 2)),  # UTC+14
    ],
)
def test_an_event_belongs_to_the_day_of_the_business_time_zone(
    database: Any, zone: str, at: str, expected: date
) -> None:
    create_tables(database, zone)
    load(database, edit("e1", "ann", at), comment("e2", "ann", at))
    active_days = query(database, "select activity_date from metrics.daily_active_users where active_users > 0")
    assert active_days == [(expected,)]
    assert query(database, "select activity_date from metrics.active_users where daily_active_users > 0") == active_days
    assert query(database, "select activity_date from metrics.daily_sessions") == active_days
    assert query(database, "select activity_date from metrics.new_and_returning_users") == active_days
    assert query(database, "select activity_date from metrics.comments_per_edit") == active_days
    assert query(database, "select event_date::text from public.events limit 1") == [(at[:10],)]


@pytest.mark.parametrize(
    ("day", "hours"), [("2025-03-29", 24), ("2025-03-30", 23), ("2025-10-26", 25)], ids=["usual", "spring", "autumn"]
)
def test_a_day_begins_at_its_own_midnight(database: Any, day: str, hours: int) -> None:
    create_tables(database, "Europe/Berlin")
    start, end = "metrics.business_day_start(%s::date)", "metrics.business_day_start(%s::date + 1)"
    statement = f"select extract(epoch from {end} - {start}) / 3600, metrics.business_day({start})::text"
    assert query(database, statement.replace("%s", f"'{day}'")) == [(hours, day)]


def test_a_burst_is_counted_by_business_day(database: Any) -> None:
    create_tables(database, "Asia/Tokyo")
    usual = [edit(f"u{n}", "ann", f"2025-03-{n:02} 03:00") for n in range(1, 9)]
    # Half of the burst is before midnight UTC. In Tokyo all of it is on the 11th.
    burst = [edit(f"b{n}", "ann", f"2025-03-1{n % 2} {(23, 1)[n % 2]:02}:{n:02}") for n in range(40)]
    load(database, *usual, *burst)
    assert query(database, "select observed, explanation from metrics.anomalies where anomaly_type = 'edit_burst'") == [
        (40, "Document doc was edited 40 times on 2025-03-11; 1 is usual (median of its 9 days with edits).")
    ]
    execute(database, "set timezone = 'America/New_York'")  # the reader's time zone must not matter
    start = "select observed_at = '2025-03-10 15:00Z' from metrics.anomalies where anomaly_type = 'edit_burst'"
    assert query(database, start) == [(True,)]


def test_in_utc_days_are_read_from_the_index_alone(tables: Any) -> None:
    load(tables, Event("e1", "ann", "2025-03-01 10:00"))
    execute(tables, "set enable_seqscan = off; set enable_bitmapscan = off")
    statement = "select distinct user_id, metrics.business_day(event_at, event_date) from public.events"
    plan = "\n".join(line for (line,) in query(tables, f"explain {statement}"))
    assert "Index Only Scan using events_event_date_user_id_idx" in plan
