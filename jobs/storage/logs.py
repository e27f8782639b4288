"""Logging of a job: one line a stage on standard error, with counts and seconds; traces go to a file."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)


def configure_logging(folder: Path) -> Path:
    """Stages to standard error; everything, traces too, to `folder`/pipeline.log, whose path is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pipeline.log"
    to_file = logging.FileHandler(path, encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    to_terminal = logging.StreamHandler()
    to_terminal.setFormatter(logging.Formatter("%(message)s"))
    to_terminal.addFilter(lambda record: record.exc_info is None and record.levelno >= logging.INFO)
    root = logging.getLogger()
    root.handlers = [to_file, to_terminal]
    root.setLevel(logging.INFO)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    return path


class Stages:
    """Times the stages of a run; `seconds` holds them by name, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, name: str) -> Iterator[dict[str, int]]:
        """Time one stage and log it, with the counts that the block puts into the dictionary."""
        counts: dict[str, int] = {}
        started = time.monotonic()
        yield counts
        self.seconds[name] = round(time.monotonic() - started, 3)
        described = "".join(f", {key} {value:,}" for key, value in counts.items())
        logger.info("%-12s %6.1f s%s", name, self.seconds[name], described)
