"""Loads commute: however records are cut into files and runs, ordered and repeated, the tables come out the same.

The suite runs a few fixed examples; COMMUTE_WORLDS=200 in the environment runs that many random ones, and
COMMUTE_SHRINK=1 spends minutes on making a failure smaller (the rows that differ name their world anyhow).
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import psycopg2
import psycopg2.extras
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from pyspark.sql import SparkSession

from jobs.query import METRICS
from tests.builders import ROOT, error_checks
from tests.conftest import empty_database
from tests.properties.world import DEFECTS, UNMAPPED_TIME, Rows, any_lines, model_tables, read_lines
from tests.test_pipeline import fingerprint, load, query
from tests.test_replay import replay

MAPPING = (ROOT / "conf" / "sources" / "default.yml").read_text(encoding="utf-8")
WORLDS = 20  # at once
RANDOM_WORLDS = int(os.environ.get("COMMUTE_WORLDS", "0"))
FIXED_WORLDS = 40

# The rows of `model_tables`, in its order.
TABLES = {
    "users": "select user_id, name, email, first_seen_at, last_seen_at from users order by user_id",
    "documents": "select document_id, title, first_seen_at, first_seen_by, last_edited_by, last_edited_at, word_count"
    " from documents order by document_id",
    "sessions": "select user_id, started_at, ended_at, (session_duration_seconds * 1000000)::bigint, event_count,"
    " session_id from sessions order by user_id, started_at",
    "events": "select event_id, event_type, event_at, event_date, day_of_week, user_id, document_id, session_id,"
    " document_word_count, content_fingerprint, edit_length, shared_with_user_id, reported_user_name,"
    " reported_user_email, reported_document_title from events order by event_id",
    "superseded": "select event_id, content_fingerprint from ops.superseded_records order by 1, 2",
}
# What else must be the same after one load of everything.
DERIVED = (
    "select * from metrics.daily_active_users order by 1",
    "select * from metrics.average_session_duration as v order by v::text",
    "select * from metrics.top_edited_documents order by rank",
    "select * from metrics.shared_documents_per_user as v order by v::text",
    "select * from metrics.anomalies as v order by v::text",
    *(f"select * from metrics.{name} as v order by v::text" for name in METRICS[5:]),
    "select newest_event_at, open_quarantined_records, files_not_closing from ops.health",
)
# What arrives in one run, for each world.
ARRIVALS = st.tuples(*[any_lines(world) for world in range(WORLDS)])
Arrivals = tuple[list[str], ...]
CHOICE = st.integers(0, 10**6)


def read_tables(url: str) -> dict[str, Rows]:
    """The business columns of every table, row for row."""
    with closing(psycopg2.connect(url, options="-c timezone=UTC")) as connection, connection.cursor() as cursor:
        psycopg2.extras.register_uuid(conn_or_curs=connection)
        tables = {}
        for name, statement in TABLES.items():
            cursor.execute(statement)
            tables[name] = cursor.fetchall()
        return tables


def find_differences(found: dict[str, Rows], expected: dict[str, Rows]) -> dict[str, Any]:
    """By table, (rows too many, rows missing); empty when they are the same."""
    return {
        name: ([row for row in found[name] if row not in rows], [row for row in rows if row not in found[name]])
        for name, rows in expected.items()
        if found[name] != rows
    }


class Loads(RuleBasedStateMachine):
    """Each rule brings files and runs the job; in the end the tables are those of one load of all lines in one file."""

    server: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.url = self.opened.enter_context(empty_database(self.server))
        self.folder = Path(self.opened.enter_context(TemporaryDirectory()))
        (self.folder / "in").mkdir()
        self.source = self.folder / "source.yml"
        self.source.write_text(MAPPING)
        self.lines: list[str] = []

    @initialize(arrivals=ARRIVALS, cut=st.integers(1, 3))
    def load_first(self, arrivals: Arrivals, cut: int) -> None:
        self.bring(arrivals, cut)

    @rule(arrivals=ARRIVALS, cut=st.integers(1, 3))
    def load_more(self, arrivals: Arrivals, cut: int) -> None:
        """New files, whose records may be late, or conflict with any that came before."""
        self.bring(arrivals, cut)

    @rule(arrivals=ARRIVALS, again=st.lists(CHOICE, min_size=1, max_size=3 * WORLDS))
    def repeat_lines(self, arrivals: Arrivals, again: list[int]) -> None:
        """Records that came before, in another order, among new ones."""
        known = [line for line in self.lines if line not in DEFECTS]
        repeated = [known[choice % len(known)] for choice in again] if known else []
        self.bring((*arrivals, repeated), 2)

    @rule(choice=CHOICE, arrivals=ARRIVALS)
    def repeat_file(self, choice: int, arrivals: Arrivals) -> None:
        """A whole file under another name, beside new ones."""
        path = self.choose_file(choice)
        self.bring((*arrivals, path.read_text(encoding="utf-8").splitlines()), WORLDS)

    @rule(choice=CHOICE, arrivals=ARRIVALS)
    def append(self, choice: int, arrivals: Arrivals) -> None:
        """A file that grows is read again in full."""
        self.write(self.choose_file(choice), list(chain.from_iterable(arrivals)))
        self.run()

    @rule(arrivals=ARRIVALS)
    def refresh(self, arrivals: Arrivals) -> None:
        """A full refresh that brings a new file along."""
        self.bring(arrivals, 1, "--full-refresh")

    @rule(fixed=st.booleans(), reason=st.sampled_from([None, "missing_field", "malformed_json"]))
    def replay(self, fixed: bool, reason: str | None) -> None:
        """Quarantined records again, of which the fixed mapping recovers some."""
        if fixed:
            self.fix()
        replay(self.url, self.folder / "data-in", *(["--reason", reason] if reason else []))

    def teardown(self) -> None:
        with self.opened:
            if self.lines:
                self.fix()
                replay(self.url, self.folder / "data-in")
                self.assert_equal_to_one_load()

    def assert_equal_to_one_load(self) -> None:
        tables = read_tables(self.url)
        assert find_differences(tables, model_tables(read_lines(self.lines))) == {}
        with empty_database(self.server) as other:
            self.write(self.folder / "all" / "all.jsonl", sorted(self.lines))
            self.load(other, "all")
            assert find_differences(tables, read_tables(other)) == {}
            assert fingerprint(self.url) == fingerprint(other)
            for statement in DERIVED:
                assert query(self.url, statement) == query(other, statement), statement
        for check in error_checks():
            assert query(self.url, check.query) == [], check.name

    def paths(self) -> list[Path]:
        return sorted((self.folder / "in").iterdir())

    def choose_file(self, choice: int) -> Path:
        paths = self.paths()
        return paths[choice % len(paths)]

    def bring(self, arrivals: Arrivals, cut: int, *options: str) -> None:
        """Write the lines into at most that many new files, world by world in turn, and run the job."""
        number = len(self.paths())
        for offset in range(cut):
            self.write(
                self.folder / "in" / f"{number + offset}.jsonl", list(chain.from_iterable(arrivals[offset::cut]))
            )
        self.run(*options)

    def write(self, path: Path, lines: list[str]) -> None:
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
        if path.parent.name == "in":
            self.lines += lines

    def run(self, *options: str) -> None:
        self.load(self.url, "in", *options)

    def load(self, url: str, name: str, *options: str) -> None:
        # Defects come in bulk here, which the quality gate would stop.
        data = self.folder / f"data-{name}"
        load(url, self.folder / name, data, "--source", str(self.source), "--accept-quality", *options)

    def fix(self) -> None:
        """From now on the time is found wherever it is."""
        self.source.write_text(MAPPING.replace("timestamp", f"timestamp, {UNMAPPED_TIME}"))


@pytest.fixture
def machine(server: str, spark: SparkSession) -> Iterator[type[Loads]]:
    Loads.server = server
    yield Loads


def test_any_cut_order_and_repetition_gives_the_tables_of_one_load(machine: type[Loads]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=(RANDOM_WORLDS or FIXED_WORLDS) // WORLDS,
            derandomize=not RANDOM_WORLDS,
            phases=[Phase.generate, *[Phase.shrink] * bool(os.environ.get("COMMUTE_SHRINK"))],
            stateful_step_count=3,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
