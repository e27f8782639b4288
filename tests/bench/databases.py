"""The server that the benchmarks load into, its databases, and queries on them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg2

from jobs.storage.local import embedded_postgres
from tests.bench.inputs import ROOT

# Our job and DuckDB must agree on these columns. A tutorial's job keeps any record of an id, and counts words
# differently.
_EVENTS = "select event_id, user_id, document_id, event_at, document_word_count from events"


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL: the URL of a database in it, and the id of its first process."""

    url: str
    pid: int


@contextmanager
def running_server() -> Iterator[Server]:
    """A separate server, which is removed with its data afterwards."""
    with TemporaryDirectory(prefix="document-events-bench-", ignore_cleanup_errors=True) as spare:
        folder = Path(spare) / "postgres"
        url = embedded_postgres.start(folder)
        try:
            yield Server(url, int((folder / "cluster" / "postmaster.pid").read_text().split()[0]))
        finally:
            embedded_postgres.stop(folder)


@contextmanager
def empty_database(server: Server) -> Iterator[str]:
    """The URL of a new database, which is dropped afterwards."""
    name = f"bench_{uuid4().hex}"
    with closing(psycopg2.connect(server.url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"create database {name}")
        yield urlunsplit(urlsplit(server.url)._replace(path=f"/{name}"))
        cursor.execute(f"drop database {name}")


def run_query(url: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url, options="-c timezone=UTC")) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def hash_events(url: str) -> tuple[Any, ...]:
    """Returns (rows, hash) of the published events."""
    return run_query(url, f"select count(*), sum(hashtextextended(t::text, 0))::text from ({_EVENTS}) as t")[0]


def fingerprint(url: str, root: Path = ROOT) -> list[tuple[Any, ...]]:
    """Returns one hash for each published table, by the statement of the project in `root`."""
    return run_query(url, (root / "sql" / "analysis" / "fingerprint.sql").read_text())
