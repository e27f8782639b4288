"""The stream: whatever is stopped, killed or changed, and whoever takes turns with it, the tables are of one load."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.simulation.live import appear
from jobs.storage.errors import QualityError, UsageError
from jobs.stream import arg_parser, run
from tests.builders import ROOT, record_json
from tests.check_truth import compare
from tests.conftest import empty_database
from tests.faults.harness import wait_until
from tests.faults.processes import join_settings, start_group
from tests.loading import find_broken, fingerprint, load, query

pytestmark = pytest.mark.usefixtures("spark")

RUNNING = "ops.pipeline_runs where status = 'running'"


def stream(url: str, folder: Path, data: Path, *options: str) -> str:
    return run(arg_parser().parse_args(["--input", str(folder), "--data", str(data), *options]), url)


def count(url: str, what: str) -> int:
    """A count from a database that may still be without tables."""
    try:
        return int(query(url, f"select count(*) from {what}")[0][0])
    except psycopg2.errors.UndefinedTable:
        return 0


def lines(*event_ids: str, **fields: str) -> str:
    return "".join(record_json(event_id=event_id, **fields) + "\n" for event_id in event_ids)


def assert_equals_one_load(
    server: str, url: str, folder: Path, data: Path, truth: dict[str, Any] | None = None
) -> None:
    """One load of the folder gives the same tables, and what the truth of the folder says if there is one."""
    with empty_database(server) as other:
        load(other, folder, data)
        assert fingerprint(url) == fingerprint(other)
        if truth is not None:
            with closing(psycopg2.connect(other)) as connection, connection.cursor() as cursor:
                compared, differences = compare(truth, cursor)
            assert (compared > 20, differences) == (True, [])
    assert find_broken(url) == []


def stream_until_written(write: Callable[[], None], url: str, folder: Path, data: Path, *options: str) -> str:
    """Stream while `write` writes; when it is done, SIGTERM ends the stream."""
    has_ended = threading.Event()

    def write_and_end() -> None:
        try:
            write()
        finally:
            if not has_ended.is_set():  # nobody else waits for the signal
                os.kill(os.getpid(), signal.SIGTERM)

    writer = threading.Thread(target=write_and_end)
    writer.start()
    try:
        return stream(url, folder, data, *options)
    finally:
        has_ended.set()
        writer.join()


def test_stream_and_batch_take_turns_and_load_files_as_they_appear(
    server: str, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not before a file is complete, whatever its name and its time are, and but for a bad one.

    Sessions grow from all sides. The stream is stopped amid a batch, which it ends first.
    """
    folder, data = tmp_path / "in [with] {a} *", tmp_path / "data"
    folder.mkdir()
    (folder / "empty.json").write_text("")
    (folder / "c%20d.log").write_text(lines("e0", "twice", timestamp="2025-06-02T12:20:00Z"))
    (late := tmp_path / "late").mkdir()
    (late / "a b.jsonl").write_text(lines("e1", "twice", timestamp="2025-06-02T12:00:00Z", user_id="bob"))
    (late / "[ü]{1}*?.json").write_text(lines("e2", timestamp="2025-06-02T12:50:00Z"))
    for path in late.iterdir():
        os.utime(path, (1, 1))  # an old file may come late

    def write() -> None:
        (folder / "later.jsonl.tmp").write_text(lines("e3", timestamp="2025-06-02T12:40:00Z", user_id="bob"))
        wait_until(lambda: count(database_url, "ops.ingested_files") == 2)
        appear(folder / "bad.jsonl", lines(*map(str, range(20)), timestamp="soon"))
        wait_until(lambda: count(database_url, "ops.held_back_files") == 1)
        wait_until(lambda: count(database_url, RUNNING) == 0)
        late.rename(folder / "late")
        wait_until(lambda: count(database_url, RUNNING) == 1)

    options = ("--interval", "0.2", "--look-again", "86400")
    assert stream_until_written(write, database_url, folder, data, *options).startswith("stopped;")
    told = capsys.readouterr().out.splitlines()
    assert ["held back: " in line and line.endswith("bad.jsonl") for line in told] == [False, True, True]
    assert query(database_url, "select status, records from ops.pipeline_runs order by run_id") == [
        ("succeeded", 2),
        ("succeeded", 0),
        ("succeeded", 3),
    ]
    (folder / "bad.jsonl").unlink()
    (folder / "later.jsonl.tmp").rename(folder / "later.jsonl")
    assert "1 files read" in load(database_url, folder, data)
    appear(folder / "0.jsonl", lines("e1", "e4", timestamp="2025-06-02T12:30:00Z"))
    assert "1 files read" in stream(database_url, folder, data, "--once")
    assert stream(database_url, folder, data, "--once").startswith("nothing new: 6 files")
    assert query(database_url, "select count(distinct run_id), count(*) from ops.ingested_files") == [(4, 6)]
    assert_equals_one_load(server, database_url, folder, tmp_path / "other")


def test_a_file_that_changes_and_a_folder_that_empties_are_noticed_though_no_file_appears(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That nothing is there is told once."""
    folder = tmp_path / "in"
    appear(folder / "a.jsonl", lines("a"))

    def write() -> None:
        wait_until(lambda: count(database_url, "events") == 1)
        with (folder / "a.jsonl").open("a") as file:
            file.write(lines("appended"))
        wait_until(lambda: count(database_url, "events") == 2)
        (folder / "a.jsonl").rename(tmp_path / "away")
        wait_until(lambda: count(database_url, "ops.empty_input_folders") == 1)
        time.sleep(2)
        (tmp_path / "away").rename(folder / "a.jsonl")
        wait_until(lambda: count(database_url, "ops.empty_input_folders") == 0)

    stream_until_written(write, database_url, folder, tmp_path / "data", "--interval", "86400", "--look-again", "0.5")
    assert capsys.readouterr().out.count(f"warning: nothing was found in {folder}, though 1 files") == 1
    assert query(database_url, "select records, is_current from ops.ingested_files order by 1") == [
        (1, True),
        (1, True),
    ]


def test_a_batch_that_the_quality_gate_stops_ends_the_stream_and_is_not_skipped(
    database_url: str, tmp_path: Path
) -> None:
    folder, data = tmp_path / "in", tmp_path / "data"
    appear(folder / "junk.jsonl", lines(*"abcdefghijklmnopqrstuvwxyz") + "junk\n" * 20)
    with pytest.raises(QualityError):
        stream(database_url, folder, data, "--interval", "0.2")
    assert count(database_url, "ops.ingested_files") == 0
    appear(folder / "junk.jsonl", lines(*"abcdefghijklmnopqrstuvwxyz"))
    stream(database_url, folder, data, "--once")
    assert count(database_url, "events") == 26


def test_a_folder_that_is_not_there_or_empty_is_refused_as_by_the_batch_job(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        stream(database_url, tmp_path / "nowhere", tmp_path / "data")
    (tmp_path / "in").mkdir()
    with pytest.raises(UsageError, match="holds no file"):
        stream(database_url, tmp_path / "in", tmp_path / "data", "--once")


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan"])
def test_an_interval_that_is_none_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        arg_parser().parse_args(["--input", "x", "--interval", seconds])
    assert f"must be a number of seconds, at most a day, not {seconds}" in capsys.readouterr().err


def submitted(url: str, folder: Path, data: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """The stream as make starts it, in a process group of its own, of which nothing is left afterwards."""
    job = ["jobs/stream.py", "--input", str(folder), "--data", str(data), "--interval", "0.2", "--look-again", "86400"]
    environment = {**os.environ, "DATABASE_URL": url, "MASTER": "local[2]", "SPARK_ARGS": join_settings()}
    return start_group([sys.executable, "-m", "jobs.submit", *job], environment, data.with_name("output"))


def test_a_live_stream_that_is_killed_amid_a_batch_is_taken_up_by_the_next_one(
    server: str, database_url: str, tmp_path: Path
) -> None:
    folder, data = tmp_path / "live" / "events", tmp_path / "data"
    folder.mkdir(parents=True)
    simulate = ["-m", "jobs.simulate", "--seed=3", f"--output={folder}", "--events=400", "--rate=40"]
    with (
        subprocess.Popen([sys.executable, *simulate], cwd=ROOT, stderr=subprocess.DEVNULL) as simulator,
        submitted(database_url, folder, data),
    ):
        wait_until(lambda: count(database_url, RUNNING) == 1)
        time.sleep(1)  # into its work, and then kill -9
    assert simulator.returncode == 0
    stream(database_url, folder, data, "--once")
    assert count(database_url, "ops.pipeline_runs where error = 'found dead by the next run'") == 1
    truth = json.loads((tmp_path / "live" / "truth.json").read_text())
    assert_equals_one_load(server, database_url, folder, tmp_path / "other", truth)
