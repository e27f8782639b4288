"""Kills at random moments: `KILLS=50 python -m tests.faults.kills.chaos`, or `make chaos`.

A folder grows, its files grow, and lines in them are mended, so that readings replace each other. The job loads it
again and again, and most of its runs are killed: the driver, its JVM or its Python, a Python worker, a backend of
PostgreSQL or all of PostgreSQL. In the end the tables must be those of one load.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2

from jobs.storage.local import embedded_postgres
from tests.builders import record_json
from tests.conftest import empty_database
from tests.faults.harness import SECONDS, find_leftovers, read_state, wait_until, write_events
from tests.faults.processes import find_process, submitted
from tests.loading import query

VICTIMS = ["all", "java", "driver", "worker", "backend", "server"]
OURS = "datname = current_database() and application_name like 'document-events%'"


def grow(folder: Path, number: int) -> None:
    """One more file, half of it known already; now and then an array, which Python workers read."""
    write_events(folder / "in", f"{number:03d}.jsonl", 100 * number, 200)
    if number % 3 == 0:
        elements = [record_json(event_id=f"w{number}-{i}", content="word " * 30) for i in range(3000)]
        (folder / "in" / f"{number:03d}.json").write_text(f"[{','.join(elements)}]", encoding="utf-8")


def change(folder: Path, number: int) -> None:
    """Mend the lines of one file, whose other ones stay, and add lines to another."""
    mended, grown = (folder / "in" / f"{each:03d}.jsonl" for each in random.sample(range(number), 2))
    text = mended.read_text(encoding="utf-8")
    mended.write_text(text.replace("name 1", f"name {number}", text.count("name 1") // 2), encoding="utf-8")
    lines = [record_json(event_id=f"{grown.stem}-{number}-{i}", user_id=f"u{i}") for i in range(20)]
    with grown.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def strike(job: subprocess.Popen[bytes], victim: str, url: str, server: Path) -> bool:
    """Kill the victim with SIGKILL; False where it was not there."""
    if victim == "all":
        os.killpg(job.pid, signal.SIGKILL)
    elif victim == "server":
        os.kill(int((server / "cluster" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    elif victim == "backend":
        pids = [pid for (pid,) in query(url, f"select pid from pg_stat_activity where {OURS}")]
        if not pids:
            return False
        os.kill(random.choice(pids), signal.SIGKILL)
    else:
        process = find_process(job, victim)
        if process is None:
            return False
        process.kill()
    return True


def name_stage(folder: Path, logged_before: int) -> str:
    """Behind which stage the run is, by its log."""
    log = folder / "data" / "runs" / "pipeline.log"
    stages = re.findall(r'"stage": "([^"]+)"', log.read_text()[logged_before:])
    return f"after {stages[-1]}" if stages else "starting"


def run_undisturbed(url: str, folder: Path) -> float:
    """Seconds of a run that must succeed."""
    started = time.monotonic()
    with submitted(url, folder) as job:
        if job.wait(10 * SECONDS) != 0:
            raise AssertionError(f"exit code {job.returncode}; see {folder}/output")
    return time.monotonic() - started


def disturb(url: str, folder: Path, server: Path, usual: float) -> tuple[str, str, int] | None:
    """One run that is killed at a random moment: (victim, stage, exit code); None where it was over before."""
    logged = len((folder / "data" / "runs" / "pipeline.log").read_text())
    with submitted(url, folder) as job:
        with suppress(subprocess.TimeoutExpired):
            job.wait(random.uniform(0.1, 1.0) * usual)  # the random moment itself
            return None
        stage, victim = name_stage(folder, logged), random.choice(VICTIMS)
        with suppress(psycopg2.Error, ProcessLookupError, FileNotFoundError):
            if strike(job, victim, url, server):
                code = job.wait(10 * SECONDS)
                embedded_postgres.start(server)
                wait_until(lambda: query(url, "select true"), "the server")
                return victim, stage, code
    return None


def main() -> int:
    kills, seed = int(os.environ.get("KILLS") or 50), int(os.environ.get("SEED") or 7)
    random.seed(seed)
    started, account = time.monotonic(), Counter[tuple[str, str, int]]()
    with TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as place:
        server, folder = Path(place) / "server", Path(place) / "work"
        (folder / "in").mkdir(parents=True)
        with empty_database(embedded_postgres.start(server)) as url:
            grow(folder, 0)
            usual, runs = run_undisturbed(url, folder), 1
            while account.total() < kills:
                grow(folder, runs)
                if runs > 1:
                    change(folder, runs)
                if found := disturb(url, folder, server, usual):
                    account[found] += 1
                    print(f"{account.total():>4}  {found[0]:<8} {found[1]:<17} exit code {found[2]}", flush=True)
                runs += 1
            run_undisturbed(url, folder)
            statuses = dict(query(url, "select status, count(*) from ops.pipeline_runs group by status"))
            errors = query(url, "select error, count(*) from ops.pipeline_runs where error is not null group by 1")
            state, leftovers = read_state(url), find_leftovers(url)
            with empty_database(embedded_postgres.url(server)) as other:
                run_undisturbed(other, folder)
                is_equal = state == read_state(other)
        embedded_postgres.stop(server)
    print(f"\n{kills} kills, seed {seed}, {(time.monotonic() - started) / 60:.1f} minutes; runs by status: {statuses}")
    for (victim, stage, code), count in sorted(account.items()):
        print(f"  {count:>3}  {victim:<8} {stage:<17} exit code {code}")
    for error, count in errors:
        print(f"  {count:>3}  {error}")
    print(f"tables equal to one load: {is_equal}; leftovers: {leftovers}")
    return 0 if is_equal and not leftovers else 1


if __name__ == "__main__":
    sys.exit(main())
