"""Jobs with their exit codes, in this process, and the folder that they load."""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import erase, pipeline, replay, stream
from jobs.steps.job_runner import run_job
from tests.builders import record_json


class Jobs:
    """Runs jobs as spark-submit would, on one folder and one database, with the environment of one test."""

    def __init__(self, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.input, self.data = folder / "in", folder / "data"
        self.input.mkdir()
        self.environment = monkeypatch
        self.environment.setenv("DATABASE_URL", url)

    def write(self, name: str, *texts: str) -> None:
        """Write a file of the input."""
        (self.input / name).write_text("".join(f"{text}\n" for text in texts))

    def load(self, *options: str) -> int:
        """The exit code of jobs/pipeline.py."""
        return self._run(pipeline.arg_parser().parse_args(["--input", str(self.input), *options]), pipeline.run)

    def stream_once(self) -> int:
        """The exit code of jobs/stream.py with --once."""
        return self._run(stream.arg_parser().parse_args(["--input", str(self.input), "--once"]), stream.run)

    def replay(self) -> int:
        """The exit code of jobs/replay.py."""
        return self._run(replay.arg_parser().parse_args([]), replay.run)

    def erase(self, user_id: str, *options: str) -> int:
        """The exit code of jobs/erase.py."""
        self.environment.setenv("ERASE_USER", user_id)
        return self._run(erase.arg_parser().parse_args([*options]), erase.run)

    def _run(self, args: Namespace, run: Callable[[Namespace, str], str]) -> int:
        args.data = str(self.data)
        return run_job(args, run)


def good(number: int) -> str:
    """A record that is published."""
    return record_json(event_id=f"e{number}", timestamp=f"2025-06-02T12:{number:02}:00Z")
