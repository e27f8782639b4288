"""The parts of the benchmark that load into an empty database: all events, and the small sample."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.databases import Server, empty_database, fingerprint, hash_events
from tests.bench.inputs import ROOT, SAMPLE
from tests.bench.measure import Run, make_environment, measure, submit

_RIVALS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_METRICS = {"brief": ["--brief", "--rows", "5"], "all": ["--metrics"]}
# These must publish the same events. A tutorial's job does not.
_EXACT = ("job", "command", "duckdb")


def first_load_commands(folder: Path) -> dict[str, list[str]]:
    """Returns the command of each contender that loads the folder."""
    return {
        "job": submit("--database", "jobs/pipeline.py", "--input", str(folder)),
        "command": ["make", "-s", "pipeline", f"INPUT={folder}"],
        "duckdb": [str(_RIVALS_PYTHON), "tests/bench/rival_duckdb.py", str(folder)],
        "pyspark": submit("--database", "tests/bench/rival_pyspark.py", str(folder)),
    }


def load_all(server: Server, place: Path, folder: Path, rounds: int, names: list[str]) -> dict[str, Any]:
    """Returns the runs of each contender, in turn, and the seconds of the metrics after each load by our job.

    Ends the benchmark if two contenders have published different events.
    """
    runs: dict[str, list[Run]] = {name: [] for name in names}
    metrics: dict[str, list[float]] = {name: [] for name in _METRICS}
    hashes: dict[str, tuple[Any, ...]] = {}
    tables: list[Any] = []
    for number in range(1, rounds + 1):
        for name in names:
            with empty_database(server) as url:
                run = measure(first_load_commands(folder)[name], place, server, url, event_log=name == "job")
                runs[name].append(run)
                print(f"round {number}: {name} {run.seconds:.1f} s, {run.megabytes:,} MB, {run.stages}", flush=True)
                hashes[name] = hash_events(url)
                if name == "job":
                    tables = fingerprint(url)
                    for wanted, seconds in time_metrics(place, url).items():
                        metrics[wanted].append(seconds)
    print(f"rows and hash of the events: {hashes}", flush=True)
    if len({found for name, found in hashes.items() if name in _EXACT}) > 1:
        raise SystemExit("these contenders have published different events: " + ", ".join({*hashes} & {*_EXACT}))
    return {"runs": runs, "metrics": metrics, "tables": tables}


def time_metrics(place: Path, url: str) -> dict[str, float]:
    """Returns the seconds to print the metrics of the brief, and all metrics."""
    seconds = {}
    for name, options in _METRICS.items():
        started = time.monotonic()
        command = [sys.executable, "-m", "jobs.query", *options]
        subprocess.run(command, cwd=place, env=make_environment(place, url), stdout=subprocess.DEVNULL, check=True)
        seconds[name] = round(time.monotonic() - started, 2)
    return seconds


def load_sample(server: Server, place: Path, rounds: int) -> dict[str, Any]:
    """Runs, in turn: `make pipeline` with the sample, the smallest Spark job, and our job alone with its event log.

    The smallest job is submitted as Spark's documentation says, and once more as our jobs are.
    """
    least = "tests/bench/least_spark.py"
    plain = [str(Path(sys.executable).parent / "spark-submit"), "--properties-file", "conf/spark-defaults.conf"]
    commands = {
        "command": ["make", "-s", "pipeline", f"INPUT={SAMPLE}"],
        "plain": [*plain, "--conf", "spark.jars.packages=", least],
        "least": submit(least),
        "job": submit("--database", "jobs/pipeline.py", "--input", str(SAMPLE)),
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(1, rounds + 1):
        for name, command in commands.items():
            with empty_database(server) as url:
                runs[name].append(measure(command, place, server, url, event_log=name == "job"))
                print(f"round {number}: sample, {name} {runs[name][-1].seconds:.1f} s", flush=True)
    return {"runs": runs}
