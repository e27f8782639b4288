"""Submitted runs of one folder, which are stopped where a test wants it, and what each of them left."""

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from jobs.storage.database.passfile import read_passfile
from jobs.storage.local.embedded_postgres import _find_free_port
from jobs.storage.process.exit_codes import explain_code
from tests.faults.conftest import Site
from tests.faults.harness import SECONDS, find_runs, stopped_while
from tests.faults.processes import find_process, submitted
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


class StoppedRuns:
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


def put_password_into(url: str, fragile_folder: Path) -> str:
    """The same URL, with the password in it in place of the passfile."""
    parts = urlsplit(url)
    password = read_passfile(fragile_folder / "passfile")[1][str(parts.username)]
    netloc = f"{parts.username}:{password}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=netloc, query=""))


def assert_stopped_in_order(ended: Ended, code: int, reason: str) -> None:
    """What the user was told is one line beside that of the exit code, and the ledger has the reason."""
    assert (ended.code, ended.running, ended.status, ended.error) == (code, [], "failed", f"Stopped: {reason}")
    assert re.findall("^error: .*$", ended.shown, re.MULTILINE) in ([], [f"error: {reason}"])
    assert ended.shown.splitlines()[-1] == f"exit code {code}: {explain_code(code)[1]}"
    words = ("Traceback", "\tat ", "Exception", "KeyboardInterrupt")
    assert [word for word in words if word in ended.shown] == []


def assert_no_password(ended: Ended, fragile_folder: Path) -> None:
    """No password of the server is in anything that could be seen of a run."""
    # That nothing is found means something only where all of it was looked at.
    assert sum("/SQL/execution/" in path for path in ended.seen) > 3
    assert any("event log" in path and '"Event"' in text for path, text in ended.seen.items())
    assert any("jobs/pipeline.py" in text for path, text in ended.seen.items() if path.startswith("/proc"))
    passwords = read_passfile(fragile_folder / "passfile")[1].values()
    assert [path for path, text in ended.seen.items() if any(password in text for password in passwords)] == []
