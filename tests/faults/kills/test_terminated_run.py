"""SIGTERM while a run stages, a killed JVM, and the run after them, which has its password in a passfile."""

import signal
from pathlib import Path

import pytest

from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING, STAGING
from tests.faults.processes import kill
from tests.faults.stopping import Ended, StoppedRuns, assert_no_password, assert_stopped_in_order, send

TERMINATED, KILLED, WHOLE = "SIGTERM to the JVM while staging", "the JVM killed while publishing", "not stopped"


@pytest.fixture(scope="module")
def runs(merging_story: Site) -> dict[str, Ended]:
    """Two runs that are stopped, and one that is held up but not stopped."""
    runs, url = StoppedRuns(merging_story), merging_story.url
    return {
        # Python waits for Java, and Java for PostgreSQL.
        TERMINATED: runs.run(STAGING, lambda job: send(job, signal.SIGTERM, "java"), url),
        # Its Python could go on to publish, which needs no Spark.
        KILLED: runs.run(PUBLISHING, lambda job: kill(job, "java"), url),
        WHOLE: runs.run(PUBLISHING, None, url, is_looked_at=True),
    }


def test_a_run_that_is_told_to_stop_while_it_stages_ends_soon_and_says_so(runs: dict[str, Ended]) -> None:
    assert_stopped_in_order(runs[TERMINATED], 143, "stopped by SIGTERM")


def test_a_run_whose_jvm_dies_ends_with_it_and_says_so(runs: dict[str, Ended]) -> None:
    ended = runs[KILLED]
    assert (ended.code, ended.running, ended.status) == (1, [], "failed")
    last = ended.shown.splitlines()[-1]
    assert last.startswith("exit code 1: the JVM in which Spark runs was killed, by somebody or for")
    assert [word for word in ("Traceback", "\tat ", "Connection refused") if word in ended.shown] == []
    reason = "JavaGoneError: the JVM in which Spark runs died: killed from outside, or out of memory;"
    assert str(ended.error).startswith(reason)


def test_the_next_run_repairs_what_stopped_ones_left(runs: dict[str, Ended], merging_story: Site) -> None:
    assert (runs[WHOLE].code, runs[WHOLE].status, runs[WHOLE].error) == (0, "succeeded", None)
    assert "exit code" not in runs[WHOLE].shown
    merging_story.assert_as_after_one_load()


def test_the_password_of_the_passfile_is_nowhere(runs: dict[str, Ended], fragile_folder: Path) -> None:
    assert_no_password(runs[WHOLE], fragile_folder)
