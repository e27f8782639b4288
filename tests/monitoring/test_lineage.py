"""Lineage events, received by a server of the test's own: what they say, and what a bad server costs a load."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import connect
from jobs.storage.monitoring.observers import JobEnd, observed_run, tell_end
from tests.builders import ROOT
from tests.conftest import empty_database
from tests.loading import query
from tests.monitoring.conftest import LineageServer

SETTINGS = read_settings(ROOT / "conf" / "pipeline.yml")


@pytest.fixture(scope="module")
def prepared_url(server: str) -> Iterator[str]:
    """A database that is ready for a run."""
    with empty_database(server) as url:
        with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
            prepare_database(cursor)
        yield url


def observe(url: str, *folders: str, error: Exception | None = None, is_plan: bool = False) -> float:
    """Enter a run that reads the folders, fail in it where there is an error; the seconds that this took."""
    started = time.monotonic()
    with suppress(RuntimeError), observed_run(url, "load", SETTINGS, is_plan, folders):
        if error:
            raise error
    return time.monotonic() - started


def test_folders_are_named_by_the_rules_of_openlineage(prepared_url: str, lineage_server: LineageServer) -> None:
    observe(prepared_url, "file:///mnt/in%20put", "s3://bucket/events/eu", "hdfs://name:8020/events")
    assert [(each["namespace"], each["name"]) for each in lineage_server.events[0]["inputs"]] == [
        ("file", "/mnt/in put"),
        ("s3://bucket", "events/eu"),
        ("hdfs://name:8020", "/events"),
    ]


def test_namespace_place_and_key_are_those_of_the_environment(
    prepared_url: str, lineage_server: LineageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "reports")
    monkeypatch.setenv("OPENLINEAGE_ENDPOINT", "lineage/here")
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "k3y")
    observe(prepared_url)
    path, key, body = lineage_server.requests[0]
    assert (path, key, body["job"]["namespace"]) == ("/lineage/here", "Bearer k3y", "reports")


def test_a_server_that_answers_500_is_one_warning(
    prepared_url: str, lineage_server: LineageServer, caplog: pytest.LogCaptureFixture
) -> None:
    lineage_server.status = 500
    observe(prepared_url)
    assert len(lineage_server.events) == 1
    assert _count_warnings(caplog) == 1


def test_a_server_that_is_down_is_one_warning(
    prepared_url: str, lineage_server: LineageServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:1")
    observe(prepared_url, error=RuntimeError("first"))
    assert _count_warnings(caplog) == 1
    assert query(prepared_url, "select status, error from ops.pipeline_runs order by run_id desc limit 1") == [
        ("failed", "RuntimeError: first")
    ]


def test_a_server_that_sends_a_byte_now_and_then_delays_a_load_by_some_seconds_only(
    prepared_url: str, lineage_server: LineageServer, caplog: pytest.LogCaptureFixture
) -> None:
    lineage_server.seconds_a_byte = 1.5  # too fast for the time limit of each step
    assert observe(prepared_url) < 10
    assert _count_warnings(caplog) == 1


def test_an_address_that_is_none_is_one_warning(
    prepared_url: str, lineage_server: LineageServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "not a url")
    observe(prepared_url)
    assert _count_warnings(caplog) == 1


def test_without_the_variable_nobody_is_told(
    prepared_url: str, lineage_server: LineageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENLINEAGE_URL")
    observe(prepared_url)
    assert lineage_server.events == []


def test_a_file_of_metrics_that_cannot_be_written_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_FILE", str(tmp_path / "nowhere" / "metrics.prom"))
    tell_end(JobEnd("pipeline", 0, None, tmp_path))
    assert _count_warnings(caplog) == 1


def _count_warnings(caplog: pytest.LogCaptureFixture) -> int:
    return sum("the load is not affected" in record.getMessage() for record in caplog.records)
