"""What `make metrics` and `make fingerprint` print, and that looking changes nothing."""

from pathlib import Path
from typing import Any

import pytest

from jobs import query
from jobs.reporting.tables import format_plain
from jobs.storage.database.queries import Result
from tests.metrics.rows import execute


def show_file(path: Path, statement: str) -> int:
    path.write_text(statement)
    return query.main([str(path)])


@pytest.fixture
def in_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """DATABASE_URL names an empty database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url


@pytest.mark.usefixtures("in_database")
def test_result_is_aligned_text_on_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    statement = "select * from (values ('a', 1), ('bcd', 20), (null, null)) as t (name, number)"
    assert show_file(tmp_path / "q.sql", statement) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "name  number",
        "----  ------",
        "a          1",
        "bcd       20",
        "",
        "",
    ]


@pytest.mark.usefixtures("in_database")
def test_query_can_not_change_anything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_file(tmp_path / "q.sql", "create table t as select 1 as x") == 2
    assert "read-only transaction" in capsys.readouterr().err


def test_metrics_on_two_connections_are_of_one_state(database_url: str, database: Any) -> None:
    execute(database, "create table public.counted (n integer)")
    database.commit()
    with query.read_twice(database_url) as cursors:
        execute(database, "insert into public.counted values (1)")
        database.commit()
        for cursor in cursors:
            cursor.execute("select count(*) from public.counted")
            assert cursor.fetchone() == (0,)


@pytest.mark.usefixtures("in_database")
def test_metrics_before_any_load_say_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert query.main(["--metrics"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "`make pipeline` makes the tables" in error


@pytest.mark.usefixtures("in_database")
def test_missing_file_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert query.main(["nowhere.sql"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("rows", ["0", "-1", "x"])
def test_a_number_of_rows_that_shows_nothing_is_refused(rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        query.main(["--metrics", f"--rows={rows}"])
    assert f"--rows: must be a whole number above zero, not {rows}" in capsys.readouterr().err


def test_unreachable_database_is_exit_code_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/nothing")
    assert query.main(["--metrics"]) == 4
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "s3cret" not in error


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    shown = format_plain(Result("t", ["title"], [("red \x1b[31m\nnext",)]))
    assert "\x1b" not in shown
    assert "red \\x1b[31m\\nnext" in shown
