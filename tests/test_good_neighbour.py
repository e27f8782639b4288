"""In a database that others use nothing of theirs changes, whatever the job does and however it ends."""

import os
import subprocess
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest
from pyspark.sql import SparkSession

from jobs import erase, pipeline, replay
from jobs.storage.config.settings import read_settings
from jobs.storage.database.own_objects import list_own_objects
from jobs.storage.database.postgres import connect
from jobs.storage.errors import QualityError, UsageError
from jobs.storage.local import embedded_postgres
from jobs.storage.local.embedded_postgres import find_programs
from jobs.storage.runs.run import start_run
from tests.builders import ROOT, record_json
from tests.conftest import empty_database, run_on_server
from tests.storage.conftest import load_one_event, prepare
from tests.storage.test_roles import as_login, database_of

# Beside which the load puts its own.
NEIGHBOURS = """
    -- schemas named like staging
    create schema staging_sales create table orders (id bigint primary key, amount numeric);
    insert into staging_sales.orders values (1, 9.99);
    create schema staging_20250101000000000 create table users (user_id text);
    create schema document_events_staging_20250101000000000 create table intact (is_intact boolean);
    create schema document_events_staging_report create view totals as select 1 as total;
    comment on schema document_events_staging_report is 'Not of the pipeline.';
    -- a dbt project
    create schema analytics create table fct_orders (id bigint) create view dim_users as select 1 as user_id;
    create schema analytics_staging create table stg_events (event_id text);
    create schema dbt_test__audit;
    create function analytics.business_day(moment timestamptz) returns date language sql as 'select moment::date';
    create sequence analytics.numbers;
    grant usage on schema analytics to neighbour_reader;
    grant select on all tables in schema analytics to neighbour_reader;
    alter default privileges in schema analytics grant select on tables to neighbour_reader;
    alter schema analytics_staging owner to neighbour_writer;
    create table public.accounts (user_id text constraint accounts_pkey primary key);
    create view public.active_accounts as select * from public.accounts;
    create function public.business_day(moment timestamptz) returns date language sql as 'select moment::date';
    create type public.mood as enum ('good', 'bad');
"""
# Where the load would put its own; and what the error names.
IN_THE_WAY = {
    "ops": (
        "create schema ops create table pipeline_runs (run_id bigint) create table migrations (name text);",
        "schema ops",
    ),
    "metrics": ("create schema metrics create view anomalies as select 1 as kind;", "schema metrics"),
    "ops of a dbt project": (
        "create schema ops create table migrations (migration text);"
        " insert into ops.migrations values ('20240101_first'); alter schema ops owner to neighbour_writer;",
        "schema ops",
    ),
    "public.users": (
        "create table public.users (id bigint primary key);",
        "index public.users_pkey, table public.users",
    ),
    "a view, a type, a sequence and an index": (
        "create view public.events as select 1 as id; create type public.sessions as enum ('a');"
        " create sequence public.documents; create table public.mail (user_id text);"
        " create index events_session_id_idx on public.mail (user_id);",
        "index public.events_session_id_idx, sequence public.documents, type public.sessions, view public.events",
    ),
}


@pytest.fixture(scope="module")
def crowded_server(server: str) -> Iterator[str]:
    """A server with roles of others."""
    superuser = as_login(server, "postgres")
    run_on_server(superuser, "create role neighbour_reader nologin")
    run_on_server(superuser, "create role neighbour_writer nologin")
    yield server
    run_on_server(superuser, "drop role neighbour_reader, neighbour_writer")


def execute_as_superuser(url: str, statements: str) -> None:
    with closing(psycopg2.connect(as_login(url, "postgres"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statements)


def dump(url: str, *options: str) -> list[str]:
    """What pg_dump says of the database and pg_dumpall of the roles, but for what our own roles may do."""
    superuser = as_login(url, "postgres")
    environment = {**os.environ, "PGPASSFILE": parse_qs(urlsplit(url).query)["passfile"][0]}
    commands = [
        [find_programs() / "pg_dump", "--restrict-key=x", *options, superuser],
        [
            find_programs() / "pg_dumpall",
            "--restrict-key=x",
            "--roles-only",
            "--no-role-passwords",
            "--dbname",
            superuser,
        ],
    ]
    texts = [
        subprocess.run(each, env=environment, check=True, capture_output=True, text=True).stdout for each in commands
    ]
    return "".join(texts).splitlines()


def dump_others(url: str) -> list[str]:
    """What is in the database without what our SQL files make and our roles may do."""
    ours = [f"--exclude-table={each.schema}.{each.name}" for each in list_own_objects() if each.schema == "public"]
    statements = dump(url, "--exclude-schema=ops", "--exclude-schema=metrics", *ours)
    our_roles = ("document_events_owner", "document_events_loader", "document_events_analyst")
    return [
        line
        for line in statements
        if line and not line.startswith("--") and not any(role in line for role in our_roles)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events").mkdir()
    write(tmp_path, "first", *[record_json(event_id=f"e{number}", user_id="ann") for number in range(4)])
    return tmp_path


def write(folder: Path, name: str, *records: str) -> None:
    (folder / "events" / f"{name}.jsonl").write_text("".join(f"{record}\n" for record in records))


def arguments(job: Any, folder: Path, *options: str) -> Namespace:
    where = ["--input", str(folder / "events")] if job is pipeline else []
    parser = job.arg_parser()
    args: Namespace = parser.parse_args([*where, "--data", str(folder / "data"), *options])
    return args


def run(job: Any, url: str, folder: Path, *options: str) -> str:
    text: str = job.run(arguments(job, folder, *options), url)
    return text


def test_neighbours_stay_as_they_are(
    crowded_server: str, spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_database(crowded_server) as url:
        execute_as_superuser(url, NEIGHBOURS)
        before = dump_others(url)
        run(pipeline, url, folder, "--plan")
        assert dump_others(url) == before
        assert "published                    4" in run(pipeline, url, folder)
        write(folder, "second", record_json(event_id="e9", user_id="bob"), '{"event_id": "broken"}')
        run(pipeline, url, folder)
        run(pipeline, url, folder, "--full-refresh")
        run(replay, url, folder)
        monkeypatch.setenv("ERASE_USER", "bob")
        run(erase, url, folder)
        run(erase, url, folder, "--confirm")
        write(folder, "bad", *['{"event_id": "broken"}'] * 200)
        with pytest.raises(QualityError):
            run(pipeline, url, folder)
        assert dump_others(url) == before


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_things_of_others_in_the_way_are_named_and_stay(
    name: str, crowded_server: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements, named = IN_THE_WAY[name]
    monkeypatch.setenv("ERASE_USER", "bob")
    with empty_database(crowded_server) as url:
        execute_as_superuser(url, statements)
        before = dump(url)
        for job, *options in ((pipeline,), (pipeline, "--full-refresh"), (pipeline, "--plan")):
            with pytest.raises(UsageError) as rejected:
                run(job, url, folder, *options)
            assert f"holds things of others where the load would put its own ({named}); nothing was changed" in str(
                rejected.value
            )
            assert "`create database document_events`" in str(rejected.value)
            assert "\n" not in str(rejected.value)
        for job in (replay, erase):
            with pytest.raises(UsageError, match="nothing has been loaded yet"):
                run(job, url, folder)
        assert dump(url) == before


def test_an_ordinary_login_is_refused_as_well(crowded_server: str, folder: Path) -> None:
    with database_of(crowded_server, "tenant") as url:
        execute_as_superuser(url, IN_THE_WAY["ops"][0])
        with pytest.raises(UsageError, match=r"\(schema ops\)"):
            run(pipeline, url, folder)


def test_a_table_that_appears_during_the_first_load_is_named_and_stays(database_url: str, database: Any) -> None:
    prepare(database_url)
    with database, database.cursor() as cursor:
        cursor.execute("create table public.documents (number bigint); insert into public.documents values (7)")
    with pytest.raises(UsageError, match=r"\(table public\.documents\)"):
        load_one_event(database_url, 1)
    with database, database.cursor() as cursor:
        cursor.execute("select number from public.documents")
        assert cursor.fetchall() == [(7,)]


def test_things_of_others_in_our_own_schemas_keep_owner_and_rights(server: str) -> None:
    with empty_database(server) as url:
        load_one_event(url, 1)
        execute_as_superuser(
            url, "create table ops.notes (note text); create view metrics.extra as select 1 as number;"
        )
        of_others = ("--table=ops.notes", "--table=metrics.extra")
        before = dump(url, *of_others)
        execute_as_superuser(
            url, "revoke create on database " + urlsplit(url).path.strip("/") + " from document_events_loader"
        )
        load_one_event(url, 2, "full_refresh")  # hands over again
        load_one_event(url, 3, "full_refresh")
        assert dump(url, *of_others) == before


def list_schemas(url: str) -> list[str]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("select nspname from pg_namespace where nspname like '%staging%' order by 1")
        return [name for (name,) in cursor.fetchall()]


def test_what_dead_runs_and_plans_left_is_dropped_under_its_new_and_its_old_name(server: str) -> None:
    settings = read_settings(ROOT / "conf" / "pipeline.yml")
    with empty_database(server) as url:
        prepare(url)
        with closing(connect(url)) as connection:
            dead = start_run(connection, "load", settings)
            start_run(connection, "load", settings, is_plan=True)
        assert len(list_schemas(url)) == 2
        old = f"staging_{dead.run_id}"
        run_on_server(url, f"create schema {old} create table intact (is_intact boolean)")
        load_one_event(url, 1)
        assert list_schemas(url) == []


def test_a_dead_run_s_schema_that_others_use_stays(server: str, caplog: pytest.LogCaptureFixture) -> None:
    settings = read_settings(ROOT / "conf" / "pipeline.yml")
    with empty_database(server) as url:
        prepare(url)
        with closing(connect(url)) as connection:
            dead = start_run(connection, "load", settings)
        execute_as_superuser(url, f"create view public.peek as select user_id from {dead.staging}.users")
        load_one_event(url, 1)
        assert list_schemas(url) == [dead.staging]
        assert f"the staging schema {dead.staging} is no longer needed, but others use it" in caplog.text
        execute_as_superuser(url, "drop view public.peek")
        load_one_event(url, 2, "full_refresh")
        assert list_schemas(url) == []


def test_two_first_loads_on_one_server_make_the_roles_without_a_race() -> None:
    with TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as folder:
        url = embedded_postgres.start(Path(folder))
        try:
            superuser = as_login(url, "postgres")
            for role in ("owner", "loader", "analyst"):
                run_on_server(superuser, f"drop role document_events_{role}")
            errors: list[BaseException] = []

            def load() -> None:
                try:
                    prepare(superuser)
                except BaseException as error:
                    errors.append(error)

            with closing(psycopg2.connect(superuser)) as other, other.cursor() as cursor:
                cursor.execute((ROOT / "sql" / "ddl" / "030_roles.sql").read_text())
                thread = threading.Thread(target=load)
                thread.start()
                thread.join(2)
                assert thread.is_alive()  # waits for the other first load, which has made the roles
                other.commit()
            thread.join(60)
            assert errors == []
        finally:
            embedded_postgres.stop(Path(folder))
