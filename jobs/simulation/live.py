"""Writes a simulation as a live stream: the records of a batch, in the order in which a server would get them.

The records and the truth are those of the batch, with all its defects. In addition, the clocks of some clients are
wrong, so that their events arrive too early or too late.
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

# How many minutes a client's clock is ahead. Most are right, and some are in a wrong time zone.
CLOCK_ERRORS = (0, 0, 0, 0, 0, 0, -60, -7, 4, 60)
MOST_FILES_A_SECOND = 2
EPOCH = datetime.fromisoformat("2000-01-01T00:00:00Z")


def write_live(batch: Path, settings: Settings, rate: float) -> None:
    """Writes the records of the simulation in `batch` into the output folder, `rate` records a second, in small files.

    The export, an array, is written first. Every file is complete when its name appears.
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
    """Sorts the lines as a server would get them whose own clock is right.

    The server's time is the latest time of any line so far. A client whose clock is an hour ahead dates its events an
    hour late, so they arrive an hour before that time.
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
    """Returns who sent a line and when, by the sender's clock; None where the line does not say, or is wrong."""
    try:
        record = json.loads(line)
        at = datetime.fromisoformat(record["timestamp"])
        return (str(record["user_id"]), at) if at >= EPOCH and at.year < 2100 else None
    except (ValueError, KeyError, TypeError):
        return None


def cut_into_parts(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yields parts of `size` lines. A part is longer if fewer than half of its lines would be objects.

    The pipeline would not recognise such a part as JSON Lines.
    """
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
    """Whether a line is one complete JSON object.

    >>> is_object('{"a": 1}'), is_object('{"a": ')
    (True, False)
    """
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def appear(path: Path, text: str) -> None:
    """Writes a file under another name first, so that it is complete when its name appears."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    unfinished.replace(path)


def move_truth(batch: Path, settings: Settings) -> None:
    """Copies the batch's truth, without the counts for each file, because the live stream has other files."""
    truth = json.loads((batch.parent / "truth.json").read_text(encoding="utf-8"))
    truth.pop("per_file", None)
    settings.truth_path.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
