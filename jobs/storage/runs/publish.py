"""Publishes the staged rows of a run in one transaction. Readers see the state before it or the state after it."""

import logging
import time
from contextlib import closing
from dataclasses import astuple

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.storage.database.indexes import make_indexes
from jobs.storage.database.own_objects import require_no_strangers
from jobs.storage.database.postgres import PUBLISH_NAME, SQL, connect, execute_files, fetch_one, find_sql, read_sql
from jobs.storage.database.views import make_views
from jobs.storage.errors import (
    DatabaseUnavailableError,
    LostLockError,
    LostRowsError,
    QualityError,
    describe,
)
from jobs.storage.process.known_errors import may_pass
from jobs.storage.runs.account import NO_NOTES, FileCounts, Published, Restatement, RunNotes
from jobs.storage.runs.checks import FailedChecksError, check_run, enter_results, run_tables_parts
from jobs.storage.runs.held_back import enter_held_back
from jobs.storage.runs.ledger import count_missing_records, count_open_lines
from jobs.storage.runs.mapping_clues import count_shared_ids, read_new_event_types
from jobs.storage.runs.mappings import enter_unmapped_fields, read_new_names
from jobs.storage.runs.run import Run, drop_staging_schema
from schemas.tables import KEYED, PUBLISHED

logger = logging.getLogger(__name__)

_TRANSACTION_SETTINGS = {
    "maintenance_work_mem": "256MB",
    "work_mem": "64MB",
    # A hash table that several processes share is in /dev/shm, and a container has 64 MB of that by default. A query
    # that needs more ends with "could not resize shared memory segment". Turned off, a publish of 400,000 events took
    # 0.3 s more than 10 s (2026-11-26). Servers with `dynamic_shared_memory_type = mmap` do not need this setting.
    "enable_parallel_hash": "off",
    # A reader may keep a lock forever. Then this try must fail instead of waiting, and the next one may succeed.
    "lock_timeout": "60s",
}
_TOTALS = (
    "records",
    "blank",
    "ignored",
    "quarantined",
    "accepted",
    "exact_duplicates",
    "superseded",
    "published",
    "replaced",
)

# After an error that may pass, publishing waits for these seconds before each new try.
_RETRY_SECONDS = (1, 2, 4, 8, 15)


def publish_with_retries(database_url: str, run: Run, files: list[FileCounts], notes: RunNotes = NO_NOTES) -> Published:
    """Publish the run on a connection of its own, and try again after an error that may pass.

    The answer to a commit may be lost. Then the next try finds in the ledger whether the commit was done. Raises
    DatabaseUnavailableError if the database does not come back or has lost the staged rows.
    """
    lost: Exception | None = None
    for seconds in (*_RETRY_SECONDS, 0):
        try:
            if not run.merges:
                make_indexes(database_url, run.sql_parts)
            with closing(connect(database_url, PUBLISH_NAME)) as connection:
                return publish(connection, run, files, notes)
        except (psycopg2.Error, DatabaseUnavailableError) as error:
            if not may_pass(error):
                raise
            lost = error
            logger.warning("publishing failed, the next try is in %s s: %s", seconds, describe(error))
            time.sleep(seconds)
    raise _make_lost_database_error(lost) from lost


def publish(connection: Connection, run: Run, files: list[FileCounts], notes: RunNotes = NO_NOTES) -> Published:
    """Publish the run and commit.

    Raises QualityError, and changes nothing, if two rows have the same key, if the sums of a file do not close, or if a
    check finds an error. What the checks found is entered in the ledger even then.
    """
    try:
        with connection, connection.cursor() as cursor:
            return publish_in_transaction(cursor, run, files, notes)
    except FailedChecksError as error:
        with connection, connection.cursor() as cursor:
            enter_results(cursor, run, error.results)
        raise


def publish_in_transaction(cursor: Cursor, run: Run, files: list[FileCounts], notes: RunNotes = NO_NOTES) -> Published:
    """Publish the run in the caller's transaction.

    It compares the sums, moves the tables in or merges them, enters the run in the ledger and checks it.
    """
    for name, value in _TRANSACTION_SETTINGS.items():
        cursor.execute(sql.SQL("set local {} = %s").format(sql.Identifier(name)), (value,))
    if _is_published(cursor, run):
        restatements, new_fields = _read_restatements(cursor, run), read_new_names(cursor, run)
        return Published(_read_totals(cursor, run), {}, restatements=restatements, new_fields=new_fields)
    _reject_lost_rows(cursor, run)
    _add_primary_keys(cursor, run)
    execute_files(cursor, "publish/010_*.sql", run.sql_parts)
    counts = sql.SQL("insert into {}.file_counts values %s").format(sql.Identifier(run.staging))
    execute_values(cursor, counts, [astuple(file) for file in files])
    execute_files(cursor, "publish/02*.sql", run.sql_parts)
    _reject_open_sums(cursor, run)
    execute_files(cursor, "publish/04*.sql", run.sql_parts)
    enter_held_back(cursor, run, notes.held_back)
    new_fields = enter_unmapped_fields(cursor, run, notes.found_names)
    execute_files(cursor, "publish/05*.sql", run.sql_parts)
    shared_ids = count_shared_ids(cursor, run)
    changes = _merge(cursor, run) if run.merges else _move_in(cursor, run)
    new_event_types = read_new_event_types(cursor, run)
    execute_files(cursor, "publish/09*.sql", {**run.sql_parts, **run_tables_parts(run)})
    checks = check_run(cursor, run)
    enter_results(cursor, run, checks)
    cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(run.staging, "affected_sessions")))
    sessions_recut = int(str(fetch_one(cursor)[0]))
    drop_staging_schema(cursor, run.staging)
    if not (run.is_plan and run.merges):  # a plan has no use for new views, and readers would wait for them
        make_views(cursor, run.settings)
    return Published(
        _read_totals(cursor, run),
        changes,
        sessions_recut,
        _read_restatements(cursor, run),
        checks,
        missing_records=count_missing_records(cursor),
        open_lines=count_open_lines(cursor),
        shared_ids=shared_ids,
        new_event_types=new_event_types,
        new_fields=new_fields,
    )


def _make_lost_database_error(error: Exception | None) -> DatabaseUnavailableError:
    reason = describe(error) if error else "no reason given"
    return DatabaseUnavailableError(f"the database failed while publishing ({reason}); run again when it works")


def _is_published(cursor: Cursor, run: Run) -> bool:
    """Return whether an earlier try was committed. This waits for a try that is still running.

    Raises LostLockError if the run has lost its lock. Then another run has declared it dead, and it must not publish.
    """
    cursor.execute("select status from ops.pipeline_runs where run_id = %s for update", (run.run_id,))
    status = fetch_one(cursor)[0]
    if status == "failed":
        raise LostLockError(
            f"run {run.run_id} lost its lock, and another run has started since; nothing was published, run again"
        )
    return status == "succeeded"


def _reject_lost_rows(cursor: Cursor, run: Run) -> None:
    """Raise LostRowsError if the server has crashed since the run began.

    A crash empties the run's unlogged tables. The sums of its files would not always show that.
    """
    cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(run.staging, "intact")))
    if fetch_one(cursor) != (1,):
        raise LostRowsError(
            f"the database crashed while run {run.run_id} was staging, and its staged rows are lost; nothing was"
            " published, run again"
        )


def _add_primary_keys(cursor: Cursor, run: Run) -> None:
    """Add the primary keys of the staged tables.

    Spark may run a task twice, so that its rows are staged twice. This is rare, and a search for such rows would cost
    every run. So we search for them only if a key is violated.
    """
    cursor.execute("savepoint keyless")
    try:
        execute_files(cursor, "ddl/1[12]*.sql", run.sql_parts)
    except errors.UniqueViolation as violation:
        cursor.execute("rollback to savepoint keyless")
        logger.warning("Spark has staged some rows twice; one of each is kept: %s", describe(violation))
        for table in KEYED:
            repeated = SQL / "publish" / "005_drop_repeated_rows.sql"
            cursor.execute(read_sql(repeated, {**run.sql_parts, "table": sql.Identifier(table)}))
        try:
            execute_files(cursor, "ddl/1[12]*.sql", run.sql_parts)
        except errors.UniqueViolation as second:
            raise QualityError(
                f"different rows have the same key ({describe(second)}); nothing was published. Run again, and report"
                " it if it happens again"
            ) from second


def _reject_open_sums(cursor: Cursor, run: Run) -> None:
    for path in find_sql("publish/03*.sql"):
        cursor.execute(read_sql(path, run.sql_parts))
        names = [column.name for column in cursor.description or ()]
        broken = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        for numbers in broken:
            logger.error("the sums of a file do not close: %s", numbers)
        if broken:
            raise QualityError(
                f"the sums of {len(broken)} of the files do not close, first {broken[0]}; nothing was published."
                " Run again, and report it if it happens again"
            )


def _move_in(cursor: Cursor, run: Run) -> dict[str, dict[str, int]]:
    """Publish a first load: the staged tables, with their keys, become the published ones."""
    execute_files(cursor, "ddl/1[3-5]*.sql", run.sql_parts)
    require_no_strangers(cursor)  # somebody may have made a table with our name since the run began
    execute_files(cursor, "publish/06*.sql", run.sql_parts)
    changes = {}
    for table in PUBLISHED:
        identifier = sql.Identifier("public", table)
        cursor.execute(sql.SQL("analyze {}").format(identifier))
        cursor.execute(sql.SQL("select count(*) from {}").format(identifier))
        changes[table] = {"added": int(str(fetch_one(cursor)[0]))}
    return changes


def _merge(cursor: Cursor, run: Run) -> dict[str, dict[str, int]]:
    """Publish a later load: the staged rows are merged into the published tables."""
    tables = sql.SQL(", ").join(sql.Identifier(run.staging, table) for table in KEYED)
    cursor.execute(sql.SQL("analyze {}").format(tables))
    changes: dict[str, dict[str, int]] = {table: {} for table in PUBLISHED}
    past = {"add": "added", "change": "changed", "remove": "removed"}
    for path in find_sql("merge/[12]??_*.sql"):
        cursor.execute(read_sql(path, run.sql_parts))
        _, verb, table = path.stem.split("_", 2)
        if verb in past:
            changes[table][past[verb]] = cursor.rowcount
    return changes


def _read_restatements(cursor: Cursor, run: Run) -> list[Restatement]:
    cursor.execute(
        "select metric, activity_date, old_value, new_value, cause from ops.metric_restatements"
        ' where run_id = %s order by activity_date, metric collate "C"',
        (run.run_id,),
    )
    return [Restatement(*row) for row in cursor.fetchall()]


def _read_totals(cursor: Cursor, run: Run) -> dict[str, int]:
    names = sql.SQL(", ").join(map(sql.Identifier, _TOTALS))
    cursor.execute(sql.SQL("select {} from ops.pipeline_runs where run_id = %s").format(names), (run.run_id,))
    return {name: int(str(value)) for name, value in zip(_TOTALS, fetch_one(cursor), strict=True)}
