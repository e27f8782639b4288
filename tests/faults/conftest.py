"""A PostgreSQL of its own that may be killed, and a folder of events with the answer that one load of it gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from jobs.storage.database.passfile import read_passfile, write_passfile
from jobs.storage.local import embedded_postgres
from tests.conftest import empty_database
from tests.faults.harness import Job, find_leftovers, read_state, wait_until, write_events
from tests.faults.proxy import Proxy, proxy_of
from tests.loading import load, query
from tests.snapshot import Snapshot


@pytest.fixture(scope="session")
def fragile_folder() -> Iterator[Path]:
    """The data folder of an embedded server that no other test uses."""
    with TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as folder:
        embedded_postgres.start(Path(folder))
        yield Path(folder)
        embedded_postgres.stop(Path(folder))


# What one load gives, by the files of a folder: many tests load the same ones.
EXPECTED: dict[tuple[tuple[str, int], ...], Any] = {}


@dataclass
class Site:
    """A database, a folder of events that grows, and the job."""

    url: str
    proxy: Proxy
    folder: Path
    other_server: str

    @property
    def events(self) -> Path:
        return self.folder / "in"

    @property
    def url_by_proxy(self) -> str:
        return self.proxy.url(self.url, self.folder / "passfile")

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
        files = tuple(sorted((path.name, path.stat().st_size) for path in self.events.iterdir()))
        if files not in EXPECTED:
            with empty_database(self.other_server) as other:
                load(other, self.events, self.folder / "other-data", "--accept-quality")
                EXPECTED[files] = read_state(other)
        assert read_state(self.url) == EXPECTED[files]


@contextmanager
def make_site(url: str, folder: Path, fragile_folder: Path, other_server: str) -> Iterator[Site]:
    """A site with a proxy, and with the passwords for it."""
    port, passwords = read_passfile(fragile_folder / "passfile")
    with proxy_of(port) as proxy:
        write_passfile(folder / "passfile", "127.0.0.1", proxy.port, passwords)
        yield Site(url, proxy, folder, other_server)


@pytest.fixture
def site(spark: Any, server: str, fragile_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A site with nothing in it."""
    with (
        empty_database(embedded_postgres.start(fragile_folder)) as url,
        make_site(url, tmp_path, fragile_folder, server) as made,
    ):
        yield made


@pytest.fixture(scope="session")
def first_load(spark: Any, fragile_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """One file is loaded, a second one has come."""
    folder = tmp_path_factory.mktemp("site")
    with empty_database(embedded_postgres.start(fragile_folder)) as url:
        write_events(folder / "in", "0.jsonl", 0, 60)
        load(url, folder / "in", folder / "data", "--accept-quality")
        write_events(folder / "in", "1.jsonl", 30, 60)
        yield Snapshot(url, folder)
        embedded_postgres.start(fragile_folder)


@contextmanager
def copy_first_load(first_load: Snapshot, fragile_folder: Path, server: str) -> Iterator[Site]:
    """A site where the next run merges."""
    with (
        first_load.restore(embedded_postgres.start(fragile_folder)) as url,
        make_site(url, first_load.folder, fragile_folder, server) as made,
    ):
        yield made


@pytest.fixture
def merging(first_load: Snapshot, fragile_folder: Path, server: str) -> Iterator[Site]:
    """Such a site for one test."""
    with copy_first_load(first_load, fragile_folder, server) as made:
        yield made


@pytest.fixture(scope="module")
def merging_story(first_load: Snapshot, fragile_folder: Path, server: str) -> Iterator[Site]:
    """Such a site for all tests of a module, none of which may ask for `merging`: both are in one folder."""
    with copy_first_load(first_load, fragile_folder, server) as made:
        yield made
