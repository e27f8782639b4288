"""Real processes that are stopped: exit code, one line, a reason in the ledger, and no password anywhere."""

import signal
from pathlib import Path

import pytest

from jobs.storage.process.exit_codes import MEANINGS, explain_code
from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING
from tests.faults.processes import kill
from tests.faults.stopping import (
    Ended,
    StoppedRuns,
    assert_no_password,
    assert_stopped_in_order,
    put_password_into,
    send,
)

INTERRUPTED, KILLED = "Ctrl-C while publishing", "the JVM killed while publishing"


@pytest.fixture(scope="module")
def runs(merging_story: Site, fragile_folder: Path) -> dict[str, Ended]:
    """Two runs that are stopped; the first one has the password in DATABASE_URL."""
    runs, url = StoppedRuns(merging_story), merging_story.url
    with_password = put_password_into(url, fragile_folder)
    return {
        # Python waits inside libpq.
        INTERRUPTED: runs.run(
            PUBLISHING, lambda job: send(job, signal.SIGINT, "all"), with_password, is_looked_at=True
        ),
        # Its Python could go on to publish, which needs no Spark.
        KILLED: runs.run(PUBLISHING, lambda job: kill(job, "java"), url),
    }


def test_a_run_that_is_told_to_stop_ends_soon_and_says_so(runs: dict[str, Ended]) -> None:
    assert_stopped_in_order(runs[INTERRUPTED], 130, "stopped by Ctrl-C")


def test_a_run_whose_jvm_dies_ends_with_it_and_says_so(runs: dict[str, Ended]) -> None:
    ended = runs[KILLED]
    assert (ended.code, ended.running, ended.status) == (1, [], "failed")
    last = ended.shown.splitlines()[-1]
    assert last.startswith("exit code 1: the JVM in which Spark runs was killed, by somebody or for")
    assert [word for word in ("Traceback", "\tat ", "Connection refused") if word in ended.shown] == []
    reason = "JavaGoneError: the JVM in which Spark runs died: killed from outside, or out of memory;"
    assert str(ended.error).startswith(reason)


def test_the_next_run_repairs_what_stopped_ones_left(runs: dict[str, Ended], merging_story: Site) -> None:
    assert all(ended.status == "failed" for ended in runs.values())
    merging_story.load()
    merging_story.assert_as_after_one_load()


def test_the_password_of_the_url_is_nowhere(runs: dict[str, Ended], fragile_folder: Path) -> None:
    assert_no_password(runs[INTERRUPTED], fragile_folder)


@pytest.mark.parametrize(
    ("code", "given", "words"),
    [
        (3, 3, MEANINGS[3]),
        (-2, 130, "stopped by Ctrl-C"),
        (-15, 143, "stopped by SIGTERM"),
        (-9, 1, "the JVM in which Spark runs was killed"),
        (50, 1, "the JVM in which Spark runs died (exit code 50)"),
        (52, 1, "the JVM in which Spark runs ran out of memory: give it more"),
        (137, 1, "the job's Python was killed"),
    ],
)
def test_an_exit_code_that_is_not_the_jobs_own_is_explained(code: int, given: int, words: str) -> None:
    assert explain_code(code)[0] == given
    assert explain_code(code)[1].startswith(words)
