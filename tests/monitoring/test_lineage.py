"""Lineage events, received by a server of the test's own: what they say, and what a bad server costs a load."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import connect
from jobs.storage.monitoring.observers import JobEnd, observed_run, tell_end
from schemas.columns import EVENTS
from schemas.tables import PUBLISHED
from tests.builders import ROOT
from tests.monitoring.conftest import LineageServer, Story
from tests.test_pipeline import query

SETTINGS = read_settings(ROOT / "conf" / "pipeline.yml")


def observe(url: str, *folders: str, error: Exception | None = None, is_plan: bool = False) -> float:
    """Enter a run that reads the folders, fail in it where there is an error; the seconds that this took."""
    with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        prepare_database(cursor)
    started = time.monotonic()
    with suppress(RuntimeError), observed_run(url, "load", SETTINGS, is_plan, folders):
        if error:
            raise error
    return time.monotonic() - started


def test_a_load_says_what_it_reads_and_what_it_writes(story: Story) -> None:
    started, completed = story.events["load"]
    assert (started["eventType"], completed["eventType"]) == ("START", "COMPLETE")
    assert started["run"]["runId"] == completed["run"]["runId"]
    assert UUID(started["run"]["runId"]).version == 7
    assert started["job"]["name"] == "document_events.load"
    assert [(each["namespace"], each["name"]) for each in started["inputs"]] == [("file", str(story.input))]
    database = urlsplit(story.url).path[1:]
    outputs = {each["name"]: each for each in completed["outputs"]}
    assert list(outputs) == [f"{database}.public.{table}" for table in PUBLISHED]
    events = outputs[f"{database}.public.events"]
    assert events["namespace"].startswith("postgres://127.0.0.1:")
    fields = events["facets"]["schema"]["fields"]
    assert [field["name"] for field in fields] == [column.name for column in EVENTS]
    assert (fields[0]["type"], fields[0]["description"]) == ("text", EVENTS[0].comment)


def test_events_name_the_run_of_the_ledger(story: Story) -> None:
    tagged = [
        tag["value"]
        for events in story.events.values()
        for event in events
        if event["eventType"] == "START"
        for tag in event["run"]["facets"]["tags"]["tags"]
        if tag["key"] == "run_id"
    ]
    assert [(int(run_id),) for run_id in tagged] == query(
        story.url, "select run_id from ops.pipeline_runs order by run_id"
    )


def test_a_failure_says_why(story: Story) -> None:
    started, failed = story.events["failure"]
    assert (started["eventType"], failed["eventType"]) == ("START", "FAIL")
    facet = failed["run"]["facets"]["errorMessage"]
    assert facet["message"] == "RuntimeError: nothing that anybody foresaw"


@pytest.mark.parametrize("step", ["stream", "replay", "erasure"])
def test_every_kind_of_run_is_told(story: Story, step: str) -> None:
    kinds = {"stream": "load", "replay": "replay", "erasure": "erase"}
    assert [(event["eventType"], event["job"]["name"]) for event in story.events[step]] == [
        ("START", f"document_events.{kinds[step]}"),
        ("COMPLETE", f"document_events.{kinds[step]}"),
    ]


@pytest.mark.parametrize("step", ["plan", "nothing new", "dry run", "database down"])
def test_what_changes_nothing_is_not_told(story: Story, step: str) -> None:
    assert story.events[step] == []


def test_folders_are_named_by_the_rules_of_openlineage(database_url: str, lineage_server: LineageServer) -> None:
    observe(database_url, "file:///mnt/in%20put", "s3://bucket/events/eu", "hdfs://name:8020/events")
    assert [(each["namespace"], each["name"]) for each in lineage_server.events[0]["inputs"]] == [
        ("file", "/mnt/in put"),
        ("s3://bucket", "events/eu"),
        ("hdfs://name:8020", "/events"),
    ]


def test_namespace_place_and_key_are_those_of_the_environment(
    database_url: str, lineage_server: LineageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "reports")
    monkeypatch.setenv("OPENLINEAGE_ENDPOINT", "lineage/here")
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "k3y")
    observe(database_url)
    path, key, body = lineage_server.requests[0]
    assert (path, key, body["job"]["namespace"]) == ("/lineage/here", "Bearer k3y", "reports")


def test_a_server_that_answers_500_is_one_warning(
    database_url: str, lineage_server: LineageServer, caplog: pytest.LogCaptureFixture
) -> None:
    lineage_server.status = 500
    observe(database_url)
    assert len(lineage_server.events) == 1
    assert _count_warnings(caplog) == 1


def test_a_server_that_is_down_is_one_warning(
    database_url: str, lineage_server: LineageServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:1")
    observe(database_url, error=RuntimeError("first"))
    assert _count_warnings(caplog) == 1
    assert query(database_url, "select status, error from ops.pipeline_runs") == [("failed", "RuntimeError: first")]


def test_a_server_that_sends_a_byte_now_and_then_delays_a_load_by_some_seconds_only(
    database_url: str, lineage_server: LineageServer, caplog: pytest.LogCaptureFixture
) -> None:
    lineage_server.seconds_a_byte = 1.5  # too fast for the time limit of each step
    assert observe(database_url) < 10
    assert _count_warnings(caplog) == 1


def test_an_address_that_is_none_is_one_warning(
    database_url: str, lineage_server: LineageServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "not a url")
    observe(database_url)
    assert _count_warnings(caplog) == 1


def test_without_the_variable_nobody_is_told(
    database_url: str, lineage_server: LineageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENLINEAGE_URL")
    observe(database_url)
    assert lineage_server.events == []


def test_a_file_of_metrics_that_cannot_be_written_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_FILE", str(tmp_path / "nowhere" / "metrics.prom"))
    tell_end(JobEnd("pipeline", 0, None, tmp_path))
    assert _count_warnings(caplog) == 1


def _count_warnings(caplog: pytest.LogCaptureFixture) -> int:
    return sum("the load is not affected" in record.getMessage() for record in caplog.records)
