"""A lineage server, and one folder on which jobs of all sorts have run, with what was told after each."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pyspark.sql import SparkSession

from tests.conftest import empty_database
from tests.monitoring.jobs import Jobs, good

VARIABLES = ("METRICS_FILE", "OPENLINEAGE_URL", "OPENLINEAGE_NAMESPACE", "OPENLINEAGE_API_KEY", "OPENLINEAGE_ENDPOINT")


@dataclass
class LineageServer:
    """Takes events by HTTP as a lineage server does, and answers as the test wants."""

    url: str
    requests: list[tuple[str, str | None, dict[str, Any]]]
    status: int = 201
    seconds_a_byte: float = 0

    @property
    def events(self) -> list[dict[str, Any]]:
        """The bodies that came."""
        return [body for _path, _key, body in self.requests]


@contextmanager
def serve() -> Iterator[LineageServer]:
    """A server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.requests.append((self.path, self.headers["Authorization"], body))
            for byte in b"HTTP/1.0 %d it\r\n\r\n" % made.status:
                self.wfile.write(bytes([byte]))
                time.sleep(made.seconds_a_byte)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    made = LineageServer(f"http://127.0.0.1:{server.server_port}", [])
    Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def lineage_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LineageServer]:
    """A server that OPENLINEAGE_URL names."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with serve() as server:
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        yield server


def read_metrics(path: Path) -> dict[str, float]:
    """Every value, by name and label as the file writes them, without the prefix."""
    return {
        " ".join([sample.name.removeprefix("document_events_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }


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
    """Loads, a plan and a failure, a stream, a replay and erasures, one after the other on one database.

    A job sets the log up for its process; afterwards it is as it was.
    """
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
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
    root.handlers, root.level = handlers, level
