"""Real runs of the DAG: on the sample, with failures that a retry fixes, and with failures that no retry fixes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
from driver import DAGS, NO_DATABASE, ROOT, TASKS, Airflow, Loaded, Task, wait_until

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
    "timeouts": {task.task_id: task.execution_timeout.total_seconds() for task in dag.tasks},
    "outlets": {task.task_id: [asset.name for asset in task.outlets] for task in dag.tasks},
}))
"""

POKE = """
import json, sys
from document_events import SOURCE, NewFilesSensor
sensor = lambda folder: NewFilesSensor(task_id="wait", folder=folder, source=SOURCE)
print(json.dumps([sensor(folder).poke({}) for folder in sys.argv[1:]]))
"""


def run_python(airflow: Airflow, code: str, *arguments: str, **environment: str) -> object:
    """Runs code in Airflow's Python, which can import the DAG. Returns the JSON that it prints on its last line."""
    status, output = airflow.run("python", "-c", code, *arguments, PYTHONPATH=str(DAGS), **environment)
    assert status == 0, output
    return json.loads(output.splitlines()[-1])


def test_the_dag_imports_without_errors_or_warnings_and_has_its_tasks(airflow: Airflow) -> None:
    code = DESCRIBE.replace("DAG_FOLDER", repr(str(DAGS)))
    assert run_python(airflow, code, DOCUMENT_EVENTS_SCHEDULE="15 * * * *") == {
        "errors": {},
        "warnings": {},
        "order": {"wait_for_input": ["ingest"], "ingest": ["check"], "check": ["announce"], "announce": []},
        "retries": True,
        "backoff": True,
        "settings": [1, False, "15 * * * *"],
        "timeouts": {"wait_for_input": 600, "ingest": 21600, "check": 1800, "announce": 600},
        "outlets": {"wait_for_input": [], "ingest": [], "check": [], "announce": ["document_events"]},
    }


@pytest.mark.parametrize("name", ["DOCUMENT_EVENTS_INPUT", "DOCUMENT_EVENTS_SOURCE"])
def test_a_variable_that_is_set_and_empty_is_not_taken_for_the_default(airflow: Airflow, name: str) -> None:
    code = "import json; from airflow.dag_processing.dagbag import DagBag\n"
    code += f"print(json.dumps(DagBag({str(DAGS)!r}).import_errors))"
    (error,) = run_python(airflow, code, **{name: ""}).values()  # type: ignore[attr-defined]
    assert f"{name} is set and empty: write what it is to be, or leave it out" in error


def test_the_dag_waits_for_files_that_the_ledger_does_not_know(
    airflow: Airflow, loaded: Loaded, few_events: str
) -> None:
    # After an error the sensor succeeds, and leaves the error to the load.
    folders = ["data/events", (ROOT / "data" / "events").as_uri(), few_events, "data/nowhere"]
    assert run_python(airflow, POKE, *folders, DATABASE_URL=loaded.url) == [False, False, True, True]
    assert run_python(airflow, POKE, "data/events", DATABASE_URL=NO_DATABASE) == [True]


def test_the_sample_is_loaded_checked_and_announced(loaded: Loaded) -> None:
    assert loaded.code == 0, loaded.output
    assert loaded.tasks == dict.fromkeys(TASKS, Task("success", 1))
    assert "published                3,000" in loaded.output
    assert loaded.output.count("ok      ") == len(list((ROOT / "sql" / "checks").glob("*.sql")))
    assert loaded.asset_events == 1
    with closing(psycopg2.connect(loaded.url)) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*), (select count(*) from ops.findings) from public.events")
        assert cursor.fetchone() == (3000, 4)
    assert "new: 4 findings" in loaded.output


def test_usage_error_is_not_retried_and_reports_the_last_runs(airflow: Airflow, loaded: Loaded) -> None:
    code, output = airflow.test("--conf", '{"source": "conf/sources/mine.yml"}', DATABASE_URL=loaded.url)
    assert code == 1
    assert airflow.tasks() == {
        "wait_for_input": Task("success", 1), "ingest": Task("failed", 1),
        "check": Task("upstream_failed", 0), "announce": Task("upstream_failed", 0),
    }  # fmt: skip
    assert "error: conf/sources/mine.yml" in output.replace(str(ROOT) + "/", "")
    message = output.partition("document_events.ingest failed on try 1: ")[2]
    assert message.startswith("exit code 2, which a retry can not fix\n")
    assert "succeeded     3048      3        0           27      3018" in message
    assert "malformed_json 7, missing_field 6" in message


def test_failed_check_is_not_retried_and_announced_once_it_succeeds(
    airflow: Airflow, loaded: Loaded, tmp_path: Path
) -> None:
    before = airflow.count_asset_events()
    new = {"event_id": "new", "event_type": "user_login", "timestamp": "2025-06-30T12:00:00Z", "user_id": "user_5"}
    (tmp_path / "new.jsonl").write_text(json.dumps(new) + "\n")
    environment = {"DATABASE_URL": loaded.url, "DOCUMENT_EVENTS_INPUT": str(tmp_path)}
    run_on_server(loaded.url, "update public.users set name = 'somebody else' where user_id = 'user_3'")
    try:
        code, output = airflow.test(**environment)
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
    (tmp_path / "new.jsonl").write_text("\n" + json.dumps(new) + "\n")  # the file is read again, and has no new record
    code, output = airflow.test(**environment)
    assert (code, airflow.tasks()) == (0, dict.fromkeys(TASKS, Task("success", 1))), output
    assert airflow.count_asset_events() == before + 1


def test_parameters_are_not_interpreted_by_a_shell(airflow: Airflow, loaded: Loaded) -> None:
    typed = '"; touch $AIRFLOW_HOME/PWNED; echo "`touch $AIRFLOW_HOME/PWNED`'
    code, output = airflow.test("--conf", json.dumps({"source": typed}), DATABASE_URL=loaded.url)
    assert (code, airflow.tasks()["ingest"]) == (1, Task("failed", 1))
    assert "exit code 2" in output
    assert not (airflow.home / "PWNED").exists()


def test_the_failure_message_reaches_a_notifier_even_if_the_database_is_down(airflow: Airflow) -> None:
    code, output = airflow.test(dag="failing", DATABASE_URL=NO_DATABASE)
    assert (code, airflow.tasks("failing")) == (1, {"fail": Task("failed", 1)})
    assert "ValueError: the task's own failure" in output
    sent, log, reason = (airflow.home / "notified").read_text().splitlines()
    assert sent == "to you: failing.fail failed on try 1: the task's own failure"
    assert log.startswith("log: http")
    assert reason.startswith("no quality table: error: database can't be reached")


@contextmanager
def stopped_server(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """(URL of a database on a stopped server, function that starts the server)."""
    url = embedded_postgres.start(folder)
    embedded_postgres.stop(folder)

    def start() -> None:
        assert embedded_postgres.start(folder) == url  # so the port was still free

    yield url, start
    embedded_postgres.stop(folder)


def test_a_retry_succeeds_once_the_database_is_back(airflow: Airflow, tmp_path: Path, few_events: str) -> None:
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
            **dict.fromkeys(TASKS, Task("success", 1)), "ingest": Task("success", 2),
        }  # fmt: skip


@contextmanager
def scheduler(airflow: Airflow, **environment: str) -> Iterator[None]:
    """A real Airflow, started by the script of the container: scheduler, processor, executor and API server."""
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
                with suppress(ProcessLookupError):  # processes that outlived Airflow
                    os.killpg(process.pid, signal.SIGKILL)


ENDED = ("success", "failed", "upstream_failed")
STARTED_BY_THE_LATEST = """
select dag_run.state
from dag_run
join dagrun_asset_event on dagrun_asset_event.dag_run_id = dag_run.id
where dag_run.dag_id = 'downstream' and event_id = (select max(id) from asset_event)
"""


def test_the_scheduler_retries_and_starts_the_dag_that_waits_for_the_asset(
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
        wait_until(lambda: airflow.tasks()["announce"].state in ENDED, "the run has ended")
        assert airflow.tasks()["announce"] == Task("success", 1)
        assert airflow.tasks()["ingest"].state == "success"
        assert airflow.tasks()["ingest"].tries >= 2
        assert airflow.count_asset_events() == events + 1
        wait_until(lambda: airflow.query(STARTED_BY_THE_LATEST) == [("success",)], "the other DAG has run")
    tries = sorted(airflow.home.glob("logs/dag_id=document_events/run_id=*/task_id=ingest/attempt=*.log"))
    assert "exit code 4: the database can't be reached" in tries[0].read_text()
    password = json.loads((airflow.home / "simple_auth_manager_passwords.json.generated").read_text())["admin"]
    assert password not in (airflow.home / "standalone.log").read_text()
