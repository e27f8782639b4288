"""The charts, each a pure function from rows of sql/report to a plotly figure.

Text, lines and background take their colours from the page's style sheet, which knows light, dark and print; the
colours here stand out against all three. Text that comes from data is escaped, since plotly reads markup in it.
"""

from __future__ import annotations

import textwrap
from html import escape
from typing import Any

import plotly.graph_objects as go

from jobs.reporting.data import Row

USUAL, QUIET, ODD = "#3d7fc6", "#8793a5", "#d9622b"

# As in style.css: plotly measures text before it stands in the page.
_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_WEEKEND = ("Saturday", "Sunday")
_BAR_HEIGHT, _TALLEST = 44, 440  # pixels: of one horizontal bar with its gap, of a chart


def daily_active_users(days: list[Row], anomalies: list[Row]) -> go.Figure:
    """People a day, weekends apart, the average as a line; days on which something odd was seen are marked."""
    figure = go.Figure()
    for name, color, is_weekend in (("Monday to Friday", USUAL, False), ("weekend", QUIET, True)):
        chosen = [day for day in days if (day["day_of_week"] in _WEEKEND) == is_weekend]
        figure.add_bar(
            name=name,
            x=[day["activity_date"] for day in chosen],
            y=[day["active_users"] for day in chosen],
            customdata=[day["day_of_week"] for day in chosen],
            marker_color=color,
            hovertemplate="%{customdata} %{x|%-d %B %Y}<br><b>%{y:,}</b> people<extra></extra>",
        )
    users = {day["activity_date"]: day["active_users"] for day in days}
    odd = [anomaly for anomaly in anomalies if anomaly["observed_at"].date() in users]
    if odd:
        figure.add_scatter(
            name="anomaly seen",
            x=[anomaly["observed_at"].date() for anomaly in odd],
            y=[users[anomaly["observed_at"].date()] for anomaly in odd],
            customdata=[wrap(anomaly["explanation"]) for anomaly in odd],
            mode="markers",
            marker={"symbol": "diamond", "size": 11, "color": ODD, "line": {"width": 1, "color": "white"}},
            hovertemplate="%{customdata}<extra></extra>",
        )
    average = sum(users.values()) / len(users)
    figure.add_scatter(
        name=f"average {average:,.1f}",
        x=[days[0]["activity_date"], days[-1]["activity_date"]],
        y=[average, average],
        mode="lines",
        line={"dash": "dot", "width": 2, "color": QUIET},
        hoverinfo="skip",
    )
    figure.update_yaxes(rangemode="tozero", tickformat=",d", nticks=6)
    figure.update_xaxes(tickformat="%-d %b", type="date", hoverformat="%-d %B %Y")
    return lay_out(figure, height=320, legend=True)


def weekdays(rows: list[Row]) -> go.Figure:
    """The average of each weekday, with the span of its days."""
    averages = [float(row["average_active_users"]) for row in rows]
    figure = go.Figure()
    figure.add_bar(
        x=[row["day_of_week"][:3] for row in rows],
        y=averages,
        customdata=[[row["day_of_week"], row["days"], row["fewest"], row["most"]] for row in rows],
        marker_color=[QUIET if row["day_of_week"] in _WEEKEND else USUAL for row in rows],
        constraintext="none",
        textangle=0,
        texttemplate="%{y:,.1f}",
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{customdata[0]}: <b>%{y:,.1f}</b> people on average<br>"
        "%{customdata[2]:,} to %{customdata[3]:,} on %{customdata[1]} days<extra></extra>",
    )
    figure.update_yaxes(rangemode="tozero", showticklabels=False, showgrid=False)
    figure.update_xaxes(type="category", tickangle=0)
    return lay_out(figure, height=320)


def session_lengths(rows: list[Row]) -> go.Figure:
    """Sessions by class of length; those of a single event, whose length nobody saw, in grey."""
    figure = ranking(
        [row["session_length"] for row in rows],
        [row["session_length"] for row in rows],
        {"sessions": [row["sessions"] for row in rows]},
        [[row["percent"]] for row in rows],
        "%{y}: <b>%{x:,}</b> sessions, %{customdata[0]:.1f} %<extra></extra>",
        "%{x:,}",
    )
    return figure.update_traces(marker_color=[QUIET, *[USUAL] * (len(rows) - 1)])


def user_sessions(rows: list[Row]) -> go.Figure:
    """Average minutes of a session for each of the people, by their id, longest on top."""
    return ranking(
        [row["user_id"] for row in rows],
        [row["user_name"] or row["user_id"] for row in rows],
        {"average minutes": [float(row["average_session_seconds"]) / 60 for row in rows]},
        [[row["user_id"], row["session_count"], row["single_event_sessions"]] for row in rows],
        "%{customdata[0]}: <b>%{x:.1f}</b> min on average<br>%{customdata[1]:,} sessions, "
        "%{customdata[2]:,} of them of one event<extra></extra>",
        "%{x:.1f}",
    )


def top_documents(rows: list[Row], anomalies: list[Row]) -> go.Figure:
    """Edits of each document, most on top; those with an anomaly in another colour, as the sentence beside says."""
    odd = {anomaly["subject_id"] for anomaly in anomalies if anomaly["subject_type"] == "document"}
    figure = ranking(
        [row["document_id"] for row in rows],
        [row["title"] or row["document_id"] for row in rows],
        {"edits": [row["edit_count"] for row in rows]},
        [[row["document_id"], row["editor_count"], row["total_edit_length"] or 0] for row in rows],
        "%{customdata[0]}: <b>%{x:,}</b> edits by %{customdata[1]:,} people<br>"
        "total edit length %{customdata[2]:,}<extra></extra>",
        "%{x:,}",
    )
    return figure.update_traces(marker_color=[ODD if row["document_id"] in odd else USUAL for row in rows])


def sharing(rows: list[Row]) -> go.Figure:
    """Documents that each person shared, and people they were shared with."""
    return ranking(
        [row["user_id"] for row in rows],
        [row["user_name"] or row["user_id"] for row in rows],
        {
            "documents shared": [row["shared_documents"] for row in rows],
            "people shared with": [row["recipients"] for row in rows],
        },
        [[row["user_id"], row["share_events"]] for row in rows],
        "%{customdata[0]}: <b>%{x:,}</b> %{fullData.name}<br>in %{customdata[1]:,} shares<extra></extra>",
        "%{x:,}",
    )


def quarantine(rows: list[Row]) -> go.Figure:
    """Records open in quarantine by reason."""
    return ranking(
        [row["reason"] for row in rows],
        [row["reason"].replace("_", " ") for row in rows],
        {"records": [row["records"] for row in rows]},
        [[row["files"]] for row in rows],
        "%{y}: <b>%{x:,}</b> records in %{customdata[0]:,} files<extra></extra>",
        "%{x:,}",
    )


def ranking(
    keys: list[str],
    labels: list[str],
    series: dict[str, list[Any]],
    customdata: list[Any],
    hovertemplate: str,
    texttemplate: str,
) -> go.Figure:
    """Horizontal bars, the first row on top; two rows may bear one label, their keys keep them apart."""
    figure = go.Figure()
    for (name, values), color in zip(series.items(), (USUAL, QUIET), strict=False):
        figure.add_bar(
            name=name,
            orientation="h",
            y=[escape(key) for key in keys],
            x=values,
            customdata=[[escape(value) if isinstance(value, str) else value for value in row] for row in customdata],
            marker_color=color,
            texttemplate=texttemplate,
            textposition="outside",
            cliponaxis=False,
            hovertemplate=hovertemplate,
        )
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        tickvals=[escape(key) for key in keys],
        ticktext=[shorten(label) for label in labels],
    )
    figure.update_xaxes(rangemode="tozero", showticklabels=False, showgrid=False)
    return lay_out(figure, height=min(_TALLEST, _BAR_HEIGHT * len(keys) + 60), legend=len(series) > 1)


def lay_out(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    """The same frame for all; dragging is left to the page, which a phone must be able to scroll."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 8, "r": 40, "t": 36 if legend else 16, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "size": 13},
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        dragmode=False,
        hovermode="closest",
        hoverlabel={"align": "left", "font": {"size": 13}},
        bargap=0.3,
    )
    figure.update_xaxes(automargin=True, fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True, zeroline=False, ticklabelstandoff=8)
    return figure


def shorten(label: str, length: int = 30) -> str:
    """A label that leaves room for its bar, escaped."""
    return escape(label if len(label) <= length else label[: length - 1] + "…")


def wrap(sentence: str, width: int = 60) -> str:
    """A sentence in lines that fit a hover label, escaped."""
    return "<br>".join(escape(line) for line in textwrap.wrap(sentence, width))
