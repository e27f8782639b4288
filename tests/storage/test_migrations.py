"""Migrations: an older database is brought up to date, a newer or an edited one is refused, on real databases."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.storage import migrations, postgres
from jobs.storage.errors import UsageError
from jobs.storage.migrations import prepare_database
from jobs.storage.postgres import connect, find_sql
from jobs.storage.publish import publish
from tests.conftest import empty_database
from tests.storage.catalogue import read_catalogue
from tests.storage.test_publish import column, stage_one_event

OLD_DATABASE = (Path(__file__).parent / "database_before_migrations.sql").read_text(encoding="utf-8")
FILES = [path.stem for path in find_sql("migrations/*.sql")]


def prepare(url: str) -> None:
    with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        prepare_database(cursor)


def run_once(url: str, file_id: int) -> None:
    """What jobs/pipeline.py does to the database, for one event."""
    prepare(url)
    with closing(connect(url)) as connection:
        run, counts = stage_one_event(connection, file_id)
        publish(connection, run, [counts])


@pytest.fixture
def old_url(server: str) -> Iterator[str]:
    """A database that the version before migrations loaded."""
    with empty_database(server) as url:
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(OLD_DATABASE)
        yield url


@pytest.fixture
def sql_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sql/ that a test may change, in the place of the real one."""
    shutil.copytree(postgres.SQL, tmp_path / "sql")
    monkeypatch.setattr(postgres, "SQL", tmp_path / "sql")
    return tmp_path / "sql"


def test_numbers_follow_one_another() -> None:
    assert [name[:5] for name in FILES] == [f"{number:04d}_" for number in range(1, len(FILES) + 1)]


def test_a_new_database_has_all_applied(database_url: str, database: Any) -> None:
    prepare(database_url)
    assert column(database, "select migration from ops.migrations order by 1") == FILES


def test_an_older_database_is_brought_up_to_date_by_the_next_run(old_url: str, server: str) -> None:
    run_once(old_url, 20)
    with empty_database(server) as new_url:
        run_once(new_url, 20)
        assert read_catalogue(old_url) == read_catalogue(new_url)
    with closing(psycopg2.connect(old_url)) as connection:
        assert column(connection, "select event_id from public.events order by 1") == ["e1", "e2", "e20", "e3"]
        assert column(connection, "select status from ops.pipeline_runs order by run_id") == ["succeeded", "succeeded"]


def test_each_is_applied_once(database_url: str, database: Any, sql_folder: Path) -> None:
    (sql_folder / "migrations" / "9000_once.sql").write_text("create table ops.once (number bigint);")
    prepare(database_url)
    prepare(database_url)
    assert column(database, "select migration from ops.migrations order by 1") == [*FILES, "9000_once"]


def test_all_pending_ones_are_applied_or_none(database_url: str, database: Any, sql_folder: Path) -> None:
    prepare(database_url)
    (sql_folder / "migrations" / "9000_good.sql").write_text("create table ops.good (number bigint);")
    (sql_folder / "migrations" / "9001_bad.sql").write_text("select 1 / 0;")
    with pytest.raises(psycopg2.errors.DivisionByZero):
        prepare(database_url)
    assert column(database, "select migration from ops.migrations order by 1") == FILES
    assert column(database, "select to_regclass('ops.good')") == [None]


def test_a_database_of_a_newer_version_is_refused(database_url: str, database: Any) -> None:
    prepare(database_url)
    column(database, "insert into ops.migrations values ('9999_future', 'x', now(), '9.0') returning 1")
    with pytest.raises(UsageError, match=r"by a newer version \(9999_future is not in sql/migrations\): update this"):
        prepare(database_url)


def test_an_edited_file_is_noticed(database_url: str, sql_folder: Path) -> None:
    prepare(database_url)
    file = sql_folder / "migrations" / "0001_books.sql"
    text = file.read_text()
    file.write_bytes(text.replace("\n", "\r\n").encode())
    prepare(database_url)  # other line ends are no other file
    file.write_text(text + "-- one more line\n")
    with pytest.raises(UsageError, match=r"sql/migrations/0001_books\.sql was changed after .* put it back"):
        prepare(database_url)


def test_a_file_that_comes_too_late_is_refused(database_url: str, sql_folder: Path) -> None:
    prepare(database_url)
    (sql_folder / "migrations" / "0001_also.sql").write_text("select 1;")
    with pytest.raises(UsageError, match=r"0001_also\.sql comes before .* give it the next number"):
        prepare(database_url)


def test_a_lock_that_is_kept_ends_the_run(
    database_url: str, database: Any, sql_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(database_url)
    (sql_folder / "migrations" / "9000_wide.sql").write_text("alter table ops.pipeline_runs add column wide text;")
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "100ms")
    with database.cursor() as reader:
        reader.execute("select 1 from ops.pipeline_runs")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            prepare(database_url)
