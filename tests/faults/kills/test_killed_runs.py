"""Runs killed in real processes, at each of their stages: the next run repairs everything by itself."""

import signal
import time

import pytest

from tests.builders import record_json
from tests.faults.conftest import Site
from tests.faults.harness import PUBLISHING, SECONDS, STAGING, find_runs, stopped_while, wait_until
from tests.faults.processes import count_logged, find_process, kill, submitted
from tests.faults.stopping import SOON, send
from tests.loading import query

# When a run is killed: after it has logged that stage, so in the next one.
LOGGED = {"read": "start spark", "history": "read", "model": "history"}


@pytest.mark.parametrize("victim", ["all", "java", "driver"])
@pytest.mark.parametrize("stage", [*LOGGED, "stage", "publish"])
def test_a_killed_driver(merging: Site, stage: str, victim: str) -> None:
    data = merging.folder / "data"
    before = count_logged(data, LOGGED.get(stage, ""))
    if stage in LOGGED:
        with submitted(merging.url, merging.folder) as job:
            wait_until(lambda: count_logged(data, LOGGED[stage]) > before, stage)
            kill(job, victim)
            assert job.wait(SECONDS) != 0
    else:
        with (
            stopped_while(merging.url, {"stage": STAGING, "publish": PUBLISHING}[stage]) as wait,
            submitted(merging.url, merging.folder) as job,
        ):
            wait()
            kill(job, victim)
            assert job.wait(SECONDS) != 0
    assert query(merging.url, "select count(*) from ops.ingested_files") == [(1,)]
    merging.load()
    merging.assert_as_after_one_load()
    assert query(merging.url, "select status from ops.pipeline_runs order by run_id") == [
        ("succeeded",),
        ("failed",),
        ("succeeded",),
    ]


def test_a_killed_python_worker(site: Site) -> None:
    """Records are read by Python workers."""
    site.events.mkdir()
    elements = ",\n".join(record_json(event_id=f"w{number}", content="word " * 50) for number in range(60_000))
    (site.events / "array.json").write_text(f"[{elements}]", encoding="utf-8")
    with submitted(site.url, site.folder) as job:
        wait_until(lambda: find_runs(site.url), "a run")
        while find_process(job, "worker") is None and job.poll() is None:
            time.sleep(0.02)
        worker = find_process(job, "worker")
        assert worker is not None
        worker.kill()
        job.wait(SECONDS)
    site.load()
    site.assert_as_after_one_load()


def test_a_driver_whose_machine_vanished(merging: Site) -> None:
    """PostgreSQL is not told: the connections stay open, with their locks on the staging tables."""
    merging.proxy.hides_deaths = True
    with stopped_while(merging.url, STAGING) as wait:
        with submitted(merging.url_by_proxy, merging.folder) as job:
            wait()
            kill(job, "all")
        # The lock of the run has keepalives and goes by itself within a minute.
        assert merging.proxy.cut("document-events run lock") == 1
    ghosts = (
        f"select count(*) from pg_stat_activity where datname = current_database() and application_name = '{STAGING}'"
    )
    assert query(merging.url, ghosts) != [(0,)]
    merging.load()
    merging.assert_as_after_one_load()


@pytest.mark.parametrize(
    ("stage", "number", "to"),
    [(STAGING, signal.SIGINT, "all"), (STAGING, signal.SIGTERM, "submit"), (PUBLISHING, signal.SIGTERM, "all")],
)
def test_a_run_that_is_told_to_stop(merging: Site, stage: str, number: int, to: str) -> None:
    """Others of the kind of tests/faults/test_stopped_runs.py."""
    with stopped_while(merging.url, stage) as wait, submitted(merging.url, merging.folder) as job:
        wait()
        send(job, number, to)
        assert job.wait(SOON) == 128 + number
    merging.load()
    merging.assert_as_after_one_load()


def test_a_jvm_that_runs_out_of_memory_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.events.mkdir()
    with (site.events / "large.jsonl").open("w", encoding="utf-8") as file:
        for number in range(8):
            file.write(record_json(event_id=f"e{number}", comment_text=f"word{number} " * 2_300_000) + "\n")
    with submitted(site.url, site.folder, memory="512m") as job:
        assert job.wait(SECONDS) == 1
    assert "the JVM in which Spark runs ran out of memory: give it more" in (site.folder / "output").read_text()
    ((error,),) = query(site.url, "select error from ops.pipeline_runs")
    assert error.startswith(("JavaGoneError", "OutOfMemoryError"))
