"""Draws the charts. Each function takes the rows of one result of sql/report, and returns a figure."""

from __future__ import annotations

from datetime import date
from html import escape

import plotly.graph_objects as go

from jobs.reporting.data import Row
from jobs.reporting.drawing import NEW, ODD, QUIET, USUAL, draw_lines, draw_ranking, lay_out, wrap_all
from jobs.reporting.formats import name_problem
from jobs.storage.input.file_systems import show_name

_WEEKEND = ("Saturday", "Sunday")


def daily_active_users(days: list[Row], anomalies: list[Row]) -> go.Figure:
    """Draws the people of each day and their average. Weekends have another colour; critical anomalies are marked."""
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
    explanations: dict[date, list[str]] = {}
    for anomaly in anomalies:
        if anomaly["severity"] == "critical" and anomaly["observed_on"] in users:
            explanations.setdefault(anomaly["observed_on"], []).append(anomaly["explanation"])
    if explanations:
        figure.add_scatter(
            name="critical anomaly",
            x=list(explanations),
            y=[users[day] for day in explanations],
            customdata=[wrap_all(sentences) for sentences in explanations.values()],
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
    figure.update_xaxes(tickformat="%-d %b", type="date", showgrid=False)
    return lay_out(figure, height=320, legend=True)


def weekdays(rows: list[Row]) -> go.Figure:
    """Draws the average of each weekday. The label shows the fewest and the most people."""
    averages = [float(row["average_active_users"]) for row in rows]
    figure = go.Figure()
    figure.add_bar(
        x=[row["day_of_week"][:3] for row in rows],
        y=averages,
        customdata=[[row["day_of_week"], row["days"], row["fewest"], row["most"]] for row in rows],
        marker_color=[QUIET if row["day_of_week"] in _WEEKEND else USUAL for row in rows],
        constraintext="none",
        textangle=0,
        texttemplate="%{y:,.1f}" if max(averages) < 1_000 else "%{y:.3s}",  # a longer number does not fit over a bar
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{customdata[0]}: <b>%{y:,.1f}</b> people on average<br>"
        "%{customdata[2]:,} to %{customdata[3]:,} on %{customdata[1]} days<extra></extra>",
    )
    figure.update_yaxes(rangemode="tozero", showticklabels=False, showgrid=False)
    figure.update_xaxes(type="category", tickangle=0)
    return lay_out(figure, height=320)


def active_users(days: list[Row]) -> go.Figure:
    """Draws, for each day, the people of the week and of the month that end on that day."""
    return draw_lines(
        [day["activity_date"] for day in days],
        {
            "within 30 days": [day["monthly_active_users"] for day in days],
            "within 7 days": [day["weekly_active_users"] for day in days],
        },
        "%{x|%A %-d %B %Y}<br><b>%{y:,}</b> people %{fullData.name}<extra></extra>",
    )


def new_and_returning_users(days: list[Row]) -> go.Figure:
    """Draws the people of each day, and in another colour those who came for the first time."""
    figure = go.Figure()
    for name, column, color in (("returning", "returning_users", USUAL), ("new", "new_users", NEW)):
        figure.add_bar(
            name=name,
            x=[day["activity_date"] for day in days],
            y=[day[column] for day in days],
            marker_color=color,
            hovertemplate="%{x|%A %-d %B %Y}<br><b>%{y:,}</b> %{fullData.name}<extra></extra>",
        )
    figure.update_layout(barmode="stack")
    figure.update_yaxes(rangemode="tozero", tickformat=",d", nticks=6)
    figure.update_xaxes(tickformat="%-d %b", type="date", showgrid=False)
    return lay_out(figure, height=300, legend=True)


def daily_sessions(days: list[Row]) -> go.Figure:
    """Draws the length of each day's sessions in minutes: the median, and the 90th percentile."""
    return draw_lines(
        [day["activity_date"] for day in days],
        {
            "nine of ten are shorter": [float(day["p90_session_seconds"]) / 60 for day in days],
            "median": [float(day["median_session_seconds"]) / 60 for day in days],
        },
        "%{x|%A %-d %B %Y}<br>%{fullData.name}: <b>%{y:.1f}</b> min<br>"
        "%{customdata[0]:,} sessions, %{customdata[1]:.0%} of one event<extra></extra>",
        [[day["session_count"], float(day["single_event_share"])] for day in days],
    )


def comments_per_edit(days: list[Row]) -> go.Figure:
    """Draws the comments per edit of each day. A day without an edit is a gap."""
    ratios = [None if day["comments_per_edit"] is None else float(day["comments_per_edit"]) for day in days]
    return draw_lines(
        [day["activity_date"] for day in days],
        {"comments per edit": ratios},
        "%{x|%A %-d %B %Y}<br><b>%{y:.2f}</b> comments per edit<br>"
        "%{customdata[1]:,} comments, %{customdata[0]:,} edits<extra></extra>",
        [[day["edit_count"], day["comment_count"]] for day in days],
    )


def joint_documents(rows: list[Row]) -> go.Figure:
    """Draws the number of editors of each document, the most on top."""
    return draw_ranking(
        [row["document_id"] for row in rows],
        [row["title"] or row["document_id"] for row in rows],
        {"editors": [row["editor_count"] for row in rows]},
        [[row["document_id"], row["edit_count"]] for row in rows],
        "%{customdata[0]}: <b>%{x:,}</b> editors, %{customdata[1]:,} edits<extra></extra>",
        "%{x:,}",
    )


def connected_users(rows: list[Row]) -> go.Figure:
    """Draws for each person the number of other people with whom the person shared in either direction."""
    return draw_ranking(
        [row["user_id"] for row in rows],
        [row["user_name"] or row["user_id"] for row in rows],
        {"connected people": [row["connected_users"] for row in rows]},
        [[row["user_id"], int(row["recipients"]), int(row["senders"])] for row in rows],
        "%{customdata[0]}: <b>%{x:,}</b> people<br>shared with %{customdata[1]:,}, "
        "received from %{customdata[2]:,}<extra></extra>",
        "%{x:,}",
    )


def first_shares(rows: list[Row]) -> go.Figure:
    """Draws the people by the time from their first event to their first share. Those who never shared are grey."""
    figure = draw_ranking(
        [row["first_share"] for row in rows],
        [row["first_share"] for row in rows],
        {"people": [int(row["users"]) for row in rows]},
        [[row["percent"]] for row in rows],
        "%{y}: <b>%{x:,}</b> people, %{customdata[0]:.1f} %<extra></extra>",
        "%{x:,}",
    )
    return figure.update_traces(marker_color=[*[USUAL] * (len(rows) - 1), QUIET])


def session_lengths(rows: list[Row]) -> go.Figure:
    """Draws the sessions by length. Sessions of a single event, whose length is unknown, are grey."""
    figure = draw_ranking(
        [row["session_length"] for row in rows],
        [row["session_length"] for row in rows],
        {"sessions": [row["sessions"] for row in rows]},
        [[row["percent"]] for row in rows],
        "%{y}: <b>%{x:,}</b> sessions, %{customdata[0]:.1f} %<extra></extra>",
        "%{x:,}",
    )
    return figure.update_traces(marker_color=[QUIET, *[USUAL] * (len(rows) - 1)])


def user_sessions(rows: list[Row]) -> go.Figure:
    """Draws the average session of each person in minutes, the longest on top."""
    return draw_ranking(
        [row["user_id"] for row in rows],
        [row["user_name"] or row["user_id"] for row in rows],
        {"average minutes": [float(row["average_session_seconds"]) / 60 for row in rows]},
        [[row["user_id"], row["session_count"], row["single_event_sessions"]] for row in rows],
        "%{customdata[0]}: <b>%{x:.1f}</b> min on average<br>%{customdata[1]:,} sessions, "
        "%{customdata[2]:,} of them of one event<extra></extra>",
        "%{x:.1f}",
    )


def top_documents(rows: list[Row], anomalies: list[Row]) -> go.Figure:
    """Draws the edits of each document, the most on top. Documents with an anomaly have another colour."""
    odd = {anomaly["subject_id"] for anomaly in anomalies if anomaly["subject_type"] == "document"}
    figure = draw_ranking(
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
    """Draws for each person the number of documents shared, and of people they were shared with."""
    return draw_ranking(
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
    """Draws the records that are open in quarantine, by reason and field."""
    return draw_ranking(
        [f"{row['reason']}:{row['field']}" for row in rows],
        [name_problem(row["reason"], row["field"]) for row in rows],
        {"records": [row["records"] for row in rows]},
        [[row["files"], escape(f"{show_name(row['first_file'])}:{row['first_record']}")] for row in rows],
        "%{y}: <b>%{x:,}</b> records in %{customdata[0]:,} files, first at %{customdata[1]}<extra></extra>",
        "%{x:,}",
    )
