"""Rights of roles: a table of statements, logins that may not create roles, and rights that outlive every run."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import errors

from jobs.storage.database.postgres import connect
from jobs.storage.database.roles import are_in_force
from jobs.storage.errors import UsageError
from tests.conftest import empty_database, run_on_server
from tests.storage.conftest import load_one_event, prepare
from tests.storage.test_publish import column, stage_one_event

OWNER, LOADER, ANALYST = "document_events_owner", "document_events_loader", "document_events_analyst"
NOBODY: tuple[str, ...] = ()

# statement -> the roles that may execute it
RIGHTS: dict[str, tuple[str, ...]] = {
    "select * from public.events": (OWNER, LOADER, ANALYST),
    "select * from public.event_details": (OWNER, LOADER, ANALYST),
    "select * from metrics.anomalies": (OWNER, LOADER, ANALYST),
    "select * from metrics.daily_active_users_as_of('2025-06-02')": (OWNER, LOADER, ANALYST),
    "select * from ops.pipeline_runs": (OWNER, LOADER),
    "select * from ops.quarantined_records": (OWNER, LOADER),
    "select * from ops.health": (OWNER, LOADER),
    "select * from {staging}.events": (OWNER, LOADER),
    "insert into public.users values ('eve', null, null, now(), now())": (OWNER, LOADER),
    "update public.events set comment_text = ''": (OWNER, LOADER),
    "delete from public.events": (OWNER, LOADER),
    "truncate public.share_recipients": (OWNER, LOADER),
    "alter table public.events drop constraint events_record_number_positive": (OWNER, LOADER),
    "create table public.mine (number bigint)": (OWNER, LOADER),
    "create schema document_events_staging_1": (OWNER, LOADER),
    "insert into ops.quarantined_records values (1, 9, '{{x}}', '{{}}', null, {run_id}, null)": (OWNER, LOADER),
    "update ops.pipeline_runs set error = null": (OWNER, LOADER),
    "delete from ops.superseded_records": (OWNER, LOADER),
    "truncate ops.check_results": (OWNER,),
    "update ops.migrations set checksum = ''": (OWNER,),
    "delete from ops.migrations": (OWNER,),
    "alter table ops.pipeline_runs add note text": (OWNER,),
    "drop table ops.check_results": (OWNER,),
    "create table ops.mine (number bigint)": (OWNER,),
    "create view metrics.mine as select 1": (OWNER,),
    "drop view metrics.top_edited_documents": (OWNER,),
    "drop view public.event_details": (OWNER,),
    "grant document_events_owner to document_events_analyst": NOBODY,
    "create role mallory": NOBODY,
    "select pg_read_file('/etc/hostname')": NOBODY,
    "copy public.users to program 'cat'": NOBODY,
}


def as_login(url: str, login: str) -> str:
    """Returns the URL for another login: one of the passfile, or one with its password after a colon."""
    split = urlsplit(url)
    return urlunsplit(split._replace(netloc=f"{login}@{split.netloc.rpartition('@')[2]}"))


def may(cursor: Any, role: str, statement: str) -> bool:
    """Whether the role may execute the statement, which is rolled back."""
    cursor.execute("begin")
    cursor.execute(f"set local role {role}")
    try:
        cursor.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    finally:
        cursor.execute("rollback")
    return True


@pytest.fixture(scope="module")
def site(server: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """(cursor of the superuser, names) in a database with one published event and one event in staging."""
    with empty_database(server) as url:
        load_one_event(url, 1)
        with closing(connect(url)) as connection:
            run, _ = stage_one_event(connection, 2)
        with closing(psycopg2.connect(as_login(url, "postgres"))) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            yield cursor, {"staging": run.staging, "run_id": run.run_id}


@pytest.mark.parametrize("statement", RIGHTS)
def test_table_of_rights(site: tuple[Any, dict[str, Any]], statement: str) -> None:
    cursor, names = site
    allowed = [role for role in (OWNER, LOADER, ANALYST) if may(cursor, role, statement.format(**names))]
    assert allowed == list(RIGHTS[statement])


def test_the_analyst_reads_everything_published_and_nothing_else(site: tuple[Any, dict[str, Any]]) -> None:
    cursor, _ = site
    cursor.execute(
        "select nspname, relname from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid"
        r" where relkind in ('r', 'v') and nspname !~ '^(pg_|information_schema)'"
    )
    relations = cursor.fetchall()
    readable = {schema for schema, name in relations if may(cursor, ANALYST, f"select from {schema}.{name} limit 1")}
    closed = {schema for schema, name in relations if not may(cursor, ANALYST, f"select from {schema}.{name} limit 1")}
    assert readable == {"public", "metrics"}
    assert {schema.rstrip("0123456789") for schema in closed} == {"ops", "document_events_staging_"}


def test_the_login_of_the_embedded_server_for_reading_can_only_read(server: str) -> None:
    with empty_database(server) as url:
        load_one_event(url, 1)
        with closing(psycopg2.connect(as_login(url, "analyst"))) as connection:
            assert column(connection, "select event_id from public.event_details") == ["e1"]
            with pytest.raises(errors.InsufficientPrivilege):
                column(connection, "select 1 from ops.pipeline_runs")
        with pytest.raises(UsageError, match="analyst may not load: `grant document_events_owner to analyst`"):
            prepare(as_login(url, "analyst"))


def read_as_analyst(url: str) -> int:
    """Reads all metrics as the analyst. Returns how many events the analyst sees."""
    with closing(psycopg2.connect(as_login(url, "analyst"))) as connection:
        for name in column(connection, "select viewname from pg_views where schemaname = 'metrics'"):
            column(connection, f"select 1 from metrics.{name}")
        return len(column(connection, "select 1 from public.event_details"))


def test_rights_outlive_a_full_refresh_and_rebuilt_views(server: str, sql_folder: Path) -> None:
    with empty_database(server) as url:
        load_one_event(url, 1)
        assert read_as_analyst(url) == 1
        with closing(psycopg2.connect(url)) as connection:
            column(connection, "drop view metrics.anomalies; drop view public.event_details; select 1")
        view = sql_folder / "metrics" / "099_anomalies.sql"
        view.write_text(view.read_text() + "-- changed\n")
        load_one_event(url, 2, "full_refresh")
        assert read_as_analyst(url) == 1


def test_an_older_database_is_handed_over_and_stays_readable_through_a_merge(old_url: str) -> None:
    load_one_event(old_url, 20)
    assert read_as_analyst(old_url) == 4
    with closing(psycopg2.connect(old_url)) as connection:
        owners = column(
            connection,
            "select distinct nspname || ' ' || relowner::regrole from pg_class"
            " inner join pg_namespace on relnamespace = pg_namespace.oid"
            " where nspname in ('public', 'ops', 'metrics') and relkind in ('r', 'v', 'S') order by 1",
        )
    assert owners == [f"metrics {OWNER}", f"ops {OWNER}", f"public {LOADER}", f"public {OWNER}"]


@contextmanager
def database_of(server: str, login: str, options: str = "") -> Iterator[str]:
    """The URL of an empty database that a new login owns."""
    superuser = as_login(server, "postgres")
    run_on_server(superuser, f"create role {login} login password 'secret' {options}")
    run_on_server(superuser, f"create database {login} owner {login}")
    yield as_login(urlunsplit(urlsplit(server)._replace(path=f"/{login}")), f"{login}:secret")
    run_on_server(superuser, f"drop database {login}")
    run_on_server(superuser, f"drop role {login}")


def test_a_login_that_may_not_create_roles_loads_with_a_warning(server: str, caplog: pytest.LogCaptureFixture) -> None:
    with database_of(server, "ordinary") as url:
        load_one_event(url, 1)
        assert "all tables belong to ordinary, which may not set up the roles of this project (Ins" in caplog.text
        with closing(psycopg2.connect(url)) as connection:
            assert column(connection, "select distinct tableowner from pg_tables where schemaname = 'public'") == [
                "ordinary"
            ]
        run_on_server(as_login(server, "postgres"), f"grant {OWNER} to ordinary")
        load_one_event(url, 2, "full_refresh")
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            assert are_in_force(cursor)
        assert read_as_analyst(url) == 1


def test_a_login_that_is_a_loader_only_loads_but_changes_no_view(server: str, sql_folder: Path) -> None:
    with empty_database(server) as url:
        load_one_event(url, 1)
        run_on_server(as_login(server, "postgres"), "create role hand login password 'secret'")
        run_on_server(as_login(server, "postgres"), f"grant {LOADER} to hand")
        load_one_event(as_login(url, "hand:secret"), 2, "full_refresh")
        view = sql_folder / "metrics" / "099_anomalies.sql"
        view.write_text(view.read_text() + "-- changed\n")
        with pytest.raises(UsageError, match=f"hand is not a member of {OWNER}: let one who is run this once"):
            load_one_event(as_login(url, "hand:secret"), 3, "full_refresh")
    run_on_server(as_login(server, "postgres"), "drop role hand")


def test_a_copy_that_lost_the_rights_on_the_database_gets_them_back(server: str) -> None:
    with empty_database(server) as url:
        load_one_event(url, 1)
        with closing(psycopg2.connect(url)) as connection:
            name = connection.info.dbname
            column(connection, f"revoke create on database {name} from {OWNER}, {LOADER}; select 1")
            may_create = f"select has_database_privilege('{LOADER}', current_database(), 'create')"
            connection.commit()
            assert column(connection, may_create) == [False]
        load_one_event(url, 2, "full_refresh")
        assert read_as_analyst(url) == 1
