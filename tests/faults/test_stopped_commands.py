"""Ctrl-C and SIGTERM to commands that need no Spark: they end at once, with one line and the code of the guide."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.builders import ROOT
from tests.loading import query
from tests.metrics.rows import execute

SOON = 15  # seconds for a busy machine; a quiet one takes one or two


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
