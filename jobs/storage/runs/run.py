"""Starts a run, and enters it as failed when something goes wrong."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from jobs.records.identity import IDENTITY_VERSION
from jobs.storage.config.settings import Settings
from jobs.storage.database.columns import COLUMN_PARTS
from jobs.storage.database.own_objects import are_tables_published, find_objects_of_schema_owner
from jobs.storage.database.postgres import PUBLISH_NAME, STAGING_NAME, SqlParts, connect, execute_files, fetch_one
from jobs.storage.errors import PipelineError, UsageError, describe
from jobs.storage.process.known_errors import explain
from jobs.storage.process.signals import undisturbed

logger = logging.getLogger(__name__)

# A plan has no row in ops.pipeline_runs. So the comment on its staging schema tells the next run whose it is.
_PLAN_MARK = "Staging tables of a plan of document-events; the next run drops them."

# `load` reads what is new in files, `full_refresh` reads all files again, `remap` those whose mapping has changed.
# `replay` reads quarantined records of earlier runs. `erase` loads the records of a person again, without the person.
RunKind = Literal["load", "full_refresh", "remap", "replay", "erase"]


@dataclass(frozen=True)
class Run:
    """One run. Its id is the time of its start in digits, but always larger than the ids of earlier runs.

    `merges` is false for the first load, whose staged tables become the published ones. A plan does everything that a
    run does, except for the commit.
    """

    run_id: int
    started_at: datetime
    kind: RunKind
    merges: bool
    settings: Settings
    is_plan: bool = False

    @property
    def staging(self) -> str:
        """The schema of this run's staging tables."""
        return f"document_events_staging_{self.run_id}"

    @property
    def sql_parts(self) -> SqlParts:
        """The values for names in braces in SQL files: {staging}, {run_id}, the lists of columns and the settings."""
        return {
            "staging": sql.Identifier(self.staging),
            "run_id": sql.Literal(self.run_id),
            **COLUMN_PARTS,
            **self.settings.sql_parts,
        }


@contextmanager
def entered_run(database_url: str, kind: RunKind, settings: Settings, is_plan: bool) -> Iterator[Run]:
    """Start a run. If anything goes wrong in the block, it is entered as failed. The caller must hold the run lock."""
    with closing(connect(database_url)) as connection:
        run = start_run(connection, kind, settings, is_plan)
    try:
        yield run
    except BaseException as error:
        # If the failure can't be entered now, the next run finds this one dead and cleans up.
        with undisturbed(), suppress(psycopg2.Error, PipelineError), closing(connect(database_url)) as connection:
            fail_run(connection, run, describe(explain(error)))
        raise


def start_run(connection: Connection, kind: RunKind, settings: Settings, is_plan: bool = False) -> Run:
    """Clean up after dead runs, enter this run as running, and make its staging tables. A plan only does the last.

    The caller must hold the run lock. So any other run that is entered as running is dead. Raises UsageError if the
    published sessions were cut by another gap.
    """
    started_at = datetime.now(UTC)
    if not is_plan:
        with connection, connection.cursor() as cursor:
            # The role that we act as may not end connections or drop what another login made. The login itself may.
            cursor.execute("set local role none")
            _end_connections(cursor)
            _sweep_dead_runs(cursor)
    with connection, connection.cursor() as cursor:
        merges = are_tables_published(cursor)
        if merges and kind != "full_refresh":
            _reject_other_gap(cursor, _gap_minutes(settings))
        run = Run(_choose_run_id(cursor, started_at), started_at, kind, merges, settings, is_plan)
        if not is_plan:
            enter_run(cursor, run, settings)
        _make_staging(cursor, run)
    return run


def find_other_identity(cursor: Cursor) -> int | None:
    """Return the identity version of the latest successful run. None if it is that of this code, or there is no run."""
    cursor.execute(
        "select identity_version from ops.pipeline_runs where status = 'succeeded' order by run_id desc limit 1"
    )
    return next((version for (version,) in cursor.fetchall() if version != IDENTITY_VERSION), None)


def enter_run(cursor: Cursor, run: Run, settings: Settings) -> None:
    """Enter the run as running."""
    cursor.execute(
        "insert into ops.pipeline_runs"
        " (run_id, started_at, status, kind, session_gap_minutes, code_version, configuration_version,"
        " identity_version) values (%s, %s, 'running', %s, %s, %s, %s, %s)",
        (
            run.run_id,
            run.started_at,
            run.kind,
            _gap_minutes(settings),
            version("document-events"),
            settings.version,
            IDENTITY_VERSION,
        ),
    )


def fail_run(connection: Connection, run: Run, error: str) -> None:
    """Enter why the run failed, and drop its staging tables."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "update ops.pipeline_runs set status = 'failed', finished_at = now(), error = %s"
            " where run_id = %s and status = 'running'",
            (error, run.run_id),
        )
        # Tasks of Spark may still write to the staging tables. Then we do not wait, and the next run drops them.
        cursor.execute("set lock_timeout = '300ms'")
    drop_staging(connection, run)


def drop_staging(connection: Connection, run: Run) -> None:
    """Drop the staging tables of the run, if they still exist."""
    with connection, connection.cursor() as cursor:
        drop_staging_schema(cursor, run.staging)


def drop_staging_schema(cursor: Cursor, schema: str) -> None:
    """Drop what a run has made in its staging schema, and the schema itself, if it exists.

    If others have put something into it, or use a table of it, it stays, and a warning says why.
    """
    cursor.execute("savepoint drop_staging")
    try:
        for kind, objects in find_objects_of_schema_owner(cursor, schema).items():
            if objects:
                cursor.execute(sql.SQL("drop {} {}").format(sql.SQL(kind), sql.SQL(", ").join(objects)))
        cursor.execute(sql.SQL("drop schema if exists {}").format(sql.Identifier(schema)))
    except (errors.DependentObjectsStillExist, errors.InsufficientPrivilege) as error:
        cursor.execute("rollback to savepoint drop_staging")
        logger.warning("the staging schema %s is no longer needed, but others use it: %s", schema, describe(error))


def _choose_run_id(cursor: Cursor, started_at: datetime) -> int:
    """Return the time in digits, to the millisecond, or the next number after the latest run if that is larger.

    A clock may be set back, but the latest run must always have the largest id. A plan before the first run finds no
    table of runs.
    """
    run_id = int(started_at.strftime("%Y%m%d%H%M%S%f")[:17])
    cursor.execute("select to_regclass('ops.pipeline_runs') is not null")
    if fetch_one(cursor)[0]:
        cursor.execute("select greatest(%s, max(run_id) + 1) from ops.pipeline_runs", (run_id,))
        run_id = int(str(fetch_one(cursor)[0]))
    return run_id


def _gap_minutes(settings: Settings) -> int:
    return int(settings.session_gap.total_seconds()) // 60


def _end_connections(cursor: Cursor) -> None:
    """End the connections of dead runs. If a machine fails, its connections can otherwise hold locks for hours."""
    cursor.execute(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
        " where datname = current_database() and usename = session_user and application_name = any(%s)",
        ([STAGING_NAME, PUBLISH_NAME],),
    )


def _sweep_dead_runs(cursor: Cursor) -> None:
    cursor.execute(
        "update ops.pipeline_runs set status = 'failed', error = 'found dead by the next run' where status = 'running'"
    )
    for schema in _find_dead_staging(cursor):
        drop_staging_schema(cursor, schema)


def _find_dead_staging(cursor: Cursor) -> list[str]:
    """Find the staging schemas of dead runs and plans.

    Earlier versions called these schemas staging_<run id>. Such a schema could be somebody else's. It is ours if it has
    the table `intact`.
    """
    cursor.execute(
        "select nspname from pg_namespace where nspname in"
        " (select 'document_events_staging_' || run_id from ops.pipeline_runs)"
        " or (nspname like %s and obj_description(oid, 'pg_namespace') = %s)"
        " or (nspname in (select 'staging_' || run_id from ops.pipeline_runs)"
        " and exists (select from pg_class where relnamespace = pg_namespace.oid and relname = 'intact'))"
        " order by nspname",
        (r"document\_events\_staging\_%", _PLAN_MARK),
    )
    return [schema for (schema,) in cursor.fetchall()]


def _reject_other_gap(cursor: Cursor, gap_minutes: int) -> None:
    cursor.execute(
        "select session_gap_minutes from ops.pipeline_runs where status = 'succeeded' order by run_id desc limit 1"
    )
    known = fetch_one(cursor)[0]
    if known != gap_minutes:
        raise UsageError(
            f"session_gap_minutes is {gap_minutes}, but the published sessions were cut by {known}: set it back,"
            " or cut them all again with FULL_REFRESH=1 (--full-refresh)"
        )


def _make_staging(cursor: Cursor, run: Run) -> None:
    cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(run.staging)))
    if run.is_plan:
        cursor.execute(sql.SQL("comment on schema {} is %s").format(sql.Identifier(run.staging)), (_PLAN_MARK,))
    execute_files(cursor, "ddl/100_*.sql", run.sql_parts)
    if run.merges:
        # A crash of the server ends the run anyway, so its staging tables need no log. Those of a first load stay, and
        # logging them from the start costs less than `set logged` afterwards.
        cursor.execute("select tablename from pg_tables where schemaname = %s", (run.staging,))
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("alter table {} set unlogged").format(sql.Identifier(run.staging, table)))
    cursor.execute(sql.SQL("insert into {} values (true)").format(sql.Identifier(run.staging, "intact")))
