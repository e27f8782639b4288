"""Writes what the page says about the numbers: the headlines, and a sentence for each chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.reporting.data import Row
from jobs.reporting.formats import days_from_to, duration, name_problem, number, percent
from jobs.storage.input.file_systems import show_name
from jobs.storage.wording import plural

# We compare no shorter periods, because a weekend alone would change their averages.
_FEWEST_DAYS_COMPARED = 7


@dataclass(frozen=True)
class Headline:
    """One number, and its change since the previous period."""

    label: str
    value: str
    change: str
    before: str


def headlines(periods: list[Row]) -> list[Headline]:
    """Returns the numbers of the last 30 days."""
    current, *rest = periods
    before = rest[0] if rest and rest[0]["days"] >= _FEWEST_DAYS_COMPARED else None
    labels = {
        "daily_active_users": "Daily active users",
        "events_per_day": "Events a day",
        "edits_per_day": "Edits a day",
        "shares_per_day": "Shares a day",
        "sessions_per_day": "Sessions a day",
        "average_session_seconds": "Average session",
    }
    return [
        Headline(
            label,
            show(name, current[name]),
            *describe_change(name, current[name], before and before[name]),
        )
        for name, label in labels.items()
    ]


def show(name: str, value: Any) -> str:
    """Returns the number of a headline with its unit.

    >>> show("average_session_seconds", 90), show("events_per_day", 1234.5)
    ('1.5 min', '1,234.5')
    """
    return f"{number(value / 60, 1)} min" if name.endswith("_seconds") and value is not None else number(value, 1)


def describe_change(name: str, now: Any, before: Any) -> tuple[str, str]:
    """Returns the change and the previous value, both in words.

    >>> describe_change("events_per_day", 110, 100)
    ('▲ +10.0 %', 'was 100.0')
    """
    if now is None or before is None:
        return "", "there is no earlier value"
    was = f"was {show(name, before)}"
    if not before:
        return "", was
    change = round(100 * (now - before) / before, 1)
    arrow = "▲" if change > 0 else "▼" if change < 0 else "•"
    return f"{arrow} {change:+.1f} %".replace("-", "\N{MINUS SIGN}"), was


def describe_comparison(periods: list[Row]) -> str:
    """Says which periods are compared."""
    current, *rest = periods
    span = days_from_to(current["first_day"], current["last_day"])
    shown = f"Averages a day over {plural(current['days'], 'day')}, {span}"
    if not rest:
        return f"{shown}. There are no events before, so no change can be stated."
    before = rest[0]
    span = days_from_to(before["first_day"], before["last_day"])
    if before["days"] < _FEWEST_DAYS_COMPARED:
        return f"{shown}. Only {plural(before['days'], 'day')} before hold events ({span}): too few to state a change."
    if before["days"] < 30:
        return (
            f"{shown}; the change is against {span}. Data begin there, so these are {before['days']} days and not 30,"
            " with another mix of weekdays."
        )
    return f"{shown}; the change is against the 30 days before, {span}."


def describe_daily_active_users(days: list[Row], anomalies: list[Row]) -> str:
    """Says the lowest, highest and average number of people, and how many days have a critical anomaly."""
    counts = [row["active_users"] for row in days]
    busiest = max(days, key=lambda row: row["active_users"])
    busiest_date = f"{busiest['day_of_week']}, {busiest['activity_date'].day} {busiest['activity_date']:%B}"
    critical = {anomaly["observed_on"] for anomaly in anomalies if anomaly["severity"] == "critical"}
    odd = len({row["activity_date"] for row in days} & critical)
    return (
        f"Between {number(min(counts))} and {number(max(counts))} people a day,"
        f" {sum(counts) / len(counts):,.1f} on average. The busiest day was {busiest_date}."
        + (f" A critical anomaly was seen on {plural(odd, 'day')}." if odd else "")
    )


def describe_weekdays(rows: list[Row]) -> str:
    """Names the busiest and the quietest weekday."""
    busiest = max(rows, key=lambda row: row["average_active_users"])
    quietest = min(rows, key=lambda row: row["average_active_users"])
    return (
        f"{busiest['day_of_week']}s are the busiest with {number(busiest['average_active_users'], 1)} people on"
        f" average, {quietest['day_of_week']}s the quietest with {number(quietest['average_active_users'], 1)}."
    )


def describe_session_lengths(rows: list[Row]) -> str:
    """Says how many sessions there are, and how long most of them last."""
    total = sum(row["sessions"] for row in rows)
    longest = max(rows[1:], key=lambda row: row["sessions"])
    return (
        f"{plural(total, 'session')}; {percent(rows[0]['sessions'], total)} are a single event, so that their length is"
        f" unknown. Of the others most last {longest['session_length']}."
    )


def describe_user_sessions(rows: list[Row]) -> str:
    """Says who has the longest sessions among the people with the most sessions."""
    if not rows:
        return "There are no sessions."
    first = rows[0]
    return (
        f"Among the {len(rows)} people with the most sessions {first['user_name'] or first['user_id']} stays longest:"
        f" {duration(first['average_session_seconds'])} on average over {plural(first['session_count'], 'session')}."
    )


def describe_top_documents(rows: list[Row], anomalies: list[Row]) -> str:
    """Names the most edited document, and the documents with an anomaly."""
    if not rows:
        return "No document was edited."
    first = rows[0]
    subjects = {anomaly["subject_id"] for anomaly in anomalies if anomaly["subject_type"] == "document"}
    odd = [row["title"] or row["document_id"] for row in rows if row["document_id"] in subjects]
    note = f" In orange, with an anomaly: {', '.join(odd)}." if odd else ""
    return (
        f"{first['title'] or first['document_id']} leads with {plural(first['edit_count'], 'edit')}"
        f" by {plural(first['editor_count'], 'person', 'people')}.{note}"
    )


def describe_sharing(rows: list[Row]) -> str:
    """Says who shared the most."""
    if not rows:
        return "Nothing was shared."
    first = rows[0]
    return (
        f"{first['user_name'] or first['user_id']} shared the most: {plural(first['shared_documents'], 'document')},"
        f" {plural(first['share_events'], 'time')}, with {plural(first['recipients'], 'person', 'people')}."
    )


def describe_quarantine(rows: list[Row]) -> str:
    """Names the most frequent problem, and the first record that has it."""
    if not rows:
        return "Nothing is open in quarantine."
    first = rows[0]
    return (
        f"The most frequent problem is {name_problem(first['reason'], first['field'])}:"
        f" {plural(first['records'], 'record')}, first at {show_name(first['first_file'])}:{first['first_record']}."
        " A record may have several problems; make quarantine shows examples, make replay tries the records again."
    )


def describe_active_users(days: list[Row]) -> str:
    """Says how many people were active in the last week and month, and the stickiness of the last days."""
    last = days[-1]
    known = [day["stickiness"] for day in days[-7:] if day["stickiness"] is not None]
    return (
        f"{plural(last['weekly_active_users'], 'person', 'people')} in the last 7 days,"
        f" {number(last['monthly_active_users'])} in the last 30. Of a month's people"
        f" {percent(sum(known), len(known))} come on a day (mean of the last 7 days)."
    )


def describe_new_and_returning_users(days: list[Row]) -> str:
    """Says how many people came for the first time."""
    new = sum(day["new_users"] for day in days)
    if not new:
        return "Nobody came for the first time in these 30 days."
    return (
        f"{plural(new, 'person', 'people')} came for the first time in these 30 days."
        " At the beginning of a log, everybody counts as new."
    )


def describe_daily_sessions(days: list[Row]) -> str:
    """Says how far the daily medians differ."""
    medians = [day["median_session_seconds"] for day in days]
    if not medians:
        return "There are no sessions."
    longest = [day["p90_session_seconds"] for day in days]
    return (
        f"The median session of a day lasts between {duration(min(medians))} and {duration(max(medians))}; nine of"
        f" ten end within {duration(min(longest))} to {duration(max(longest))}, depending on the day."
    )


def describe_comments_per_edit(days: list[Row]) -> str:
    """Says how many comments and edits there are."""
    edits, comments = (sum(day[name] for day in days) for name in ("edit_count", "comment_count"))
    ratio = f", {comments / edits:.2f} for each edit" if edits else ""
    return f"{plural(comments, 'comment')} and {plural(edits, 'edit')} in these 30 days{ratio}."


def describe_joint_documents(rows: list[Row]) -> str:
    """Says how many documents have several editors, and which one has the most."""
    if not rows:
        return "No document was edited by more than one person."
    first = rows[0]
    return (
        f"{plural(first['documents_with_several_editors'], 'document')} have more than one editor;"
        f" {first['title'] or first['document_id']} has the most, {number(first['editor_count'])}."
    )


def describe_connected_users(rows: list[Row]) -> str:
    """Says who is connected with the most people."""
    if not rows:
        return "Nobody has shared with anybody."
    first = rows[0]
    return (
        f"{first['user_name'] or first['user_id']} is connected with"
        f" {plural(first['connected_users'], 'person', 'people')}: shared with {number(first['recipients'])},"
        f" received from {number(first['senders'])}."
    )


def describe_first_shares(rows: list[Row]) -> str:
    """Says how many people have ever shared, and how many of these did so within a day."""
    total, never = sum(row["users"] for row in rows), rows[-1]["users"]
    soon = sum(row["users"] for row in rows[:2])
    return (
        f"{number(total - never)} of {plural(total, 'person', 'people')} have shared,"
        f" {percent(soon, total - never)} of them within a day of their first event."
    )
