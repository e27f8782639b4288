"""More faults of the database, of the kind of tests/faults/test_database_faults.py; by `make faults`."""

from pathlib import Path

import pytest

from jobs.storage.local import embedded_postgres
from tests.faults.conftest import Site
from tests.faults.database_faults import Ended, assert_ended, crash, disturb, set_read_only
from tests.faults.harness import PUBLISHING, STAGING
from tests.loading import query

CUT_WHILE_STAGING = "the connection is cut while staging"
STOPPED_WHILE_STAGING = "the server stays away while staging"
READ_ONLY = "the database turns read-only while staging"
CRASH_WHILE_PUBLISHING = "the server crashes while a merge publishes"
TERMINATED = "the backend is told to stop while publishing"
CODES = {
    CUT_WHILE_STAGING: (4, "the database failed"),
    STOPPED_WHILE_STAGING: (4, "the database failed"),
    READ_ONLY: (4, "in a read-only transaction"),
    CRASH_WHILE_PUBLISHING: (4, "the database"),
    TERMINATED: (0, None),
}


@pytest.fixture(scope="module")
def ended(merging_story: Site, fragile_folder: Path) -> dict[str, Ended]:
    """How each run has ended. They are of one folder, in this order, and the last one publishes."""
    site = merging_story
    found = {
        CUT_WHILE_STAGING: disturb(site, STAGING, lambda _: site.proxy.cut(STAGING), site.url_by_proxy),
        STOPPED_WHILE_STAGING: disturb(site, STAGING, lambda _: embedded_postgres.stop(fragile_folder)),
    }
    embedded_postgres.start(fragile_folder)
    found[READ_ONLY] = disturb(site, STAGING, lambda _: set_read_only(site, "on"))
    set_read_only(site, "off")
    found[CRASH_WHILE_PUBLISHING] = disturb(site, PUBLISHING, crash)
    found[TERMINATED] = disturb(
        site, PUBLISHING, lambda pids: query(site.url, f"select pg_terminate_backend({pids[0]})")
    )
    return found


@pytest.mark.parametrize("fault", CODES)
def test_a_fault_ends_the_run_with_one_line_or_is_survived(ended: dict[str, Ended], fault: str) -> None:
    assert_ended(ended[fault], *CODES[fault])


def test_the_tables_are_those_of_one_load(ended: dict[str, Ended], merging_story: Site) -> None:
    merging_story.assert_as_after_one_load()
