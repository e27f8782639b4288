"""The latest run is the one with the largest id, even after a run whose clock was ahead."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import SQL, connect
from jobs.storage.errors import UsageError
from jobs.storage.runs.run import start_run
from tests.builders import ROOT
from tests.storage.test_restated_days import load

AHEAD = 20991231235959999
SETTINGS = read_settings(ROOT / "conf" / "pipeline.yml")


@pytest.fixture
def connection(database_url: str) -> Any:
    with closing(connect(database_url)) as opened:
        with opened, opened.cursor() as cursor:
            prepare_database(cursor)
        yield opened


def at(hour: int) -> list[datetime]:
    return [datetime(2025, 3, 1, hour, tzinfo=UTC)]


def enter_run_of_2099(connection: Any, gap_minutes: int = 30) -> None:
    """Inserts a run that succeeded while the clock was ahead."""
    query(
        connection,
        "insert into ops.pipeline_runs (run_id, started_at, finished_at, status, kind, session_gap_minutes,"
        " code_version, configuration_version, views_version) values (%s, '2099-12-31 23:59Z', '2099-12-31 23:59:59Z',"
        " 'succeeded', 'load', %s, '', '', 'old') returning run_id",
        AHEAD,
        gap_minutes,
    )


def read(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def query(connection: Any, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall())


def test_an_id_is_the_time_at_which_the_run_began(connection: Any) -> None:
    run = start_run(connection, "load", SETTINGS)
    assert run.run_id == int(run.started_at.strftime("%Y%m%d%H%M%S%f")[:17])


def test_a_plan_before_the_first_run_has_an_id(database_url: str) -> None:
    with closing(connect(database_url)) as connection:
        assert start_run(connection, "load", SETTINGS, is_plan=True).run_id < AHEAD


def test_runs_after_one_whose_clock_was_ahead_have_larger_ids(connection: Any) -> None:
    load(connection, "UTC", at(10))
    enter_run_of_2099(connection)
    load(connection, "UTC", at(11))
    load(connection, "UTC", at(12))
    runs = query(connection, "select run_id from ops.pipeline_runs order by started_at")
    assert runs[1:] == [(AHEAD + 1,), (AHEAD + 2,), (AHEAD,)]


def test_every_query_for_the_latest_run_takes_the_largest_id(connection: Any) -> None:
    load(connection, "UTC", at(10))
    enter_run_of_2099(connection, gap_minutes=15)
    with pytest.raises(UsageError, match="were cut by 15"):
        start_run(connection, "load", SETTINGS)
    query(connection, "update ops.pipeline_runs set session_gap_minutes = 30 returning run_id")
    load(connection, "UTC", at(11))
    latest = [
        query(connection, "select run_id from ops.pipeline_runs, ops.health where finished_at = last_success_at"),
        query(connection, "select max(run_id) from ops.pipeline_runs where views_version <> 'old'"),
        *(query(connection, read(name))[:1] for name in ("analysis/quality", "report/runs")),
    ]
    assert [rows[0][0] for rows in latest] == [AHEAD + 1] * 4


def test_a_load_after_a_full_refresh_whose_clock_was_ahead_passes_the_checks(connection: Any) -> None:
    load(connection, "UTC", at(10))
    enter_run_of_2099(connection)
    query(
        connection,
        "with moved as (update ops.ingested_files set run_id = %s returning run_id)"
        " update ops.pipeline_runs set kind = 'full_refresh' from moved where pipeline_runs.run_id = moved.run_id"
        " returning 1",
        AHEAD,
    )
    load(connection, "UTC", at(11))
    assert [query(connection, read(f"checks/reconcile_{what}")) for what in ("tables", "files")] == [[], []]


def test_a_day_that_is_not_over_is_not_restated_after_a_run_of_2099(connection: Any) -> None:
    now = datetime.now(UTC)
    load(connection, "UTC", at(10))
    enter_run_of_2099(connection)
    load(connection, "UTC", [now.replace(microsecond=1)])
    assert load(connection, "UTC", [now.replace(microsecond=2)]) == {}
