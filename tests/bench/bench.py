"""`make bench`: a first load of simulated events, ours beside its rivals, alternately in one run.

Generates EVENTS events (JSON Lines, the simulator's skew and defects), then loads them `--rounds` times with each
contender, each time into an empty database of a server of its own, and prints medians, ratios, stages and peak memory.
What ours and DuckDB publish is compared row for row. Then ten runs of one hundredth each are loaded on top of the other
nine tenths, the newest records or with `--scattered` some of every day, and the tables compared with those of the one
load. Everything goes into data/runs/bench-*.json as well.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from jobs.storage.database.postgres import SQL
from jobs.storage.local import embedded_postgres

ROOT = Path(__file__).resolve().parents[2]
RIVALS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
# What ours and DuckDB must agree on; a tutorial's job keeps any of the records of an id, and counts words otherwise.
EVENTS_QUERY = "select event_id, user_id, document_id, event_at, document_word_count from events"
INCREMENTS = 10


@dataclass(frozen=True)
class Contender:
    """A command to which the folder is appended."""

    name: str
    command: list[str]


def contenders(data: Path) -> list[Contender]:
    submit = [sys.executable, "-m", "jobs.submit", "--database"]
    return [
        Contender("ours", [*submit, "jobs/pipeline.py", "--data", str(data), "--input"]),
        Contender("duckdb", [str(RIVALS_PYTHON), "tests/bench/rival_duckdb.py"]),
        Contender("pyspark", [*submit, "tests/bench/rival_pyspark.py"]),
    ]


@contextmanager
def empty_database(server: str, name: str) -> Iterator[str]:
    """The URL of a new database, dropped afterwards."""
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"create database {name}")
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        cursor.execute(f"drop database {name}")


def measure(contender: Contender, folder: Path, url: str) -> dict[str, Any]:
    """Seconds from start to end, by stage as it says itself, and the peak memory of its largest process in MB."""
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    started = time.monotonic()
    with TemporaryDirectory() as spare, (Path(spare) / "output").open("w+") as output:
        process = subprocess.Popen(
            [*contender.command, str(folder)], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            output.seek(0)
            raise SystemExit(f"{contender.name} failed:\n{output.read()[-3000:]}")
        seconds = round(time.monotonic() - started, 2)
        output.seek(0)
        stages = read_stages(output.read())
    return {"seconds": seconds, "megabytes": usage.ru_maxrss // 1024, "stages": stages}


def read_stages(output: str) -> dict[str, float]:
    """The seconds by stage that each contender prints in its last such line, in its own way."""
    if found := re.findall(r"^seconds: (.+)$", output, flags=re.M):
        return {name: float(number) for name, number in (pair.rsplit(" ", 1) for pair in found[-1].split(", "))}
    return dict(json.loads(re.findall(r"^\{.+\}$", output, flags=re.M)[-1]))


def run_query(url: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url, options="-c timezone=UTC")) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def hash_events(url: str) -> tuple[Any, ...]:
    """(rows, hash) of the published events."""
    return run_query(url, f"select count(*), sum(hashtextextended(t::text, 0))::text from ({EVENTS_QUERY}) as t")[0]


def fingerprint(url: str) -> list[tuple[Any, ...]]:
    """One hash for each table of ours."""
    return run_query(url, (SQL / "analysis" / "fingerprint.sql").read_text())


def make_input(events: int, seed: int) -> Path:
    """JSON Lines only: DuckDB's reader gives an array up at its first element that is no object."""
    folder = ROOT / "data" / "simulated" / f"bench-{events}-{seed}" / "events"
    if not folder.exists():
        simulate = ["-m", "jobs.simulate", "--events", str(events), "--seed", str(seed), "--output", str(folder)]
        subprocess.run([sys.executable, *simulate], cwd=ROOT, check=True)
        shutil.rmtree(folder / "export")
    return folder


def deal(folder: Path, target: Path, scattered: bool) -> list[Path]:
    """All records in `INCREMENTS` + 1 folders of JSON Lines: a hundredth in each but the first, which has the rest.

    In order of arrival the hundredths are the newest records; scattered, each has records of every day and file.
    """
    parts = [target / str(number) for number in range(INCREMENTS + 1)]
    for part in parts:
        part.mkdir(parents=True)
    paths = sorted(folder.rglob("*.jsonl"))
    total = sum(path.read_bytes().count(b"\n") for path in paths)
    numbers = count()
    for path in paths:
        name = str(path.relative_to(folder)).replace("/", "-")
        with path.open("rb") as lines, ExitStack() as opened:
            files: dict[int, BinaryIO] = {}
            # The lines first: at the end of each file the other order would take a number for nothing.
            for line, number in zip(lines, numbers, strict=False):
                hundredth = number % 100 if scattered else number * 100 // total
                part = max(0, hundredth - 99 + INCREMENTS)
                if part not in files:
                    files[part] = opened.enter_context((parts[part] / name).open("wb"))
                files[part].write(line)
    return parts


def bench_first_load(server: str, folder: Path, data: Path, rounds: int, names: list[str]) -> dict[str, list[Any]]:
    """The measurements of each contender, round by round. Raises where ours and DuckDB disagree."""
    found: dict[str, list[Any]] = {name: [] for name in names}
    hashes: dict[str, tuple[Any, ...]] = {}
    for number in range(rounds):
        for contender in contenders(data):
            if contender.name in names:
                with empty_database(server, f"bench_{number}_{contender.name}") as url:
                    found[contender.name].append(measure(contender, folder, url))
                    hashes[contender.name] = hash_events(url)
                print(f"round {number + 1} {contender.name:<8} {found[contender.name][-1]}", flush=True)
    print("rows and hash of events: " + ", ".join(f"{name} {value}" for name, value in hashes.items()))
    if {"ours", "duckdb"} <= hashes.keys() and hashes["ours"] != hashes["duckdb"]:
        raise SystemExit("ours and duckdb have published different events")
    return found


def bench_increments(server: str, folder: Path, data: Path, scattered: bool) -> dict[str, Any]:
    """A first load of nine tenths, then ten of one hundredth each; raises where the tables differ from one load's."""
    ours = contenders(data)[0]
    with TemporaryDirectory(dir=folder.parent) as spare:
        with empty_database(server, "bench_increments") as url:
            first, *later = [measure(ours, part, url) for part in deal(folder, Path(spare), scattered)]
            tables = fingerprint(url)
        with empty_database(server, "bench_one_load") as url:
            measure(ours, Path(spare), url)
            if tables != fingerprint(url):
                raise SystemExit(f"the tables differ from those of one load: {tables}, {fingerprint(url)}")
    return {"first": first, "increments": later}


def without_start(run: dict[str, Any]) -> float:
    """Seconds of the stages but Spark's start, which a stream or a notebook does not pay."""
    return sum(seconds for stage, seconds in run["stages"].items() if stage != "start spark")


def print_first_load(found: dict[str, list[Any]]) -> None:
    """The median run of each contender, by seconds."""
    medians = {
        name: sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2] for name, runs in found.items() if runs
    }
    for name, run in medians.items():
        ratio = run["seconds"] / medians["duckdb"]["seconds"] if "duckdb" in medians else float("nan")
        stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in run["stages"].items())
        print(f"{name:<8} {run['seconds']:>8.1f} s {ratio:>6.2f}x {run['megabytes']:>8,} MB  {stages}")


def print_increments(found: dict[str, Any]) -> None:
    first = without_start(found["first"])
    print(f"first load of nine tenths, Spark's start left out: {first:.1f} s; the tables equal those of one load")
    for number, run in enumerate(found["increments"], 1):
        print(
            f"  hundredth {number:>2}: {without_start(run):>6.1f} s, {without_start(run) / first:.0%} of the first load"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contenders", nargs="+", default=["ours", "duckdb", "pyspark"])
    parser.add_argument("--no-increments", action="store_true")
    parser.add_argument("--scattered", action="store_true", help="hundredths of records from every day and file")
    options = parser.parse_args()
    folder = make_input(options.events, options.seed)
    with TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as spare:
        server = embedded_postgres.start(Path(spare) / "postgres")
        try:
            data = Path(spare) / "data"
            result: dict[str, Any] = {"events": options.events}
            result["first_load"] = bench_first_load(server, folder, data, options.rounds, options.contenders)
            print_first_load(result["first_load"])
            if not options.no_increments:
                result["increments"] = bench_increments(server, folder, data, options.scattered)
                print_increments(result["increments"])
        finally:
            embedded_postgres.stop(Path(spare) / "postgres")
    path = ROOT / "data" / "runs" / f"bench-{options.events}-{time.strftime('%Y%m%d%H%M%S')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
