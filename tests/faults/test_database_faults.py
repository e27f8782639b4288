"""The database fails under a run, for real: the run says so in one line and ends with 4, or goes on where it can."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.passfile import read_passfile
from jobs.storage.database.postgres import LOADER, connect
from jobs.storage.errors import LostRowsError
from jobs.storage.local import embedded_postgres
from jobs.storage.runs.publish import publish
from jobs.storage.runs.run import start_run
from tests.builders import ROOT
from tests.conftest import run_on_server
from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING, STAGING, stopped_while, wait_until
from tests.test_pipeline import query


def assert_one_line(capsys: pytest.CaptureFixture[str], words: str) -> None:
    """The run told its user one line of error with those words, and no trace."""
    lines = capsys.readouterr().err.splitlines()
    (error,) = [line for line in lines if line.startswith("error: ")]
    assert words in error
    assert not [line for line in lines if line.startswith(("Traceback", "\tat "))]


def is_cut(connection: Any) -> bool:
    """Whether the server has ended the connection."""
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select true")
    except (psycopg2.OperationalError, psycopg2.InterfaceError):
        return True
    return False


@pytest.mark.parametrize("stage", [STAGING, PUBLISHING])
def test_a_crash_of_the_server_ends_a_merge(merging: Site, stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with stopped_while(merging.url, stage) as wait:
        job = merging.start()
        os.kill(wait()[0], signal.SIGKILL)  # one backend; PostgreSQL ends the others and recovers
        assert job.wait() == 4
    assert_one_line(capsys, "the database")
    merging.wait_for_server()
    merging.load()
    merging.assert_as_after_one_load()


def test_staged_rows_that_a_crash_took_are_missed_though_all_sums_close(merging: Site) -> None:
    """Spark may meet a server that is back already: what it reads then, such as the history, is empty."""
    with closing(connect(merging.url)) as connection:
        with connection, connection.cursor() as cursor:
            prepare_database(cursor)  # the fixture's copy lacks the rights on the database itself
        run = start_run(connection, "load", read_settings(ROOT / "conf" / "pipeline.yml"))
        with closing(psycopg2.connect(merging.url)) as other:
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            # The server accepts connections until it notices. Then it ends all of them, and recovers.
            wait_until(lambda: is_cut(other), "the crash")
    merging.wait_for_server()
    with closing(connect(merging.url)) as connection, pytest.raises(LostRowsError, match="crashed while run"):
        publish(connection, run, [])
    merging.load()
    merging.assert_as_after_one_load()


def test_a_first_load_outlives_a_crash_while_it_publishes(site: Site) -> None:
    site.add_events("0.jsonl", 0)
    with stopped_while(site.url, PUBLISHING) as wait:
        job = site.start()
        os.kill(wait()[0], signal.SIGKILL)
        assert job.wait() == 0
    site.assert_as_after_one_load()


def test_a_connection_cut_while_staging_ends_the_run(merging: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with stopped_while(merging.url, STAGING) as wait:
        job = merging.start(merging.url_by_proxy)
        wait()
        assert merging.proxy.cut(STAGING) > 0
    assert job.wait() == 4
    assert_one_line(capsys, "the database failed")
    merging.load()
    merging.assert_as_after_one_load()


def test_a_connection_cut_while_publishing_is_made_anew(merging: Site) -> None:
    with stopped_while(merging.url, PUBLISHING) as wait:
        job = merging.start(merging.url_by_proxy)
        wait()
        assert merging.proxy.cut(PUBLISHING) == 1
    assert job.wait() == 0
    merging.assert_as_after_one_load()


def test_a_database_that_turns_read_only_before_publishing_is_named(
    merging: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a failover to a standby; only new connections notice."""
    name = urlsplit(merging.url).path[1:]
    with stopped_while(merging.url, STAGING) as wait:
        job = merging.start()
        wait()
        run_on_server(merging.url, f"alter database {name} set default_transaction_read_only = on")
    assert job.wait() == 4
    assert_one_line(capsys, "in a read-only transaction")
    writable = f"{merging.url}&options=-c%20default_transaction_read_only%3Doff"
    run_on_server(writable, f"alter database {name} reset default_transaction_read_only")
    merging.load()
    merging.assert_as_after_one_load()


def test_a_backend_that_is_told_to_stop_while_publishing_is_replaced(merging: Site) -> None:
    with stopped_while(merging.url, PUBLISHING) as wait:
        job = merging.start()
        query(merging.url, f"select pg_terminate_backend({wait()[0]})")
    assert job.wait() == 0
    merging.assert_as_after_one_load()


def test_a_commit_whose_answer_is_lost_counts_once(merging: Site) -> None:
    merging.proxy.commits_to_swallow = 1
    assert merging.start(merging.url_by_proxy).wait() == 0
    assert merging.proxy.swallowed == 1
    statuses = query(merging.url, "select status, count(*) from ops.pipeline_runs group by status")
    assert statuses == [("succeeded", 2)]
    merging.assert_as_after_one_load()


def test_a_server_that_stays_away_is_named(
    merging: Site, fragile_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with stopped_while(merging.url, STAGING) as wait:
        job = merging.start()
        wait()
        embedded_postgres.stop(fragile_folder)
        assert job.wait() == 4
    assert_one_line(capsys, "the database failed")
    embedded_postgres.start(fragile_folder)
    merging.load()
    merging.assert_as_after_one_load()


def test_of_two_runs_the_second_waits_and_leaves(merging: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with stopped_while(merging.url, STAGING) as wait:
        first = merging.start()
        wait()
        second = merging.start(None, "--wait", "0.5")
        assert second.wait() == 4
    assert_one_line(capsys, "another run holds the lock after 0.5 s")
    assert first.wait() == 0
    merging.assert_as_after_one_load()


def test_a_second_run_that_may_wait_goes_on_after_the_first(merging: Site) -> None:
    with stopped_while(merging.url, STAGING) as wait:
        first = merging.start()
        wait()
        second = merging.start()
        waiting = urlsplit(merging.url).path[1:]
        assert len(query(merging.url, f"select pid from pg_stat_activity where datname = '{waiting}'")) > 1
    assert (first.wait(), second.wait()) == (0, 0)
    merging.assert_as_after_one_load()


@contextmanager
def small_disk(site: Site, data_dir: Path, megabytes: int) -> Iterator[Path]:
    """A file system of that size under what the database makes from now on; skips where none may be mounted."""
    place = Path(mkdtemp(prefix="document-events-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        place.rmdir()
        pytest.skip("no right to mount a small file system")
    try:
        owner = (data_dir / "cluster").stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        _, passwords = read_passfile(data_dir / "passfile")
        parts = urlsplit(site.url)
        name, superuser = parts.path[1:], embedded_postgres.SUPERUSER
        login = {"user": superuser, "password": passwords[superuser], "dbname": "postgres"}
        with closing(psycopg2.connect(host=parts.hostname, port=parts.port, **login)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"create tablespace small location '{place}'")
                cursor.execute(f"grant create on tablespace small to {LOADER}")
                cursor.execute(f"alter database {name} set default_tablespace = 'small'")
                yield place
                cursor.execute(f"alter database {name} reset default_tablespace")
                cursor.execute("drop tablespace small")
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()


def test_a_disk_that_is_full_while_staging_is_named(
    site: Site, fragile_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add_events("0.jsonl", 0)
    site.load()
    site.add_events("1.jsonl", 30, count=30_000)
    with small_disk(site, fragile_folder, megabytes=3):
        assert site.start().wait() == 4
        assert_one_line(capsys, "No space left on device")
    errors = query(site.url, "select error from ops.pipeline_runs where status = 'failed'")
    assert "INSERT" not in str(errors)  # which would quote rows of the log
    site.load()
    site.assert_as_after_one_load()
