"""The model of the tables: the business columns that follow from the readings of a ledger.

It is plain Python and shares no code with the job. So it also shows a rule that commutes but is wrong.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.properties.mapping import PROPERTY, Event, count_microseconds, md5
from tests.properties.readings import Ledger, Version

GAP = timedelta(minutes=30)
# (type, whether it is known, whether its events have a document)
KNOWN_TYPES = (
    ("comment_added", True, True),
    ("document_edit", True, True),
    ("document_shared", True, True),
    ("user_login", True, False),
)

Rows = list[tuple[Any, ...]]


def model_tables(ledger: Ledger) -> dict[str, Rows]:
    """Returns the rows of each table, and all places of versions, in the order of the statements that read them."""
    winners, losers = choose_winners(ledger.find_versions())
    events = [winner.event for winner in winners]
    session_of, sessions = _cut_sessions(events)
    return {
        "users": _model_users(events),
        "documents": _model_documents(events),
        "sessions": sessions,
        "events": [_show_event(winner, session_of[winner.event["event_id"]]) for winner in winners],
        "share_recipients": _model_recipients(events),
        "event_types": _model_event_types(events),
        "event_properties": [
            (event["event_id"], json.dumps({PROPERTY: event[PROPERTY]})) for event in events if PROPERTY in event
        ],
        "superseded": sorted(
            (loser.event["event_id"], loser.event["fingerprint"], loser.is_current) for loser in losers
        ),
        "places": sorted(ledger.find_places()),
    }


def choose_winners(versions: list[Version]) -> tuple[list[Version], list[Version]]:
    """Returns (the winning version of each event, by id; all other versions)."""
    by_id: dict[str, list[Version]] = defaultdict(list)
    for version in versions:
        by_id[version.event["event_id"]].append(version)
    ranked = [sorted(versions, key=rank) for _, versions in sorted(by_id.items())]
    return [versions[0] for versions in ranked], [loser for versions in ranked for loser in versions[1:]]


def rank(version: Version) -> tuple[Any, ...]:
    """Returns the sort key of winners: current ones, then by largest revision, earliest time, smallest fingerprint."""
    event = version.event
    revision = event.get("revision", float("-inf"))
    return not version.is_current, -revision, event["at"], event["fingerprint"]


def _in_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event["at"], event["event_id"]))


def _cut_sessions(winners: list[Event]) -> tuple[dict[str, UUID], Rows]:
    """Returns (session of each event, rows). An event more than a gap after the user's previous one opens a session."""
    sessions: list[list[Event]] = []
    for user in sorted({event["user_id"] for event in winners}):
        last = None
        for event in _in_order(event for event in winners if event["user_id"] == user):
            if last is None or event["at"] - last > GAP:
                sessions.append([])
            sessions[-1].append(event)
            last = event["at"]
    session_of: dict[str, UUID] = {}
    rows = []
    for events in sessions:
        user, start, end = events[0]["user_id"], events[0]["at"], events[-1]["at"]
        session_id = UUID(md5(f"{count_microseconds(start)}:{user}".encode()).hexdigest())
        session_of |= {event["event_id"]: session_id for event in events}
        duration = count_microseconds(end) - count_microseconds(start)
        types = [event["event_type"] for event in events]
        counts = [types.count(name) for name in ("document_edit", "comment_added", "document_shared")]
        documents = {event["document_id"] for event in events if "document_id" in event}
        rows.append((user, start, end, duration, len(events), *counts, len(documents), session_id))
    return session_of, rows


def _model_event_types(winners: list[Event]) -> Rows:
    """Returns all known types, and the other types of events."""
    others = {event["event_type"] for event in winners} - {name for name, *_ in KNOWN_TYPES}
    return sorted([*KNOWN_TYPES, *((name, False, False) for name in others)])


def _latest(events: list[Event], read: Callable[[Event], Any]) -> Any:
    values = [read(event) for event in _in_order(events)]
    return next((value for value in reversed(values) if value is not None), None)


def _model_users(winners: list[Event]) -> Rows:
    rows = []
    for user in sorted({user for event in winners for user in _list_people(event)}):
        acted = [event for event in winners if event["user_id"] == user]
        seen = [event["at"] for event in winners if user in _list_people(event)]
        names = [_latest(acted, lambda event, name=name: event.get(name)) for name in ("user_name", "user_email")]
        rows.append((user, *names, min(seen), max(seen)))
    return rows


def _list_people(event: Event) -> list[str]:
    return [event["user_id"], *event["recipients"]]


def _model_recipients(winners: list[Event]) -> Rows:
    return sorted((event["event_id"], user, event["at"]) for event in winners for user in event["recipients"])


def _model_documents(winners: list[Event]) -> Rows:
    rows = []
    for document in sorted({event["document_id"] for event in winners if "document_id" in event}):
        events = _in_order(event for event in winners if event.get("document_id") == document)
        edits = [event for event in events if event["event_type"] == "document_edit"]
        rows.append(
            (
                document,
                _latest(events, lambda event: event.get("document_title")),
                events[0]["at"],
                events[0]["user_id"],
                _latest(edits, lambda event: event["user_id"]),
                _latest(edits, lambda event: event["at"]),
                _latest(edits, lambda event: event["words"]),
            )
        )
    return rows


def _show_event(winner: Version, session_id: UUID) -> tuple[Any, ...]:
    event = winner.event
    names = ("edit_length", "dev", "user_name", "user_email", "document_title", "revision")
    return (
        *[event["event_id"], event["event_type"], event["at"], event["at"].date(), f"{event['at']:%A}"],
        *[event["user_id"], event.get("document_id"), session_id, event["words"], event["fingerprint"]],
        *[event.get(name) for name in names],
        winner.is_current,
    )
