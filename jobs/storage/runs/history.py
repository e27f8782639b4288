"""Finds the history of a run: published records that must be deduplicated again together with the new ones."""

from contextlib import closing

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.storage.config.settings import Settings
from jobs.storage.database.postgres import connect, execute_files
from jobs.storage.runs.ledger import Reading
from jobs.storage.runs.run import Run
from schemas.tables import HISTORY

# The files of sql/merge that find the history, each with the staging table that it fills.
_STEPS = {
    "002_find_closing_readings": "closing_readings",
    "003_find_closed_readings": "searched_readings",
    "005_find_closing_events": "closing_events",
    "006_find_holdings": "holdings",
    "008_add_other_versions": "arriving_events",
    "010_find_affected_sessions": "affected_sessions",
    "020_read_history": "history",
}
_STEPS_OF_REFRESH = {
    "002_find_closing_readings": "closing_readings",
    "004_find_kept_readings": "searched_readings",
    "005_find_closing_events": "closing_events",
    "006_find_holdings": "holdings",
    "008_add_other_versions": "arriving_events",
    "015_affect_all_sessions": "affected_sessions",
    "021_read_kept_history": "history",
}


def find_history(
    database_url: str, run: Run, settings: Settings, readings: list[Reading], drops_missing: bool = False
) -> None:
    """Fill the run's staging tables of closed readings, affected sessions and history.

    The keys of the new records must be in `arriving_events`. A full refresh affects all sessions. Its history has only
    the records of readings that it can't read again, and is empty if the refresh `drops_missing`.
    """
    gap_minutes = int(settings.session_gap.total_seconds()) // 60
    with closing(connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select set_config('document_events.session_gap_minutes', %s, true)", (str(gap_minutes),))
        cursor.execute("select set_config('document_events.drops_missing', %s, true)", (str(drops_missing),))
        _stage_whole_readings(cursor, run, readings)
        for step, table in (_STEPS_OF_REFRESH if run.kind == "full_refresh" else _STEPS).items():
            execute_files(cursor, f"merge/{step}.sql", run.sql_parts)
            cursor.execute(sql.SQL("analyze {}").format(sql.Identifier(run.staging, table)))


def read_history(
    spark: SparkSession, run: Run, jdbc: dict[str, str], settings: Settings, schema: T.StructType = HISTORY
) -> DataFrame:
    """Read one row per published or superseded record that `find_history` found.

    The rows have the columns of `schema`, and `split` 0: their record numbers are already those in the file.
    """
    parts = settings.jdbc_connections
    df = spark.read.jdbc(
        jdbc["url"],
        f'"{run.staging}"."history"',
        predicates=[f"(hashtext(event_id) & 2147483647) % {parts} = {part}" for part in range(parts)],
        properties={**jdbc, "fetchsize": str(settings.jdbc_batch_rows)},
    )
    # PostgreSQL writes a uuid with hyphens.
    spelled = df.withColumn("content_fingerprint", F.translate("content_fingerprint", "-", ""))
    return spelled.select(*schema.names, F.lit(0).cast("long").alias("split"))


def _stage_whole_readings(cursor: Cursor, run: Run, readings: list[Reading]) -> None:
    """Stage the readings of whole files, and the earlier readings whose content they read again."""
    whole = [reading for reading in readings if reading.part_of_file_id is None]
    rows = {
        "whole_readings": [(reading.file_id, reading.file.uri) for reading in whole],
        "repeated_readings": [(earlier, reading.file_id) for reading in whole for earlier in reading.reads_again],
    }
    for table, values in rows.items():
        insert = sql.SQL("insert into {} values %s").format(sql.Identifier(run.staging, table))
        execute_values(cursor, insert, values)
