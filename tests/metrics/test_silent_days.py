"""Days with hardly any sessions are found, even if other days of the same weekday are silent too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.metrics.rows import Event, create_tables, load, query
from tests.metrics.test_anomalies import explain, find_anomalies
from tests.metrics.test_anomalies_of_logins_and_sessions import MARCH, log

FIRST_MONDAY = date(2025, 1, 6)


def sessions_per_day(counts: dict[str, int]) -> list[Event]:
    """Returns events of so many people on each day, one event each."""
    return [Event(f"{day} {n}", f"user{n:02}", f"{day} 12:00") for day, count in counts.items() for n in range(count)]


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        (5, []),
        (4, [("silent_day", "warning", "2025-03-29", 4, 25)]),
        (0, [("silent_day", "critical", "2025-03-29", 0, 25)]),
    ],
)
def test_silent_day_is_one_without_the_usual_sessions_of_its_weekday(
    tables: Any, sessions: int, expected: list[tuple[Any, ...]]
) -> None:
    saturdays = dict(zip(MARCH[0:28:7], (20, 25, 25, 30), strict=True))
    load(tables, *sessions_per_day({**saturdays, MARCH[28]: sessions, MARCH[29]: 25}))
    assert find_anomalies(tables) == expected


def test_silent_day_is_explained_with_its_numbers(tables: Any) -> None:
    load(tables, *sessions_per_day({**dict.fromkeys(MARCH[0:28:7], 25), MARCH[28]: 1, MARCH[29]: 25}))
    assert explain(tables) == (
        "On Saturday 2025-03-29 1 sessions started; 25 is usual (median of the four Saturdays before)."
    )


def test_silent_day_needs_four_weeks_before_it_and_a_day_after_it(tables: Any) -> None:
    load(tables, *sessions_per_day({**dict.fromkeys(MARCH[7:28:7], 25), MARCH[28]: 1, MARCH[29]: 25}))
    assert [row for row in find_anomalies(tables) if row[2] == "2025-03-29"] == []


def test_the_last_day_may_not_be_over(tables: Any) -> None:
    load(tables, *sessions_per_day({**dict.fromkeys(MARCH[0:28:7], 25), MARCH[28]: 1}))
    assert find_anomalies(tables) == []


def test_a_silent_day_is_one_of_the_business_time_zone(database: Any) -> None:
    create_tables(database, "Asia/Tokyo")
    late = [Event(f"{day} {n}", f"user{n}", f"{day} 16:00") for day in MARCH[0:28:7] for n in range(25)]
    load(database, *late, *log(MARCH[30]))  # one event in the morning of the next day in Tokyo, a Sunday
    assert query(database, "select subject_id, observed_at = '2025-03-29 15:00Z' from metrics.silent_days") == [
        ("2025-03-30", True)
    ]


def weeks_of_log(weeks: int, silent: tuple[int, ...], other_days: int = 1) -> list[Event]:
    """Returns events of 25 people on each Monday and one on other weekdays. Silent weeks, from 0 on, have no Monday."""
    counts = {}
    for week in range(weeks):
        monday = FIRST_MONDAY + timedelta(weeks=week)
        counts[str(monday)] = 0 if week in silent else 25
        counts |= {str(monday + timedelta(days=day)): other_days for day in range(1, 5)}
    return sessions_per_day(counts)


def find_silent_weeks(database: Any) -> list[int]:
    """Returns the weeks whose Monday is found, counted from FIRST_MONDAY."""
    days = query(database, "select observed_at::date from metrics.silent_days order by 1")
    assert [day for (day,) in days if day.weekday()] == []
    return [(day - FIRST_MONDAY).days // 7 for (day,) in days]


@pytest.mark.parametrize("other_days", [0, 1])
@pytest.mark.parametrize(
    "silent",
    [(4, 8), (4, 5), (4, 6), (4, 6, 8), (4, 5, 6, 7), (5, 6, 9, 10)],
)
def test_a_silent_day_does_not_hide_another_of_its_weekday(
    tables: Any, silent: tuple[int, ...], other_days: int
) -> None:
    load(tables, *weeks_of_log(12, silent, other_days))
    assert find_silent_weeks(tables) == list(silent)


def test_a_silent_day_of_the_first_weeks_does_not_hide_one_after_them(tables: Any) -> None:
    load(tables, *weeks_of_log(10, (2, 6)))  # the log has no four weeks before the third Monday
    assert find_silent_weeks(tables) == [6]


def test_a_silence_of_four_weeks_is_usual(tables: Any) -> None:
    load(tables, *weeks_of_log(12, (4, 5, 6, 7, 8, 9)))
    assert find_silent_weeks(tables) == [4, 5, 6, 7]


def test_silent_days_are_found_again_after_a_silence_that_became_usual(tables: Any) -> None:
    counts = [150, 150, 150, 150, 25, 24, 23, 22, 1, 0, 150, 150, 150, 150, 0, 150]
    mondays = (str(FIRST_MONDAY + timedelta(weeks=week)) for week in range(len(counts)))
    load(tables, *sessions_per_day(dict(zip(mondays, counts, strict=True))))
    assert find_silent_weeks(tables) == [4, 5, 6, 7, 14]


def test_silence_in_every_other_week_is_usual(tables: Any) -> None:
    load(tables, *weeks_of_log(12, (1, 3, 5, 7, 9)))
    assert find_silent_weeks(tables) == []


def test_one_busy_day_makes_no_other_day_silent(tables: Any) -> None:
    mondays = [str(FIRST_MONDAY + timedelta(weeks=week)) for week in range(9)]
    load(tables, *sessions_per_day({**dict.fromkeys(mondays, 10), mondays[4]: 99}))
    assert find_silent_weeks(tables) == []


def test_silent_days_beside_others_are_explained_with_what_was_counted(tables: Any) -> None:
    load(tables, *weeks_of_log(9, (4, 7)))
    explanations = query(tables, "select explanation from metrics.silent_days order by observed_at")
    assert explanations == [
        ("On Monday 2025-02-03 0 sessions started; 25 is usual (median of the four Mondays before).",),
        (
            "On Monday 2025-02-24 0 sessions started; 25 is usual (median of 3 of the four Mondays before; the others"
            " were silent too).",
        ),
    ]


def test_one_event_long_ago_does_not_make_the_log_four_weeks_long(tables: Any) -> None:
    stray = Event("stray", "user00", "2001-01-01 12:00")
    load(tables, stray, *weeks_of_log(6, (3,)))
    assert find_silent_weeks(tables) == []


def test_today_is_not_over_though_an_event_is_dated_tomorrow(tables: Any) -> None:
    ((today,),) = query(tables, "select (now() at time zone 'UTC')::date")
    weeks = {str(today - timedelta(weeks=week)): 25 for week in range(1, 5)}
    load(tables, *sessions_per_day({**weeks, str(today + timedelta(days=1)): 1}))
    assert query(tables, "select subject_id from metrics.silent_days") == []
