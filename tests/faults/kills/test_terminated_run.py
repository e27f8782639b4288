"""SIGTERM while a run stages, and the run after it, which has its password in a passfile; by `make faults`."""

import signal
from pathlib import Path

import pytest

from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING, STAGING
from tests.faults.stopping import Ended, StoppedRuns, assert_no_password, assert_stopped_in_order, send

TERMINATED, WHOLE = "SIGTERM to the JVM while staging", "not stopped"


@pytest.fixture(scope="module")
def runs(merging_story: Site) -> dict[str, Ended]:
    """A run that is stopped, and one that is held up but not stopped."""
    runs, url = StoppedRuns(merging_story), merging_story.url
    return {
        # Python waits for Java, and Java for PostgreSQL.
        TERMINATED: runs.run(STAGING, lambda job: send(job, signal.SIGTERM, "java"), url),
        WHOLE: runs.run(PUBLISHING, None, url, is_looked_at=True),
    }


def test_a_run_that_is_told_to_stop_while_it_stages_ends_soon_and_says_so(runs: dict[str, Ended]) -> None:
    assert_stopped_in_order(runs[TERMINATED], 143, "stopped by SIGTERM")


def test_the_next_run_repairs_what_the_stopped_one_left(runs: dict[str, Ended], merging_story: Site) -> None:
    assert (runs[WHOLE].code, runs[WHOLE].status, runs[WHOLE].error) == (0, "succeeded", None)
    assert "exit code" not in runs[WHOLE].shown
    merging_story.assert_as_after_one_load()


def test_the_password_of_the_passfile_is_nowhere(runs: dict[str, Ended], fragile_folder: Path) -> None:
    assert_no_password(runs[WHOLE], fragile_folder)
