"""A real Spark cluster of a master and two workers gives the same tables, row by row, as a local run."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.submit import make_environment
from tests.builders import ROOT, record_json
from tests.check_truth import compare
from tests.conftest import empty_database
from tests.loading import query

EVENTS = 20_000
STRANGER = Path(sys.base_prefix) / "bin" / "python3"
ARCHIVE = ROOT / "build" / "packages.tar.gz"  # `make packages` makes it
# All columns except the id and the times of the run.
TABLES = {
    "users": "users::text",
    "documents": "documents::text",
    "sessions": "sessions::text",
    "events": "(to_jsonb(events) - 'run_id')::text",
    "ops.quarantined_records": "(to_jsonb(quarantined_records) - 'run_id')::text",
    "ops.superseded_records": "(to_jsonb(superseded_records) - 'run_id')::text",
    "ops.ingested_files": "(to_jsonb(ingested_files) - 'run_id')::text",
}


@dataclass
class Cluster:
    """A standalone master and its workers, each in its own process group."""

    master: str
    workers: list[subprocess.Popen[bytes]]
    folder: Path

    def kill_worker(self) -> None:
        """Kills a worker and the executor that it started."""
        os.killpg(self.workers.pop().pid, signal.SIGKILL)


def start(kind: str, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = make_environment(with_database=False) | {"SPARK_LOCAL_DIRS": str(folder)}
    program = Path(environment["SPARK_HOME"]) / "bin" / "spark-class"
    name = f"org.apache.spark.deploy.{kind.lower()}.{kind}"
    folder.mkdir(parents=True)
    with (folder / "log").open("wb") as log:
        command = [program, name, "--host", "127.0.0.1", "--webui-port", "0", *arguments]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def wait_for(pattern: str, path: Path, seconds: float = 60, times: int = 1) -> str:
    """Waits until a growing file matches `pattern` so many times. Returns the first match."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and len(found := re.findall(pattern, path.read_text())) >= times:
            return str(found[0])
        time.sleep(0.05)
    raise TimeoutError(f"{pattern} is not in {path} after {seconds} s")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    processes = [start("Master", tmp_path / "master", "--port", "0")]
    try:
        master = wait_for(r"Starting Spark master at (spark://\S+)", tmp_path / "master" / "log")
        for name in ("one", "two"):
            folder = tmp_path / name
            options = ["--cores", "1", "--memory", "1500m", "--work-dir", str(folder / "work"), master]
            processes.append(start("Worker", folder, *options))
        wait_for("Registering worker", tmp_path / "master" / "log", times=2)
        yield Cluster(master, processes[1:], tmp_path)
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of simulated events with its truth file."""
    folder = tmp_path_factory.mktemp("simulated") / "events"
    command = [sys.executable, "-m", "jobs.simulate", "--events", str(EVENTS), "--seed", "7", "--output", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def make_job_environment(master: str, url: str, *spark_args: str) -> dict[str, str]:
    return {
        **os.environ,
        "MASTER": master,
        "DATABASE_URL": url,
        "SPARK_LOCAL_IP": "127.0.0.1",
        # A Python without this project, as on the machines of a cluster.
        "PYSPARK_PYTHON": str(STRANGER),
        "SPARK_ARGS": " ".join(["--executor-memory", "1g", "--archives", f"{ARCHIVE}#packages", *spark_args]),
    }


def submit(master: str, url: str, folder: str, data: Path, *spark_args: str) -> subprocess.Popen[bytes]:
    environment = make_job_environment(master, url, *spark_args)
    command = [sys.executable, "-m", "jobs.submit", "--database", "jobs/pipeline.py", "--input", folder]
    return subprocess.Popen([*command, "--data", str(data)], cwd=ROOT, env=environment)


def read_tables(url: str) -> dict[str, list[tuple[str]]]:
    tables = {}
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for table, columns in TABLES.items():
            cursor.execute(f"select {columns} from {table} order by 1")
            tables[table] = cursor.fetchall()
    return tables


def read_quarantine(data: Path) -> list[Any]:
    lines = [line for path in data.glob("quarantine/*/*.json") for line in path.read_text().splitlines()]
    return sorted(lines)


@pytest.fixture(scope="module")
def local(server: str, events: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[Any]]:
    """The tables and the quarantine of a local run, which agree with the simulator's truth."""
    data = tmp_path_factory.mktemp("local")
    with empty_database(server) as url:
        assert submit("local[2]", url, str(events), data).wait(600) == 0
        truth = json.loads((events.parent / "truth.json").read_text())
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            compared, differences = compare(truth, cursor)
        assert (compared > 10, differences) == (True, [])
        return read_tables(url), read_quarantine(data)


def test_the_executors_python_has_neither_the_project_nor_its_packages() -> None:
    for module in ("jobs.steps.load", "pyarrow", "msgspec"):
        imported = subprocess.run([STRANGER, "-c", f"import {module}"], check=False, cwd="/", capture_output=True)
        assert b"ModuleNotFoundError" in imported.stderr


@pytest.mark.parametrize(
    "killed_after", [None, "start spark", "model"], ids=["whole", "while reading", "while staging"]
)
def test_a_cluster_gives_the_same_tables_even_when_a_worker_dies(
    cluster: Cluster, local: tuple[dict[str, Any], list[Any]], events: Path, server: str, killed_after: str | None
) -> None:
    data = cluster.folder / "data"
    with empty_database(server) as url:
        job = submit(cluster.master, url, str(events), data)
        if killed_after:
            wait_for(rf'"stage": "{killed_after}"', data / "runs" / "pipeline.log", seconds=300)
            time.sleep(1)
            assert job.poll() is None
            cluster.kill_worker()
        assert job.wait(900) == 0
        assert read_tables(url) == local[0]
    assert read_quarantine(data) == local[1]
    executors = list(cluster.folder.glob("*/work/app-*/*/stderr"))
    assert len({path.parents[3] for path in executors}) == 2, "both workers must have had an executor"


def test_input_behind_another_scheme_gives_the_same_tables(
    cluster: Cluster, local: tuple[dict[str, Any], list[Any]], events: Path, server: str
) -> None:
    """viewfs: is a file system of Hadoop. Here it shows a local folder, so that no file server is needed."""
    mount = f"spark.hadoop.fs.viewfs.mounttable.test.link./events={events.as_uri()}"
    with empty_database(server) as url:
        job = submit(cluster.master, url, "viewfs://test/events", cluster.folder / "data", "--conf", mount)
        assert job.wait(600) == 0
        tables = read_tables(url)
    assert {name: rows for name, rows in tables.items() if name != "ops.ingested_files"} == {
        name: rows for name, rows in local[0].items() if name != "ops.ingested_files"
    }


def test_a_quarantine_folder_that_only_the_driver_sees_is_rejected_before_the_run(
    cluster: Cluster, server: str
) -> None:
    """/proc/self/cwd is another folder in each process, like the same path on machines that share no disk."""
    home = cluster.folder / "home"
    (home / "in").mkdir(parents=True)
    (home / "in" / "a.jsonl").write_text(record_json() + "\njunk\n")
    command = [sys.executable, "-m", "jobs.submit", "--database", str(ROOT / "jobs" / "pipeline.py")]
    command += ["--input", str(home / "in"), "--data", str(home / "data")]
    (home / "conf").symlink_to(ROOT / "conf")

    with empty_database(server) as url:
        environment = {**make_job_environment(cluster.master, url), "PYTHONPATH": str(ROOT)}

        def run(quarantine: str) -> tuple[int, list[str]]:
            submitted = [*command, "--quarantine", quarantine]
            done = subprocess.run(submitted, cwd=home, env=environment, capture_output=True, text=True, check=False)
            # Spark's launcher writes the job's standard error to standard output.
            return done.returncode, [line for line in done.stdout.splitlines() if line.startswith("error:")]

        code, errors = run("file:///proc/self/cwd/quarantine")
        assert (code, len(errors)) == (2, 1), errors
        assert errors[0].startswith("error: --quarantine file:///proc/self/cwd/quarantine: the executor on ")
        assert query(url, "select count(*) from ops.pipeline_runs") == [(0,)]
        assert run(str(home / "quarantine")) == (0, [])
        assert query(url, "select count(*) from ops.quarantined_records") == [(1,)]
    assert [path.name[:7] for path in (home / "quarantine").iterdir()] == ["run_id="]
    assert len(read_quarantine(home)) == 1
