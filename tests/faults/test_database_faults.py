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
from tests.conftest import run_on_server
from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING, STAGING, stopped_while, wait_until
from tests.test_pipeline import query

# What a run that stages meets, and what its one line of error says.
WHILE_STAGING = {
    "one backend is killed, so that the server crashes": "the database",
    "the connection is cut": "the database failed",
    "the server stays away": "the database failed",
    "the disk is full": "No space left on device",
    "the database turns read-only": "in a read-only transaction",
}


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


def fail_while_staging(site: Site, fault: Callable[[list[int]], object], url: str | None = None) -> tuple[Any, str]:
    """(exit code, what it showed) of a run that meets the fault, which is given the backends that stage."""
    site.wait_for_server()
    with redirect_stderr(StringIO()) as shown:
        with stopped_while(site.url, STAGING) as wait:
            job = site.start(url)
            fault(wait())
        return job.wait(), shown.getvalue()


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


def fail_on_full_disk(site: Site, fragile_folder: Path) -> tuple[Any, str] | None:
    """As `fail_while_staging`, by a file that is larger than the disk; None where no small disk can be made."""
    site.wait_for_server()
    with redirect_stderr(StringIO()) as shown, small_disk(site, fragile_folder, megabytes=3) as is_small:
        if not is_small:
            return None
        site.add_events("large.jsonl", 30, count=30_000)
        code = site.start().wait()
        (site.events / "large.jsonl").unlink()
        return code, shown.getvalue()


@pytest.fixture(scope="module")
def failed(merging_story: Site, fragile_folder: Path) -> dict[str, tuple[Any, str] | None]:
    """(exit code, what it showed) of runs of one folder, of which each one meets a fault while it stages."""
    site = merging_story
    crash, cut, stop, full, read_only = WHILE_STAGING
    ended: dict[str, tuple[Any, str] | None] = {
        crash: fail_while_staging(site, lambda pids: os.kill(pids[0], signal.SIGKILL)),
        cut: fail_while_staging(site, lambda _: site.proxy.cut(STAGING), site.url_by_proxy),
        stop: fail_while_staging(site, lambda _: embedded_postgres.stop(fragile_folder)),
    }
    embedded_postgres.start(fragile_folder)
    ended[full] = fail_on_full_disk(site, fragile_folder)
    ended[read_only] = fail_while_staging(site, lambda _: set_read_only(site, "on"))
    set_read_only(site, "off")
    return ended


@pytest.mark.parametrize("fault", WHILE_STAGING)
def test_a_fault_while_staging_ends_the_run_with_one_line(
    failed: dict[str, tuple[Any, str] | None], fault: str
) -> None:
    if (ended := failed[fault]) is None:
        pytest.skip("no right to mount a small file system")
    code, shown = ended
    assert (code, WHILE_STAGING[fault] in read_error(shown)) == (4, True)


def test_the_ledger_quotes_no_rows_of_a_log(failed: dict[str, tuple[Any, str] | None], merging_story: Site) -> None:
    errors = query(merging_story.url, "select error from ops.pipeline_runs where status = 'failed'")
    assert len(errors) >= len(failed) - 1
    assert "INSERT" not in str(errors)


def test_the_next_run_repairs_what_faults_left_while_a_second_leaves_and_a_third_waits(
    failed: dict[str, tuple[Any, str] | None], merging_story: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site = merging_story
    with stopped_while(site.url, STAGING) as wait:
        first = site.start()
        wait()
        assert site.start(None, "--wait", "0.5").wait() == 4
        assert "another run holds the lock after 0.5 s" in read_error(capsys.readouterr().err)
        third = site.start()
        wait_until(lambda: len(find_connections(site)) == 2, "the third run")
    assert (first.wait(), third.wait()) == (0, 0)
    site.assert_as_after_one_load()


def find_connections(site: Site) -> list[Any]:
    """Those that ask for the lock of a run, or hold it."""
    return query(
        site.url,
        "select pid from pg_stat_activity where datname = current_database()"
        " and application_name = 'document-events run lock'",
    )


def disturb_publishing(site: Site, fault: Callable[[list[int]], object], url: str | None = None) -> int | None:
    """The exit code of a run that meets the fault, which is given the backend that publishes."""
    site.wait_for_server()
    with stopped_while(site.url, PUBLISHING) as wait:
        job = site.start(url)
        fault(wait())
    return job.wait()


def test_of_faults_while_publishing_only_lost_rows_end_the_run(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """The rows of a first load are logged, those of a merge are not."""

    def crash(pids: list[int]) -> None:
        os.kill(pids[0], signal.SIGKILL)

    site.add_events("0.jsonl", 0)
    assert disturb_publishing(site, crash) == 0
    site.add_events("1.jsonl", 30)
    capsys.readouterr()
    assert disturb_publishing(site, crash) == 4
    assert "the database" in read_error(capsys.readouterr().err)
    assert_lost_rows_are_missed(site)
    assert disturb_publishing(site, lambda _: site.proxy.cut(PUBLISHING), site.url_by_proxy) == 0
    site.add_events("2.jsonl", 60)
    assert disturb_publishing(site, lambda pids: query(site.url, f"select pg_terminate_backend({pids[0]})")) == 0
    site.add_events("3.jsonl", 90)
    site.proxy.commits_to_swallow = 1
    assert site.start(site.url_by_proxy).wait() == 0
    assert site.proxy.swallowed == 1
    assert query(site.url, "select count(*) from ops.pipeline_runs where status = 'succeeded'") == [(4,)]
    site.assert_as_after_one_load()


def assert_lost_rows_are_missed(site: Site) -> None:
    """Spark may meet a server that is back already: what it reads then, such as the history, is empty.

    So the sums close, and the run must notice the crash by itself.
    """
    site.wait_for_server()
    with closing(connect(site.url)) as connection:
        run = start_run(connection, "load", read_settings(ROOT / "conf" / "pipeline.yml"))
        with closing(psycopg2.connect(site.url)) as other:
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            # The server accepts connections until it notices. Then it ends all of them, and recovers.
            wait_until(lambda: is_cut(other), "the crash")
    site.wait_for_server()
    with closing(connect(site.url)) as connection, pytest.raises(LostRowsError, match="crashed while run"):
        publish(connection, run, [])
