"""Counts the right answers of one shard while its events are made.

The answers must be independent of the pipeline that they test. So sessions are counted when they are planned, words
when they are written, and verdicts when a line is broken or repeated. Nothing reads the files that were written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from jobs.simulation.days import PlannedEvent, Session
from jobs.simulation.records import Record, list_recipients, list_unmapped

_NO_OBJECTS = ("blank", "malformed_json", "not_an_object")


@dataclass
class Tally:
    """The counts of one shard. Users and documents are given by their ids, days by their number since 1970."""

    # A verdict is blank, published, exact_duplicate, superseded, or the reason for the quarantine.
    verdicts: Counter[str] = field(default_factory=Counter)
    files: dict[str, Counter[str]] = field(default_factory=dict)  # verdicts by file
    planted: Counter[str] = field(default_factory=Counter)  # defects by kind
    unmapped_fields: Counter[str] = field(default_factory=Counter)  # records by a name that no field reads
    types: Counter[str] = field(default_factory=Counter)
    events_by_day: Counter[int] = field(default_factory=Counter)
    users_by_day: Counter[int] = field(default_factory=Counter)
    sessions: Counter[str] = field(default_factory=Counter)  # by user
    session_ms: Counter[str] = field(default_factory=Counter)  # by user
    single_event_sessions: int = 0
    recipients: set[str] = field(default_factory=set)
    share_recipients: int = 0  # one per event and recipient
    connections: set[tuple[str, str]] = field(default_factory=set)  # (user, recipient)
    documents: set[str] = field(default_factory=set)
    edits: Counter[str] = field(default_factory=Counter)  # by document
    latest_words: dict[str, tuple[int, str, int]] = field(default_factory=dict)  # (time, event, words) by document
    share_events: Counter[str] = field(default_factory=Counter)  # by user
    shared_documents: set[tuple[str, str]] = field(default_factory=set)  # (user, document)
    anomalies: list[dict[str, str]] = field(default_factory=list)

    def add_record(self, file: str, verdict: str, record: Record) -> None:
        """Counts one line of a file, or element of an array, and the verdict that the pipeline must give it.

        `record` is the record that it was made of.
        """
        self.verdicts[verdict] += 1
        if verdict not in _NO_OBJECTS:
            self.unmapped_fields.update(list_unmapped(record))
        if file not in self.files:
            self.files[file] = Counter()
        self.files[file][verdict] += 1

    def add_session(self, user_id: str, session: Session) -> None:
        """Counts one planned session."""
        self.sessions[user_id] += 1
        self.session_ms[user_id] += session[-1].at_ms - session[0].at_ms
        self.single_event_sessions += len(session) == 1

    def add_day(self, day: int, events: list[PlannedEvent]) -> None:
        """Counts the events and the active users of one day."""
        self.events_by_day[day] += len(events)
        self.users_by_day[day] += len({event.user for event in events})

    def add_event(self, at_ms: int, record: Record, words: int | None) -> None:
        """Counts one published event. `words` is the length of its document after an edit, else None."""
        event_type = record["event_type"]
        self.types[event_type] += 1
        if event_type == "user_login":
            return
        document_id = record["document_id"]
        self.documents.add(document_id)
        if words is not None:
            self.edits[document_id] += 1
            latest = (at_ms, record["event_id"], words)
            self.latest_words[document_id] = max(latest, self.latest_words.get(document_id, latest))
        elif event_type == "document_shared":
            self.share_events[record["user_id"]] += 1
            self.shared_documents.add((record["user_id"], document_id))
            recipients = list_recipients(record)
            self.recipients.update(recipients)
            self.share_recipients += len(recipients)
            self.connections.update((record["user_id"], recipient) for recipient in recipients)
