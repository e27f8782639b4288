"""What the tests share: one real PostgreSQL and one Spark session a run, one empty database a test."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg2
import pytest

from jobs.storage.config.environment import is_switched_on
from jobs.storage.local import embedded_postgres

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[1]

_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest and tempfile make folders of their own below it
_ENOUGH_BYTES = 4 << 30


def _is_roomy(folder: Path) -> bool:
    """Whether the folder has room for all that the tests write, and programs may be started from it."""
    if not folder.is_dir():
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize >= _ENOUGH_BYTES and not found.f_flag & os.ST_NOEXEC


# A new database is 300 files. On a disk they take 0.2 s of the kernel's time, in memory a tenth of it.
if "TMPDIR" not in os.environ and _is_roomy(_MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def run_on_server(server: str, statement: str) -> None:
    """Run one statement outside any transaction, as CREATE DATABASE asks for."""
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of an embedded PostgreSQL of this test run; its role may create databases."""
    # Not below pytest's own folder, which the start of any other pytest closes to the server's account.
    with tempfile.TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as folder:
        yield embedded_postgres.start(Path(folder))
        embedded_postgres.stop(Path(folder))


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The URL of a database of its own, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    run_on_server(server, f"create database {name}")
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    # Not `with (force)`, which our role may not use on an autovacuum worker; this ends such a one and waits.
    run_on_server(server, f"drop database {name}")


@contextmanager
def copied_database(server: str, url: str) -> Iterator[str]:
    """The URL of a copy of that database, dropped afterwards. Nobody may be connected to the original."""
    name, template = f"test_{uuid4().hex}", urlsplit(url).path[1:]
    run_on_server(server, f"create database {name} template {template}")
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    run_on_server(server, f"drop database {name}")


@pytest.fixture
def database_url(server: str) -> Iterator[str]:
    """The URL of an empty database that lives as long as the test."""
    with empty_database(server) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Any]:
    """A psycopg2 connection to the empty database of `database_url`."""
    with closing(psycopg2.connect(database_url)) as connection:
        yield connection


@contextmanager
def log_as_before() -> Iterator[None]:
    """Take the handlers out that a job puts into the log within the block.

    They write to the standard error of one test, which pytest closes. Each line of a later test would fail there.
    """
    log = logging.getLogger()
    before, level = list(log.handlers), log.level
    yield
    for handler in log.handlers:
        if handler not in before:
            handler.close()
    log.handlers = before
    log.setLevel(level)


@pytest.fixture(autouse=True, scope="module")
def log_of_module() -> Iterator[None]:
    """The jobs of a module's own fixtures leave the log as it was."""
    with log_as_before():
        yield


@pytest.fixture(autouse=True)
def log_of_test() -> Iterator[None]:
    """The jobs of a test leave the log as it was."""
    with log_as_before():
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that need Spark, so that `make test-fast` can leave them out, and puts their files first.

    Short files at the end keep all processes of `make test` busy until then.
    """
    slow = set()
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")
            slow.add(item.path)
    items.sort(key=lambda item: item.path not in slow)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a run of CI in which a test was skipped, since it proves less than it seems to.

    ALLOW_SKIPPED_TESTS=1 allows it, where something is known to be missing, such as Chromium.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")  # none in a worker of xdist
    skipped = len(reporter.stats.get("skipped", [])) if reporter else 0
    if skipped and is_switched_on("CI", os.environ) and not is_switched_on("ALLOW_SKIPPED_TESTS", os.environ):
        reporter.write_line(f"\n{skipped} tests were skipped: install what they need, or set ALLOW_SKIPPED_TESTS=1")
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


# What the tests' own session sets itself: the JDBC driver is found without Ivy, as for users.
_NOT_FOR_TESTS = ("JavaOptions", ".packages", ".excludes")


def read_spark_defaults() -> dict[str, str]:
    """conf/spark-defaults.conf, for a session inside this process: smaller, silent, its log not among those of runs."""
    lines = (ROOT / "conf" / "spark-defaults.conf").read_text(encoding="utf-8").splitlines()
    defaults = dict(line.split(maxsplit=1) for line in lines if line.startswith("spark."))
    return {
        **{key: value for key, value in defaults.items() if not key.endswith(_NOT_FOR_TESTS)},
        "spark.ui.enabled": "false",
        "spark.driver.memory": "2g",
    }


# Each test loads a few records. Spark would spend most of its time on making Java code of its plans, and Java on
# compiling that.
JAVA_FOR_FEW_RECORDS = ("-XX:+UseParallelGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=240m")
FOR_FEW_RECORDS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.ui.explainMode": "simple",
}


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session that the jobs use, on two cores."""
    from jobs.storage.local.class_archive import ClassArchive
    from jobs.storage.local.java import find_java_home
    from jobs.storage.local.jdbc_driver import DEFAULTS, find_driver, find_spark_home
    from jobs.storage.process.spark_session import start_spark

    environment, home = dict(os.environ), find_spark_home()
    classes = ClassArchive(find_java_home(environment), home).list_options(may_write=False)
    as_submitted = {  # what jobs/submit.py finds for a job of a user
        "spark.driver.extraJavaOptions": " ".join([*JAVA_FOR_FEW_RECORDS, *classes]),
        "spark.jars": str(find_driver(environment, home / "bin" / "spark-submit", ROOT / DEFAULTS)),
        "spark.python.daemon.module": "jobs.storage.process.worker_daemon",
    }
    session = start_spark("tests", "local[2]", read_spark_defaults() | FOR_FEW_RECORDS | as_submitted)
    yield session
    session.stop()


class Sample(NamedTuple):
    """The database of the loaded sample, and the folder of data of its load."""

    url: str
    data: Path


@pytest.fixture(scope="session")
def sample(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """The sample in data/events, loaded once. Tests only read it; who writes takes a `copied_database` of it."""
    from tests.loading import load

    data = tmp_path_factory.mktemp("data [with] spaces")
    with empty_database(server) as url:
        load(url, ROOT / "data" / "events", data)
        yield Sample(url, data)
