"""`make check`: a line a check, the rows and exit code 3 when one finds something."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from jobs import check
from jobs.storage.database.postgres import SQL
from tests.builders import ROOT
from tests.metrics.rows import Event, create_tables, edit, execute, load
from tests.test_make import run_make

NAMES = sorted(path.stem for path in (SQL / "checks").glob("*.sql"))


@pytest.fixture
def published(database: Any, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A connection to sound tables, in the database that DATABASE_URL names."""
    create_tables(database)
    load(
        database,
        edit("e1", "ann", "2025-03-01 10:00", reported_user_name="Ann"),
        Event("e2", "bob", "2025-03-01 10:00"),
        Event("e3", "bob", "2025-03-01 10:40"),
    )
    database.commit()
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database


def run_check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    """(exit code, lines of the output, standard error)."""
    code = check.main(list(arguments))
    shown = capsys.readouterr()
    return code, shown.out.splitlines(), shown.err


@pytest.mark.usefixtures("published")
def test_every_check_has_its_line_when_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check(capsys) == (0, [f"ok      {name}" for name in NAMES], "")


def test_a_broken_row_is_shown_under_the_name_of_the_check(published: Any, capsys: pytest.CaptureFixture[str]) -> None:
    execute(published, "update public.users set name = 'Eve' where user_id = 'ann'")
    published.commit()
    code, lines, error = run_check(capsys)
    assert code == 3
    assert lines[:2] == ["ok      current_records", "FAILED  dimensions_match_events: 1 row"]
    assert lines[2].split() == ["table_name", "id", "stored", "expected"]
    assert lines[4].startswith("users       ann")
    assert lines[5:] == [f"ok      {name}" for name in NAMES[2:]]
    assert error.count("\n") == 1
    assert error.startswith("error: 1 of 12 checks found rows that must not be there (dimensions_match_events)")


def test_only_the_first_of_many_rows_are_shown(published: Any, capsys: pytest.CaptureFixture[str]) -> None:
    strangers = "select 'user_' || n, null, null, now(), now() from generate_series(1, 30) as n"
    execute(published, f"insert into public.users {strangers}")
    published.commit()
    code, lines, _ = run_check(capsys)
    assert (code, lines[1]) == (3, "FAILED  dimensions_match_events: 30 rows, the first 20")
    assert len([line for line in lines if line.startswith("users  ")]) == 20


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("minutes", "code"), [(39, 0), (40, 3)])
def test_sessions_are_held_against_the_gap_of_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], minutes: int, code: int
) -> None:
    settings = (ROOT / "conf" / "pipeline.yml").read_text()
    path = tmp_path / "pipeline.yml"
    path.write_text(settings.replace("session_gap_minutes: 30", f"session_gap_minutes: {minutes}"))
    assert run_check(capsys, "--settings", str(path))[0] == code


def test_a_finding_that_only_warns_is_shown_and_passes(published: Any, capsys: pytest.CaptureFixture[str]) -> None:
    execute(published, "update ops.ingested_files set modified_at = '2025-03-01 08:59'")
    published.commit()
    code, lines, error = run_check(capsys)
    assert (code, error) == (0, "")
    assert lines[3] == "warning events_later_than_their_file: 1 row"


def test_before_any_load_it_says_what_to_do(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    code, lines, error = run_check(capsys)
    assert (code, lines, error.count("\n")) == (2, [], 1)
    assert "`make pipeline` makes the tables" in error


def test_unreachable_database_is_exit_code_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/nothing")
    code, lines, error = run_check(capsys)
    assert (code, lines, error.count("\n")) == (4, [], 1)
    assert "s3cret" not in error


def test_make_check_shows_it_and_the_code(published: Any) -> None:
    execute(published, "delete from public.events where event_id = 'e2'")
    published.commit()
    done = run_make("check", DATABASE_URL=os.environ["DATABASE_URL"])
    assert "FAILED  reconcile_tables: 1 row" in done.stdout
    assert "Error 3" in done.stderr
