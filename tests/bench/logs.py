"""Reads the stages of a run from its log or output, and Spark's jobs, stages and tasks from the event log."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

RUNS = Path("data") / "runs"  # below the folder in which a job starts
START = "start spark"
_SMALLEST_GAP = 0.05  # seconds; smaller gaps come from rounding in the log
_COUNTED = {"SparkListenerJobStart": "jobs", "SparkListenerStageCompleted": "stages", "SparkListenerTaskEnd": "tasks"}


@dataclass(frozen=True)
class Stage:
    """A stage of our jobs. Its start and end are seconds since 1970."""

    name: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return round(self.end - self.start, 2)


def parse_stages(lines: Iterable[str]) -> list[Stage]:
    """Returns the stages in the lines of pipeline.log, in the order in which they ended."""
    records = [json.loads(line) for line in lines]
    return [
        Stage(record["stage"], (end := datetime.fromisoformat(record["at"]).timestamp()) - record["seconds"], end)
        for record in records
        if "stage" in record
    ]


def read_stages(folder: Path, since: float) -> list[Stage]:
    """Returns the stages that a job in `folder` has logged since a moment."""
    path = folder / RUNS / "pipeline.log"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [stage for stage in parse_stages(lines) if stage.end >= since]


def fill_gaps(stages: list[Stage], start: float, end: float) -> list[Stage]:
    """Returns the stages, and as further stages the times before the first, between two, and after the last."""
    if not stages:
        return []
    ordered = sorted(stages, key=lambda stage: stage.start)
    filled = [Stage("before the first", start, ordered[0].start)]
    last = ordered[0].start
    for stage in ordered:
        if stage.start - last > _SMALLEST_GAP:
            filled.append(Stage("between", last, stage.start))
        filled.append(stage)
        last = max(last, stage.end)
    return [*filled, Stage("after the last", last, end)]


def seconds_without_start(stages: list[Stage]) -> float:
    """Returns the seconds of one run without the start of Spark, which a stream or a notebook needs only once."""
    started = next(stage.end for stage in stages if stage.name == START)
    return round(max(stage.end for stage in stages) - started, 2)


def parse_printed_seconds(output: str) -> dict[str, float]:
    """Returns the seconds by stage, which a rival prints as JSON in its last such line."""
    found = re.findall(r"^\{.+\}$", output, flags=re.M)
    return dict(json.loads(found[-1])) if found else {}


def count_spark(lines: Iterable[str]) -> dict[str, int]:
    """Returns the number of jobs, stages and tasks in the lines of an event log."""
    counts = dict.fromkeys(_COUNTED.values(), 0)
    for line in lines:
        kind = re.match(r'\{"Event":"(\w+)"', line)
        if kind and kind[1] in _COUNTED:
            counts[_COUNTED[kind[1]]] += 1
    return counts


def read_spark_counts(folder: Path, since: float) -> dict[str, int]:
    """Returns the same for the event log that a job in `folder` has written since a moment."""
    paths = [path for path in (folder / RUNS / "spark-events").rglob("*") if path.is_file()]
    return count_spark(
        line
        for path in paths
        if path.stat().st_mtime >= since
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    )
