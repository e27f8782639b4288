"""A new Airflow home for the tests, and the sample loaded by the DAG."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from driver import DAGS, PROGRAMS, ROOT, Airflow, Loaded, find_free_port

from tests.conftest import empty_database


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Airflow with its database, the project's DAG and the DAGs of the tests. A retry waits for some seconds."""
    home = tmp_path_factory.mktemp("airflow")
    dags = home / "dags"
    dags.mkdir()
    (dags / "document_events.py").symlink_to(DAGS / "document_events.py")
    shutil.copytree(Path(__file__).parent / "dags", dags, dirs_exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "DOCUMENT_EVENTS"))}
    kept.pop("DATABASE_URL", None)
    environment = {
        **kept,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__API__PORT": str(find_free_port()),
        "DOCUMENT_EVENTS_SCHEDULE": "",
        "DOCUMENT_EVENTS_RETRY_SECONDS": "3",
    }
    made = Airflow(home, environment)
    code, output = made.run("airflow", "db", "migrate")
    assert code == 0, output
    return made


@pytest.fixture(scope="session")
def loaded(airflow: Airflow, server: str) -> Iterator[Loaded]:
    """The first run, which loads the sample into an empty database."""
    with empty_database(server) as url:
        code, output = airflow.test(DATABASE_URL=url)
        yield Loaded(url, code, output, airflow.tasks(), airflow.count_asset_events())


@pytest.fixture
def few_events(tmp_path: Path) -> str:
    """A folder with one file of the sample."""
    smallest = min((ROOT / "data" / "events").rglob("*.jsonl"), key=lambda path: (path.stat().st_size, path))
    (tmp_path / "events").mkdir()
    shutil.copy(smallest, tmp_path / "events")
    return str(tmp_path / "events")
