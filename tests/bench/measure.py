"""Runs one command from its start to its end, and measures it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import IO, Any

from jobs.storage.local.java import find_java_home
from tests.bench.cores import Sampler, use_between
from tests.bench.databases import Server
from tests.bench.inputs import ROOT
from tests.bench.logs import (
    START,
    Stage,
    fill_gaps,
    parse_printed_seconds,
    read_spark_counts,
    read_stages,
    seconds_without_start,
)

# These variables are not passed on, because arguments of `make bench` and switches of the caller must not change the
# measured run.
_OF_THE_CALLER = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "INPUT", "SOURCE", "EVENT_LOG")
_OF_THE_CALLER += ("FULL_REFRESH", "DROP_MISSING", "REMAP", "ACCEPT_QUALITY", "ONCE")
_EVENT_LOG = "--conf spark.eventLog.compress=false"


@dataclass(frozen=True)
class Run:
    """One run of a command.

    `megabytes` is the peak memory of its largest process. `stages` are seconds by name. `cores` has the wall-clock
    seconds and the core seconds of each group, by stage for our own jobs, else for the whole command. `warm` are the
    seconds without the start of Spark. `spark` counts jobs, stages and tasks if there is an event log.
    """

    seconds: float
    megabytes: int
    stages: dict[str, float]
    cores: dict[str, dict[str, float]]
    warm: float | None
    spark: dict[str, int]


@contextmanager
def workplace(root: Path = ROOT) -> Iterator[Path]:
    """A folder in which the project's commands run, with its own folder `data` and links to everything else.

    So a benchmark leaves nothing in the logs, summaries and quarantine of this project, even by `make pipeline`.
    """
    with TemporaryDirectory(prefix="document-events-bench-", ignore_cleanup_errors=True) as spare:
        for path in root.iterdir():
            if path.name != "data":
                (Path(spare) / path.name).symlink_to(path)
        yield Path(spare)


def submit(*arguments: str) -> list[str]:
    """Returns the command that submits a job to Spark."""
    return [sys.executable, "-m", "jobs.submit", *arguments]


def make_environment(place: Path, url: str, event_log: bool = False) -> dict[str, str]:
    """Returns the environment of a command in `place`, made by the code of `place`."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THE_CALLER}
    java = {"JAVA_HOME": str(find_java_home(dict(os.environ))), "PYSPARK_PYTHON": sys.executable}
    added = {"DATABASE_URL": url, "PYTHONPATH": str(place), **java}
    if event_log:
        added |= {"EVENT_LOG": "1", "SPARK_ARGS": f"{os.environ.get('SPARK_ARGS', '')} {_EVENT_LOG}"}
    return {**kept, **added}


def start(command: list[str], place: Path, environment: dict[str, str], output: IO[str]) -> "subprocess.Popen[Any]":
    """Starts a command in `place` that reads nothing and prints into a file."""
    return subprocess.Popen(
        command, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )


def measure(command: list[str], place: Path, server: Server, url: str, event_log: bool = False) -> Run:
    """Runs a command in `place` with DATABASE_URL set. If it fails, prints its last lines and ends the benchmark."""
    started = time.time()
    with (place / "output").open("w+") as output:
        process = start(command, place, make_environment(place, url, event_log), output)
        try:
            with Sampler(process.pid, server.pid) as sampler:
                _, status, usage = os.wait4(process.pid, 0)
                ended = time.time()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        output.seek(0)
        printed = output.read()
    if status:
        raise SystemExit(f"{' '.join(command)} failed:\n{printed[-3000:]}")
    stages = read_stages(place, started)
    named = fill_gaps(stages, started, ended)
    return Run(
        seconds=round(ended - started, 2),
        megabytes=usage.ru_maxrss // 1024,
        stages=_add_up(named) or parse_printed_seconds(printed),
        cores=_use_by_stage([*named, Stage("in all", started, ended)], sampler),
        warm=seconds_without_start(stages) if any(stage.name == START for stage in stages) else None,
        spark=read_spark_counts(place, started) if event_log else {},
    )


def _add_up(stages: list[Stage]) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for stage in stages:
        seconds[stage.name] = round(seconds.get(stage.name, 0.0) + stage.seconds, 2)
    return seconds


def _use_by_stage(stages: list[Stage], sampler: Sampler) -> dict[str, dict[str, float]]:
    cores: dict[str, dict[str, float]] = {}
    for stage in stages:
        row = cores.setdefault(stage.name, {})
        used = {"clock": stage.end - stage.start, **use_between(sampler.samples, stage.start, stage.end)}
        for group, seconds in used.items():
            row[group] = round(row.get(group, 0.0) + seconds, 2)
    return cores


def middle(runs: list[Run]) -> Run:
    """Returns the run of median length, the longer one of two."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def median_seconds(runs: list[Run]) -> float:
    return median(run.seconds for run in runs)


def as_json(value: Any) -> Any:
    """Turns all runs in a result into values that json can write."""
    if isinstance(value, Run):
        return asdict(value)
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value
