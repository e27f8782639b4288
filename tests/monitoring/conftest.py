"""A lineage server, and what a file of metrics says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

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
