"""Runs of the DAG that change nothing: without new files, without publishing, and with a load that takes too long."""

from __future__ import annotations

import subprocess
from pathlib import Path

from driver import TASKS, Airflow, Loaded, Task, wait_until


def test_a_run_without_new_files_is_skipped_and_announces_nothing(airflow: Airflow, loaded: Loaded) -> None:
    before = airflow.count_asset_events()
    airflow.test(DATABASE_URL=loaded.url, DOCUMENT_EVENTS_INPUT_TIMEOUT_SECONDS="1")
    assert {name: task.state for name, task in airflow.tasks().items()} == dict.fromkeys(TASKS, "skipped")
    assert airflow.count_asset_events() == before


def test_a_load_that_publishes_nothing_announces_nothing(airflow: Airflow, loaded: Loaded, few_events: str) -> None:
    before = airflow.count_asset_events()
    # One file is held back. The events of the other one were published from another folder.
    Path(few_events, "bad.jsonl").write_text("junk\n" * 30)
    code, output = airflow.test(DATABASE_URL=loaded.url, DOCUMENT_EVENTS_INPUT=few_events)
    assert code == 0, output
    assert "held back" in output
    assert airflow.tasks() == {**dict.fromkeys(TASKS, Task("success", 1)), "announce": Task("skipped", 1)}
    assert airflow.count_asset_events() == before


def test_a_load_that_takes_too_long_is_stopped(airflow: Airflow, loaded: Loaded, few_events: str) -> None:
    settings = {"DOCUMENT_EVENTS_INPUT": few_events, "DOCUMENT_EVENTS_LOAD_TIMEOUT_SECONDS": "1"}
    code, output = airflow.test(DATABASE_URL=loaded.url, DOCUMENT_EVENTS_RETRY_SECONDS="1", **settings)
    assert code == 1, output
    assert airflow.tasks()["ingest"] == Task("failed", 4)
    assert "AirflowTaskTimeout" in output
    wait_until(lambda: not find_processes(few_events), "the load has ended", 60)


def find_processes(word: str) -> list[str]:
    """Returns the command lines that contain the word."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if word in line]
