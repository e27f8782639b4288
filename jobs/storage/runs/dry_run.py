"""Publishes a plan: it does the whole transaction of a run, and then does not commit it."""

from contextlib import closing
from dataclasses import replace

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.config.settings import Settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import PUBLISH_NAME, connect, fetch_one
from jobs.storage.database.roles import hand_over_staging
from jobs.storage.runs.account import NO_NOTES, FileCounts, Published, RunNotes
from jobs.storage.runs.publish import publish_in_transaction
from jobs.storage.runs.run import Run, drop_staging, enter_run


def publish_dry_run(
    database_url: str, run: Run, files: list[FileCounts], settings: Settings, notes: RunNotes = NO_NOTES
) -> Published:
    """Return what publishing the run would do, and how many rows of each metric would come and go.

    This leaves only dead rows for the next vacuum. While it runs it holds the same locks as `publish`, except for those
    of views that a publish would make again. Raises what `publish` raises.
    """
    with closing(connect(database_url, PUBLISH_NAME)) as connection:
        try:
            with connection.cursor() as cursor:
                prepare_database(cursor)
                hand_over_staging(cursor, run.staging)
                enter_run(cursor, run, settings)
                metrics = _list_metrics(cursor)  # none before a first load
                for metric in metrics:
                    _keep_rows(cursor, metric, "before")
                done = publish_in_transaction(cursor, run, files, notes)
                return replace(done, metric_rows={metric: _count_changes(cursor, metric) for metric in metrics})
        finally:
            connection.rollback()
            drop_staging(connection, run)


def _list_metrics(cursor: Cursor) -> list[str]:
    cursor.execute("select viewname from pg_views where schemaname = 'metrics' order by viewname")
    return [name for (name,) in cursor.fetchall()]


def _keep_rows(cursor: Cursor, metric: str, moment: str) -> None:
    statement = sql.SQL("create temporary table {} as select metric::text as line from {} as metric")
    cursor.execute(statement.format(sql.Identifier(f"{metric} {moment}"), sql.Identifier("metrics", metric)))


def _count_changes(cursor: Cursor, metric: str) -> dict[str, int]:
    """Count the rows of the metric that come and those that go. A changed row counts as both."""
    _keep_rows(cursor, metric, "after")
    before, after = sql.Identifier(f"{metric} before"), sql.Identifier(f"{metric} after")
    statement = sql.SQL("select count(*) from (select line from {} except all select line from {}) as lines")
    counts = {}
    for name, tables in {"come": (after, before), "go": (before, after)}.items():
        cursor.execute(statement.format(*tables))
        counts[name] = int(str(fetch_one(cursor)[0]))
    return counts
