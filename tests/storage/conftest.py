"""Fixtures for the tests of storage: runs without Spark, a database of an earlier version, and SQL files to change."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.database import postgres
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import connect
from jobs.storage.runs.history import find_history
from jobs.storage.runs.publish import publish
from jobs.storage.runs.run import RunKind
from tests.builders import ROOT
from tests.conftest import empty_database
from tests.storage.test_publish import stage_one_event

OLD_DATABASE = (Path(__file__).parent / "database_at_migration_0005.sql").read_text(encoding="utf-8")


def prepare(url: str) -> None:
    with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        prepare_database(cursor)


def load_one_event(url: str, file_id: int, kind: RunKind = "load") -> None:
    """Changes the database as jobs/pipeline.py does, for one event."""
    prepare(url)
    with closing(connect(url)) as connection:
        run, counts = stage_one_event(connection, file_id, kind)
        if run.merges:
            find_history(url, run, read_settings(ROOT / "conf" / "pipeline.yml"), [], kind == "full_refresh")
        publish(connection, run, [counts])


@pytest.fixture
def old_url(server: str) -> Iterator[str]:
    """The URL of a database that an earlier version of this project loaded."""
    with empty_database(server) as url:
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(OLD_DATABASE)
        yield url


@pytest.fixture
def sql_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sql/ that a test may change. The job reads it instead of the real one."""
    shutil.copytree(postgres.SQL, tmp_path / "sql")
    monkeypatch.setattr(postgres, "SQL", tmp_path / "sql")
    return tmp_path / "sql"
