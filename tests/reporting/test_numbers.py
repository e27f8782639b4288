"""The charts show the numbers of the views, and each anomaly shows the rows behind it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from jobs.reporting.data import Report
from tests.metrics.rows import query
from tests.reporting.conftest import BURST_DAY


def chart(page: str, name: str) -> list[dict[str, Any]]:
    """Returns the traces of a chart as the browser gets them."""
    found = re.search(rf'<script type="application/json" id="{name}-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])["data"]  # type: ignore[no-any-return]


def bars(page: str, name: str, label: str = "y", value: str = "x") -> dict[str, Any]:
    """Returns the value of each bar of a chart by its label."""
    return {
        key: number
        for trace in chart(page, name)
        if trace["type"] == "bar"
        for key, number in zip(trace[label], trace[value], strict=True)
    }


def test_active_users_of_each_day_are_those_of_the_view(page: str, filled_database: Any) -> None:
    rows = query(filled_database, "select activity_date::text, active_users from metrics.daily_active_users")
    assert bars(page, "daily_active_users", "x", "y") == dict(rows)
    assert len(rows) == 30


def test_weekday_averages_are_those_of_the_view(page: str, filled_database: Any) -> None:
    rows = query(
        filled_database,
        "select to_char(activity_date, 'Dy'), round(avg(active_users), 1)::float from metrics.daily_active_users"
        " group by 1, extract(isodow from activity_date) order by extract(isodow from activity_date)",
    )
    assert list(bars(page, "weekdays", "x", "y").items()) == rows


def test_session_lengths_account_for_every_session(page: str, filled_database: Any) -> None:
    shown = bars(page, "session_lengths")
    assert sum(shown.values()) == query(filled_database, "select count(*) from public.sessions")[0][0]
    assert (
        shown["one event"] == query(filled_database, "select count(*) from public.sessions where event_count = 1")[0][0]
    )
    lengths = "select count(*) from public.sessions where event_count > 1 and session_duration_seconds"
    assert (
        shown["15 to 30 min"]
        == query(filled_database, f"{lengths} >= 900 and session_duration_seconds < 1800")[0][0]
        > 1
    )
    assert (
        shown["1 to 2 h"] == query(filled_database, f"{lengths} >= 3600 and session_duration_seconds < 7200")[0][0] > 0
    )


def test_session_averages_are_those_of_the_view(page: str, filled_database: Any) -> None:
    rows = query(
        filled_database,
        "select user_id, average_session_seconds from metrics.average_session_duration where session_count > 0",
    )
    shown = bars(page, "user_sessions")
    assert shown == {user: pytest.approx(float(seconds) / 60) for user, seconds in rows}
    assert list(shown.values()) == sorted(shown.values(), reverse=True)


def test_documents_are_those_of_the_view_though_two_bear_one_title(page: str, filled_database: Any) -> None:
    rows = query(filled_database, "select document_id, edit_count from metrics.top_edited_documents order by rank")
    assert list(bars(page, "top_documents").items()) == rows
    assert len(rows) == 4


def test_shares_are_those_of_the_view(page: str, filled_database: Any) -> None:
    rows = query(
        filled_database,
        "select user_id, shared_documents, recipients from metrics.shared_documents_per_user where share_events > 0",
    )
    documents, people = chart(page, "sharing")
    assert list(zip(documents["y"], documents["x"], people["x"], strict=True)) == rows == [("eve", 3, 1)]


def lines(page: str, name: str) -> dict[str, dict[str, Any]]:
    """Returns the values of a chart with lines or stacked bars, by series and day."""
    return {trace["name"]: dict(zip(trace["x"], trace["y"], strict=True)) for trace in chart(page, name)}


@pytest.mark.parametrize(
    ("name", "day", "series", "column"),
    [
        ("active_users", "activity_date", "within 7 days", "weekly_active_users"),
        ("active_users", "activity_date", "within 30 days", "monthly_active_users"),
        ("new_and_returning_users", "activity_date", "new", "new_users"),
        ("new_and_returning_users", "activity_date", "returning", "returning_users"),
        ("daily_sessions", "activity_date", "median", "median_session_seconds / 60"),
        ("daily_sessions", "activity_date", "nine of ten are shorter", "p90_session_seconds / 60"),
        ("comments_per_edit", "activity_date", "comments per edit", "comments_per_edit"),
    ],
)
def test_lines_are_the_last_30_days_of_the_view(
    page: str, filled_database: Any, name: str, day: str, series: str, column: str
) -> None:
    rows = query(
        filled_database, f"select {day}::text, ({column})::float from metrics.{name} where {day} > '2025-05-31'"
    )
    assert lines(page, name)[series] == pytest.approx(dict(rows))
    assert len(rows) == 30


def test_rankings_of_joint_work_are_those_of_the_views(page: str, filled_database: Any) -> None:
    editors = query(filled_database, "select document_id, editor_count from metrics.documents_with_several_editors")
    connected = query(
        filled_database, "select user_id, connected_users from metrics.most_connected_users order by rank"
    )
    assert list(bars(page, "joint_documents").items()) == editors == [("d0", 2)]
    assert list(bars(page, "connected_users").items()) == connected == [("bob", 1), ("eve", 1)]


def test_first_shares_account_for_everybody(page: str, filled_database: Any) -> None:
    ((everybody, never),) = query(
        filled_database,
        "select count(*), count(*) filter (where first_shared_at is null) from metrics.time_to_first_share",
    )
    shown = bars(page, "first_shares")
    assert (sum(shown.values()), shown["never so far"]) == (everybody, never) == (3, 2)
    assert shown["within an hour"] == 1


def test_a_quarantined_record_counts_for_each_of_its_reasons(page: str) -> None:
    assert bars(page, "quarantine") == {"missing_field:user_id": 2, "bad_value:edit_length": 1}


def test_rows_behind_a_burst_are_as_many_as_observed(report: Report) -> None:
    (burst,) = [one for one in report.findings if one.anomaly["anomaly_type"] == "edit_burst"]
    assert burst.anomaly["observed_at"].date() == BURST_DAY
    assert burst.row_count == burst.anomaly["observed"] == 42
    assert len(burst.rows.rows) == 12


def test_the_query_shown_for_a_finding_gives_its_rows(report: Report, filled_database: Any) -> None:
    assert report.findings
    for finding in report.findings:
        assert query(filled_database, finding.statement)[: len(finding.rows.rows)] == finding.rows.rows


def test_days_with_an_anomaly_are_marked_on_the_chart(page: str) -> None:
    (marks,) = [trace for trace in chart(page, "daily_active_users") if trace.get("mode") == "markers"]
    assert (marks["x"], marks["y"]) == ([str(BURST_DAY)], [2])
    assert "42 times" in marks["customdata"][0]


def test_late_events_are_those_of_days_published_before(report: Report) -> None:
    assert [(run["run_id"], run["late_events"]) for run in report.rows("runs")] == [(3, None), (2, 3), (1, None)]
