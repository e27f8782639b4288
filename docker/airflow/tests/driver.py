"""Runs the commands of Airflow. They run in .venv-airflow, and the tests in .venv."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = ROOT / ".venv-airflow" / "bin"
DAGS = ROOT / "docker" / "airflow" / "dags"
TASKS = ("wait_for_input", "ingest", "check", "announce")
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"


@dataclass(frozen=True)
class Task:
    """How a task of the latest run of a DAG ended."""

    state: str | None
    tries: int


@dataclass(frozen=True)
class Airflow:
    """An Airflow with its metadata in SQLite below `home`."""

    home: Path
    environment: dict[str, str]

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Starts a command. Its standard error goes to its standard output."""
        return subprocess.Popen(
            command, cwd=self.home, env={**self.environment, **environment}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *command: str, **environment: str) -> tuple[int, str]:
        """Runs a command to its end. Returns (exit code, output)."""
        with self.start(*command, **environment) as process:
            output = process.communicate(timeout=600)[0]
        return process.returncode, output

    def test(self, *arguments: str, dag: str = "document_events", **environment: str) -> tuple[int, str]:
        """Runs `airflow dags test`. Returns (exit code, output)."""
        return self.run("airflow", "dags", "test", dag, *arguments, **environment)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Returns rows of the metadata."""
        with closing(sqlite3.connect(f"file:{self.home / 'airflow.db'}?mode=ro", uri=True, timeout=30)) as metadata:
            return metadata.execute(statement).fetchall()

    def tasks(self, dag: str = "document_events") -> dict[str, Task]:
        """Returns the tasks of the latest run by name."""
        rows = self.query(
            "select task_id, state, try_number from task_instance where run_id ="
            f" (select run_id from dag_run where dag_id = '{dag}' order by id desc limit 1)"
        )
        return {task: Task(state, tries) for task, state, tries in rows}

    def count_asset_events(self) -> int:
        """Returns how often the asset `document_events` was announced."""
        return int(
            self.query(
                "select count(*) from asset_event join asset on asset.id = asset_id where name = 'document_events'"
            )[0][0]
        )


@dataclass(frozen=True)
class Loaded:
    """The database at `url` into which the DAG loaded the sample, and the output of that run."""

    url: str
    code: int
    output: str
    tasks: dict[str, Task]
    asset_events: int


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(1)
