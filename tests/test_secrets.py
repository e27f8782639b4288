"""No password leaves the environment and the passfile: the real job runs, and everything it shows or writes is read."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import pytest

from jobs.storage.local.embedded_postgres import _find_free_port
from tests.builders import ROOT
from tests.conftest import empty_database, run_on_server
from tests.faults.harness import PUBLISHING, SECONDS, stopped_while, write_events
from tests.test_pipeline import query

MARK = "m4rked-p4ssword"  # no character that a URL would have to escape


@pytest.fixture(scope="module")
def marked_login(server: str) -> Iterator[str]:
    """A login whose password can be looked for, in a database that it owns."""
    superuser = urlunsplit(urlsplit(server)._replace(netloc=f"postgres@{urlsplit(server).netloc.rpartition('@')[2]}"))
    run_on_server(superuser, f"create role marked login createdb password '{MARK}'")
    run_on_server(superuser, "grant document_events_owner to marked")
    yield f"postgresql://marked:{MARK}@{urlsplit(server).netloc.rpartition('@')[2]}/document_events"
    run_on_server(superuser, "drop role marked")


@contextmanager
def submitted(url: str, folder: Path, page: str) -> Iterator[subprocess.Popen[bytes]]:
    """The job as make submits it, with its event log and its web page; what it prints goes to `folder`/output."""
    command = [sys.executable, "-m", "jobs.submit", "jobs/pipeline.py", "--input", str(folder / "in")]
    command += ["--data", str(folder / "data"), "--accept-quality"]
    spark = "--driver-memory 1g --conf spark.sql.shuffle.partitions=2 --conf spark.eventLog.compress=false"
    (events := folder / "data" / "event log").mkdir(parents=True)
    spark += f" --conf spark.eventLog.enabled=true --conf 'spark.eventLog.dir={events.as_uri()}'"
    spark += f" --conf spark.ui.port={urlsplit(page).port}"
    environment = {**os.environ, "DATABASE_URL": url, "MASTER": "local[2]", "SPARK_ARGS": spark, "EVENT_LOG": ""}
    with (folder / "output").open("wb") as output:
        job = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield job
    finally:
        with suppress(psutil.Error):
            for process in [*psutil.Process(job.pid).children(recursive=True), psutil.Process(job.pid)]:
                process.kill()
        job.wait(SECONDS)


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - http, of this machine
        return str(answer.read().decode())


def read_web_pages(page: str) -> dict[str, str]:
    """What Spark's pages say of environment, executors and each query, by path."""
    (application,) = json.loads(fetch(f"{page}/api/v1/applications"))
    api = f"/api/v1/applications/{application['id']}"
    queries = json.loads(fetch(f"{page}{api}/sql?length=500"))
    paths = ["/environment/", "/executors/", "/jobs/", "/stages/", "/SQL/", f"{api}/environment"]
    paths += [f"{api}/sql?details=true&planDescription=true&length=500"]
    paths += [f"/SQL/execution/?id={execution['id']}" for execution in queries]
    return {path: fetch(f"{page}{path}") for path in paths}


def read_command_lines() -> dict[str, str]:
    """The arguments of all processes of this machine, as everybody can read them."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found[str(path)] = path.read_bytes().decode(errors="replace")
    return found


@pytest.mark.parametrize("place", ["DATABASE_URL", "passfile"])
def test_the_password_is_nowhere(marked_login: str, place: str, tmp_path: Path) -> None:
    write_events(tmp_path / "in", "0.jsonl", 0, 60)
    with empty_database(marked_login) as url:
        if place == "passfile":
            split = urlsplit(url)
            passfile = tmp_path / "passfile"
            passfile.touch(mode=0o600)
            passfile.write_text(f"*:*:*:marked:{MARK}\n")
            url = urlunsplit(split._replace(netloc=split.netloc.replace(f":{MARK}", ""), query=f"passfile={passfile}"))
        page = f"http://127.0.0.1:{_find_free_port(None)}"
        with submitted(url, tmp_path, page) as job:
            with stopped_while(url, PUBLISHING) as wait:
                wait()
                seen = {**read_web_pages(page), **read_command_lines()}
                statements = query(url, "select query from pg_stat_activity where usename = 'marked'")
                seen["pg_stat_activity"] = str(statements)
            assert job.wait(SECONDS) == 0
    files = [tmp_path / "output", *(path for path in (tmp_path / "data").rglob("*") if path.is_file())]
    files += list((ROOT / "data" / "runs").glob("spark*.log"))
    seen |= {str(path): path.read_bytes().decode(errors="replace") for path in files}
    # That nothing is found means something only where all of it was looked at.
    assert sum("/SQL/execution/" in path for path in seen) > 3
    assert any("event log" in path and '"Event"' in text for path, text in seen.items())
    assert any("jobs/pipeline.py" in text for path, text in seen.items() if path.startswith("/proc"))
    assert [path for path, text in seen.items() if MARK in text] == []
