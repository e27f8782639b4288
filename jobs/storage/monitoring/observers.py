"""Where runs and jobs are told to other tools. These tools' libraries are imported only where they are wanted."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jobs.storage.config.settings import Settings
from jobs.storage.errors import describe
from jobs.storage.monitoring.attempt import attempt
from jobs.storage.process.known_errors import explain
from jobs.storage.process.signals import undisturbed
from jobs.storage.runs.run import Run, RunKind, entered_run

EventType = Literal["START", "COMPLETE", "FAIL"]


@dataclass(frozen=True)
class JobEnd:
    """How a job ended; `database_url` is None where the database can't be asked."""

    job: str
    exit_code: int
    database_url: str | None
    summaries: Path


def tell_end(end: JobEnd) -> None:
    """Write the file of metrics that METRICS_FILE names, if it names one."""
    if path := os.environ.get("METRICS_FILE", "").strip():
        attempt(f"METRICS_FILE={path}", lambda: _write_metrics(Path(path), end))


@contextmanager
def observed_run(
    database_url: str, kind: RunKind, settings: Settings, is_plan: bool, folders: Sequence[str]
) -> Iterator[Run]:
    """A run as of `entered_run`, of which the lineage server of OPENLINEAGE_URL is told, if there is one.

    `folders` are the URIs of what the run reads. A plan changes nothing, and so is told to nobody.
    """
    watcher = None
    try:
        with entered_run(database_url, kind, settings, is_plan) as run:
            if os.environ.get("OPENLINEAGE_URL", "").strip() and not is_plan:
                watcher = _Watcher(run, database_url, folders)
                watcher.tell("START")
            yield run
    except BaseException as error:
        if watcher:
            with undisturbed():
                watcher.tell("FAIL", describe(explain(error)))
        raise
    if watcher:
        watcher.tell("COMPLETE")


class _Watcher:
    """What a lineage server is told of one run. A server that fails once is not asked again in that run."""

    def __init__(self, run: Run, database_url: str, folders: Sequence[str]) -> None:
        self._run, self._database_url, self._folders = run, database_url, folders
        self._has_failed = False
        # The client tells at each start how it will send.
        logging.getLogger("openlineage").setLevel(logging.WARNING)

    def tell(self, event_type: EventType, error: str | None = None) -> None:
        """Send one event, of a failure with what went wrong; never raises, and never takes more than some seconds."""
        if not self._has_failed:
            what = f"the {event_type} event for OPENLINEAGE_URL"
            self._has_failed = not attempt(what, lambda: self._send(event_type, error))

    def _send(self, event_type: EventType, error: str | None) -> None:
        from jobs.storage.monitoring.lineage import make_event, send  # noqa: PLC0415 - only where it is wanted

        send(make_event(event_type, self._run, self._database_url, self._folders, error))


def _write_metrics(path: Path, end: JobEnd) -> None:
    from jobs.storage.monitoring.metrics_file import write_metrics  # noqa: PLC0415 - only where it is wanted

    write_metrics(path, end.job, end.exit_code, end.database_url, end.summaries)
