"""Restatements have the days that the metrics show, in every time zone, even when the clocks change."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg2 import sql

from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import connect
from jobs.storage.runs.account import FileCounts
from jobs.storage.runs.publish import publish
from jobs.storage.runs.run import start_run
from tests.builders import ROOT

# Each event is an edit of another document by another user, so that all daily numbers are equal.
STAGE = """
insert into {staging}.events (
    event_id, event_type, event_at, event_date, day_of_week, user_id, document_id, session_id, content_fingerprint,
    file_id, record_number, run_id, is_current
)
select
    event_at::text, 'document_edit', event_at, event_at::date, to_char(event_at, 'FMDay'), event_at::text,
    event_at::text, md5(event_at::text)::uuid, md5(event_at::text)::uuid, %(file_id)s, number, %(run_id)s, true
from unnest(%(times)s::timestamptz[]) with ordinality as times (event_at, number);
insert into {staging}.users select user_id, null, null, event_at, event_at from {staging}.events;
insert into {staging}.sessions select session_id, user_id, event_at, event_at, 0, 1, 0, 0, 0, 0 from {staging}.events;
insert into {staging}.documents
select document_id, null, event_at, user_id, user_id, event_at, null from {staging}.events;
"""
SHOWN = """
select 'daily_active_users', activity_date, active_users from metrics.daily_active_users
union all select 'sessions', activity_date, session_count from metrics.daily_sessions
union all select 'edits', activity_date, edit_count from metrics.comments_per_edit
"""
Numbers = dict[tuple[str, date], int]


def load(connection: Any, zone: str, times: Sequence[datetime]) -> dict[tuple[str, date], tuple[int, int]]:
    """Publishes one event for each of the times, in that business time zone. Returns what the run restated."""
    run = start_run(connection, "load", replace(read_settings(ROOT / "conf/pipeline.yml"), business_time_zone=zone))
    with connection, connection.cursor() as cursor:
        cursor.execute("set time zone 'UTC'")
        values = {"times": list(times), "file_id": run.run_id, "run_id": run.run_id}
        cursor.execute(sql.SQL(STAGE).format(staging=sql.Identifier(run.staging)), values)
    file = (run.run_id, run.run_id, f"file:///{run.run_id}", 1, datetime.now(UTC), "json_lines", "default", "x")
    done = publish(connection, run, [FileCounts(*file, len(times), 0, 0, len(times), 0, 0)])
    return {(each.metric, each.activity_date): (each.old_value, each.new_value) for each in done.restatements}


def read_shown(connection: Any) -> Numbers:
    """Returns the daily numbers of the views."""
    with connection, connection.cursor() as cursor:
        cursor.execute(SHOWN)
        return {(metric, day): value for metric, day, value in cursor.fetchall()}


@pytest.fixture
def connection(database_url: str) -> Any:
    with closing(connect(database_url)) as opened:
        with opened, opened.cursor() as cursor:
            prepare_database(cursor)
        yield opened


@pytest.mark.parametrize(
    ("zone", "middle"),
    [
        ("UTC", date(2025, 3, 30)),
        ("Europe/Berlin", date(2025, 3, 30)),  # 23 hours
        ("America/New_York", date(2025, 11, 2)),  # 25 hours
        ("Pacific/Kiritimati", date(2025, 3, 30)),  # UTC+14
    ],
)
def test_restatements_have_the_numbers_of_the_views_before_and_after(connection: Any, zone: str, middle: date) -> None:
    def local(days: int, hour: int) -> datetime:
        return datetime(middle.year, middle.month, middle.day, hour, tzinfo=ZoneInfo(zone)) + timedelta(days=days)

    assert load(connection, zone, [local(-2, 12), local(2, 12)]) == {}
    before = read_shown(connection)
    # Each day has some events in its first seconds, one more on each day, and twice as many right before it.
    late = [
        local(days, 0).astimezone(UTC) + timedelta(seconds=n)
        for days in range(-2, 4)
        for n in range(-2 * (days + 3), days + 3)
    ]
    restated = load(connection, zone, late)
    after = read_shown(connection)
    old = {-2: 1, -1: 0, 0: 0, 1: 0, 2: 1}
    days = {middle + timedelta(days=n): (count, count + n + 3 + 2 * (n + 4)) for n, count in old.items()}
    metrics = ("daily_active_users", "edits", "events", "sessions")
    assert restated == {(metric, day): numbers for metric in metrics for day, numbers in days.items()}
    shown = {key: (before.get(key, 0), after[key]) for key in after if key[1] in days}
    assert shown == {key: numbers for key, numbers in restated.items() if key[0] != "events"}


def test_a_changed_time_zone_restates_only_what_new_events_change(connection: Any) -> None:
    night = [datetime(2025, 3, day, 23, 30, tzinfo=UTC) for day in range(20, 30)]  # already the next day in Berlin
    assert load(connection, "UTC", night) == {}
    restated = load(connection, "Europe/Berlin", [datetime(2025, 3, 24, 23, tzinfo=UTC)])
    assert {day for _, day in restated} == {date(2025, 3, 25)}
    assert set(restated.values()) == {(1, 2)}
    assert read_shown(connection)["edits", date(2025, 3, 25)] == 2
