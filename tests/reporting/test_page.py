"""The page without a browser: its numbers are those of the views, texts stay texts, and it says what to believe."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from markupsafe import escape
from plotly.offline import get_plotlyjs_version

from jobs.reporting import trust, wording
from jobs.reporting.data import REPORT, Report
from jobs.reporting.page import PLOTLY, chart_json, hash_for_policy
from jobs.storage.postgres import SQL
from tests.metrics.rows import query
from tests.reporting.conftest import BURST_DAY, HOSTILE_ERROR, HOSTILE_NAME, HOSTILE_TITLE


def chart(page: str, name: str) -> list[dict[str, Any]]:
    """The traces of a chart, as the browser gets them."""
    found = re.search(rf'<script type="application/json" id="{name}-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])["data"]  # type: ignore[no-any-return]


def bars(page: str, name: str, label: str = "y", value: str = "x") -> dict[str, Any]:
    """What the bars of a chart show: label to value."""
    return {
        key: number
        for trace in chart(page, name)
        if trace["type"] == "bar"
        for key, number in zip(trace[label], trace[value], strict=True)
    }


def test_active_users_of_each_day_are_those_of_the_view(page: str, world: Any) -> None:
    rows = query(world, "select activity_date::text, active_users from metrics.daily_active_users")
    assert bars(page, "daily_active_users", "x", "y") == dict(rows)
    assert len(rows) == 30


def test_weekday_averages_are_those_of_the_view(page: str, world: Any) -> None:
    rows = query(
        world,
        "select to_char(activity_date, 'Dy'), round(avg(active_users), 1)::float from metrics.daily_active_users"
        " group by 1, extract(isodow from activity_date) order by extract(isodow from activity_date)",
    )
    assert list(bars(page, "weekdays", "x", "y").items()) == rows


def test_session_lengths_account_for_every_session(page: str, world: Any) -> None:
    shown = bars(page, "session_lengths")
    assert sum(shown.values()) == query(world, "select count(*) from public.sessions")[0][0]
    assert shown["one event"] == query(world, "select count(*) from public.sessions where event_count = 1")[0][0]
    lengths = "select count(*) from public.sessions where event_count > 1 and session_duration_seconds"
    assert shown["15 to 30 min"] == query(world, f"{lengths} >= 900 and session_duration_seconds < 1800")[0][0] > 1
    assert shown["1 to 2 h"] == query(world, f"{lengths} >= 3600 and session_duration_seconds < 7200")[0][0] > 0


def test_session_averages_are_those_of_the_view(page: str, world: Any) -> None:
    rows = query(
        world,
        "select user_id, average_session_seconds from metrics.average_session_duration where session_count > 0",
    )
    shown = bars(page, "user_sessions")
    assert shown == {user: pytest.approx(float(seconds) / 60) for user, seconds in rows}
    assert list(shown.values()) == sorted(shown.values(), reverse=True)


def test_documents_are_those_of_the_view_though_two_bear_one_title(page: str, world: Any) -> None:
    rows = query(world, "select document_id, edit_count from metrics.top_edited_documents order by rank")
    assert list(bars(page, "top_documents").items()) == rows
    assert len(rows) == 4


def test_shares_are_those_of_the_view(page: str, world: Any) -> None:
    rows = query(
        world,
        "select user_id, shared_documents, recipients from metrics.shared_documents_per_user where share_events > 0",
    )
    documents, people = chart(page, "sharing")
    assert list(zip(documents["y"], documents["x"], people["x"], strict=True)) == rows == [("eve", 3, 1)]


def lines(page: str, name: str) -> dict[str, dict[str, Any]]:
    """What the lines or stacked bars by day of a chart show: series to day to value."""
    return {trace["name"]: dict(zip(trace["x"], trace["y"], strict=True)) for trace in chart(page, name)}


@pytest.mark.parametrize(
    ("name", "day", "series", "column"),
    [
        ("active_users", "activity_date", "within 7 days", "weekly_active_users"),
        ("active_users", "activity_date", "within 30 days", "monthly_active_users"),
        ("new_and_returning_users", "activity_date", "new", "new_users"),
        ("new_and_returning_users", "activity_date", "returning", "returning_users"),
        ("daily_sessions", "session_date", "median", "median_session_seconds / 60"),
        ("daily_sessions", "session_date", "nine of ten are shorter", "p90_session_seconds / 60"),
        ("comments_per_edit", "activity_date", "comments per edit", "comments_per_edit"),
    ],
)
def test_lines_are_the_last_30_days_of_the_view(
    page: str, world: Any, name: str, day: str, series: str, column: str
) -> None:
    rows = query(world, f"select {day}::text, ({column})::float from metrics.{name} where {day} > '2025-05-31'")
    assert lines(page, name)[series] == pytest.approx(dict(rows))
    assert len(rows) == 30


def test_rankings_of_joint_work_are_those_of_the_views(page: str, world: Any) -> None:
    editors = query(world, "select document_id, editor_count from metrics.documents_with_several_editors")
    connected = query(world, "select user_id, connected_users from metrics.most_connected_users order by rank")
    assert list(bars(page, "joint_documents").items()) == editors == [("d0", 2)]
    assert list(bars(page, "connected_users").items()) == connected == [("bob", 1), ("eve", 1)]


def test_first_shares_account_for_everybody(page: str, world: Any) -> None:
    ((everybody, never),) = query(
        world,
        "select count(*), count(*) filter (where first_shared_at is null) from metrics.time_to_first_share",
    )
    shown = bars(page, "first_shares")
    assert (sum(shown.values()), shown["never so far"]) == (everybody, never) == (3, 2)
    assert shown["within an hour"] == 1


def test_a_refused_record_counts_for_each_of_its_reasons(page: str) -> None:
    assert bars(page, "quarantine") == {"missing_field": 2, "bad_value": 1}


def test_headlines_compare_the_days_that_hold_events(report: Report, world: Any) -> None:
    current, previous = report.rows("periods")
    assert (current["first_day"], current["last_day"], current["days"]) == (date(2025, 6, 1), date(2025, 6, 30), 30)
    assert (previous["first_day"], previous["last_day"], previous["days"]) == (date(2025, 5, 17), date(2025, 5, 31), 15)
    average = query(world, "select round(avg(active_users), 1) from metrics.daily_active_users")[0][0]
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
    assert {headline.before for headline in wording.headlines(few)} == {"nothing before to compare with"}
    assert "too few to state a change" in wording.describe_comparison(few)


def test_every_kind_of_anomaly_has_a_query_for_the_rows_behind_it() -> None:
    views = "".join(path.read_text() for path in (SQL / "metrics").glob("*.sql"))
    kinds = set(re.findall(r"'(\w+)' as anomaly_type", views))
    assert len(kinds) >= 6
    assert {path.stem for path in (REPORT / "evidence").glob("*.sql")} == kinds


def test_rows_behind_a_burst_are_as_many_as_observed(report: Report) -> None:
    (burst,) = [one for one in report.findings if one.anomaly["anomaly_type"] == "edit_burst"]
    assert burst.anomaly["observed_at"].date() == BURST_DAY
    assert burst.row_count == burst.anomaly["observed"] == 42
    assert len(burst.rows.rows) == 12


def test_the_query_shown_for_a_finding_gives_its_rows(report: Report, world: Any) -> None:
    assert report.findings
    for finding in report.findings:
        assert query(world, finding.statement)[: len(finding.rows.rows)] == finding.rows.rows


def test_days_with_an_anomaly_are_marked_on_the_chart(page: str) -> None:
    (marks,) = [trace for trace in chart(page, "daily_active_users") if trace.get("mode") == "markers"]
    assert (marks["x"], marks["y"]) == ([str(BURST_DAY)], [2])
    assert "42 times" in marks["customdata"][0]


def test_late_events_are_those_of_days_published_before(report: Report) -> None:
    assert [(run["run_id"], run["late_events"]) for run in report.rows("runs")] == [(3, None), (2, 3), (1, None)]


@pytest.mark.parametrize("text", [HOSTILE_TITLE, HOSTILE_NAME, HOSTILE_ERROR])
def test_text_from_data_is_escaped(page: str, text: str) -> None:
    assert text not in page
    assert str(escape(text)) in page


def test_page_has_the_elements_of_its_template_and_no_others(page: str) -> None:
    tags = Counter(tag for tag, _ in elements(page))
    assert {tag: tags[tag] for tag in ("img", "svg", "b", "iframe", "object")} == dict.fromkeys(
        ("img", "svg", "b", "iframe", "object"), 0
    )
    assert tags["script"] == tags["figure"] + 2  # the data of each chart, plotly, ours


def test_data_of_a_chart_can_not_end_its_script_element() -> None:
    text = str(chart_json(go.Figure(layout_title_text=HOSTILE_TITLE)))
    assert "<" not in text
    assert json.loads(text)["layout"]["title"]["text"] == HOSTILE_TITLE


def test_page_refers_to_nothing_outside(page: str) -> None:
    links = [value for _, attributes in elements(page) for name, value in attributes if name in ("src", "href")]
    assert len(links) > 7
    assert [link for link in links if not str(link).startswith("#")] == ["data:,"]


def test_the_browser_gets_the_plotly_that_the_figures_are_made_for() -> None:
    script = PLOTLY.read_bytes()
    assert f"plotly.js (basic - minified) v{get_plotlyjs_version()}\n".encode() in script[:200]
    published = "fceac70707c4679db0e1aa4292956d60e2e20239116b894069370b9288deafe3"
    assert hashlib.sha256(script).hexdigest() == published


def test_policy_lets_no_other_script_run(page: str) -> None:
    policy = next(str(dict(attributes)["content"]) for _, attributes in elements(page) if len(attributes) == 2)
    assert policy.startswith("default-src 'none';")
    assert re.findall("script-src (.*?) *$", policy) == [
        " ".join(f"'{hash_for_policy(script)}'" for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    ]


def elements(page: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """(tag, attributes) of each element."""
    found: list[tuple[str, list[tuple[str, str | None]]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, attrs))

    Reader().feed(page)
    return found


def test_a_failed_run_is_told(report: Report) -> None:
    points = {point.title: point for point in trust.points_of_trust(report)}
    assert points["The last run failed"].state == "look"
    assert HOSTILE_ERROR in points["The last run failed"].text
    assert trust.verdict(list(points.values())) == "Read with care: 3 points to look at"


def test_checks_are_those_of_the_last_run_that_was_checked(report: Report) -> None:
    points = {point.title: point for point in trust.points_of_trust(report)}
    found = points["Checks found something"]
    assert (found.state, found.text) == ("look", "In the last run: users without name (1).")
    assert [row["check_name"] for row in report.rows("checks")] == ["users_without_name", "reconcile_files"]


def test_late_events_and_the_numbers_they_changed_are_told(report: Report) -> None:
    points = {point.title: point for point in trust.points_of_trust(report)}
    point = points["The last run changed published numbers"]
    assert point.state == "look"
    assert point.text == (
        "3 events of the last 3 runs, 1.1\N{NO-BREAK SPACE}% of all, came after the numbers of their day had been published;"
        " 3 published numbers of 2 days changed."
    )
    assert [row["change"] for row in report.rows("restatements")] == [2, 1, 1]


def test_books_that_do_not_close_make_the_numbers_unreliable(report: Report) -> None:
    health = report.results["health"]
    position = health.columns.index("files_not_closing")
    row = [*health.rows[0][:position], 2, *health.rows[0][position + 1 :]]
    broken = Report({**report.results, "health": type(health)(health.title, health.columns, [tuple(row)])}, [])
    points = trust.points_of_trust(broken)
    assert points[0] == trust.Point("bad", "The books do not close", "2 files with open sums.")
    assert trust.verdict(points) == "Do not rely on these numbers yet"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_against_what_is_behind_it(theme: str) -> None:
    style = (Path(trust.__file__).parent / "templates" / "style.css").read_text()
    block = re.search(rf"color-scheme: {theme};(.*?)}}", style, re.DOTALL)
    assert block
    colors = dict(re.findall(r"--([\w-]+): (#\w{6})", block[1]))
    pairs = [(ink, paper) for ink in ("text", "muted", "accent") for paper in ("ground", "card")]
    pairs += [(state, f"{state}-ground") for state in ("good", "look", "bad")]
    assert {pair: ratio for pair in pairs if (ratio := contrast(colors[pair[0]], colors[pair[1]])) < 4.5} == {}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it; 4.5 is its level AA for text."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
