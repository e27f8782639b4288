"""After any changes of the files and any runs, the tables are those of one load of the readings.

A run of Spark takes seconds, so many worlds go through it together. The suite runs one history, the simplest that
hypothesis makes, which has each kind of run in turn. COMMUTE_WORLDS=200 in the environment runs that many worlds in
random histories. COMMUTE_SHRINK=1 spends minutes on making a failure smaller. Without it the rows that differ still
name their world.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import psycopg2
import psycopg2.extras
import pytest
from pyspark.sql import SparkSession

from jobs.query import METRICS
from tests.conftest import empty_database
from tests.loading import find_broken, fingerprint, load, query
from tests.properties.history import FIXED_WORLDS, History, run_histories
from tests.properties.mapping import NORMAL
from tests.properties.readings import File, write_reading
from tests.properties.tables import Rows, model_tables
from tests.test_replay import replay

RANDOM_WORLDS = int(os.environ.get("COMMUTE_WORLDS", "0"))

# The rows of `model_tables`, in its order. A file is identified by its number, with which its name begins.
TABLES = {
    "users": "select user_id, name, email, first_seen_at, last_seen_at from users order by user_id",
    "documents": "select document_id, title, first_seen_at, first_seen_by, last_edited_by, last_edited_at, word_count"
    " from documents order by document_id",
    "sessions": "select user_id, started_at, ended_at, (session_duration_seconds * 1000000)::bigint, event_count,"
    " edit_count, comment_count, share_count, document_count, session_id from sessions order by user_id, started_at",
    "events": "select event_id, event_type, event_at, event_date, day_of_week, user_id, document_id, session_id,"
    " document_word_count, content_fingerprint, edit_length, device, reported_user_name,"
    " reported_user_email, reported_document_title, revision, is_current from events order by event_id",
    "share_recipients": "select event_id, user_id, shared_at from share_recipients order by event_id, user_id",
    "event_types": 'select event_type, is_known, requires_document from event_types order by event_type collate "C"',
    "event_properties": "select event_id, properties::text from event_properties order by event_id",
    "superseded": "select event_id, content_fingerprint, is_current from ops.superseded_records order by 1, 2",
    # A row keeps the reading that added it. If that was read again, the new reading has the row.
    "places": """
        with recursive holders as (
            select file_id, file_id as held_by, file_path from ops.ingested_files where read_again_as is null
            union all
            select readings.file_id, holders.held_by, holders.file_path
            from ops.ingested_files as readings
            inner join holders on readings.read_again_as = holders.file_id
        ),
        versions as (
            select event_id, content_fingerprint, file_id, record_number from events
            union all
            select event_id, content_fingerprint, file_id, record_number from ops.superseded_records
            union all
            select event_id, content_fingerprint, file_id, record_number from ops.duplicate_records
        ),
        places as (
            select distinct event_id, content_fingerprint, held_by, file_path, record_number
            from versions
            inner join holders using (file_id)
        )
        select event_id, content_fingerprint, substring(file_path from '([0-9]+)[^/]*$')::int as number, record_number
        from places
        order by event_id, content_fingerprint, number, record_number
    """,
}
# These must be the same too after one load of the same readings.
DERIVED = (
    "select * from metrics.daily_active_users order by 1",
    "select * from metrics.average_session_duration as v order by v::text",
    "select * from metrics.top_edited_documents order by rank",
    "select * from metrics.shared_documents_per_user as v order by v::text",
    "select * from metrics.anomalies as v order by v::text",
    *(f"select * from metrics.{name} as v order by v::text" for name in METRICS[5:]),
    "select newest_event_at, open_quarantined_records, files_not_closing from ops.health",
)


def read_tables(url: str) -> dict[str, Rows]:
    """Returns the business columns of every table, row by row, and the places of all versions."""
    with closing(psycopg2.connect(url, options="-c timezone=UTC")) as connection, connection.cursor() as cursor:
        psycopg2.extras.register_uuid(conn_or_curs=connection)
        tables = {}
        for name, statement in TABLES.items():
            cursor.execute(statement)
            tables[name] = cursor.fetchall()
        return tables


def find_differences(found: dict[str, Rows], expected: dict[str, Rows]) -> dict[str, Any]:
    """Returns (rows too many, rows missing) by table, or nothing if the tables are equal."""
    return {
        name: (_subtract(found[name], rows), _subtract(rows, found[name]))
        for name, rows in expected.items()
        if found[name] != rows
    }


def _subtract(rows: Rows, others: Rows) -> Rows:
    return list((Counter(rows) - Counter(others)).elements())


class Loads(History):
    """Histories in which the job runs too. After each run its tables must be those of the model."""

    server: ClassVar[str]
    worlds = 20 if RANDOM_WORLDS else FIXED_WORLDS

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.url = self.opened.enter_context(empty_database(self.server))
        self.place = Path(self.opened.enter_context(TemporaryDirectory()))
        self.on_disk: dict[int, File] = {}
        self.is_as_modelled = False

    def teardown(self) -> None:
        """Compares with one load of the final readings, and then makes a full refresh, unless a step failed."""
        with self.opened:
            if self.is_as_modelled:
                self.assert_equal_to_one_load()
                self.refresh(Random())
                self.compare()

    def compare(self) -> None:
        assert find_differences(read_tables(self.url), model_tables(self.ledger)) == {}
        assert find_broken(self.url) == []
        self.is_as_modelled = True

    def assert_equal_to_one_load(self) -> None:
        """Loads former readings first, each under its own name, and then the current ones, which replace them."""
        former = [reading for reading in self.ledger.readings if not reading.is_current]
        first = {f"{reading.number}-former-{n}": write_reading(reading) for n, reading in enumerate(former)}
        current = {
            str(reading.number): write_reading(reading) for reading in self.ledger.readings if reading.is_current
        }
        generations = [first, current | dict.fromkeys(first, " \n")]
        folder, source = self.place / "one", self.place / "normal.yml"
        folder.mkdir()
        source.write_text(NORMAL.to_yaml(), encoding="utf-8")
        with empty_database(self.server) as other:
            for texts in filter(None, generations):
                for name, text in texts.items():
                    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
                load(other, folder, self.place / "data-one", "--source", str(source), "--accept-quality")
            assert find_differences(read_tables(self.url), read_tables(other)) == {}
            assert fingerprint(self.url) == fingerprint(other)
            for statement in DERIVED:
                assert query(self.url, statement) == query(other, statement), statement

    def run_pipeline(self, *options: str) -> None:
        self.bring()
        # There are many defects here, so the quality gate would stop the run.
        given = ["--source", str(self.place / "source.yml"), "--accept-quality"]
        load(self.url, self.place / "in", self.place / "data", *given, *options)

    def run_replay(self, *options: str) -> None:
        self.bring()
        replay(self.url, self.place / "data", "--accept-quality", *options)

    def bring(self) -> None:
        """Writes the files and the mapping of the machine to disk."""
        self.is_as_modelled = False
        folder, files = self.place / "in", self.folder.files
        folder.mkdir(exist_ok=True)
        (self.place / "source.yml").write_text(self.mapping.to_yaml(), encoding="utf-8")
        for number in self.on_disk.keys() - files.keys():
            (folder / f"{number}.jsonl").unlink()
        for number, file in files.items():
            if self.on_disk.get(number) != file:
                (folder / f"{number}.jsonl").write_text(file.text, encoding="utf-8")
        self.on_disk = dict(files)


@pytest.fixture
def machine(server: str, spark: SparkSession) -> Iterator[type[Loads]]:
    Loads.server = server
    yield Loads


def test_any_history_of_files_and_runs_gives_the_tables_of_one_load(machine: type[Loads]) -> None:
    run_histories(machine, (RANDOM_WORLDS or FIXED_WORLDS) // machine.worlds, is_random=bool(RANDOM_WORLDS))
