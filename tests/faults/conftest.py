"""A PostgreSQL of its own that may be killed, and a folder of events with the answer that one load of it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pytest

from jobs.storage import embedded_postgres
from jobs.storage.passfile import read_passfile
from tests.conftest import empty_database
from tests.faults.harness import Job, find_leftovers, read_state, wait_until, write_events
from tests.faults.proxy import Proxy, proxy_of
from tests.test_pipeline import load, query


@pytest.fixture(scope="session")
def fragile_folder() -> Iterator[Path]:
    """The data folder of an embedded server that no other test uses."""
    with TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as folder:
        embedded_postgres.start(Path(folder))
        yield Path(folder)
        embedded_postgres.stop(Path(folder))


@dataclass
class Site:
    """An empty database, a folder of events that grows, and the job."""

    url: str
    proxy: Proxy
    folder: Path
    other_server: str

    @property
    def events(self) -> Path:
        return self.folder / "in"

    def add_events(self, name: str, first: int, count: int = 60) -> None:
        write_events(self.events, name, first, count)

    def load(self) -> None:
        """A run that nothing disturbs."""
        load(self.url, self.events, self.folder / "data", "--accept-quality")

    def start(self, url: str | None = None, *options: str) -> Job:
        return Job(url or self.url, self.events, self.folder / "data", "--accept-quality", *options)

    def wait_for_server(self) -> None:
        wait_until(lambda: query(self.url, "select true"), "the server after its crash")

    def assert_as_after_one_load(self) -> None:
        """The tables are those of one load of the folder, and nothing is left of runs that failed."""
        assert find_leftovers(self.url) == []
        with empty_database(self.other_server) as other:
            load(other, self.events, self.folder / "other-data", "--accept-quality")
            assert read_state(self.url) == read_state(other)


@pytest.fixture
def site(
    spark: Any, server: str, fragile_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    url = embedded_postgres.start(fragile_folder)
    port, passwords = read_passfile(fragile_folder / "passfile")
    monkeypatch.setenv("PGPASSWORD", passwords[str(urlsplit(url).username)])
    monkeypatch.setenv("DATABASE_URL", url)
    with empty_database(url) as database, proxy_of(port) as proxy:
        yield Site(database, proxy, tmp_path, server)
