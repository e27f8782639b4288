"""Runs: how one begins, what it may assume, and how it is entered as failed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from jobs.storage.errors import PipelineError, UsageError, describe
from jobs.storage.postgres import PUBLISH_NAME, STAGING_NAME, SqlParts, connect, execute_files, fetch_one
from jobs.storage.settings import Settings
from jobs.storage.signals import undisturbed
from jobs.storage.trouble import explain

# `load` takes new files, `full_refresh` all files again, `replay` quarantined records of earlier runs, `erase` what is
# known of a person.
RunKind = Literal["load", "full_refresh", "replay", "erase"]


@dataclass(frozen=True)
class Run:
    """One run: its id is the time it began, readable and in order; its staging schema bears the id.

    `merges` is false for the first load, whose staged tables become the published ones. A plan is a run that is
    carried out and not committed.
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
        return f"staging_{self.run_id}"

    @property
    def sql_parts(self) -> SqlParts:
        """What {staging}, {run_id} and the settings in braces stand for in SQL files."""
        return {
            "staging": sql.Identifier(self.staging),
            "run_id": sql.Literal(self.run_id),
            **self.settings.sql_parts,
        }


@contextmanager
def entered_run(database_url: str, kind: RunKind, settings: Settings, is_plan: bool) -> Iterator[Run]:
    """A run that is entered as failed whatever goes wrong in it; the run lock must be held."""
    with closing(connect(database_url)) as connection:
        run = start_run(connection, kind, settings, is_plan)
    try:
        yield run
    except BaseException as error:
        # What can't be entered now is swept by the next run.
        with undisturbed(), suppress(psycopg2.Error, PipelineError), closing(connect(database_url)) as connection:
            fail_run(connection, run, describe(explain(error)))
        raise


def start_run(connection: Connection, kind: RunKind, settings: Settings, is_plan: bool = False) -> Run:
    """Sweep what dead runs left, enter this one as running and make its staging tables; of a plan these only.

    The run lock must be held: whatever else says `running` is then dead. Raises UsageError where the published
    sessions were cut by another gap.
    """
    started_at = datetime.now(UTC)
    if not is_plan:
        with connection, connection.cursor() as cursor:
            _end_connections(cursor)
    with connection, connection.cursor() as cursor:
        if not is_plan:
            _sweep_dead_runs(cursor)
        merges = _has_tables(cursor)
        if merges and kind != "full_refresh":
            _refuse_other_gap(cursor, _gap_minutes(settings))
        run = Run(int(started_at.strftime("%Y%m%d%H%M%S%f")[:17]), started_at, kind, merges, settings, is_plan)
        if not is_plan:
            enter_run(cursor, run, settings)
        _make_staging(cursor, run)
    return run


def enter_run(cursor: Cursor, run: Run, settings: Settings) -> None:
    """Enter the run as running."""
    cursor.execute(
        "insert into ops.pipeline_runs"
        " (run_id, started_at, status, kind, session_gap_minutes, code_version, configuration_version)"
        " values (%s, %s, 'running', %s, %s, %s, %s)",
        (
            run.run_id,
            run.started_at,
            run.kind,
            _gap_minutes(settings),
            version("document-events"),
            settings.version,
        ),
    )


def has_tables(connection: Connection) -> bool:
    """Whether the first load has been done."""
    with connection, connection.cursor() as cursor:
        return _has_tables(cursor)


def fail_run(connection: Connection, run: Run, error: str) -> None:
    """Enter why the run failed and drop its staging tables."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "update ops.pipeline_runs set status = 'failed', finished_at = now(), error = %s"
            " where run_id = %s and status = 'running'",
            (error, run.run_id),
        )
        cursor.execute(
            "set lock_timeout = '300ms'"
        )  # tasks of Spark may still write there; then the next run sweeps it
    drop_staging(connection, run)


def drop_staging(connection: Connection, run: Run) -> None:
    """Drop the staging tables of the run, where they are still there."""
    with connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(run.staging)))


def _gap_minutes(settings: Settings) -> int:
    return int(settings.session_gap.total_seconds()) // 60


def _has_tables(cursor: Cursor) -> bool:
    cursor.execute("select to_regclass('public.events') is not null and to_regclass('ops.health') is not null")
    return bool(fetch_one(cursor)[0])


def _end_connections(cursor: Cursor) -> None:
    """End those of dead runs: a machine that vanished without a word leaves some that hold locks for hours."""
    cursor.execute("set local role none")  # the role that a login takes may not end connections of that login
    cursor.execute(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
        " where datname = current_database() and usename = session_user and application_name = any(%s)",
        ([STAGING_NAME, PUBLISH_NAME],),
    )


def _sweep_dead_runs(cursor: Cursor) -> None:
    cursor.execute(
        "update ops.pipeline_runs set status = 'failed', error = 'found dead by the next run' where status = 'running'"
    )
    cursor.execute(r"select nspname from pg_namespace where nspname like 'staging\_%'")
    for (schema,) in cursor.fetchall():
        cursor.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))


def _refuse_other_gap(cursor: Cursor, gap_minutes: int) -> None:
    cursor.execute(
        "select session_gap_minutes from ops.pipeline_runs where status = 'succeeded' order by run_id desc limit 1"
    )
    known = fetch_one(cursor)[0]
    if known != gap_minutes:
        raise UsageError(
            f"session_gap_minutes is {gap_minutes}, but the published sessions were cut by {known}: set it back,"
            " or cut them all anew with FULL_REFRESH=1 (--full-refresh)"
        )


def _make_staging(cursor: Cursor, run: Run) -> None:
    cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(run.staging)))
    execute_files(cursor, "ddl/100_*.sql", run.sql_parts)
    if run.merges:
        # Not worth a log: a crash of the server ends the run. A first load keeps its tables, and to have them logged
        # from the start costs less than `set logged` afterwards.
        cursor.execute("select tablename from pg_tables where schemaname = %s", (run.staging,))
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("alter table {} set unlogged").format(sql.Identifier(run.staging, table)))
    cursor.execute(sql.SQL("insert into {} values (true)").format(sql.Identifier(run.staging, "intact")))
