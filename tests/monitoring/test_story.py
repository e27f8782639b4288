"""Jobs of all sorts on one folder, and what lineage and the file of metrics told after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from pyspark.sql import SparkSession

from schemas.columns import EVENTS
from schemas.tables import PUBLISHED
from tests.conftest import empty_database
from tests.loading import query
from tests.monitoring.conftest import VARIABLES, read_metrics, serve
from tests.monitoring.jobs import Jobs, good


@dataclass
class Story:
    """What was told after each step: the exit code, the values of the file of metrics, the new events of lineage."""

    url: str
    input: Path
    codes: dict[str, int]
    metrics: dict[str, dict[str, float]]
    events: dict[str, list[dict[str, Any]]]


def _fail(*_: object) -> None:
    raise RuntimeError("nothing that anybody foresaw")


@pytest.fixture(scope="module")
def story(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Loads, a plan and a failure, a stream, a replay and erasures, one after the other on one database."""
    with empty_database(server) as url, serve() as lineage, pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
        jobs = Jobs(url, tmp_path_factory.mktemp("watched"), patch)
        file = jobs.data / "runs" / "metrics.prom"
        patch.setenv("METRICS_FILE", str(file))
        patch.setenv("OPENLINEAGE_URL", lineage.url)
        told = Story(url, jobs.input, {}, {}, {})

        def note(step: str, run: Callable[[], int]) -> None:
            seen = len(lineage.events)
            told.codes[step] = run()
            told.metrics[step] = read_metrics(file)
            told.events[step] = lineage.events[seen:]

        jobs.write("a.jsonl", good(0), good(1), good(2), good(2), "junk")
        note("load", jobs.load)
        note("nothing new", jobs.load)
        jobs.write("b.jsonl", good(3))
        note("plan", lambda: jobs.load("--plan"))
        with patch.context() as broken:
            broken.setattr("jobs.steps.load.rate_files", _fail)
            note("failure", jobs.load)
        note("stream", jobs.stream_once)
        note("replay", jobs.replay)
        note("dry run", lambda: jobs.erase("ann"))
        note("erasure", lambda: jobs.erase("ann", "--confirm"))
        with patch.context() as down:
            down.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
            note("database down", jobs.load)
        yield told


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


def test_a_load_tells_what_became_of_its_records_and_how_long_it_took(story: Story) -> None:
    values = story.metrics["load"]
    verdicts = {key.split()[1]: value for key, value in values.items() if key.startswith("last_run_records ")}
    assert verdicts == {
        "blank": 0, "ignored": 0, "quarantined": 1, "exact_duplicates": 1, "superseded": 0, "published": 3
    }  # fmt: skip
    assert (values["open_quarantined_records"], values["files_not_closing"]) == (1, 0)
    assert {"read", "model", "stage", "publish"} <= {key.split()[1] for key in values if "stage_seconds " in key}
    assert values["newest_event_timestamp_seconds"] == 1748865720  # 2025-06-02T12:02:00Z
    assert (values["runs_total succeeded"], values["runs_total failed"]) == (1, 0)
    assert (values["job_last_exit_code pipeline"], values["job_failures_total pipeline"]) == (0, 0)
    assert "last_failure_timestamp_seconds" not in values


def test_a_failure_is_told_and_the_last_success_stays(story: Story) -> None:
    before, after = story.metrics["nothing new"], story.metrics["failure"]
    assert (story.codes["failure"], after["job_last_exit_code pipeline"]) == (1, 1)
    assert after["job_failures_total pipeline"] == 1
    assert (after["runs_total succeeded"], after["runs_total failed"]) == (1, 1)
    assert after["last_failure_timestamp_seconds"] > before["last_success_timestamp_seconds"]
    assert after["job_last_failure_timestamp_seconds pipeline"] > before["job_last_end_timestamp_seconds pipeline"]
    for kept in (
        "last_success_timestamp_seconds",
        "job_last_success_timestamp_seconds pipeline",
        "last_run_records published",
    ):
        assert after[kept] == before[kept]


def test_what_the_ledger_said_stays_while_the_database_is_down(story: Story) -> None:
    before, after = story.metrics["erasure"], story.metrics["database down"]
    assert (after["job_last_exit_code pipeline"], after["job_failures_total pipeline"]) == (4, 2)
    ledger = {key: value for key, value in before.items() if not key.startswith("job_")}
    assert len(ledger) > 10
    assert {key: value for key, value in after.items() if not key.startswith("job_")} == ledger


def test_a_load_that_found_nothing_new_is_a_success_and_a_plan_is_nothing(story: Story) -> None:
    before, after = story.metrics["load"], story.metrics["nothing new"]
    ended, published = "job_last_success_timestamp_seconds pipeline", "last_success_timestamp_seconds"
    assert (after[ended] > before[ended], after[published] == before[published]) == (True, True)
    assert story.codes["plan"] == 0
    assert story.metrics["plan"] == after


def test_each_job_is_told_by_its_name_and_a_dry_run_is_not(story: Story) -> None:
    codes = {key: value for key, value in story.metrics["erasure"].items() if key.startswith("job_last_exit_code")}
    assert codes == {
        "job_last_exit_code pipeline": 1,
        "job_last_exit_code stream": 0,
        "job_last_exit_code replay": 0,
        "job_last_exit_code erase": 0,
    }
    assert story.metrics["dry run"] == story.metrics["replay"]
