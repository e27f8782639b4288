"""Real processes that are stopped or not: exit code, one line, a reason in the ledger, and no password anywhere."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from jobs.storage.database.passfile import read_passfile
from jobs.storage.local.embedded_postgres import _find_free_port
from jobs.storage.process.exit_codes import MEANINGS, explain_code
from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING, SECONDS, STAGING, find_runs, stopped_while
from tests.faults.processes import find_process, kill, submitted
from tests.faults.traces import read_left, read_running
from tests.loading import query

SOON = 15  # seconds for a busy machine; a quiet one takes one or two


def send(job: subprocess.Popen[bytes], number: int, to: str) -> None:
    """A signal as a terminal sends it, to all processes, or to one of them."""
    if to == "all":
        os.killpg(job.pid, number)
    elif to == "submit":
        job.send_signal(number)
    elif process := find_process(job, to):
        process.send_signal(number)


@dataclass
class Ended:
    """What was left of one run, and what could be seen of it where everything was looked at."""

    code: int
    shown: str
    status: str
    error: str | None
    running: list[int]
    seen: dict[str, str]


class Story:
    """Runs of one folder, one after the other, each of them submitted and held up where the test wants it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.page = f"http://127.0.0.1:{_find_free_port(None)}"
        self.event_log = site.folder / "data" / "event log"
        self.event_log.mkdir()

    def run(
        self, stage: str, stop: Callable[[subprocess.Popen[bytes]], None] | None, url: str, is_looked_at: bool = False
    ) -> Ended:
        """One run, which is stopped amid that stage, or goes on."""
        (self.site.folder / "output").unlink(missing_ok=True)
        seen: dict[str, str] = {}
        with submitted(url, self.site.folder, *(self._list_settings() if is_looked_at else [])) as job:
            with stopped_while(self.site.url, stage) as wait:
                wait()
                if is_looked_at:
                    seen |= read_running(self.site.url, self.page)
                if stop:
                    stop(job)
                    job.wait(SOON)
            code = job.wait(SECONDS)
        if is_looked_at:
            seen |= read_left(self.site.folder)
        ((status, error),) = query(
            self.site.url, "select status, error from ops.pipeline_runs order by run_id desc limit 1"
        )
        shown = (self.site.folder / "output").read_text()
        return Ended(code, shown, status, error, find_runs(self.site.url), seen)

    def _list_settings(self) -> list[str]:
        log = {"enabled": "true", "compress": "false", "dir": self.event_log.as_uri()}
        page = ["spark.ui.enabled=true", f"spark.ui.port={urlsplit(self.page).port}"]
        return [*page, *(f"spark.eventLog.{name}={value}" for name, value in log.items())]


INTERRUPTED, TERMINATED = "Ctrl-C while publishing", "SIGTERM to the JVM while staging"
KILLED, WHOLE = "the JVM killed while publishing", "not stopped"


@pytest.fixture(scope="module")
def runs(merging_story: Site, fragile_folder: Path) -> dict[str, Ended]:
    """Three runs that are stopped, and a last one that is not, with the password in DATABASE_URL."""
    story, url = Story(merging_story), merging_story.url
    parts = urlsplit(url)
    password = read_passfile(fragile_folder / "passfile")[1][str(parts.username)]
    netloc = f"{parts.username}:{password}@{parts.hostname}:{parts.port}"
    with_password = urlunsplit(parts._replace(netloc=netloc, query=""))
    return {
        # Python waits inside libpq.
        INTERRUPTED: story.run(PUBLISHING, lambda job: send(job, signal.SIGINT, "all"), url, is_looked_at=True),
        # Python waits for Java, and Java for PostgreSQL.
        TERMINATED: story.run(STAGING, lambda job: send(job, signal.SIGTERM, "java"), url),
        # Its Python could go on to publish, which needs no Spark.
        KILLED: story.run(PUBLISHING, lambda job: kill(job, "java"), url),
        WHOLE: story.run(PUBLISHING, None, with_password, is_looked_at=True),
    }


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [(INTERRUPTED, 130, "stopped by Ctrl-C"), (TERMINATED, 143, "stopped by SIGTERM")],
)
def test_a_run_that_is_told_to_stop_ends_soon_and_says_so(
    runs: dict[str, Ended], name: str, code: int, reason: str
) -> None:
    """What the user was told is one line beside that of the exit code."""
    ended = runs[name]
    assert (ended.code, ended.running, ended.status, ended.error) == (code, [], "failed", f"Stopped: {reason}")
    assert re.findall("^error: .*$", ended.shown, re.MULTILINE) in ([], [f"error: {reason}"])
    assert ended.shown.splitlines()[-1] == f"exit code {code}: {explain_code(code)[1]}"
    words = ("Traceback", "\tat ", "Exception", "KeyboardInterrupt")
    assert [word for word in words if word in ended.shown] == []


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


@pytest.mark.parametrize("place", ["passfile", "DATABASE_URL"])
def test_the_password_is_nowhere(runs: dict[str, Ended], place: str, fragile_folder: Path) -> None:
    seen = runs[INTERRUPTED if place == "passfile" else WHOLE].seen
    # That nothing is found means something only where all of it was looked at.
    assert sum("/SQL/execution/" in path for path in seen) > 3
    assert any("event log" in path and '"Event"' in text for path, text in seen.items())
    assert any("jobs/pipeline.py" in text for path, text in seen.items() if path.startswith("/proc"))
    passwords = read_passfile(fragile_folder / "passfile")[1].values()
    assert [path for path, text in seen.items() if any(password in text for password in passwords)] == []


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
