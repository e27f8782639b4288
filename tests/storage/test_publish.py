"""A run is published whole or not at all: with sums that do not close, a lost lock, or a dead run."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg2 import sql

from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import connect, hold_run_lock
from jobs.storage.database.views import make_views
from jobs.storage.errors import DatabaseUnavailableError, PipelineError, QualityError
from jobs.storage.runs.account import FileCounts
from jobs.storage.runs.publish import publish
from jobs.storage.runs.run import Run, RunKind, fail_run, start_run
from tests.builders import ROOT

STAGED_ROWS = """
insert into {staging}.users values ('ann', null, null, '2025-06-02 12:00Z', '2025-06-02 12:00Z');
insert into {staging}.sessions values
(md5('s')::uuid, 'ann', '2025-06-02 12:00Z', '2025-06-02 12:00Z', 0, 1, 0, 0, 0, 0);
insert into {staging}.events (
    event_id, event_type, event_at, event_date, day_of_week, user_id, session_id, content_fingerprint,
    file_id, record_number, run_id, is_current
) values (
    %(event_id)s, 'user_login', '2025-06-02 12:00Z', '2025-06-02', 'Monday', 'ann', md5('s')::uuid, md5('f')::uuid,
    %(file_id)s, 1, %(run_id)s, true
);
"""


def stage_one_event(connection: Any, file_id: int, kind: RunKind = "load") -> tuple[Run, FileCounts]:
    """Returns a run with one event in staging, and its true counts."""
    run = start_run(connection, kind, read_settings(ROOT / "conf" / "pipeline.yml"))
    with connection, connection.cursor() as cursor:
        rows = sql.SQL(STAGED_ROWS).format(staging=sql.Identifier(run.staging))
        cursor.execute(rows, {"event_id": f"e{file_id}", "file_id": file_id, "run_id": run.run_id})
    counts = FileCounts(
        run_id=run.run_id,
        file_id=file_id,
        file_path=f"file:///{file_id}.json",
        size_bytes=1,
        modified_at=datetime(2025, 6, 2, tzinfo=UTC),
        format="json_lines",
        source="default",
        mapping_hash="x",
        records=2,
        blank=1,
        ignored=0,
        accepted=1,
        exact_duplicates=0,
        superseded=0,
    )
    return run, counts


@pytest.fixture
def connection(database_url: str) -> Any:
    with closing(connect(database_url)) as opened:
        with opened, opened.cursor() as cursor:
            prepare_database(cursor)
        yield opened


def column(connection: Any, statement: str) -> list[Any]:
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def test_a_run_whose_sums_close_is_published_and_recorded(connection: Any) -> None:
    run, counts = stage_one_event(connection, file_id=1)
    done = publish(connection, run, [counts])
    assert (done.totals["records"], done.totals["blank"], done.totals["published"]) == (2, 1, 1)
    assert done.changes["events"] == {"added": 1}
    assert column(connection, "select status from ops.pipeline_runs") == ["succeeded"]
    assert column(connection, "select nspname from pg_namespace where nspname like '%staging%'") == []


@pytest.mark.parametrize(
    "lie",
    [
        {"records": 3},
        {"blank": 0},
        {"accepted": 2},
        {"records": 3, "accepted": 2},
        {"exact_duplicates": 1},
        {"superseded": 1},
    ],
    ids=str,
)
def test_a_miscounted_run_fails_and_publishes_nothing(connection: Any, lie: dict[str, int]) -> None:
    first_run, truth = stage_one_event(connection, file_id=1)
    publish(connection, first_run, [truth])
    run, counts = stage_one_event(connection, file_id=2)
    with pytest.raises(QualityError, match=r"do not close, first .*2\.json"):
        publish(connection, run, [replace(counts, **lie)])
    fail_run(connection, run, "miscounted")
    assert column(connection, "select event_id from public.events") == ["e1"]
    assert column(connection, "select file_id from ops.ingested_files") == [1]
    assert column(connection, "select status from ops.pipeline_runs order by run_id") == ["succeeded", "failed"]


def test_views_are_rebuilt_for_a_changed_setting_only(connection: Any) -> None:
    run, counts = stage_one_event(connection, file_id=1)
    publish(connection, run, [counts])

    def make_in_next_run(zone: str) -> tuple[list[Any], list[Any]]:
        settings = replace(run.settings, business_time_zone=zone)
        with connection, connection.cursor() as cursor:
            make_views(cursor, settings)
        made_in = "select xmin::text from pg_proc where proname = 'business_time_zone'"
        return column(connection, "select metrics.business_time_zone()"), column(connection, made_in)

    first = make_in_next_run("UTC")
    assert (first[0], make_in_next_run("UTC")) == (["UTC"], first)
    assert make_in_next_run("Asia/Tokyo")[0] == ["Asia/Tokyo"]


def test_a_row_that_was_staged_twice_is_published_once(connection: Any) -> None:
    run, counts = stage_one_event(connection, file_id=1)
    with connection, connection.cursor() as cursor:
        for table in ("users", "sessions", "events"):
            cursor.execute(sql.SQL("insert into {0} select * from {0}").format(sql.Identifier(run.staging, table)))
    changes = publish(connection, run, [counts]).changes
    assert [changes[table]["added"] for table in ("users", "sessions", "events")] == [1, 1, 1]


@pytest.mark.parametrize("table", ["users", "events"])
def test_different_rows_with_the_same_key_publish_nothing(connection: Any, table: str) -> None:
    run, counts = stage_one_event(connection, file_id=1)
    changed = {"users": "name = 'other'", "events": "comment_text = 'other'"}[table]
    staged = sql.Identifier(run.staging, table)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("create temporary table other as select * from {}").format(staged))
        cursor.execute(f"update other set {changed}")
        cursor.execute(sql.SQL("insert into {} select * from other").format(staged))
    with pytest.raises(QualityError, match=f"different rows have the same key .*{table}_pkey"):
        publish(connection, run, [counts])
    assert column(connection, "select count(*) from ops.ingested_files") == [0]


def test_a_run_that_was_marked_as_dead_can_no_longer_publish(connection: Any) -> None:
    old_run, counts = stage_one_event(connection, file_id=1)
    stage_one_event(connection, file_id=2)
    with pytest.raises(PipelineError, match="another run has started since"):
        publish(connection, old_run, [counts])
    assert column(connection, "select count(*) from ops.ingested_files") == [0]


def test_one_run_at_a_time(database_url: str) -> None:
    with (
        hold_run_lock(database_url, wait_seconds=0),
        pytest.raises(DatabaseUnavailableError, match=r"another run holds the lock after 0\.2 s"),
        hold_run_lock(database_url, wait_seconds=0.2),
    ):
        pass
    with hold_run_lock(database_url, wait_seconds=0):
        pass
