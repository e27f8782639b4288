"""A real process that is stopped: exit code, one line, a reason in the ledger, and no password anywhere."""

import signal
from pathlib import Path

import pytest

from jobs.storage.process.exit_codes import MEANINGS, explain_code
from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING
from tests.faults.stopping import (
    Ended,
    StoppedRuns,
    assert_no_password,
    assert_stopped_in_order,
    put_password_into,
    send,
)


@pytest.fixture(scope="module")
def interrupted(merging_story: Site, fragile_folder: Path) -> Ended:
    """A run that has the password in DATABASE_URL, and gets Ctrl-C while it publishes. Python waits inside libpq."""
    with_password = put_password_into(merging_story.url, fragile_folder)
    return StoppedRuns(merging_story).run(
        PUBLISHING, lambda job: send(job, signal.SIGINT, "all"), with_password, is_looked_at=True
    )


def test_a_run_that_is_told_to_stop_ends_soon_and_says_so(interrupted: Ended) -> None:
    assert_stopped_in_order(interrupted, 130, "stopped by Ctrl-C")


def test_the_next_run_repairs_what_the_stopped_one_left(interrupted: Ended, merging_story: Site) -> None:
    assert interrupted.status == "failed"
    merging_story.load()
    merging_story.assert_as_after_one_load()


def test_the_password_of_the_url_is_nowhere(interrupted: Ended, fragile_folder: Path) -> None:
    assert_no_password(interrupted, fragile_folder)


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
