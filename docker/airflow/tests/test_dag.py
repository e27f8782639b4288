"""The DAG, run for real: on the sample, with failures that a retry fixes and failures that none does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
from driver import DAGS, NO_DATABASE, ROOT, Airflow, Loaded, Task

from jobs.storage.local import embedded_postgres
from tests.conftest import run_on_server

DESCRIBE = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(DAG_FOLDER)
dag = bag.dags["document_events"]
print(json.dumps({
    "errors": bag.import_errors,
    "warnings": bag.captured_warnings,
    "order": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
    "retries": {task.retries for task in dag.tasks} == {3},
    "backoff": {task.retry_exponential_backoff for task in dag.tasks} == {2.0},
    "settings": [dag.max_active_runs, dag.catchup, dag.schedule],
    "outlets": {task.task_id: [asset.name for asset in task.outlets] for task in dag.tasks},
}))
"""

POKE = """
import json, sys
from document_events import EventFolderSensor
sensor = lambda folder: EventFolderSensor(task_id="wait", folder=folder)
print(json.dumps([sensor(folder).poke({}) for folder in sys.argv[1:]]))
"""


def run_python(airflow: Airflow, code: str, *arguments: str, **environment: str) -> object:
    """What the code prints as JSON on its last line, in Airflow's Python with the DAG importable."""
    status, output = airflow.run("python", "-c", code, *arguments, PYTHONPATH=str(DAGS), **environment)
    assert status == 0, output
    return json.loads(output.splitlines()[-1])


def test_it_imports_without_errors_or_warnings_and_is_what_it_says(airflow: Airflow) -> None:
    code = DESCRIBE.replace("DAG_FOLDER", repr(str(DAGS)))
    assert run_python(airflow, code, DOCUMENT_EVENTS_SCHEDULE="15 * * * *") == {
        "errors": {},
        "warnings": {},
        "order": {"wait_for_input": ["ingest"], "ingest": ["check"], "check": []},
        "retries": True,
        "backoff": True,
        "settings": [1, False, "15 * * * *"],
        "outlets": {"wait_for_input": [], "ingest": [], "check": ["document_events"]},
    }


@pytest.mark.parametrize("name", ["DOCUMENT_EVENTS_INPUT", "DOCUMENT_EVENTS_SOURCE"])
def test_a_variable_that_is_set_and_empty_is_not_taken_for_the_default(airflow: Airflow, name: str) -> None:
    code = "import json; from airflow.dag_processing.dagbag import DagBag\n"
    code += f"print(json.dumps(DagBag({str(DAGS)!r}).import_errors))"
    (error,) = run_python(airflow, code, **{name: ""}).values()  # type: ignore[attr-defined]
    assert f"{name} is set and empty: write what it is to be, or leave it out" in error


def test_it_waits_for_a_file_that_is_finished(airflow: Airflow, tmp_path: Path) -> None:
    files = {"none": [], "unfinished": ["_a.json", ".b.json", "c.json.tmp", "_d/e.json"], "deep one": ["f/g.json"]}
    for folder, names in files.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).parent.mkdir(exist_ok=True)
            (tmp_path / folder / name).touch()
    folders = [tmp_path / "nowhere", *(tmp_path / folder for folder in files)]
    expected = [False, False, False, True]
    assert run_python(airflow, POKE, *map(str, folders)) == expected
    assert run_python(airflow, POKE, *(folder.as_uri() for folder in folders)) == expected
    assert run_python(airflow, POKE, "data/events", "data/nowhere", "s3a://bucket/events") == [True, False, True]


def test_the_sample_is_loaded_checked_and_announced(loaded: Loaded) -> None:
    assert loaded.code == 0, loaded.output
    assert loaded.tasks == {name: Task("success", 1) for name in ("wait_for_input", "ingest", "check")}
    assert "published                3,000" in loaded.output
    assert loaded.output.count("ok      ") == len(list((ROOT / "sql" / "checks").glob("*.sql")))
    assert loaded.asset_events == 1
    with closing(psycopg2.connect(loaded.url)) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*), (select count(*) from ops.findings) from public.events")
        assert cursor.fetchone() == (3000, 4)
    assert "new: 4 findings" in loaded.output


def test_usage_error_is_not_retried_and_tells_of_the_last_runs(airflow: Airflow, loaded: Loaded) -> None:
    code, output = airflow.test("--conf", '{"source": "conf/sources/mine.yml"}', DATABASE_URL=loaded.url)
    assert code == 1
    assert airflow.tasks() == {
        "wait_for_input": Task("success", 1), "ingest": Task("failed", 1), "check": Task("upstream_failed", 0),
    }  # fmt: skip
    assert "error: conf/sources/mine.yml" in output.replace(str(ROOT) + "/", "")
    message = output.partition("document_events.ingest failed on try 1: ")[2]
    assert message.startswith("exit code 2, which a retry can not fix\n")
    assert "succeeded     3048      3           27      3018" in message
    assert "malformed_json 7, missing_field 6" in message


def test_failed_check_is_not_retried_and_not_announced(airflow: Airflow, loaded: Loaded) -> None:
    before = airflow.count_asset_events()
    run_on_server(loaded.url, "update public.users set name = 'somebody else' where user_id = 'user_3'")
    try:
        code, output = airflow.test(DATABASE_URL=loaded.url)
    finally:
        run_on_server(
            loaded.url,
            "update public.users set name = (select reported_user_name from public.events where user_id = 'user_3'"
            " and reported_user_name is not null order by event_at desc, event_id desc limit 1)"
            " where user_id = 'user_3'",
        )
    assert code == 1
    assert airflow.tasks()["ingest"] == Task("success", 1)
    assert airflow.tasks()["check"] == Task("failed", 1)
    assert "FAILED  dimensions_match_events: 1 row" in output
    assert "document_events.check failed on try 1: exit code 3, which a retry can not fix\n" in output
    assert airflow.count_asset_events() == before


def test_what_a_user_types_is_not_read_by_a_shell(airflow: Airflow, loaded: Loaded) -> None:
    typed = '"; touch $AIRFLOW_HOME/PWNED; echo "`touch $AIRFLOW_HOME/PWNED`'
    code, output = airflow.test("--conf", json.dumps({"source": typed}), DATABASE_URL=loaded.url)
    assert (code, airflow.tasks()["ingest"]) == (1, Task("failed", 1))
    assert "exit code 2" in output
    assert not (airflow.home / "PWNED").exists()


def test_the_message_reaches_a_notifier_and_hides_nothing_when_the_database_is_down(airflow: Airflow) -> None:
    code, output = airflow.test(dag="failing", DATABASE_URL=NO_DATABASE)
    assert (code, airflow.tasks("failing")) == (1, {"fail": Task("failed", 1)})
    assert "ValueError: the task's own failure" in output
    told, log, reason = (airflow.home / "notified").read_text().splitlines()
    assert told == "to you: failing.fail failed on try 1: the task's own failure"
    assert log.startswith("log: http")
    assert reason.startswith("no quality table: error: database can't be reached")


@contextmanager
def stopped_server(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """(the URL of a database on a server that is down, what starts it)."""
    url = embedded_postgres.start(folder)
    embedded_postgres.stop(folder)

    def start() -> None:
        assert embedded_postgres.start(folder) == url  # the port was still free

    yield url, start
    embedded_postgres.stop(folder)


@pytest.fixture
def few_events(tmp_path: Path) -> str:
    """A folder with one file of the sample."""
    smallest = min((ROOT / "data" / "events").rglob("*.jsonl"), key=lambda path: (path.stat().st_size, path))
    (tmp_path / "events").mkdir()
    shutil.copy(smallest, tmp_path / "events")
    return str(tmp_path / "events")


def test_a_database_that_comes_back_is_met_by_a_retry(airflow: Airflow, tmp_path: Path, few_events: str) -> None:
    with stopped_server(tmp_path / "postgres") as (url, start):
        environment = {"DATABASE_URL": url, "DOCUMENT_EVENTS_INPUT": few_events}
        lines = []
        with airflow.start("airflow", "dags", "test", "document_events", **environment) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if "exit code 4: the database can't be reached" in line:
                    start()
        output = "".join(lines)
        assert process.returncode == 0, output
        assert output.count("exit code 4:") == 1
        assert "new_state=up_for_retry" in output
        assert airflow.tasks() == {
            "wait_for_input": Task("success", 1), "ingest": Task("success", 2), "check": Task("success", 1),
        }  # fmt: skip


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(1)


@contextmanager
def scheduler(airflow: Airflow, **environment: str) -> Iterator[None]:
    """The real thing, by the script that the container runs: scheduler, processor, executor, API server."""
    log = airflow.home / "standalone.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [ROOT / "docker" / "airflow" / "start"], cwd=airflow.home, env={**airflow.environment, **environment},
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            wait_until(lambda: "Airflow is ready" in log.read_text(), "Airflow is ready")
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(120)
            finally:
                with suppress(ProcessLookupError):  # whatever outlived it
                    os.killpg(process.pid, signal.SIGKILL)


ENDED = ("success", "failed", "upstream_failed")
STARTED_BY_THE_LATEST = """
select dag_run.state
from dag_run
join dagrun_asset_event on dagrun_asset_event.dag_run_id = dag_run.id
where dag_run.dag_id = 'downstream' and event_id = (select max(id) from asset_event)
"""


def test_the_scheduler_retries_and_starts_who_waits_for_the_asset(
    airflow: Airflow, tmp_path: Path, few_events: str
) -> None:
    events = airflow.count_asset_events()
    with (
        stopped_server(tmp_path / "postgres") as (url, start),
        scheduler(airflow, DATABASE_URL=url, DOCUMENT_EVENTS_INPUT=few_events),
    ):
        for command in ("unpause", "trigger"):
            code, output = airflow.run("airflow", "dags", command, "document_events")
            assert code == 0, output
        wait_until(lambda: airflow.tasks()["ingest"].state == "up_for_retry", "the first try has failed")
        start()
        wait_until(lambda: airflow.tasks()["check"].state in ENDED, "the run has ended")
        assert airflow.tasks()["check"] == Task("success", 1)
        assert airflow.tasks()["ingest"].state == "success"
        assert airflow.tasks()["ingest"].tries >= 2
        assert airflow.count_asset_events() == events + 1
        wait_until(lambda: airflow.query(STARTED_BY_THE_LATEST) == [("success",)], "the other DAG has run")
    tries = sorted(airflow.home.glob("logs/dag_id=document_events/run_id=*/task_id=ingest/attempt=*.log"))
    assert "exit code 4: the database can't be reached" in tries[0].read_text()
    password = json.loads((airflow.home / "simple_auth_manager_passwords.json.generated").read_text())["admin"]
    assert password not in (airflow.home / "standalone.log").read_text()
