"""Staging -> published tables, in one transaction: readers see the state before or the state after."""

import logging
from dataclasses import astuple, dataclass
from datetime import datetime

from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.storage.errors import PipelineError, QualityError, describe
from jobs.storage.ledger import Run
from jobs.storage.postgres import SQL, execute_files, fetch_one, read_sql
from schemas.tables import STAGED

logger = logging.getLogger(__name__)

_MAINTENANCE_MEMORY = "256MB"


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


def publish(connection: Connection, run: Run, files: list[FileCounts]) -> dict[str, int]:
    """Add the keys, reconcile, swap the tables in, enter the run in the ledger, commit; return the run's totals.

    Raises QualityError, and leaves everything as it was, when a key does not hold or the sums of a file do not close.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute("set local maintenance_work_mem = %s", (_MAINTENANCE_MEMORY,))
        _refuse_swept_run(cursor, run)
        _add_primary_keys(cursor, run)
        execute_files(cursor, "publish/010_*.sql", run.staging)
        counts = sql.SQL("insert into {}.file_counts values %s").format(sql.Identifier(run.staging))
        execute_values(cursor, counts, [astuple(file) for file in files])
        execute_files(cursor, "publish/020_*.sql", run.staging)
        _refuse_open_sums(cursor, run)
        execute_files(cursor, "publish/040_*.sql", run.staging)
        execute_files(cursor, "publish/050_*.sql", run.staging)
        execute_files(cursor, "ddl/1[3-5]*.sql", run.staging)
        execute_files(cursor, "publish/060_*.sql", run.staging)
        execute_files(cursor, "publish/070_*.sql")
        execute_files(cursor, "ddl/1[67]*.sql")
        execute_files(cursor, "metrics/*.sql")
        cursor.execute("analyze public.users, public.documents, public.sessions, public.events")
        return _read_totals(cursor, run)


def _refuse_swept_run(cursor: Cursor, run: Run) -> None:
    """A run that lost its lock has been declared dead by the next one; it must not publish any more."""
    cursor.execute("select status from ops.pipeline_runs where run_id = %s for update", (run.run_id,))
    if fetch_one(cursor)[0] != "running":
        raise PipelineError(f"run {run.run_id} lost its lock and another run took over; run again")


def _add_primary_keys(cursor: Cursor, run: Run) -> None:
    """Add them, at first on trust: that a task has written twice is rare, and to look for it would cost every run."""
    cursor.execute("savepoint keyless")
    try:
        execute_files(cursor, "ddl/1[12]*.sql", run.staging)
    except errors.UniqueViolation as violation:
        cursor.execute("rollback to savepoint keyless")
        logger.warning("rows were staged twice, one of each is kept: %s", describe(violation))
        for table in STAGED:
            cursor.execute(read_sql(SQL / "publish" / "005_drop_repeated_rows.sql", run.staging, table=table))
        try:
            execute_files(cursor, "ddl/1[12]*.sql", run.staging)
        except errors.UniqueViolation as second:
            raise QualityError(
                f"different rows share a key ({describe(second)}); nothing was published, run again and report it"
            ) from second


def _refuse_open_sums(cursor: Cursor, run: Run) -> None:
    cursor.execute(read_sql(SQL / "publish" / "030_reconcile.sql", run.staging))
    names = [column.name for column in cursor.description or ()]
    broken = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for numbers in broken:
        logger.error("sums do not close: %s", numbers)
    if broken:
        raise QualityError(
            f"the sums of {len(broken)} of the files do not close, first {broken[0]}; nothing was published,"
            " run again and report it if it stays"
        )


def _read_totals(cursor: Cursor, run: Run) -> dict[str, int]:
    columns = (
        "records",
        "blank",
        "quarantined",
        "accepted",
        "exact_duplicates",
        "superseded",
        "published",
        "replaced",
    )
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(sql.SQL("select {} from ops.pipeline_runs where run_id = %s").format(names), (run.run_id,))
    totals = dict(zip(columns, fetch_one(cursor), strict=True))
    for table in ("users", "documents", "sessions", "events"):
        cursor.execute(sql.SQL("select count(*) from public.{}").format(sql.Identifier(table)))
        totals[table] = fetch_one(cursor)[0]
    return {name: int(str(value)) for name, value in totals.items()}
