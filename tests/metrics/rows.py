"""Minimal rows in real tables. An event needs an id, a user and a time; everything else has a default."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import SQL, execute_files
from jobs.storage.database.views import make_views
from schemas.event_types import EVENT_TYPES
from schemas.tables import PUBLISHED
from tests.builders import ROOT

RUN_ID = 1
STAGING = "staging_1"
SESSION_GAP = timedelta(minutes=30)
DEFAULT_SOURCE = "default"
SETTINGS = read_settings(ROOT / "conf" / "pipeline.yml")


@dataclass(frozen=True)
class Event:
    """One published event. `at` is UTC text, such as '2025-03-01 10:00'."""

    event_id: str
    user_id: str
    at: str
    event_type: str = "document_view"
    document_id: str | None = None
    document_word_count: int | None = None
    edit_length: int | None = None
    comment_text: str | None = None
    recipients: tuple[str, ...] = ()
    permission: str | None = None
    device: str | None = None
    ip_address: str | None = None
    reported_user_name: str | None = None
    reported_user_email: str | None = None
    reported_document_title: str | None = None
    source: str = DEFAULT_SOURCE

    @property
    def event_at(self) -> datetime:
        """Returns the instant."""
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC)


def login(event_id: str, user_id: str, at: str, **values: Any) -> Event:
    """Returns a user_login."""
    return Event(event_id, user_id, at, event_type="user_login", **values)


def edit(event_id: str, user_id: str, at: str, document_id: str = "doc", **values: Any) -> Event:
    """Returns a document_edit."""
    return Event(event_id, user_id, at, event_type="document_edit", document_id=document_id, **values)


def comment(event_id: str, user_id: str, at: str, document_id: str = "doc", **values: Any) -> Event:
    """Returns a comment_added."""
    return Event(event_id, user_id, at, event_type="comment_added", document_id=document_id, **values)


def share(event_id: str, user_id: str, at: str, document_id: str = "doc", **values: Any) -> Event:
    """Returns a document_shared; it is a share by link unless `recipients` are given."""
    return Event(event_id, user_id, at, event_type="document_shared", document_id=document_id, **values)


def create_tables(connection: Connection, business_time_zone: str = "UTC") -> None:
    """Creates the empty published tables with keys, ledger, comments, metrics and rights, as a first load does."""
    settings = replace(SETTINGS, business_time_zone=business_time_zone)
    with connection.cursor() as cursor:
        prepare_database(cursor)
        cursor.execute(f"create schema {STAGING}")
        parts = {"staging": sql.Identifier(STAGING)}
        execute_files(cursor, "ddl/100_*.sql", parts)
        execute_files(cursor, "ddl/1[1-5]*.sql", parts)
        for table in PUBLISHED:
            cursor.execute(f"alter table {STAGING}.{table} set schema public")
        rows = [(each.code, each.description, True, each.requires_document) for each in EVENT_TYPES]
        execute_values(cursor, "insert into public.event_types values %s", rows)
        cursor.execute(f"drop schema {STAGING} cascade")
        make_views(cursor, settings)
        cursor.execute("set role none")  # so that a test may plant any fault


def load(connection: Connection, *events: Event) -> None:
    """Fills the empty tables. Plain Python computes users, documents and sessions from the events.

    Every source of the events becomes one current file whose sums close.
    """
    file_ids = {source: number for number, source in enumerate(sorted({e.source for e in events}), start=1)}
    session_rows, session_of = cut_sessions(events)
    with connection.cursor() as cursor:
        insert_ledger(cursor, events, file_ids)
        types = sorted({event.event_type for event in events} - {each.code for each in EVENT_TYPES})
        for event_type in types:
            cursor.execute("insert into public.event_types values (%s, null, false, false)", (event_type,))
        execute_values(cursor, "insert into public.users values %s", summarize_users(events))
        documents = summarize_documents(events)
        if documents:
            execute_values(cursor, "insert into public.documents values %s", documents)
        execute_values(cursor, "insert into public.sessions values %s", session_rows)
        rows = [
            make_row(event, session_of[event.event_id], file_ids[event.source], number)
            for number, event in enumerate(events, start=1)
        ]
        if rows:
            columns = ", ".join(rows[0])
            insert = f"insert into public.events ({columns}) values %s"
            execute_values(cursor, insert, [tuple(row.values()) for row in rows])
        recipients = [(event.event_id, user_id, event.event_at) for event in events for user_id in event.recipients]
        if recipients:
            execute_values(cursor, "insert into public.share_recipients values %s", recipients)


def insert_ledger(cursor: Any, events: tuple[Event, ...], file_ids: dict[str, int]) -> None:
    """Inserts one run, and one current file for each source."""
    cursor.execute(
        "insert into ops.pipeline_runs"
        " (run_id, started_at, status, kind, session_gap_minutes, code_version, configuration_version,"
        " identity_version) values (%s, now(), 'succeeded', 'load', 30, 'code', 'configuration', 2)",
        (RUN_ID,),
    )
    for source, file_id in file_ids.items():
        count = sum(event.source == source for event in events)
        cursor.execute(
            "insert into ops.ingested_files values"
            " (%s, %s, 1, now(), 'jsonl', %s, 'hash', %s, 0, 0, %s, 0, 0, %s, 0, %s, true)",
            (file_id, f"file:///{source}.jsonl", source, count, count, count, RUN_ID),
        )


def make_row(event: Event, session_id: Any, file_id: int, record_number: int) -> dict[str, Any]:
    """Returns one row of public.events."""
    business = {
        field.name: value
        for field, value in zip(fields(event), astuple(event), strict=True)
        if field.name not in ("at", "source", "recipients")
    }
    return {
        **business,
        "event_at": event.event_at,
        "event_date": event.event_at.date(),
        "day_of_week": event.event_at.strftime("%A"),
        "session_id": session_id,
        "is_current": True,
        "content_fingerprint": str(uuid5(NAMESPACE_OID, repr(event))),
        "file_id": file_id,
        "record_number": record_number,
        "run_id": RUN_ID,
    }


def cut_sessions(events: tuple[Event, ...]) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """Returns the rows of public.sessions, and the session id of each event id."""
    by_user: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda e: (e.event_at, e.event_id)):
        by_user[event.user_id].append(event)
    rows, session_of = [], {}
    for user_id, own in by_user.items():
        groups = [[own[0]]]
        for before, event in pairwise(own):
            if event.event_at - before.event_at > SESSION_GAP:
                groups.append([])
            groups[-1].append(event)
        for group in groups:
            start, end = group[0].event_at, group[-1].event_at
            session_id = str(uuid5(NAMESPACE_OID, f"{user_id} {start.isoformat()}"))
            rows.append((session_id, user_id, start, end, (end - start).total_seconds(), len(group), *count(group)))
            session_of.update({event.event_id: session_id for event in group})
    return rows, session_of


def count(group: list[Event]) -> tuple[int, ...]:
    """Returns the numbers of edits, comments, shares and different documents of a session."""
    types = [event.event_type for event in group]
    documents = {event.document_id for event in group} - {None}
    return (*map(types.count, ("document_edit", "comment_added", "document_shared")), len(documents))


def latest(events: list[Event], name: str) -> Any:
    """Returns the value in the latest event that states it."""
    stated = [e for e in events if getattr(e, name) is not None]
    return getattr(max(stated, key=lambda e: (e.event_at, e.event_id)), name) if stated else None


def summarize_users(events: tuple[Event, ...]) -> list[tuple[Any, ...]]:
    """Returns the rows of public.users."""
    rows = []
    acts: dict[str, list[Event]] = defaultdict(list)
    times: dict[str, list[datetime]] = defaultdict(list)
    for event in events:
        acts[event.user_id].append(event)
        for user_id in (event.user_id, *event.recipients):
            times[user_id].append(event.event_at)
    for user_id, seen in times.items():
        acting = acts[user_id]
        name, email = latest(acting, "reported_user_name"), latest(acting, "reported_user_email")
        rows.append((user_id, name, email, min(seen), max(seen)))
    return rows


def summarize_documents(events: tuple[Event, ...]) -> list[tuple[Any, ...]]:
    """Returns the rows of public.documents."""
    rows = []
    by_document: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.document_id is not None:
            by_document[event.document_id].append(event)
    for document_id, own in by_document.items():
        edits = [e for e in own if e.event_type == "document_edit"]
        first = min(own, key=lambda e: (e.event_at, e.event_id))
        last_edited_at = max((e.event_at for e in edits), default=None)
        title, editor = latest(own, "reported_document_title"), latest(edits, "user_id")
        word_count = latest(edits, "document_word_count")
        rows.append((document_id, title, first.event_at, first.user_id, editor, last_edited_at, word_count))
    return rows


def query(database: Any, statement: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def execute(database: Any, statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement)


def run_file(database: Any, folder: str, name: str) -> list[tuple[Any, ...]]:
    return query(database, (SQL / folder / f"{name}.sql").read_text(encoding="utf-8"))
