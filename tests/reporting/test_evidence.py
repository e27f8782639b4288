"""The rows behind an anomaly are the rows that its view counted, for each kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.reporting.data import REPORT, as_dicts, find_rows_behind
from jobs.storage.database.queries import query_file
from tests.metrics.rows import Event, comment, create_tables, edit, load, login
from tests.metrics.test_anomalies import edits_per_day, sessions_at, shares_per_day
from tests.metrics.test_anomalies_of_logins_and_sessions import (
    MARCH,
    USUAL_SESSIONS,
    log,
    logins_per_day,
    visit,
    wander,
)
from tests.metrics.test_silent_days import sessions_per_day
from tests.metrics.test_too_many import retries_of

SATURDAYS = dict.fromkeys(MARCH[0:28:7], 25)
COLLAPSE = [
    edit(f"e{n}", "ann", f"2025-03-01 1{n}:00", document_word_count=words)
    for n, words in enumerate((30, 30, 30, 2, 20))
]
RETRIES = [comment(f"c{n}", "ann", f"2025-03-01 10:00:{n * 5:02}", comment_text="+1") for n in range(4)]


# There are as many rows as the view observed, except where a comparison needs more rows.
@pytest.mark.parametrize(
    ("kind", "events", "column", "values"),
    [
        ("edit_burst", edits_per_day(*[2] * 8, 40), "user_id", ["ann"] * 40),
        ("share_burst", shares_per_day(*[0] * 7, 12), "document_id", [f"doc{n}" for n in range(12)]),
        ("content_collapse", COLLAPSE, "document_word_count", [30, 30, 2, 20]),
        (
            "activity_without_login",
            [login("l", "bob", "2025-03-01 10:00"), *log(*MARCH[1:4]), *log("2025-02-01")],
            "event_at",
            [datetime(2025, 3, day, 12, tzinfo=UTC) for day in (2, 3, 4)],
        ),
        ("identical_fraction", sessions_at(*["971025"] * 50), "event_count", [1] * 50),
        ("past_event", log("2001-01-01", *MARCH[:8]), "event_id", ["e2001-01-01"]),
        (
            "login_spread",
            [*logins_per_day(*MARCH[:4]), *wander(MARCH[3], 4, 20)],
            "ip_address",
            [f"place {n}" for n in range(4)],
        ),
        (
            "silent_day",
            sessions_per_day({**SATURDAYS, MARCH[28]: 1, MARCH[29]: 25}),
            "session_count",
            [25, 25, 25, 25, 1],
        ),
        (
            "document_sweep",
            [*USUAL_SESSIONS, *visit(f"{MARCH[7]} 10", 30)],
            "document_id",
            [f"doc{n}" for n in range(30)],
        ),
        (
            "client_retry",
            [*RETRIES, comment("other", "ann", "2025-03-01 10:00:01", comment_text="?")],
            "event_id",
            ["c0", "c1", "c2", "c3"],
        ),
    ],
)
def test_rows_behind_an_anomaly_are_those_of_its_view(
    database: Any, kind: str, events: list[Event], column: str, values: list[Any]
) -> None:
    create_tables(database)
    load(database, *events)
    with database.cursor() as cursor:
        anomalies = as_dicts(query_file(cursor, REPORT / "anomalies.sql"))
        (finding,) = [one for one in find_rows_behind(cursor, anomalies) if one.anomaly["anomaly_type"] == kind]
        cursor.execute(finding.statement)
        names = [description.name for description in cursor.description]
        assert [row[names.index(column)] for row in cursor.fetchall()] == values
    assert finding.row_count == len(values)


def test_behind_a_kind_that_flags_too_many_are_all_its_findings(database: Any) -> None:
    create_tables(database)
    load(database, *retries_of(25))
    with database.cursor() as cursor:
        (finding,) = find_rows_behind(cursor, as_dicts(query_file(cursor, REPORT / "anomalies.sql")))
    assert finding.row_count == 25
    assert [row[:2] for row in finding.rows.rows[:2]] == [("warning", "user24"), ("info", "user23")]


def test_a_burst_is_looked_up_in_the_day_of_the_business_time_zone(database: Any) -> None:
    create_tables(database, "Asia/Tokyo")
    evening = [edit(f"{day}{n}", "ann", f"2025-03-{day:02} 15:{n:02}") for day in range(1, 9) for n in range(2)]
    burst = [edit(f"b{n}", "ann", f"2025-03-09 {14 + n // 30}:{n % 30 + 30}") for n in range(60)]
    load(database, *evening, *burst)  # 30 edits before midnight in Tokyo and 30 after it
    with database.cursor() as cursor:
        findings = list(find_rows_behind(cursor, as_dicts(query_file(cursor, REPORT / "anomalies.sql"))))
    bursts = {one.anomaly["observed_on"].day: (one.anomaly["observed"], one.row_count) for one in findings}
    assert bursts == {9: (32, 32), 10: (30, 30)}
