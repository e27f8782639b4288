"""Sets up the log of a job: plain lines for people on standard error, JSON lines in data/runs/pipeline.log."""

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

LOG_FOLDER = Path("data/runs").resolve()  # conf/log4j2.properties names the same folder

logger = logging.getLogger(__name__)


class JsonFormatter(logging.Formatter):
    """Writes one JSON object per line: `at`, `level` and `message`.

    The line of a stage also has `run_id`, `stage`, `seconds` and `counts`. The line of an error also has its `trace`.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "stage", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logging(folder: Path) -> Path:
    """Set the log up and return the path of its file, `folder`/pipeline.log.

    The file gets all lines as JSON, also traces. Standard error gets plain lines without traces. With LOG_FORMAT=json
    in the environment it gets the same JSON as the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pipeline.log"
    to_file = logging.FileHandler(path, encoding="utf-8")
    to_file.setFormatter(JsonFormatter())
    to_terminal = logging.StreamHandler()
    to_terminal.addFilter(lambda record: record.levelno >= logging.INFO)
    if os.environ.get("LOG_FORMAT") == "json":
        to_terminal.setFormatter(JsonFormatter())
    else:
        to_terminal.setFormatter(logging.Formatter("%(message)s"))
        to_terminal.addFilter(lambda record: record.exc_info is None)  # a trace is for the file
    root = logging.getLogger()
    root.handlers = [to_file, to_terminal]
    root.setLevel(logging.INFO)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    return path


class Stages:
    """Measures the stages of one run. `seconds` holds their times by name, in order."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[dict[str, int]]:
        """Measure one stage and log it, with the counts that the block puts into the dictionary."""
        counts: dict[str, int] = {}
        started = time.monotonic()
        yield counts
        seconds = round(time.monotonic() - started, 3)
        self.seconds[name] = seconds
        shown = "".join(f", {key} {value:,}" for key, value in counts.items())
        stage = {"run_id": self.run_id, "stage": name, "seconds": seconds, "counts": counts}
        logger.info("%-12s %6.1f s%s", name, seconds, shown, extra={"stage": stage})
