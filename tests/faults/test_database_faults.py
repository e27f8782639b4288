"""The database fails under a run, for real: the run says so in one line and ends with 4, or goes on where it can."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.database.passfile import read_passfile
from jobs.storage.database.postgres import LOADER, connect
from jobs.storage.errors import LostRowsError
from jobs.storage.local import embedded_postgres
from jobs.storage.runs.publish import publish
from jobs.storage.runs.run import start_run
from tests.builders import ROOT
from tests.conftest import empty_database, run_on_server
from tests.faults.conftest import Site, make_site
from tests.faults.harness import PUBLISHING, STAGING, stopped_while, wait_until
from tests.loading import query

# What a run meets while it stages and publishes, its exit code, and what its one line of error says. All runs are of
# one folder, in this order: what one leaves is there in the next. The rows of a first load are logged, so that they
# outlive a crash; those of a merge are not.
CRASH_IN_FIRST_LOAD = "the server crashes while a first load publishes"
CRASH_WHILE_STAGING = "the server crashes while a merge stages"
CUT_WHILE_STAGING = "the connection is cut while staging"
STOPPED_WHILE_STAGING = "the server stays away while staging"
FULL = "the disk is full while staging"
READ_ONLY = "the database turns read-only while staging"
CRASH_WHILE_PUBLISHING = "the server crashes while a merge publishes"
CUT_WHILE_PUBLISHING = "the connection is cut while publishing"
TERMINATED = "the backend is told to stop while publishing"
CODES = {
    CRASH_IN_FIRST_LOAD: (0, None),
    CRASH_WHILE_STAGING: (4, "the database"),
    CUT_WHILE_STAGING: (4, "the database failed"),
    STOPPED_WHILE_STAGING: (4, "the database failed"),
    FULL: (4, "No space left on device"),
    READ_ONLY: (4, "in a read-only transaction"),
    CRASH_WHILE_PUBLISHING: (4, "the database"),
    CUT_WHILE_PUBLISHING: (0, None),
    TERMINATED: (0, None),
}
Ended = tuple[int | None, str]  # exit code and what was shown


def read_error(shown: str) -> str:
    """The one line of error that the run told its user, without a trace."""
    lines = shown.splitlines()
    assert not [line for line in lines if line.startswith(("Traceback", "\tat "))]
    (error,) = [line for line in lines if line.startswith("error: ")]
    return error


def is_cut(connection: Any) -> bool:
    """Whether the server has ended the connection."""
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select true")
    except (psycopg2.OperationalError, psycopg2.InterfaceError):
        return True
    return False


def disturb(site: Site, stage: str, fault: Callable[[list[int]], object], url: str | None = None) -> Ended:
    """A run that meets the fault in that stage; the fault is given the backends of the stage."""
    site.wait_for_server()
    with redirect_stderr(StringIO()) as shown:
        with stopped_while(site.url, stage) as wait:
            job = site.start(url)
            fault(wait())
        return job.wait(), shown.getvalue()


def crash(pids: list[int]) -> None:
    """One backend is killed; PostgreSQL ends the others and recovers."""
    os.kill(pids[0], signal.SIGKILL)


def set_read_only(site: Site, value: str) -> None:
    """As after a failover to a standby; only new connections notice."""
    writable = f"{site.url}&options=-c%20default_transaction_read_only%3Doff"
    run_on_server(writable, f"alter database {urlsplit(site.url).path[1:]} set default_transaction_read_only = {value}")


@contextmanager
def small_disk(site: Site, data_dir: Path, megabytes: int) -> Iterator[bool]:
    """A file system of that size under what the database makes from now on; False where none may be mounted."""
    place = Path(mkdtemp(prefix="document-events-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        place.rmdir()
        yield False
        return
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
                yield True
                cursor.execute(f"alter database {name} reset default_tablespace")
                cursor.execute("drop tablespace small")
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()


def fill_disk(site: Site, fragile_folder: Path) -> Ended | None:
    """A run of a file that is larger than the disk; None where no small disk can be made."""
    site.wait_for_server()
    with redirect_stderr(StringIO()) as shown, small_disk(site, fragile_folder, megabytes=3) as is_small:
        if not is_small:
            return None
        site.add_events("large.jsonl", 30, count=30_000)
        code = site.start().wait()
        (site.events / "large.jsonl").unlink()
        return code, shown.getvalue()


@pytest.fixture(scope="module")
def story(
    spark: Any, server: str, fragile_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, dict[str, Ended | None]]]:
    """A site, and how each run has ended on it."""
    with (
        empty_database(embedded_postgres.start(fragile_folder)) as url,
        make_site(url, tmp_path_factory.mktemp("story"), fragile_folder, server) as site,
    ):
        ended: dict[str, Ended | None] = {}
        site.add_events("0.jsonl", 0)
        ended[CRASH_IN_FIRST_LOAD] = disturb(site, PUBLISHING, crash)
        site.add_events("1.jsonl", 30)
        ended[CRASH_WHILE_STAGING] = disturb(site, STAGING, crash)
        ended[CUT_WHILE_STAGING] = disturb(site, STAGING, lambda _: site.proxy.cut(STAGING), site.url_by_proxy)
        ended[STOPPED_WHILE_STAGING] = disturb(site, STAGING, lambda _: embedded_postgres.stop(fragile_folder))
        embedded_postgres.start(fragile_folder)
        ended[FULL] = fill_disk(site, fragile_folder)
        ended[READ_ONLY] = disturb(site, STAGING, lambda _: set_read_only(site, "on"))
        set_read_only(site, "off")
        ended[CRASH_WHILE_PUBLISHING] = disturb(site, PUBLISHING, crash)
        ended[CUT_WHILE_PUBLISHING] = disturb(site, PUBLISHING, lambda _: site.proxy.cut(PUBLISHING), site.url_by_proxy)
        site.add_events("2.jsonl", 60)
        ended[TERMINATED] = disturb(
            site, PUBLISHING, lambda pids: query(site.url, f"select pg_terminate_backend({pids[0]})")
        )
        yield site, ended


@pytest.mark.parametrize("fault", CODES)
def test_a_fault_ends_the_run_with_one_line_or_is_survived(
    story: tuple[Site, dict[str, Ended | None]], fault: str
) -> None:
    if (ended := story[1][fault]) is None:
        pytest.skip("no right to mount a small file system")
    code, words = CODES[fault]
    assert ended[0] == code
    if words:
        assert words in read_error(ended[1])


def test_the_ledger_quotes_no_rows_of_a_log(story: tuple[Site, dict[str, Ended | None]]) -> None:
    errors = query(story[0].url, "select error from ops.pipeline_runs where status = 'failed'")
    assert len(errors) >= 5
    assert "INSERT" not in str(errors)


def test_rows_that_a_crash_took_are_missed_though_all_sums_close(
    story: tuple[Site, dict[str, Ended | None]],
) -> None:
    """Spark may meet a server that is back already: what it reads then, such as the history, is empty."""
    site, _ = story
    with closing(connect(site.url)) as connection:
        run = start_run(connection, "load", read_settings(ROOT / "conf" / "pipeline.yml"))
        with closing(psycopg2.connect(site.url)) as other:
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            # The server accepts connections until it notices. Then it ends all of them, and recovers.
            wait_until(lambda: is_cut(other), "the crash")
    site.wait_for_server()
    with closing(connect(site.url)) as connection, pytest.raises(LostRowsError, match="crashed while run"):
        publish(connection, run, [])


def test_the_last_run_repairs_all_while_another_leaves_and_a_third_waits_and_counts_once_though_no_answer_comes(
    story: tuple[Site, dict[str, Ended | None]], capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer to its commit is lost."""
    site, _ = story
    site.add_events("3.jsonl", 90)
    with stopped_while(site.url, STAGING) as wait:
        first = site.start(site.url_by_proxy)
        wait()
        assert site.start(None, "--wait", "0.5").wait() == 4
        assert "another run holds the lock after 0.5 s" in read_error(capsys.readouterr().err)
        third = site.start()
        wait_until(lambda: len(find_waiting(site)) == 2, "the third run")
        site.proxy.commits_to_swallow = 1
    assert (first.wait(), third.wait()) == (0, 0)
    assert site.proxy.swallowed == 1
    assert query(site.url, "select count(*) from ops.pipeline_runs where status = 'succeeded'") == [(4,)]
    site.assert_as_after_one_load()


def find_waiting(site: Site) -> list[Any]:
    """The connections that hold the lock of a run, or ask for it."""
    return query(
        site.url,
        "select pid from pg_stat_activity where datname = current_database()"
        " and application_name = 'document-events run lock'",
    )
