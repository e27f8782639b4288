"""The database fails under a run, for real: the run says so in one line and ends with 4, or goes on where it can."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.database.postgres import connect
from jobs.storage.errors import LostRowsError
from jobs.storage.local import embedded_postgres
from jobs.storage.runs.publish import publish
from jobs.storage.runs.run import start_run
from tests.builders import ROOT
from tests.conftest import empty_database
from tests.faults.conftest import Site, make_site
from tests.faults.database_faults import Ended, assert_ended, crash, disturb, fill_disk, read_error
from tests.faults.harness import PUBLISHING, STAGING, stopped_while, wait_until
from tests.loading import query

# What a run meets, its exit code, and what its one line of error says. All runs are of one folder, in this order: what
# one leaves is there in the next. The rows of a first load are logged, so that they outlive a crash; those of a merge
# are not. `make faults` has five more.
CRASH_IN_FIRST_LOAD = "the server crashes while a first load publishes"
CRASH_WHILE_STAGING = "the server crashes while a merge stages"
FULL = "the disk is full while staging"
CUT_WHILE_PUBLISHING = "the connection is cut while publishing"
CODES = {
    CRASH_IN_FIRST_LOAD: (0, None),
    CRASH_WHILE_STAGING: (4, "the database"),
    FULL: (4, "No space left on device"),
    CUT_WHILE_PUBLISHING: (0, None),
}


def is_cut(connection: Any) -> bool:
    """Whether the server has ended the connection."""
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select true")
    except (psycopg2.OperationalError, psycopg2.InterfaceError):
        return True
    return False


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
        ended[FULL] = fill_disk(site, fragile_folder)
        ended[CUT_WHILE_PUBLISHING] = disturb(site, PUBLISHING, lambda _: site.proxy.cut(PUBLISHING), site.url_by_proxy)
        yield site, ended


@pytest.mark.parametrize("fault", CODES)
def test_a_fault_ends_the_run_with_one_line_or_is_survived(
    story: tuple[Site, dict[str, Ended | None]], fault: str
) -> None:
    if (ended := story[1][fault]) is None:
        pytest.skip("no right to mount a small file system")
    assert_ended(ended, *CODES[fault])


def test_the_ledger_quotes_no_rows_of_a_log(story: tuple[Site, dict[str, Ended | None]]) -> None:
    errors = query(story[0].url, "select error from ops.pipeline_runs where status = 'failed'")
    assert len(errors) >= 2
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
    site.add_events("2.jsonl", 60)
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
    assert query(site.url, "select count(*) from ops.pipeline_runs where status = 'succeeded'") == [(3,)]
    site.assert_as_after_one_load()


def find_waiting(site: Site) -> list[Any]:
    """The connections that hold the lock of a run, or ask for it."""
    return query(
        site.url,
        "select pid from pg_stat_activity where datname = current_database()"
        " and application_name = 'document-events run lock'",
    )
