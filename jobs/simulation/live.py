"""A simulation as a live stream: the records of a batch, in the order in which a server would get them.

What is late, repeated, contradicting or broken in the batch is so here too, and so is its truth. What comes on top is
that some clients' clocks are wrong: their events arrive out of step with everybody else's.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from jobs.simulation.output import EXPORT_FILE, LIVE_FOLDER
from jobs.simulation.settings import Settings

logger = logging.getLogger(__name__)

# By how many minutes a client's clock is ahead; nearly all are right, a few hang on the wrong time zone.
CLOCK_ERRORS = (0, 0, 0, 0, 0, 0, -60, -7, 4, 60)
MOST_FILES_A_SECOND = 2
EPOCH = datetime.fromisoformat("2000-01-01T00:00:00Z")


def write_live(batch: Path, settings: Settings, rate: float) -> None:
    """Write the records of the simulation in `batch` into the output folder, `rate` a second, in small files.

    The old export, an array, is there first. Every file is complete when its name appears.
    """
    if (batch / EXPORT_FILE).exists():
        appear(settings.output / EXPORT_FILE, (batch / EXPORT_FILE).read_text(encoding="utf-8"))
    lines = [
        line
        for path in sorted(batch.glob("*/*.jsonl"))
        for line in path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    ]
    arriving = order_by_arrival(lines, Random(f"{settings.seed}:clocks"))  # noqa: S311 - made-up data, no secrets
    started, written = time.monotonic(), 0
    for number, part in enumerate(cut_into_parts(arriving, max(1, round(rate / MOST_FILES_A_SECOND)))):
        written += len(part)
        time.sleep(max(0.0, started + written / rate - time.monotonic()))
        appear(settings.output / LIVE_FOLDER / f"part-{number:06d}.jsonl", "\n".join(part) + "\n")
        logger.info("%s of %s records written", f"{written:,}", f"{len(lines):,}")


def order_by_arrival(lines: list[str], clocks: Random) -> list[str]:
    """The lines as a server gets them whose clock is right, when some clients' clocks are not.

    Its time is the latest that any line so far has shown; a client that is an hour ahead is an hour early by it.
    """
    errors: dict[str, timedelta] = {}
    now, arrivals = EPOCH, []
    for line in lines:
        ahead = timedelta()
        if read := read_user_and_time(line):
            user_id, at = read
            if user_id not in errors:
                errors[user_id] = timedelta(minutes=clocks.choice(CLOCK_ERRORS))
            ahead, now = errors[user_id], max(now, at)
        arrivals.append((now - ahead, line))
    return [line for _, line in sorted(arrivals, key=lambda arrival: arrival[0])]


def read_user_and_time(line: str) -> tuple[str, datetime] | None:
    """Who sent a line and when, by the sender's clock; None where the line does not tell or can't be right."""
    try:
        record = json.loads(line)
        at = datetime.fromisoformat(record["timestamp"])
        return (str(record["user_id"]), at) if at >= EPOCH and at.year < 2100 else None
    except (ValueError, KeyError, TypeError):
        return None


def cut_into_parts(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    """Parts of `size` lines; of more where less than half would be objects, which JSON Lines are known by."""
    part: list[str] = []
    objects = 0
    for line in lines:
        part.append(line)
        objects += is_object(line)
        if len(part) >= size and 2 * objects >= sum(1 for line in part if line.strip()):
            yield part
            part, objects = [], 0
    if part:
        yield part


def is_object(line: str) -> bool:
    """Whether a line is one complete JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def appear(path: Path, text: str) -> None:
    """Make a file whose name is there only when all of its content is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    unfinished.replace(path)


def move_truth(batch: Path, settings: Settings) -> None:
    """Put the batch's truth beside the output, but for the account of files, which are others here."""
    truth = json.loads((batch.parent / "truth.json").read_text(encoding="utf-8"))
    truth.pop("per_file", None)
    settings.truth_path.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
