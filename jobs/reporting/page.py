"""Makes the page: one HTML file, which needs neither a network nor a server."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jobs.reporting import charts, formats, trust, wording
from jobs.reporting.data import Report, Row
from jobs.storage.database.queries import Result
from jobs.storage.wording import plural

TEMPLATES = Path(__file__).with_name("templates")
# The file of npm's plotly.js-basic-dist-min. It can draw only bars and lines, so the page opens in half the time. Its
# version must be that in the Python package plotly; a test compares the two.
PLOTLY = Path(__file__).with_name("plotly") / "plotly-basic.min.js"


@dataclass(frozen=True)
class Figure:
    """A chart with its title, a sentence that says what it shows, its rows as a table, and their source."""

    name: str
    title: str
    summary: str
    source: str
    chart: go.Figure
    table: Result


@dataclass(frozen=True)
class Section:
    """A part of the page: functions make its sentence and its chart from the rows of sql/report/`name`.sql.

    `source` is the table or view that has all the rows.
    """

    name: str
    title: str
    source: str
    describe: Callable[[list[Row]], str]
    draw: Callable[[list[Row]], go.Figure]


@dataclass(frozen=True)
class MarkedSection:
    """A section that also marks the subjects of anomalies. Its functions take the anomalies as second argument."""

    name: str
    title: str
    source: str
    describe: Callable[[list[Row], list[Row]], str]
    draw: Callable[[list[Row], list[Row]], go.Figure]


SECTIONS = (
    Section("weekdays", "By weekday", "metrics.daily_active_users", wording.describe_weekdays, charts.weekdays),
    Section(
        "active_users",
        "Weekly and monthly active users",
        "metrics.active_users",
        wording.describe_active_users,
        charts.active_users,
    ),
    Section(
        "new_and_returning_users",
        "New and returning people",
        "metrics.new_and_returning_users",
        wording.describe_new_and_returning_users,
        charts.new_and_returning_users,
    ),
    Section(
        "session_lengths",
        "Length of sessions",
        "public.sessions",
        wording.describe_session_lengths,
        charts.session_lengths,
    ),
    Section(
        "user_sessions",
        "Average session of the busiest people, minutes",
        "metrics.average_session_duration",
        wording.describe_user_sessions,
        charts.user_sessions,
    ),
    Section(
        "daily_sessions",
        "Length of sessions by day, minutes",
        "metrics.daily_sessions",
        wording.describe_daily_sessions,
        charts.daily_sessions,
    ),
    Section(
        "comments_per_edit",
        "Comments per edit",
        "metrics.comments_per_edit",
        wording.describe_comments_per_edit,
        charts.comments_per_edit,
    ),
    Section(
        "joint_documents",
        "Documents with the most editors",
        "metrics.documents_with_several_editors",
        wording.describe_joint_documents,
        charts.joint_documents,
    ),
    Section(
        "sharing",
        "Who shares the most documents",
        "metrics.shared_documents_per_user",
        wording.describe_sharing,
        charts.sharing,
    ),
    Section(
        "connected_users",
        "Most connected people",
        "metrics.most_connected_users",
        wording.describe_connected_users,
        charts.connected_users,
    ),
    Section(
        "first_shares",
        "From the first event to the first share",
        "metrics.time_to_first_share",
        wording.describe_first_shares,
        charts.first_shares,
    ),
    Section(
        "quarantine",
        "Open in quarantine, by reason and field",
        "ops.open_quarantine_problems",
        wording.describe_quarantine,
        charts.quarantine,
    ),
)
MARKED_SECTIONS = (
    MarkedSection(
        "daily_active_users",
        "Daily active users",
        "metrics.daily_active_users",
        wording.describe_daily_active_users,
        charts.daily_active_users,
    ),
    MarkedSection(
        "top_documents",
        "Most edited documents",
        "metrics.top_edited_documents",
        wording.describe_top_documents,
        charts.top_documents,
    ),
)


def make_figures(report: Report) -> dict[str, Figure]:
    """Returns the figures of the page by name."""
    anomalies = report.rows("anomalies")
    made = {}
    for plain in SECTIONS:
        rows = report.rows(plain.name)
        made[plain.name] = _make_figure(report, plain, plain.describe(rows), plain.draw(rows))
    for marked in MARKED_SECTIONS:
        rows = report.rows(marked.name)
        made[marked.name] = _make_figure(report, marked, marked.describe(rows, anomalies), marked.draw(rows, anomalies))
    return made


def _make_figure(report: Report, section: Section | MarkedSection, summary: str, chart: go.Figure) -> Figure:
    return Figure(section.name, section.title, summary, section.source, chart, report.results[section.name])


def render(report: Report, made_at: datetime) -> str:
    """Returns the page of a report as HTML."""
    scripts = [path.read_text(encoding="utf-8") for path in (PLOTLY, TEMPLATES / "page.js")]
    points = trust.points_of_trust(report)
    return make_environment().get_template("index.html.j2").render(
        report=report,
        figures=make_figures(report),
        headlines=wording.headlines(report.rows("periods")),
        comparison=wording.describe_comparison(report.rows("periods")),
        points=points,
        verdict=trust.verdict(points),
        states={point.state for point in points},
        severities=Counter(row["severity"] for row in report.rows("anomalies")),
        kinds=Counter(row["anomaly_type"] for row in report.rows("anomalies")),
        period=report.rows("periods")[0],
        made_at=made_at,
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - plotly's and our own
        script_hashes=[hash_for_policy(script) for script in scripts],
    )  # fmt: skip


def make_environment() -> Environment:
    """Returns a Jinja environment that escapes all data, and rejects names that the template was not given."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": formats.number,
        "percent": formats.percent,
        "duration": formats.duration,
        "day": formats.day,
        "instant": formats.instant,
        "days_from_to": formats.days_from_to,
        "plural": plural,
        "cell": formats.cell,
        "heading": formats.heading,
        "is_number": lambda value: isinstance(value, int | float | Decimal),
        "chart_json": chart_json,
    }
    return environment


def chart_json(figure: go.Figure) -> Markup:
    """Returns a figure as JSON for a script element. Plotly escapes the characters that could end the element."""
    return Markup(figure.to_json())  # noqa: S704 - plotly escapes it, which a test checks


def hash_for_policy(script: str) -> str:
    """Returns the hash by which a content security policy allows a script. Scripts in data therefore never run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
