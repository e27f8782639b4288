"""Ctrl-C, SIGTERM and a JVM that dies, in real processes: one line, the code of the guide, a reason in the ledger."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jobs.storage.process.exit_codes import MEANINGS, explain_code
from tests.builders import ROOT
from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING, STAGING, stopped_while
from tests.faults.processes import find_process, kill, submitted
from tests.metrics.rows import execute
from tests.test_pipeline import query

SOON = 15  # seconds for a busy machine; a quiet one takes one or two


@pytest.fixture
def merging(merging: Site) -> Site:
    """With nothing told yet."""
    (merging.folder / "output").unlink(missing_ok=True)
    return merging


def send(job: subprocess.Popen[bytes], number: int, to: str) -> None:
    """A signal as a terminal sends it, to all processes, or to one of them."""
    if to == "all":
        os.killpg(job.pid, number)
    elif to == "submit":
        job.send_signal(number)
    elif process := find_process(job, to):
        process.send_signal(number)


def assert_ended_in_order(site: Site, code: int, reason: str) -> None:
    """What the user was told is one line beside that of the exit code, and the ledger has the reason."""
    shown = (site.folder / "output").read_text()
    assert re.findall("^error: .*$", shown, re.MULTILINE) in ([], [f"error: {reason}"])
    assert shown.splitlines()[-1] == f"exit code {code}: {explain_code(code)[1]}"
    assert [word for word in ("Traceback", "\tat ", "Exception", "KeyboardInterrupt") if word in shown] == []
    ((error,),) = query(site.url, "select error from ops.pipeline_runs where status <> 'succeeded'")
    assert error == f"Stopped: {reason}"
    site.load()
    site.assert_as_after_one_load()


@pytest.mark.parametrize(
    ("stage", "number", "to"),
    [
        (PUBLISHING, signal.SIGINT, "all"),  # Python waits inside libpq
        (STAGING, signal.SIGTERM, "java"),  # Python waits for Java, and Java for PostgreSQL
    ],
)
def test_a_run_that_is_told_to_stop_ends_soon_and_says_so(merging: Site, stage: str, number: int, to: str) -> None:
    with stopped_while(merging.url, stage) as wait, submitted(merging.url, merging.folder) as job:
        wait()
        send(job, number, to)
        assert job.wait(SOON) == 128 + number
        assert query(merging.url, "select count(*) from ops.pipeline_runs where status = 'running'") == [(0,)]
    reason = "stopped by Ctrl-C" if number == signal.SIGINT else "stopped by SIGTERM"
    assert_ended_in_order(merging, 128 + number, reason)


def test_a_run_whose_jvm_dies_ends_with_it_and_says_so(merging: Site) -> None:
    """Its Python could go on to publish, which needs no Spark."""
    with stopped_while(merging.url, PUBLISHING) as wait, submitted(merging.url, merging.folder) as job:
        wait()
        kill(job, "java")
        assert job.wait(SOON) == 1
    shown = (merging.folder / "output").read_text()
    assert shown.splitlines()[-1].startswith("exit code 1: the JVM in which Spark runs was killed, by somebody or for")
    assert [word for word in ("Traceback", "\tat ", "Connection refused") if word in shown] == []
    ((error,),) = query(merging.url, "select error from ops.pipeline_runs where status = 'failed'")
    assert error.startswith("JavaGoneError: the JVM in which Spark runs died: killed from outside, or out of memory;")
    merging.load()
    merging.assert_as_after_one_load()


@pytest.mark.parametrize(
    ("code", "given", "words"),
    [
        (3, 3, MEANINGS[3]),
        (-2, 130, "stopped by Ctrl-C"),
        (-15, 143, "stopped by SIGTERM"),
        (-9, 1, "the JVM in which Spark runs was killed"),
        (50, 1, "the JVM in which Spark runs died (exit code 50)"),
        (52, 1, "the JVM in which Spark runs ran out of memory: give it more"),
        (137, 1, "the job's Python was killed"),
    ],
)
def test_an_exit_code_that_is_not_the_jobs_own_is_explained(code: int, given: int, words: str) -> None:
    assert explain_code(code)[0] == given
    assert explain_code(code)[1].startswith(words)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_is_stopped_amid_a_statement(database_url: str, number: int, tmp_path: Path) -> None:
    (tmp_path / "sleep.sql").write_text("select pg_sleep(1000)")
    running = "select count(*) from pg_stat_activity where query = 'select pg_sleep(1000)' and state = 'active'"
    with command(database_url, "jobs.query", str(tmp_path / "sleep.sql")) as process:
        while query(database_url, running) == [(0,)]:
            time.sleep(0.05)
        assert stop(process, number) == (128 + number, f"error: stopped by {name_of(number)}\n")
    assert query(database_url, running) == [(0,)]


def test_metrics_are_stopped_amid_the_statements_of_both_connections(database_url: str, database: Any) -> None:
    execute(
        database,
        "create schema metrics;"
        " create view metrics.daily_active_users as select current_date as activity_date from pg_sleep(1000);"
        " create view metrics.anomalies as select '' as severity, now() as observed_at, '' as anomaly_type,"
        " '' as subject_id, 0 as observed, '' as explanation from pg_sleep(1000)",
    )
    database.commit()
    running = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    with command(database_url, "jobs.query", "--brief") as process:
        while query(database_url, running) != [(2,)]:
            time.sleep(0.05)
        assert stop(process, signal.SIGTERM) == (143, "error: stopped by SIGTERM\n")
    assert query(database_url, running) == [(0,)]


def test_a_command_is_stopped_though_the_server_never_answers() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        with command(url, "jobs.check") as process:
            connection, _ = silent.accept()
            with connection:  # one that nothing names is closed at once, which the command may tell before the stop
                assert stop(process, signal.SIGINT) == (130, "error: stopped by Ctrl-C\n")


@pytest.mark.parametrize("to_all", [True, False], ids=["all", "the first"])
def test_a_simulation_is_stopped_with_its_workers(tmp_path: Path, to_all: bool) -> None:
    arguments = ["--events", "5000000", "--seed", "1", "--output", str(tmp_path / "out" / "events")]
    with command("", "jobs.simulate", *arguments) as process:
        while not list(tmp_path.rglob("part-*")):
            time.sleep(0.05)
        code, said = stop(process, signal.SIGINT, to_all)
    assert (code, said.splitlines()) == (
        130, ["simulate: stopped by Ctrl-C, so there is no truth file; start again with --force"]
    )  # fmt: skip


def command(url: str, module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def stop(process: subprocess.Popen[str], number: int, to_all: bool = True) -> tuple[int, str]:
    """(exit code, what it said) of a command that gets the signal."""
    if to_all:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, said = process.communicate(timeout=SOON)
    return process.returncode, said


def name_of(number: int) -> str:
    return "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
