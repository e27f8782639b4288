"""What a run tells of itself: stages by its log or its output, and jobs, stages and tasks of Spark by the event log."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

RUNS = Path("data") / "runs"  # below the folder that a job is started in
START = "start spark"
_SMALLEST_GAP = 0.05  # seconds; what the log's own rounding makes is none
_COUNTED = {"SparkListenerJobStart": "jobs", "SparkListenerStageCompleted": "stages", "SparkListenerTaskEnd": "tasks"}


@dataclass(frozen=True)
class Stage:
    """A stage of our jobs; the moments are seconds since 1970."""

    name: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return round(self.end - self.start, 2)


def parse_stages(lines: Iterable[str]) -> list[Stage]:
    """The stages in the lines of pipeline.log, in the order in which they ended."""
    records = [json.loads(line) for line in lines]
    return [
        Stage(record["stage"], (end := datetime.fromisoformat(record["at"]).timestamp()) - record["seconds"], end)
        for record in records
        if "stage" in record
    ]


def read_stages(folder: Path, since: float) -> list[Stage]:
    """The stages that a job, started in `folder`, has logged since a moment."""
    path = folder / RUNS / "pipeline.log"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [stage for stage in parse_stages(lines) if stage.end >= since]


def fill_gaps(stages: list[Stage], start: float, end: float) -> list[Stage]:
    """The stages, with what came before the first, between two and after the last, added up under these names."""
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
    """From the moment when Spark has started, which a stream or a notebook does not pay, to the end of the last stage.

    `stages` are those of one run.
    """
    started = next(stage.end for stage in stages if stage.name == START)
    return round(max(stage.end for stage in stages) - started, 2)


def parse_printed_seconds(output: str) -> dict[str, float]:
    """The seconds by stage that a rival prints as JSON in its last such line."""
    found = re.findall(r"^\{.+\}$", output, flags=re.M)
    return dict(json.loads(found[-1])) if found else {}


def count_spark(lines: Iterable[str]) -> dict[str, int]:
    """The number of jobs, stages and tasks in the lines of an event log."""
    counts = dict.fromkeys(_COUNTED.values(), 0)
    for line in lines:
        kind = re.match(r'\{"Event":"(\w+)"', line)
        if kind and kind[1] in _COUNTED:
            counts[_COUNTED[kind[1]]] += 1
    return counts


def read_spark_counts(folder: Path, since: float) -> dict[str, int]:
    """The same for the event log that a job, started in `folder`, has written since a moment."""
    paths = [path for path in (folder / RUNS / "spark-events").rglob("*") if path.is_file()]
    return count_spark(
        line
        for path in paths
        if path.stat().st_mtime >= since
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    )
