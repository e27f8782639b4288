"""Users who act and never log in are found if their source logs logins at that time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.metrics.rows import Event, edit, load, login, share
from tests.metrics.test_anomalies import explain, find_anomalies


def test_activity_without_login_is_found_after_the_first_day_with_logins(tables: Any) -> None:
    load(
        tables,
        login("e1", "ann", "2025-03-01 10:00"),
        edit("e2", "bob", "2025-03-01 11:00"),
        edit("e3", "bob", "2025-03-02 11:00"),
        edit("e4", "bob", "2025-03-02 11:01"),
    )
    assert find_anomalies(tables) == [("activity_without_login", "info", "bob", 2, 0)]
    assert explain(tables) == (
        "User bob acted 2 times from 2025-03-02 11:00:00 UTC on but never logged in, though this source logs logins."
    )


def test_activity_without_login_is_a_warning_from_ten_events_on(tables: Any) -> None:
    acts = [Event(f"b{n}", "bob", f"2025-03-02 11:0{n}") for n in range(10)]
    load(tables, login("e1", "ann", "2025-03-01 10:00"), *acts)
    assert find_anomalies(tables) == [("activity_without_login", "warning", "bob", 10, 0)]


def test_activity_on_the_first_day_with_logins_is_not_found(tables: Any) -> None:
    load(tables, login("e1", "ann", "2025-03-01 10:00"), edit("e2", "bob", "2025-03-01 23:59"))
    assert find_anomalies(tables) == []


STRAYS = ("2001-01-01 00:00", "2001-01-01 08:00", "2099-12-31 00:00")


@pytest.mark.parametrize("strays", [STRAYS[:1], STRAYS])
def test_a_login_years_away_does_not_show_that_a_source_logs_logins(tables: Any, strays: tuple[str, ...]) -> None:
    load(
        tables,
        *(login(f"stray{number}", f"u{number}", at) for number, at in enumerate(strays)),
        login("e1", "ann", "2025-06-02 09:00"),
        edit("e2", "ann", "2025-06-02 09:05"),
        edit("e3", "bob", "2025-06-02 09:06"),  # may have logged in before the log began
        login("e4", "ann", "2025-06-03 09:00"),
    )
    assert [finding for finding in find_anomalies(tables) if finding[0] == "activity_without_login"] == []


@pytest.mark.parametrize(("day", "findings"), [("2025-03-08", 1), ("2025-03-09", 0)])
def test_activity_counts_within_a_week_of_a_day_with_logins(tables: Any, day: str, findings: int) -> None:
    load(tables, login("e1", "ann", "2025-03-01 10:00"), edit("e2", "bob", f"{day} 10:00"))
    assert len(find_anomalies(tables)) == findings


def test_all_activity_from_the_first_proof_on_is_counted(tables: Any) -> None:
    load(
        tables,
        edit("e1", "bob", "2025-03-01 09:00"),
        login("e2", "ann", "2025-03-01 10:00"),
        edit("e3", "bob", "2025-03-02 10:00"),
        edit("e4", "bob", "2025-05-02 10:00"),
        edit("e5", "bob", "2025-03-03 10:00", source="wiki"),  # this source logs no logins
    )
    assert find_anomalies(tables) == [("activity_without_login", "info", "bob", 2, 0)]


def test_a_user_who_ever_logged_in_is_not_found(tables: Any) -> None:
    load(
        tables,
        login("e1", "ann", "2025-03-01 10:00"),
        edit("e2", "bob", "2025-03-02 10:00"),
        login("e3", "bob", "2025-03-09 10:00"),
    )
    assert find_anomalies(tables) == []


def test_a_source_without_logins_has_no_findings_beside_one_with_logins(tables: Any) -> None:
    load(
        tables,
        login("e1", "ann", "2025-03-01 10:00", source="platform"),
        edit("e2", "bob", "2025-03-05 10:00", source="wiki"),
    )
    assert find_anomalies(tables) == []


def test_a_recipient_is_not_expected_to_log_in(tables: Any) -> None:
    load(
        tables,
        login("e1", "ann", "2025-03-01 10:00"),
        share("e2", "ann", "2025-03-02 10:00", recipients=("bob",)),
    )
    assert find_anomalies(tables) == []
