"""Login spreads, past events, document sweeps and client retries are found, and ordinary activity is not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.metrics.rows import Event, comment, edit, load, login, query, share
from tests.metrics.test_anomalies import explain, find_anomalies

MARCH = [f"2025-03-{day:02}" for day in range(1, 32)]


def logins_per_day(*days: str, user_id: str = "ann") -> list[Event]:
    """Returns one login on each day, always from the same address and device."""
    return [login(f"l{day}{user_id}", user_id, f"{day} 09:00", ip_address="10.0.0.1", device="web") for day in days]


def wander(day: str, places: int, minutes: int, field: str = "ip_address") -> list[Event]:
    """Returns a login from each of some places, so many minutes apart."""
    return [
        login(f"w{day}{n}", "ann", f"{day} {12 + n * minutes // 60}:{n * minutes % 60:02}", **{field: f"place {n}"})
        for n in range(places)
    ]


@pytest.mark.parametrize("field", ["ip_address", "device"])
def test_login_spread_is_found_by_addresses_and_by_devices(tables: Any, field: str) -> None:
    load(tables, *logins_per_day(*MARCH[:3]), *wander(MARCH[3], 4, 20, field))
    assert find_anomalies(tables) == [("login_spread", "warning", "ann", 4, 1)]


def test_login_spread_is_explained_with_its_numbers(tables: Any) -> None:
    load(tables, *logins_per_day(*MARCH[:3]), *wander(MARCH[3], 6, 10))
    assert explain(tables) == (
        "User ann logged in from 6 addresses and 0 devices within 60 minutes until 2025-03-04 12:50:00 UTC;"
        " 1 is usual for a whole day (median of 4 days with logins)."
    )


def test_logins_spread_over_hours_are_not_found(tables: Any) -> None:
    load(tables, *logins_per_day(*MARCH[:3]), *wander(MARCH[3], 6, 21))  # never four logins within 60 minutes
    assert find_anomalies(tables) == []


def test_spreads_on_less_than_half_of_the_days_do_not_hide_one_another(tables: Any) -> None:
    load(tables, *logins_per_day(*MARCH[:5]), *(event for day in MARCH[5:9] for event in wander(day, 6, 10)))
    assert [row[0] for row in find_anomalies(tables)] == ["login_spread"] * 4


def test_login_spread_is_not_found_in_the_warm_up(tables: Any) -> None:
    load(tables, *logins_per_day(*MARCH[:2]), *wander(MARCH[2], 6, 10))
    assert find_anomalies(tables) == []


def test_a_user_who_usually_logs_in_from_many_places_is_not_found(tables: Any) -> None:
    usual = [
        login(f"u{day}{n}", "ann", f"{day} 12:0{n}", ip_address=f"place {n}") for day in MARCH[:5] for n in range(4)
    ]
    load(tables, *usual, *wander(MARCH[5], 5, 5))
    assert find_anomalies(tables) == []


def log(*days: str) -> list[Event]:
    return [Event(f"e{day}", "ann", f"{day} 12:00") for day in days]


def test_past_event_lies_before_the_silence_that_precedes_the_log(tables: Any) -> None:
    load(tables, *log("2001-01-01", "2024-09-01", *MARCH[:8]))
    assert find_anomalies(tables) == [
        ("past_event", "warning", "e2001-01-01", 8825, 0),
        ("past_event", "info", "e2024-09-01", 181, 0),
    ]
    assert query(tables, "select explanation from metrics.past_events where observed = 181") == [
        ("Event e2024-09-01 of user ann is dated 2024-09-01, 181 days before the log begins in earnest (2025-03-01).",)
    ]


def test_a_silence_of_half_a_year_does_not_begin_the_log(tables: Any) -> None:
    load(tables, *log("2024-09-02", *MARCH[:8]))  # 180 days
    assert find_anomalies(tables) == []


def test_past_event_is_not_found_in_the_warm_up(tables: Any) -> None:
    load(tables, *log("2001-01-01", *MARCH[:6]))
    assert find_anomalies(tables) == []


def test_a_silence_after_many_events_does_not_begin_the_log(tables: Any) -> None:
    start = date(2001, 1, 1)
    load(tables, *log(*(str(start + timedelta(days=n)) for n in range(101)), *MARCH[:8]))
    assert find_anomalies(tables) == []


def visit(session: str, documents: int, event_type: str = "document_viewed") -> list[Event]:
    """Returns one session of ann with an event on each of so many documents."""
    return [
        Event(f"{session}{n}", "ann", f"{session}:{n:02}", event_type, document_id=f"doc{n}") for n in range(documents)
    ]


USUAL_SESSIONS = [event for day in MARCH[:7] for event in visit(f"{day} 10", 2)]


@pytest.mark.parametrize(("documents", "findings"), [(24, 0), (25, 1)])
def test_document_sweep_is_a_session_on_far_more_documents_than_usual(
    tables: Any, documents: int, findings: int
) -> None:
    load(tables, *USUAL_SESSIONS, *visit(f"{MARCH[7]} 10", documents))
    assert len(find_anomalies(tables)) == findings


def test_document_sweep_is_explained_with_its_numbers(tables: Any) -> None:
    load(tables, *USUAL_SESSIONS, *visit(f"{MARCH[7]} 10", 30))
    assert find_anomalies(tables) == [("document_sweep", "critical", "ann", 30, 2)]
    assert explain(tables) == (
        "User ann worked on 30 different documents in the session from 2025-03-08 10:00:00 UTC on;"
        " 2 is usual (median of 8 sessions)."
    )


def test_sweeps_in_less_than_half_of_the_sessions_do_not_hide_one_another(tables: Any) -> None:
    load(tables, *USUAL_SESSIONS, *(event for day in MARCH[7:13] for event in visit(f"{day} 10", 30)))
    assert [row[0] for row in find_anomalies(tables)] == ["document_sweep"] * 6


def test_document_sweep_is_not_found_in_the_warm_up(tables: Any) -> None:
    load(tables, *USUAL_SESSIONS[2:], *visit(f"{MARCH[7]} 10", 30))
    assert find_anomalies(tables) == []


def test_a_user_who_usually_works_on_many_documents_is_not_found(tables: Any) -> None:
    load(tables, *(event for day in MARCH[:8] for event in visit(f"{day} 10", 25)), *visit(f"{MARCH[8]} 10", 50))
    assert find_anomalies(tables) == []  # the limit is 25 + 8 * sqrt(25) = 65


@pytest.mark.parametrize(("copies", "severity"), [(2, None), (3, "info"), (10, "warning")])
def test_client_retry_is_the_same_comment_within_seconds(tables: Any, copies: int, severity: str | None) -> None:
    load(tables, *(comment(f"c{n}", "ann", f"2025-03-01 10:00:{n * 5:02}", comment_text="+1") for n in range(copies)))
    assert find_anomalies(tables) == ([("client_retry", severity, "ann", copies, 1)] if severity else [])


def test_client_retry_of_shares_is_explained_and_others_in_between_do_not_matter(tables: Any) -> None:
    load(
        tables,
        *(share(f"s{n}", "ann", f"2025-03-01 10:00:0{n}", recipients=("bob",)) for n in range(0, 6, 2)),
        *(comment(f"c{n}", "ann", f"2025-03-01 10:00:0{n}", comment_text=f"{n}") for n in range(1, 6, 2)),
    )
    assert explain(tables) == (
        "The same share of user ann on document doc came 3 times under different ids within 4.0 s"
        " from 2025-03-01 10:00:00 UTC on; sent once it should count once."
    )


@pytest.mark.parametrize(
    "events",
    [
        [comment(f"c{n}", "ann", f"2025-03-01 10:00:{n * 6:02}", comment_text="+1") for n in range(5)],
        [comment(f"c{n}", "ann", f"2025-03-01 10:00:0{n}", comment_text=f"{n}") for n in range(5)],
        [comment(f"c{n}", f"user{n}", f"2025-03-01 10:00:0{n}", comment_text="+1") for n in range(5)],
        [comment(f"c{n}", "ann", f"2025-03-01 10:00:0{n}", f"doc{n}", comment_text="+1") for n in range(5)],
        [share(f"s{n}", "ann", f"2025-03-01 10:00:0{n}", recipients=(f"user{n}",)) for n in range(5)],
        [edit(f"e{n}", "ann", f"2025-03-01 10:00:0{n}") for n in range(5)],
    ],
    ids=["slowly", "other texts", "other people", "other documents", "other recipients", "edits"],
)
def test_different_or_later_events_are_no_retries(tables: Any, events: list[Event]) -> None:
    load(tables, *events)
    assert find_anomalies(tables) == []


def test_the_functions_of_the_views_let_postgresql_use_parallel_workers(tables: Any) -> None:
    unfit = "select proname from pg_proc where pronamespace = 'metrics'::regnamespace and proparallel <> 's'"
    assert query(tables, unfit) == [("find_anomalies",)]
