"""Whatever is printed comes in the same order each time, wherever the rows lie, and ids are compared bytewise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.query import METRICS, query_metric
from jobs.reporting.data import REPORT, as_dicts, find_rows_behind
from jobs.storage.database.postgres import SQL
from jobs.storage.database.queries import Result, query_file
from tests.conftest import empty_database
from tests.metrics.rows import Event, comment, create_tables, edit, execute, load, query, share

PRINTED = sorted(path for folder in ("analysis", "checks", "report") for path in (SQL / folder).glob("*.sql"))
# In the order of their bytes; every other order of texts puts some of them elsewhere.
IDS = ("B", "_", "a", "z", "ä")
# Tables, each with a column that is there to be written again.
TABLES = {
    "public.users": "name",
    "public.documents": "title",
    "public.sessions": "event_count",
    "public.events": "device",
    "public.event_types": "description",
    "public.share_recipients": "shared_at",
    "ops.pipeline_runs": "error",
    "ops.ingested_files": "format",
    "ops.quarantined_records": "raw_sha256",
    "ops.quarantine_problems": "reason",
    "ops.check_results": "example",
    "ops.metric_restatements": "cause",
    "ops.held_back_files": "why",
    "ops.empty_input_folders": "folder",
    "ops.unmapped_fields": "last_run_id",
}


def make_events() -> list[Event]:
    """Everybody does the same at the same times, a month long, each with a document and a source of his own."""
    # Three spellings of one type, beside the known ones.
    events = [Event(kind, "a", "2025-06-30 12:00", event_type=kind) for kind in ("to do", "To-Do", "todo")]
    for number in range(31):
        day = date(2025, 5, 31) + timedelta(number)
        for who in IDS:
            own = {"document_id": who, "source": who}
            events += [
                edit(f"e{day}{who}", who, f"{day} 10:00", document_word_count=50, **own),
                *(comment(f"c{day}{who}{n}", who, f"{day} 10:00", comment_text=f"{n}", **own) for n in range(2)),
                share(f"s{day}{who}", who, f"{day} 10:00", recipients=(IDS[IDS.index(who) - 1],), **own),
                edit(f"f{day}{who}", IDS[IDS.index(who) - 1], f"{day} 10:00", document_word_count=50, **own),
            ]
    oddities = [
        *(edit(f"o{n}", "a", "2025-06-30 12:00", "a", document_word_count=2 + n % 2 * 50) for n in range(4)),
        *(comment(f"p{n}", "a", f"2025-06-30 12:00:0{n // 2}", comment_text=f"{n % 2}") for n in range(8)),
    ]
    return [*events, *oddities]


@pytest.fixture
def world(database: Any) -> Iterator[Any]:
    """Ties wherever a list can have them."""
    create_tables(database)
    load(database, *make_events())
    execute(
        database,
        """
        insert into ops.pipeline_runs
            (run_id, started_at, finished_at, status, kind, session_gap_minutes, code_version, configuration_version)
        select n, '2025-07-01', '2025-07-01', 'succeeded', 'load', 30, 'x', 'x' from generate_series(2, 20) as n;
        update ops.ingested_files set accepted = accepted + 1000, exact_duplicates = 1000, records = records + 1010,
            quarantined = 10, modified_at = '2025-05-01';
        insert into ops.quarantined_records
        select file_id, n, array['z_reason', 'B_reason', 'a_reason'], array['z', 'B'], 'x', 20
        from ops.ingested_files cross join generate_series(1, 3) as n;
        insert into ops.quarantine_problems
        select file_id, n, reason, field from ops.ingested_files cross join generate_series(1, 2) as n
        cross join unnest(array['z_reason', 'B_reason', 'a_reason']) as reason
        cross join unnest(array['z', 'B', null]) as field;
        insert into ops.check_results select n, name, 'warn', 1, '{}'
        from generate_series(1, 20) as n cross join unnest(array['z', 'B', 'a']) as name;
        insert into ops.metric_restatements select n, name, '2025-06-01', 1, 2, 'late'
        from generate_series(1, 20) as n cross join unnest(array['z', 'B', 'a', '_']) as name;
        insert into ops.held_back_files
            (file_path, size_bytes, modified_at, source, mapping_hash, records, quarantined, why, run_id)
        select name, 1, '2025-05-01', 'x', 'x', 9, 9, 'x', 20 from unnest(array['z', 'B', 'a', '_']) as name;
        insert into ops.empty_input_folders select name from unnest(array['z', 'B', 'a', '_']) as name;
        insert into ops.unmapped_fields select source, name, 5, 2, 20
        from unnest(array['z', 'B', 'a', '_']) as source cross join unnest(array['z', 'B', 'a', '_']) as name;
        update public.share_recipients set shared_at = shared_at + interval '1 s';
        update public.users set name = 'wrong';
        update public.events set is_current = false;
        """,
    )
    yield database
    database.rollback()


def shuffle(database: Any, seed: int) -> None:
    """Put the rows of all tables into other places, one after the other."""
    for table, column in TABLES.items():
        places = query(database, f"select ctid::text from {table} as t order by md5('{seed}' || t::text)")
        with database.cursor() as cursor:
            cursor.executemany(f"update {table} set {column} = {column} where ctid = %s::tid", places)


def print_all(database: Any) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of everything that is printed, by its name."""
    with database.cursor() as cursor:
        results = [query_metric(cursor, name, 10) for name in METRICS]
        results += [query_file(cursor, path) for path in PRINTED]
        anomalies = as_dicts(query_file(cursor, REPORT / "anomalies.sql"))
        behind = [
            Result(f"behind {position}", one.rows.columns, one.rows.rows)
            for position, one in enumerate(find_rows_behind(cursor, anomalies))
        ]
    return {result.title: result.rows for result in [*results, *behind]}


def test_the_same_rows_are_printed_in_the_same_order(world: Any) -> None:
    before = print_all(world)
    assert {Path(name).stem for name, rows in before.items() if not rows} == {
        *("last_change", "reconcile_tables", "sessions_match_events", "users_without_name")
    }
    for seed in range(3):
        shuffle(world, seed)
        after = print_all(world)
        assert [name for name in before if before[name] != after.get(name)] == []


def test_the_leaders_are_printed_and_ties_are_broken_bytewise(world: Any) -> None:
    with world.cursor() as cursor:
        shown = query_metric(cursor, "average_session_duration", 2)
        assert (shown.title, [row[0] for row in shown.rows]) == (
            "metrics.average_session_duration (first 2 of 5 rows)",
            ["a", "B"],  # only a has a session that lasts
        )
        assert [row[0] for row in query_metric(cursor, "shared_documents_per_user", 9).rows] == list(IDS)


def test_of_what_is_as_long_as_the_log_the_most_edited_documents_are_shown(server: str) -> None:
    with empty_database(server) as url, closing(psycopg2.connect(url)) as connection:
        create_tables(connection)
        edits = [edit(f"e{n}{i}", "ann", f"2025-03-01 10:0{i}", f"d{n}") for n in range(10) for i in (0, 1)]
        load(connection, *edits, edit("late", "ann", "2025-03-02 10:00", "d10", document_word_count=1))
        with connection.cursor() as cursor:
            shown = query_metric(cursor, "document_authors", 3)
            assert (shown.title, [row[0] for row in shown.rows]) == (
                "metrics.document_authors of the most edited documents (first 3 of 10 rows)",
                ["d0", "d1", "d2"],
            )
            assert query_metric(cursor, "document_history", 3).rows == []  # only the other document has a count


def test_a_metric_without_rows_says_so(empty_tables: Any) -> None:
    with empty_tables.cursor() as cursor:
        shown = query_metric(cursor, "daily_active_users", 5)
    assert (shown.title, shown.columns, shown.rows) == (
        "metrics.daily_active_users (0 rows)",
        ["activity_date", "active_users"],
        [],
    )


@pytest.fixture(scope="module")
def empty_tables(server: str) -> Iterator[Any]:
    """A connection to the tables before anything is in them."""
    with empty_database(server) as url, closing(psycopg2.connect(url)) as connection:
        create_tables(connection)
        connection.commit()
        yield connection


def read_last_order(statement: str) -> list[str]:
    """The items of the outermost order by; none where there is none."""
    _, found, order = statement.rpartition("\norder by")
    items = re.split(r",(?![^(\[]*[)\]])", order.partition("\nlimit")[0].strip().removesuffix(";"))
    return [" ".join(item.split()) for item in items if found]


@pytest.mark.parametrize("path", PRINTED, ids=lambda path: path.stem)
def test_texts_are_ordered_bytewise(empty_tables: Any, path: Path) -> None:
    with empty_tables.cursor() as cursor:
        cursor.execute(path.read_text(encoding="utf-8"))
        texts = {column.name for column in cursor.description if column.type_code in (19, 25, 1043)}
    order = read_last_order(path.read_text(encoding="utf-8"))
    named = {item: item.partition(" ")[0].rpartition(".")[2] for item in order}
    assert [item for item, name in named.items() if name in texts and 'collate "C"' not in item] == []
