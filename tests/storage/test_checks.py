"""After the merge, publishing checks the run, stores the results of all checks, and builds the views."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg2 import sql

from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import connect
from jobs.storage.runs.account import FileCounts, Published
from jobs.storage.runs.checks import FailedChecksError, read_checks, read_run_checks
from jobs.storage.runs.publish import publish
from jobs.storage.runs.run import fail_run, start_run
from tests.builders import ROOT
from tests.metrics.rows import execute, query

STAGED_ROWS = """
insert into {staging}.users values (%(user)s, null, null, %(at)s, %(at)s);
insert into {staging}.sessions values (md5(%(id)s)::uuid, %(user)s, %(at)s, %(at)s, 0, 1, 0, 0, 0, 0);
insert into {staging}.events (
    event_id, event_type, event_at, event_date, day_of_week, user_id, session_id, content_fingerprint,
    file_id, record_number, run_id, is_current
) values (
    %(id)s, 'user_login', %(at)s, '2025-06-02', 'Monday', %(user)s, md5(%(id)s)::uuid, md5(%(id)s)::uuid,
    %(file)s, 1, %(run)s, true
);
"""
# Wrong rows that merging can't repair.
SPOIL_NAMES = """
create function spoil() returns trigger language plpgsql as $$ begin new.name := 'spoilt'; return new; end $$;
create trigger spoil before insert or update on public.users for each row execute function spoil()
"""
LOSE_ROWS = """
set local role none;
create function lose() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger lose before insert on {table} for each row execute function lose()
"""
STAGED_SUPERSEDED = """
insert into {staging}.superseded_records (event_id, content_fingerprint, event_type, event_at, user_id, file_id,
    record_number, run_id, is_current)
values (%(id)s, md5('before')::uuid, 'user_login', %(at)s, %(user)s, %(file)s, 2, %(run)s, true)
"""


def publish_one(
    connection: Any, file: int, user: str, time: str, spoil_staging: str = "", superseded: int = 0
) -> Published:
    """Publishes a run with one event of the user on 2 June 2025."""
    run = start_run(connection, "load", read_settings(ROOT / "conf" / "pipeline.yml"))
    values = {"user": user, "at": f"2025-06-02 {time}Z", "id": f"e{file}", "file": file, "run": run.run_id}
    with connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL(STAGED_ROWS + spoil_staging).format(**run.sql_parts), values)
    modified_at = datetime(2025, 6, 3, tzinfo=UTC)
    records = 1 + superseded
    counts = FileCounts(
        run.run_id,
        file,
        f"file:///{file}",
        1,
        modified_at,
        "json_lines",
        "s",
        "x",
        records,
        0,
        0,
        records,
        0,
        superseded,
    )
    try:
        return publish(connection, run, [counts])
    except FailedChecksError:
        fail_run(connection, run, "failed")
        raise


@pytest.fixture
def connection(database_url: str) -> Any:
    """A connection to a database with one published event: ann at noon."""
    with closing(connect(database_url)) as opened:
        with opened, opened.cursor() as cursor:
            prepare_database(cursor)
        publish_one(opened, 1, "ann", "12:00")
        yield opened


def read_results(connection: Any) -> list[tuple[Any, ...]]:
    """Returns (check, findings) of the latest run."""
    return query(
        connection,
        "select check_name, findings from ops.check_results"
        " where run_id = (select max(run_id) from ops.pipeline_runs) order by check_name",
    )


def test_check_results_are_stored_with_and_without_findings(connection: Any) -> None:
    names = [check.name for check in read_run_checks()]
    assert read_results(connection) == [(name, 0) for name in names]
    assert publish_one(connection, 2, "bob", "12:00").checks == publish_one(connection, 3, "eve", "12:00").checks
    assert read_results(connection) == [(name, 0) for name in names]


def test_unchanged_views_are_not_rebuilt(connection: Any) -> None:
    version = "select xmin::text from pg_rewrite where ev_class = 'ops.health'::regclass"
    before = query(connection, version)
    connection.commit()
    publish_one(connection, 2, "bob", "12:00")
    assert query(connection, version) == before
    execute(connection, "update ops.pipeline_runs set views_version = 'old'")
    connection.commit()
    publish_one(connection, 3, "eve", "12:00")
    assert query(connection, version) != before


def test_the_checks_of_a_run_look_at_its_own_rows_only(connection: Any) -> None:
    execute(connection, "update public.users set name = 'other'")
    execute(connection, "update public.sessions set event_count = 2")
    execute(connection, "update ops.ingested_files set modified_at = '2025-06-01'")
    execute(connection, "delete from public.events")
    connection.commit()
    assert {check.findings for check in publish_one(connection, 2, "bob", "12:00").checks} == {0}


def find_faults(connection: Any) -> set[str]:
    """Returns the names of the full checks that find something."""
    return {check.name for check in read_checks() if query(connection, check.query)}


@pytest.mark.parametrize(
    ("spoil_staging", "spoil_tables", "time", "found"),
    [
        ("", "", "14:00", set()),
        ("update {staging}.sessions set event_count = 2", "", "14:00", {"sessions_match_events"}),
        ("", "", "12:10", {"sessions_match_events"}),  # less than a gap from a session that was not sessionized again
        ("", "", "11:45", {"sessions_match_events"}),
        ("", SPOIL_NAMES, "14:00", {"dimensions_match_events"}),
    ],
)
def test_the_full_checks_find_rows_made_by_a_wrong_rule(
    connection: Any, spoil_staging: str, spoil_tables: str, time: str, found: set[str]
) -> None:
    if spoil_tables:
        execute(connection, spoil_tables)
        connection.commit()
    publish_one(connection, 2, "ann", time, spoil_staging)
    assert find_faults(connection) == found


@pytest.mark.parametrize("table", ["public.events", "ops.superseded_records"])
def test_a_run_with_missing_rows_publishes_nothing_and_keeps_its_check_results(connection: Any, table: str) -> None:
    execute(connection, LOSE_ROWS.format(table=table))
    connection.commit()
    with pytest.raises(FailedChecksError, match=r"rows that must not be \(reconcile_tables: 1\), first \{") as caught:
        publish_one(connection, 2, "ann", "14:00", STAGED_SUPERSEDED, superseded=1)
    assert caught.value.exit_code == 3
    assert query(connection, "select event_id from public.events") == [("e1",)]
    assert query(connection, "select status from ops.pipeline_runs order by run_id") == [("succeeded",), ("failed",)]
    expected = {check.name: 0 for check in read_run_checks()} | {"reconcile_tables": 1}
    assert dict(read_results(connection)) == expected


def test_a_warning_is_kept_with_an_example_and_stops_nothing(connection: Any, caplog: pytest.LogCaptureFixture) -> None:
    late = "update {staging}.events set event_at = '2025-06-03 02:00Z', event_date = '2025-06-03', day_of_week ="
    same = "update {staging}.sessions set started_at = '2025-06-03 02:00Z', ended_at = '2025-06-03 02:00Z'"
    publish_one(connection, 2, "bob", "12:00", f"{late} 'Tuesday'; {same}")
    example = "select example ->> 'file_path', example ->> 'late_events' from ops.check_results where findings = 1"
    assert query(connection, example) == [("file:///2", "1")]
    assert "check events_later_than_their_file found 1 rows, such as" in caplog.text


def test_a_check_without_a_severity_is_rejected(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "new.sql").write_text("select 1 where false")
    monkeypatch.setattr("jobs.storage.database.postgres.SQL", tmp_path)
    with pytest.raises(ValueError, match="the first line must be"):
        read_checks()
