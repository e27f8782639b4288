"""What a scheduler is told before a load: whether there is anything to do, without loading it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.pending import main
from tests.builders import record_json
from tests.conftest import run_on_server
from tests.loading import load, query


class Asked:
    """Asks for one folder and one database."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self) -> list[str]:
        """The lines; the exit code must be 0."""
        self.capsys.readouterr()
        assert main(["--input", str(self.folder)]) == 0
        return self.capsys.readouterr().out.splitlines()


@pytest.fixture
def ask(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Asked:
    """Nothing is loaded yet, and the folder is empty."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    (tmp_path / "in").mkdir()
    return Asked(tmp_path / "in", capsys)


def test_before_the_first_load_only_a_finished_file_is_a_reason(ask: Asked, database_url: str) -> None:
    assert ask() == []
    for name in ("_a.json", ".b.json", "c.json.tmp", "notes.txt"):
        (ask.folder / name).touch()
    assert ask() == []
    (ask.folder / "d.json").touch()
    assert ask() == ["1 files to read, and nothing is loaded yet"]
    assert query(database_url, "select count(*) from pg_namespace where nspname = 'ops'") == [(0,)]


def test_afterwards_what_the_ledger_does_not_know_is_a_reason(
    ask: Asked, database_url: str, spark: SparkSession, tmp_path: Path
) -> None:
    file = ask.folder / "a.jsonl"
    soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    loaded = f"{record_json()}\n{record_json(event_id='e2', timestamp=soon)}\n"
    file.write_text(loaded)
    (ask.folder / "bad.jsonl").write_text("junk\n" * 30)
    (ask.folder / "good.jsonl").write_text(record_json(event_id="e4"))  # beside none the bad one stops the run
    load(database_url, ask.folder, tmp_path / "data")
    assert query(database_url, "select count(*) from ops.held_back_files") == [(1,)]
    assert ask() == []  # a load would read what is held back only once it has changed
    os.utime(file, (1, 1))  # another time, and the same content: a load would only note that
    assert ask() == []
    file.write_text(loaded + record_json(event_id="e3") + "\n")
    assert ask() == [f"1 files to read, first {file}"]
    file.write_text(loaded)
    assert ask() == []
    run_on_server(database_url, "update ops.quarantined_records set due_at = now() where due_at is not null")
    assert ask() == ["1 quarantined records whose time has come"]
    run_on_server(database_url, "update ops.quarantined_records set due_at = null")
    for path in ask.folder.iterdir():
        path.unlink()
    assert ask() == [f"nothing is found in {ask.folder} any more, which a load notes"]
    load(database_url, ask.folder, tmp_path / "data")
    assert ask() == []
    run_on_server(
        database_url, "delete from ops.migrations where migration = (select max(migration) from ops.migrations)"
    )
    assert ask() == ["the database has tables of an earlier version"]


@pytest.mark.parametrize(("folder", "code"), [("nowhere", 2), ("", 2)])
def test_a_folder_that_is_none_is_wrong_usage(ask: Asked, folder: str, code: int) -> None:
    assert main(["--input", str(ask.folder / folder) if folder else ""]) == code


def test_a_database_out_of_reach_is_told_by_the_code(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert main(["--input", str(ask.folder)]) == 4


def test_a_folder_that_only_spark_can_look_into_is_a_reason(ask: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--input", "hdfs://name:8020/events"]) == 0
    assert capsys.readouterr().out == "only a load can look into hdfs://name:8020/events, by Spark\n"
