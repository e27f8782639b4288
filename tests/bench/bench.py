"""`make bench`: a first load of simulated events, ours beside its rivals, alternately in one run.

Generates EVENTS events (JSON Lines, the simulator's skew and defects), then loads them `--rounds` times with each
contender, each time into an empty database of a server of its own, and prints medians, ratios and peak memory; a table
that all contenders fill is compared row for row. Then one hundredth of the records is loaded on top of the rest.
Everything goes into data/runs/bench-*.json as well.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from jobs.storage import embedded_postgres

ROOT = Path(__file__).resolve().parents[2]
RIVALS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
# What every contender must agree on: the words of DuckDB's pattern and ours differ for Han, which nobody simulates.
EVENTS_QUERY = "select event_id, user_id, document_id, event_at, document_word_count from events"


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


def measure(contender: Contender, folder: Path, url: str) -> dict[str, float]:
    """Seconds from start to end, and the peak memory of the largest process in MB. Raises when it fails."""
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
    return {"seconds": round(time.monotonic() - started, 2), "megabytes": usage.ru_maxrss // 1024}


def hash_events(url: str) -> tuple[int, str]:
    """(rows, hash) of what all contenders must agree on."""
    with closing(psycopg2.connect(url, options="-c timezone=UTC")) as connection, connection.cursor() as cursor:
        cursor.execute(f"select count(*), sum(hashtextextended(t::text, 0)) from ({EVENTS_QUERY}) as t")
        rows, total = cursor.fetchone()
        return rows, str(total)


def make_input(events: int, seed: int) -> Path:
    """JSON Lines only: DuckDB's reader gives an array up at its first element that is no object."""
    folder = ROOT / "data" / "simulated" / f"bench-{events}-{seed}" / "events"
    if not folder.exists():
        simulate = ["-m", "jobs.simulate", "--events", str(events), "--seed", str(seed), "--output", str(folder)]
        subprocess.run([sys.executable, *simulate], cwd=ROOT, check=True)
        shutil.rmtree(folder / "export")
    return folder


def hold_out(folder: Path, target: Path, every: int) -> tuple[Path, Path]:
    """(all records but every `every`th, those), as two folders of JSON Lines."""
    parts = most, few = target / "most", target / "few"
    for part in parts:
        part.mkdir(parents=True)
    for number, path in enumerate(sorted(folder.rglob("*.jsonl"))):
        with (
            path.open("rb") as lines,
            (most / f"{number}.jsonl").open("wb") as kept,
            (few / f"{number}.jsonl").open("wb") as held,
        ):
            for position, line in enumerate(lines):
                (held if position % every == 0 else kept).write(line)
    return parts


def bench_first_load(server: str, folder: Path, data: Path, rounds: int, names: list[str]) -> dict[str, list[dict]]:
    """The measurements of each contender, round by round."""
    found: dict[str, list[dict]] = {name: [] for name in names}
    hashes: dict[str, tuple[int, str]] = {}
    for number in range(rounds):
        for contender in contenders(data):
            if contender.name in names:
                with empty_database(server, f"bench_{number}_{contender.name}") as url:
                    found[contender.name].append(measure(contender, folder, url))
                    hashes[contender.name] = hash_events(url)
                print(f"round {number + 1} {contender.name:<8} {found[contender.name][-1]}", flush=True)
    print("rows and hash of events: " + ", ".join(f"{name} {value}" for name, value in hashes.items()))
    return found


def bench_increment(server: str, folder: Path, data: Path) -> dict[str, dict[str, float]]:
    """A load of 99 of 100 records, and of the last one on top."""
    with TemporaryDirectory(dir=folder.parent) as spare, empty_database(server, "bench_increment") as url:
        most, few = hold_out(folder, Path(spare), every=100)
        ours = contenders(data)[0]
        return {"first": measure(ours, most, url), "increment": measure(ours, few, url)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contenders", nargs="+", default=["ours", "duckdb", "pyspark"])
    parser.add_argument("--no-increment", action="store_true")
    options = parser.parse_args()
    folder = make_input(options.events, options.seed)
    with TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as spare:
        server = embedded_postgres.start(Path(spare) / "postgres")
        try:
            data = Path(spare) / "data"
            result: dict = {"first_load": bench_first_load(server, folder, data, options.rounds, options.contenders)}
            if not options.no_increment:
                result["increment"] = bench_increment(server, folder, data)
        finally:
            embedded_postgres.stop(Path(spare) / "postgres")
    medians = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for name, runs in result["first_load"].items()
    }
    for name, median in medians.items():
        ratio = median["seconds"] / medians["duckdb"]["seconds"] if "duckdb" in medians else float("nan")
        print(f"{name:<8} {median['seconds']:>8.1f} s {ratio:>6.2f}x {median['megabytes']:>8,.0f} MB")
    print(json.dumps(result.get("increment", {})))
    path = ROOT / "data" / "runs" / f"bench-{options.events}-{time.strftime('%Y%m%d%H%M%S')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result | {"medians": medians, "events": options.events}, indent=2) + "\n")


if __name__ == "__main__":
    main()
