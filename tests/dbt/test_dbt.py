"""dbt on the loaded sample: it reads the sources, and its tests find rows that a constraint would have rejected.

dbt has its own environment, .venv-dbt, and logs in with a role that may only read.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg2.extensions import parse_dsn
from pyspark.sql import SparkSession

from jobs.storage.local.embedded_postgres import ANALYST
from tests.builders import ROOT
from tests.conftest import empty_database, run_on_server
from tests.loading import load

DBT = ROOT / ".venv-dbt" / "bin" / "dbt"
PROJECT = ROOT / "sql" / "dbt"


@dataclass(frozen=True)
class Done:
    """The output of dbt, and the status of each test by name."""

    code: int
    output: str
    statuses: dict[str, str]

    def count(self, status: str) -> int:
        """Returns the number of tests with this status."""
        return list(self.statuses.values()).count(status)


Dbt = Callable[..., Done]


@pytest.fixture
def dbt(tmp_path: Path) -> Dbt:
    """Runs dbt on a database as the analyst of the embedded server. It writes into the test's folder."""

    def run(command: str, url: str) -> Done:
        named = parse_dsn(url)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("PG", "DBT"))},
            "PGHOST": named["host"],
            "PGPORT": named["port"],
            "PGDATABASE": named["dbname"],
            "PGPASSFILE": named["passfile"],
            "PGUSER": ANALYST,
        }
        folders = [
            "--project-dir",
            PROJECT,
            "--profiles-dir",
            PROJECT,
            "--target-path",
            tmp_path,
            "--log-path",
            tmp_path,
        ]
        done = subprocess.run(
            [DBT, "--no-use-colors", command, *folders], env=environment, capture_output=True, text=True, check=False
        )
        results = tmp_path / "run_results.json"
        found = json.loads(results.read_text())["results"] if results.exists() else []
        return Done(
            done.returncode,
            done.stdout + done.stderr,
            {each["unique_id"].split(".")[2]: each["status"] for each in found},
        )

    return run


@pytest.fixture(scope="module")
def sample(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database with the sample."""
    with empty_database(server) as url:
        load(url, ROOT / "data" / "events", tmp_path_factory.mktemp("data"))
        yield url


@pytest.fixture
def copy(server: str, sample: str) -> Iterator[str]:
    """The URL of a copy of that database, which a test may damage."""
    name = f"{urlsplit(sample).path[1:]}_copy"
    run_on_server(server, f"create database {name} template {urlsplit(sample).path[1:]}")
    yield sample.replace(urlsplit(sample).path, f"/{name}")
    run_on_server(server, f"drop database {name}")


def test_dbt_reads_the_sources_without_a_warning(sample: str, dbt: Dbt) -> None:
    done = dbt("parse", sample)
    assert done.code == 0, done.output
    assert "WARNING" not in done.output.upper()


def test_all_tests_pass_on_the_sample(sample: str, dbt: Dbt) -> None:
    done = dbt("test", sample)
    assert done.code == 0, done.output
    assert len(done.statuses) > 40
    assert done.count("pass") == len(done.statuses)


def test_rows_that_a_constraint_would_have_kept_out_are_found(copy: str, dbt: Dbt) -> None:
    for statement in (
        "alter table public.sessions alter column started_at drop not null",
        "alter table public.sessions drop constraint sessions_user_id_fkey",
        "alter table public.events drop constraint events_day_of_week_matches",
        "alter table public.share_recipients drop constraint share_recipients_pkey",
        "update public.sessions set started_at = null where user_id = 'user_3'",
        "insert into public.sessions select gen_random_uuid(), 'nobody', now(), now(), 0, 1, 0, 0, 0, 0",
        "update public.events set day_of_week = 'Someday' where event_id = (select min(event_id) from public.events)",
        "insert into public.share_recipients select * from public.share_recipients limit 1",
    ):
        run_on_server(copy, statement)
    done = dbt("test", copy)
    assert done.code == 1
    failed = {name for name, status in done.statuses.items() if status == "fail"}
    assert {name.removeprefix("source_").partition("_document_events_")[0] for name in failed} == {
        "not_null", "relationships", "accepted_values", "unique"
    }  # fmt: skip
    assert [name for name in failed if "sessions_started_at" in name or "share_recipients" in name]
    assert (len(failed), done.count("pass")) == (4, len(done.statuses) - 4)
