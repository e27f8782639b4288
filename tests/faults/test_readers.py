"""Whoever reads while runs publish sees one whole state in every statement, and does not wait."""

import os
import threading
import time
from contextlib import closing

import psycopg2
import pytest

from tests.faults.conftest import Site
from tests.faults.harness import write_events
from tests.loading import load

PUBLISHES = int(os.environ.get("PUBLISHES", "2"))  # `make faults`: 20
REFRESH_EVERY = 5  # and the second is the first one
_PAUSE = 0.005  # seconds between two looks, so that the run gets a processor

# One statement, so one state: rows by table, references that lead nowhere, and what was published less what was
# replaced, which the number of events must be.
LOOK = """
select
    (select count(*) from users), (select count(*) from documents),
    (select count(*) from sessions), (select count(*) from events),
    (select count(*) from events left join sessions using (session_id, user_id) where started_at is null)
    + (select count(*) from events left join users using (user_id) where first_seen_at is null)
    + (select count(*) from events left join documents using (document_id)
       where document_id is not null and documents.first_seen_at is null)
    + (select count(*) from sessions left join users using (user_id) where first_seen_at is null)
    + (select count(*) from documents left join users on last_edited_by = users.user_id
       where last_edited_by is not null and users.user_id is null),
    (select sum(event_count) from sessions),
    (select count(*) from event_details), (select sum(session_count) from metrics.average_session_duration)
"""


class Reader(threading.Thread):
    """Looks again and again until told to stop."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.is_done = url, threading.Event()
        self.looks: list[tuple[int, ...]] = []
        self.longest = 0.0

    def run(self) -> None:
        with closing(psycopg2.connect(self.url, application_name="a reader")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                while not self.is_done.is_set():
                    started = time.monotonic()
                    cursor.execute(LOOK)
                    self.looks.append(tuple(cursor.fetchone() or ()))
                    self.longest = max(self.longest, time.monotonic() - started)
                    time.sleep(_PAUSE)

    def stop(self) -> None:
        self.is_done.set()
        self.join()


def find_waits(url: str, stop: threading.Event, found: list[str]) -> None:
    """Notes each time that a reader waits for a lock."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        while not stop.is_set():
            cursor.execute(
                "select wait_event from pg_stat_activity where datname = current_database()"
                " and application_name = 'a reader' and wait_event_type = 'Lock'"
            )
            found += [event for (event,) in cursor.fetchall()]
            time.sleep(_PAUSE)


def test_readers_see_whole_states_and_do_not_wait(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.add_events("start.jsonl", 0)
    site.load()
    reader, waits = Reader(site.url), list[str]()
    watcher = threading.Thread(target=find_waits, args=(site.url, reader.is_done, waits))
    reader.start()
    watcher.start()
    try:
        for number in range(PUBLISHES):
            write_events(site.events, f"{number:02d}.jsonl", 20 * number, 40)
            options = ["--full-refresh"] if number % REFRESH_EVERY == 1 else []
            load(site.url, site.events, site.folder / "data", "--accept-quality", *options)
    finally:
        reader.stop()
        watcher.join()
    assert reader.looks
    assert [look for look in reader.looks if 0 in look[:4]] == []
    assert {look[4] for look in reader.looks} == {0}
    for *_, events, _, in_sessions, details, _ in reader.looks:
        assert (in_sessions, details) == (events, events)
    counts = [look[3] for look in reader.looks]
    assert counts == sorted(counts)  # a replacement changes an event, and takes none away
    assert waits == []
    with capsys.disabled():
        states = len(set(reader.looks))
        print(f"\n{len(reader.looks)} looks at {states} states, longest {reader.longest:.3f} s, 0 waits for a lock")
