"""A small database with texts that try to break out of the page, and the page that reports on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.reporting.data import Report, read_report
from jobs.reporting.page import render
from tests.conftest import empty_database
from tests.metrics.rows import Event, comment, create_tables, edit, execute, load, login, share

HOSTILE_TITLE = "</script><script>window.broken = 1</script>"
HOSTILE_NAME = '"><img src=x onerror="window.broken = 2"><b>Eve</b>'
HOSTILE_ERROR = "<svg onload='window.broken = 3'>"
HOSTILE_WHY = "<svg onload='window.broken = 4'>"
HOSTILE_FIELD = "<svg onload='window.broken = 5'>"
MARKED_TITLE = "<i>Plan</i>"  # plotly would print it in italics
FIRST_DAY, LAST_DAY = date(2025, 5, 17), date(2025, 6, 30)
BURST_DAY = date(2025, 6, 13)


def make_events() -> list[Event]:
    """Returns the events of 45 days.

    ann edits twice every day. eve edits and shares on weekdays. ann comments once on eve's document, and bob edits it
    once. There is one burst of 40 edits. Three documents have the same title.
    """
    made = []
    for number in range((LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(number)
        made.append(login(f"l{day}", "ann", f"{day} 09:00", reported_user_name="Ann"))
        made += [
            edit(f"a{day}{hour}", "ann", f"{day} {hour}:10", reported_document_title=MARKED_TITLE) for hour in (10, 11)
        ]
        if day.weekday() < 5:
            eve = {"document_id": f"d{number % 3}", "recipients": ("bob",), "reported_user_name": HOSTILE_NAME}
            made.append(login(f"k{day}", "eve", f"{day} 12:00"))
            made.append(share(f"s{day}", "eve", f"{day} 12:10", reported_document_title=HOSTILE_TITLE, **eve))
            made.append(edit(f"e{day}", "eve", f"{day} 12:20:30", document_id=f"d{number % 3}"))
    made += [login("lb", "bob", f"{LAST_DAY} 12:50"), edit("j", "bob", f"{LAST_DAY} 13:05", document_id="d0")]
    made.append(comment("c", "ann", f"{LAST_DAY} 09:20", document_id="d0"))
    return [*made, *(edit(f"b{n}", "ann", f"{BURST_DAY} 10:{n + 11}") for n in range(40))]


def fill(connection: Any) -> None:
    """Inserts two successful runs, then a failed one, and two quarantined records.

    The second run published three late events and one of the last day.
    """
    create_tables(connection)
    events = make_events()
    load(connection, *events)
    execute(
        connection,
        f"""
        update ops.pipeline_runs
        set records = {len(events)}, blank = 1, ignored = 0, quarantined = 2, accepted = {len(events)} - 3,
            exact_duplicates = 0, superseded = 0, published = {len(events)} - 3, replaced = 0,
            finished_at = started_at + interval '70 s';
        update ops.ingested_files
        set records = records + 3, blank = 1, ignored = 0, quarantined = 2;
        insert into ops.pipeline_runs
        select 2, started_at, finished_at, status, kind, 30, null, 4, 0, 0, 4, 0, 0, 4, 0, 'code', 'configuration'
        from ops.pipeline_runs;
        update ops.pipeline_runs set ignored = 0;
        update public.events set run_id = 2 where event_id in
            ('a2025-06-0110', 'a2025-06-0210', 'a2025-06-0310', 'a2025-06-3010');
        insert into ops.pipeline_runs (run_id, started_at, finished_at, status, kind, session_gap_minutes,
            code_version, configuration_version, error)
        values (3, now(), now(), 'failed', 'load', 30, 'code', 'configuration', $error${HOSTILE_ERROR}$error$);
        insert into ops.metric_restatements values (2, 'daily_active_users', '2025-06-01', 1, 2, 'late'),
            (2, 'edits', '2025-06-01', 1, 2, 'late'), (2, 'edits', '2025-06-02', 1, 3, 'late');
        insert into ops.check_results values (2, 'reconcile_files', 'error', 0, null),
            (2, 'users_without_name', 'warn', 1, '{{"user_id": "bob"}}'), (1, 'repeated_files', 'warn', 7, '{{}}');
        insert into ops.findings values (7, 'edit_burst', 'document', 'doc', '{BURST_DAY}', 'epoch', now(), 'warning',
            'as it was', now(), 'known');
        insert into ops.held_back_files values ('file:///held%20back.jsonl', 1, now(), 'default', 'hash', 20, 5,
            $why${HOSTILE_WHY}$why$, 2);
        insert into ops.unmapped_fields values ('default', $name${HOSTILE_FIELD}$name$, 1234, 1, 2);
        insert into ops.quarantined_records values
            (1, 1, array['bad_value', 'missing_field'], array['edit_length', 'user_id'], null, 1),
            (1, 2, array['missing_field'], array['user_id'], null, 1);
        insert into ops.quarantine_problems values
            (1, 1, 'bad_value', 'edit_length'), (1, 1, 'missing_field', 'user_id'), (1, 2, 'missing_field', 'user_id');
        """,
    )
    connection.commit()


@pytest.fixture(scope="session")
def filled_database(server: str) -> Iterator[Any]:
    """A connection to a database that no test changes."""
    with empty_database(server) as url, closing(psycopg2.connect(url)) as connection:
        fill(connection)
        yield connection


def url_of(connection: Any) -> str:
    """Returns the URL of the same database."""
    parameters = connection.info.dsn_parameters
    return str(psycopg2.extensions.make_dsn(**{**parameters, "password": connection.info.password}))


@pytest.fixture(scope="session")
def report(filled_database: Any) -> Report:
    """The data of the page."""
    return read_report(url_of(filled_database))


@pytest.fixture(scope="session")
def page(report: Report) -> str:
    """The page as HTML text."""
    return render(report, datetime(2025, 7, 1, 8, tzinfo=UTC))


@pytest.fixture(scope="session")
def page_path(page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the page."""
    path = tmp_path_factory.mktemp("report") / "index.html"
    path.write_text(page, encoding="utf-8")
    return path
