"""Staging -> published tables, in one transaction: readers see the state before or the state after."""

import hashlib
import logging
import time
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.storage.errors import DatabaseUnavailableError, QualityError, UsageError, describe
from jobs.storage.postgres import PUBLISH_NAME, SQL, connect, execute_files, fetch_one, find_sql, read_sql
from jobs.storage.runs import Run
from schemas.tables import KEYED

logger = logging.getLogger(__name__)

# A reader who keeps a lock for ever makes this try fail and pass by, not hang.
_TRANSACTION_SETTINGS = {"maintenance_work_mem": "256MB", "work_mem": "64MB", "lock_timeout": "60s"}
_TOTALS = ("records", "blank", "quarantined", "accepted", "exact_duplicates", "superseded", "published", "replaced")
_VIEWS = ("ddl/1[67]*.sql", "metrics/*.sql")

# What may go away by itself: connections lost or refused, a server that stops or starts, deadlocks, lock timeouts.
_PASSING_CLASSES = ("08",)
_PASSING_STATES = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03")
_RETRY_SECONDS = (1, 2, 4, 8, 15)


@dataclass(frozen=True)
class FileCounts:
    """One file of a run and what Spark counted in it; the columns of sql/publish/010_file_counts.sql."""

    run_id: int
    file_id: int
    file_path: str
    size_bytes: int
    modified_at: datetime
    format: str
    source: str
    mapping_hash: str
    records: int
    blank: int
    accepted: int
    exact_duplicates: int
    superseded: int
    original_file_id: int | None = None


@dataclass(frozen=True)
class Published:
    """What a run has done: its account of records, and rows added, changed and removed by table."""

    totals: dict[str, int]
    changes: dict[str, dict[str, int]]


def publish_surely(database_url: str, run: Run, files: list[FileCounts]) -> Published:
    """`publish` on a connection of its own, again after an error that may pass.

    When the answer to a commit is lost, the next try finds in the ledger whether it was done. Raises
    DatabaseUnavailableError when the database stays away or has lost the staged rows.
    """
    lost: Exception | None = None
    for seconds in (*_RETRY_SECONDS, 0):
        try:
            with closing(connect(database_url, PUBLISH_NAME)) as connection:
                return publish(connection, run, files)
        except (psycopg2.Error, DatabaseUnavailableError) as error:
            if not _may_pass(error):
                raise
            lost = error
            logger.warning("publishing again in %s s: %s", seconds, describe(error))
            time.sleep(seconds)
    raise _went_away(lost) from lost


def publish(connection: Connection, run: Run, files: list[FileCounts]) -> Published:
    """Reconcile, move the tables in or merge them, enter the run in the ledger, commit.

    Raises QualityError, and leaves everything as it was, when a key does not hold or the sums of a file do not close.
    """
    with connection, connection.cursor() as cursor:
        for name, value in _TRANSACTION_SETTINGS.items():
            cursor.execute(sql.SQL("set local {} = %s").format(sql.Identifier(name)), (value,))
        if _is_published(cursor, run):
            return Published(_read_totals(cursor, run), {})
        _refuse_lost_rows(cursor, run)
        _add_primary_keys(cursor, run)
        execute_files(cursor, "publish/010_*.sql", run.sql_parts)
        counts = sql.SQL("insert into {}.file_counts values %s").format(sql.Identifier(run.staging))
        execute_values(cursor, counts, [astuple(file) for file in files])
        execute_files(cursor, "publish/02*.sql", run.sql_parts)
        _refuse_open_sums(cursor, run)
        execute_files(cursor, "publish/04*.sql", run.sql_parts)
        execute_files(cursor, "publish/05*.sql", run.sql_parts)
        changes = _merge(cursor, run) if run.merges else _move_in(cursor, run)
        cursor.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(run.staging)))
        _make_views(cursor, run)
        execute_files(cursor, "publish/09*.sql", run.sql_parts)
        return Published(_read_totals(cursor, run), changes)


def _went_away(error: Exception | None) -> DatabaseUnavailableError:
    reason = describe(error) if error else "no reason given"
    return DatabaseUnavailableError(f"the database went away while publishing ({reason}); run again when it is back")


def _may_pass(error: Exception) -> bool:
    if isinstance(error, DatabaseUnavailableError):
        return not isinstance(error, LostLockError | LostRowsError)
    state = getattr(error, "pgcode", None)
    if state is None:  # no answer at all: the connection is gone
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return state in _PASSING_STATES or state[:2] in _PASSING_CLASSES


def _is_published(cursor: Cursor, run: Run) -> bool:
    """Whether a try before this one was committed after all; waits for one that is still under way.

    A run that lost its lock has been declared dead by the next one; it must not publish any more.
    """
    cursor.execute("select status from ops.pipeline_runs where run_id = %s for update", (run.run_id,))
    status = fetch_one(cursor)[0]
    if status == "failed":
        raise LostLockError(f"run {run.run_id} lost its lock and another run took over; run again")
    return status == "succeeded"


class LostLockError(DatabaseUnavailableError):
    """Another run has declared this one dead."""


class LostRowsError(DatabaseUnavailableError):
    """The server crashed while the run was staging."""


def _refuse_lost_rows(cursor: Cursor, run: Run) -> None:
    """A crash empties the unlogged tables of a run; the sums of its files would not always tell."""
    cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(run.staging, "intact")))
    if fetch_one(cursor) != (1,):
        raise LostRowsError(
            f"the database crashed while run {run.run_id} was staging, and its staged rows are lost; nothing was"
            " published, run again"
        )


def _add_primary_keys(cursor: Cursor, run: Run) -> None:
    """Add them, at first on trust: that a task has written twice is rare, and to look for it would cost every run."""
    cursor.execute("savepoint keyless")
    try:
        execute_files(cursor, "ddl/1[12]*.sql", run.sql_parts)
    except errors.UniqueViolation as violation:
        cursor.execute("rollback to savepoint keyless")
        logger.warning("rows were staged twice, one of each is kept: %s", describe(violation))
        for table in KEYED:
            repeated = SQL / "publish" / "005_drop_repeated_rows.sql"
            cursor.execute(read_sql(repeated, {**run.sql_parts, "table": sql.Identifier(table)}))
        try:
            execute_files(cursor, "ddl/1[12]*.sql", run.sql_parts)
        except errors.UniqueViolation as second:
            raise QualityError(
                f"different rows share a key ({describe(second)}); nothing was published, run again and report it"
            ) from second


def _refuse_open_sums(cursor: Cursor, run: Run) -> None:
    for path in find_sql("publish/03*.sql"):
        cursor.execute(read_sql(path, run.sql_parts))
        names = [column.name for column in cursor.description or ()]
        broken = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        for numbers in broken:
            logger.error("sums do not close: %s", numbers)
        if broken:
            raise QualityError(
                f"the sums of {len(broken)} of the files do not close, first {broken[0]}; nothing was published,"
                " run again and report it if it stays"
            )


def _move_in(cursor: Cursor, run: Run) -> dict[str, dict[str, int]]:
    """The first load: the staged tables, with their keys, become the published ones."""
    execute_files(cursor, "ddl/1[3-5]*.sql", run.sql_parts)
    try:
        execute_files(cursor, "publish/06*.sql", run.sql_parts)
    except errors.DuplicateTable as error:
        raise UsageError(
            f"the schema public has a table of that name that is not ours ({describe(error)});"
            " name another database in DATABASE_URL"
        ) from error
    cursor.execute("analyze public.users, public.documents, public.sessions, public.events")
    changes = {}
    for table in ("users", "documents", "sessions", "events"):
        cursor.execute(sql.SQL("select count(*) from public.{}").format(sql.Identifier(table)))
        changes[table] = {"added": int(str(fetch_one(cursor)[0]))}
    return changes


def _merge(cursor: Cursor, run: Run) -> dict[str, dict[str, int]]:
    """Every later load: the staged rows change, join or take the place of the published ones."""
    tables = sql.SQL(", ").join(sql.Identifier(run.staging, table) for table in KEYED)
    cursor.execute(sql.SQL("analyze {}").format(tables))
    changes: dict[str, dict[str, int]] = {table: {} for table in ("users", "documents", "sessions", "events")}
    past = {"add": "added", "change": "changed", "remove": "removed"}
    for path in find_sql("merge/[12]??_*.sql"):
        cursor.execute(read_sql(path, run.sql_parts))
        _, verb, table = path.stem.split("_", 2)
        if verb in past:
            changes[table][past[verb]] = cursor.rowcount
    return changes


def _make_views(cursor: Cursor, run: Run) -> None:
    """Make views and comments where their statements are not those that the last run made them by.

    The statements hold the settings that the metrics go by, so that a changed setting makes the views anew, too.

    To replace a view waits for its readers and lets new ones wait, so that it is not done for nothing.
    """
    views = [(path, read_sql(path, run.sql_parts).as_string(cursor)) for path in find_sql(*_VIEWS)]
    digest = hashlib.sha256("".join(statement for _, statement in views).encode()).hexdigest()[:12]
    cursor.execute(
        "select views_version from ops.pipeline_runs where status = 'succeeded' order by run_id desc limit 1"
    )
    if cursor.fetchone() != (digest,):
        for path, statement in views:
            _make_view(cursor, path, statement)
    cursor.execute("update ops.pipeline_runs set views_version = %s where run_id = %s", (digest, run.run_id))


def _make_view(cursor: Cursor, path: Path, statement: str) -> None:
    try:
        cursor.execute(statement)
    except errors.InvalidTableDefinition as error:
        raise UsageError(
            f"{path.name} has other columns than the view in the database ({describe(error)}): drop that view, and"
            " what was built on it, and run again"
        ) from error


def _read_totals(cursor: Cursor, run: Run) -> dict[str, int]:
    names = sql.SQL(", ").join(map(sql.Identifier, _TOTALS))
    cursor.execute(sql.SQL("select {} from ops.pipeline_runs where run_id = %s").format(names), (run.run_id,))
    return {name: int(str(value)) for name, value in zip(_TOTALS, fetch_one(cursor), strict=True)}
