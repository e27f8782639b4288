"""The page: one HTML file that needs nothing else, neither network nor server."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
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

TEMPLATES = Path(__file__).with_name("templates")
# npm's plotly.js-basic-dist-min, in the version that the Python package has in full: with bars and lines only the page
# opens in half the time. A new plotly in setup.cfg needs the one that belongs to it here; a test compares.
PLOTLY = Path(__file__).with_name("plotly") / "plotly-basic.min.js"


@dataclass(frozen=True)
class Figure:
    """A chart with its caption, the sentence that says what it shows, its rows as a table, and where they come from."""

    name: str
    title: str
    summary: str
    source: str
    chart: go.Figure
    table: Result


def make_figures(report: Report) -> dict[str, Figure]:
    """The figures of the page by name.

    A figure bears the name of the result of sql/report that it shows, of the function of `charts` that draws it, and,
    behind `describe_`, of the function of `wording` that puts it into a sentence.
    """
    anomalies = report.rows("anomalies")

    def figure(name: str, title: str, source: str, *more: list[Row]) -> Figure:
        rows = report.rows(name)
        summary: str = getattr(wording, f"describe_{name}")(rows, *more)
        chart: go.Figure = getattr(charts, name)(rows, *more)
        return Figure(name, title, summary, source, chart, report.results[name])

    made = [
        figure("daily_active_users", "Daily active users", "metrics.daily_active_users", anomalies),
        figure("weekdays", "By weekday", "metrics.daily_active_users"),
        figure("active_users", "Weekly and monthly active users", "metrics.active_users"),
        figure("new_and_returning_users", "New and returning people", "metrics.new_and_returning_users"),
        figure("session_lengths", "Length of sessions", "public.sessions"),
        figure("user_sessions", "Average session of the busiest people, minutes", "metrics.average_session_duration"),
        figure("daily_sessions", "Length of sessions by day, minutes", "metrics.daily_sessions"),
        figure("comments_per_edit", "Comments per edit", "metrics.comments_per_edit"),
        figure("top_documents", "Most edited documents", "metrics.top_edited_documents", anomalies),
        figure("joint_documents", "Documents with the most editors", "metrics.documents_with_several_editors"),
        figure("sharing", "Who shares the most documents", "metrics.shared_documents_per_user"),
        figure("connected_users", "Most connected people", "metrics.most_connected_users"),
        figure("first_shares", "From the first event to the first share", "metrics.time_to_first_share"),
        figure("quarantine", "Open in quarantine, by reason", "ops.open_quarantined_records"),
    ]
    return {one.name: one for one in made}


def render(report: Report, made_at: datetime) -> str:
    """The page of a report as HTML."""
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
    """Jinja that escapes whatever comes from data, and refuses a name that it was not given."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("number", "percent", "duration", "day", "instant", "days_from_to", "plural", "cell", "heading")
    environment.filters |= {name: getattr(formats, name) for name in names}
    environment.filters["is_number"] = lambda value: isinstance(value, int | float | Decimal)
    environment.filters["chart_json"] = chart_json
    return environment


def chart_json(figure: go.Figure) -> Markup:
    """A figure as JSON that can stand in a script element: plotly spells out what could end it."""
    return Markup(figure.to_json())  # noqa: S704 - see above; a test holds plotly to it


def hash_for_policy(script: str) -> str:
    """How a content security policy names a script that may run; no other can, whatever a title holds."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
