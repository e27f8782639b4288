"""The sentences of the page: changes since the previous period, and whether to trust the numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from jobs.reporting import trust, wording
from jobs.reporting.data import Report, as_dicts
from tests.metrics.rows import query
from tests.reporting.conftest import HOSTILE_ERROR


def test_headlines_compare_the_days_that_hold_events(report: Report, filled_database: Any) -> None:
    current, previous = report.rows("periods")
    assert (current["first_day"], current["last_day"], current["days"]) == (date(2025, 6, 1), date(2025, 6, 30), 30)
    assert (previous["first_day"], previous["last_day"], previous["days"]) == (date(2025, 5, 17), date(2025, 5, 31), 15)
    average = query(filled_database, "select round(avg(active_users), 1) from metrics.daily_active_users")[0][0]
    assert current["daily_active_users"] == average == Decimal("1.7")  # ann daily, eve on 21 weekdays, bob once
    assert previous["daily_active_users"] == Decimal("1.7")  # eve on 10 of 15 days
    assert current["edits_per_day"] == Decimal("4.1")  # 60 by ann, 40 of the burst, 21 by eve, 1 by bob
    assert previous["edits_per_day"] == Decimal("2.7")
    assert "these are 15 days and not 30" in wording.describe_comparison([current, previous])


def test_change_is_in_percent_and_with_its_sign() -> None:
    assert wording.describe_change("edits_per_day", Decimal(3), Decimal(4)) == ("▼ −25.0 %", "was 4.0")  # noqa: RUF001
    assert wording.describe_change("average_session_seconds", Decimal(150), Decimal(120)) == (
        "▲ +25.0 %",
        "was 2.0 min",
    )
    assert wording.describe_change("edits_per_day", Decimal(3), Decimal(0)) == ("", "was 0.0")


def test_no_change_is_stated_against_a_few_days(report: Report) -> None:
    current, previous = report.rows("periods")
    few = [current, {**previous, "days": 6}]
    assert {headline.before for headline in wording.headlines(few)} == {"there is no earlier value"}
    assert "too few to state a change" in wording.describe_comparison(few)


def test_a_file_that_is_held_back_is_named(report: Report) -> None:
    points = {point.title: point for point in trust.points_of_trust(report)}
    assert points["1 file held back"].state == "look"
    assert "/held back.jsonl" in points["1 file held back"].text


def test_an_empty_input_folder_is_reported(report: Report) -> None:
    health = replace(report.results["health"], columns=["empty_input_folders"], rows=[(2,)])
    points = trust._empty_folders(as_dicts(health)[0])
    assert [(point.state, point.title) for point in points] == [("look", "2 input folders empty")]
    assert trust._empty_folders(report.rows("health")[0]) == []


def test_a_failed_run_is_reported(report: Report) -> None:
    points = {point.title: point for point in trust.points_of_trust(report)}
    assert points["The last run failed"].state == "look"
    assert HOSTILE_ERROR in points["The last run failed"].text
    assert trust.verdict(list(points.values())) == "Read with care: 4 points to look at"


def test_checks_are_those_of_the_last_run_that_was_checked(report: Report) -> None:
    points = {point.title: point for point in trust.points_of_trust(report)}
    found = points["Checks found something"]
    assert (found.state, found.text) == ("look", "In the last run that was checked: users without name (1).")
    assert [row["check_name"] for row in report.rows("checks")] == ["users_without_name", "reconcile_files"]


def test_late_events_and_the_numbers_they_changed_are_reported(report: Report) -> None:
    points = {point.title: point for point in trust.points_of_trust(report)}
    point = points["The last run changed published numbers"]
    assert point.state == "look"
    assert point.text == (
        "3 events of the last 3 runs, 1.1\N{NO-BREAK SPACE}% of all, arrived after the numbers of their day were"
        " published; 3 published numbers of 2 days changed."
    )
    assert [row["change"] for row in report.rows("restatements")] == [2, 1, 1]


def test_sums_that_do_not_add_up_make_the_numbers_unreliable(report: Report) -> None:
    health = report.results["health"]
    position = health.columns.index("files_not_closing")
    row = [*health.rows[0][:position], 2, *health.rows[0][position + 1 :]]
    broken = Report({**report.results, "health": type(health)(health.title, health.columns, [tuple(row)])}, [])
    points = trust.points_of_trust(broken)
    assert points[0] == trust.Point(
        "bad",
        "The sums do not add up",
        "In 2 files the records are not the sum of blank, ignored, quarantined and valid ones; run make check.",
    )
    assert trust.verdict(points) == "Do not rely on these numbers yet"
