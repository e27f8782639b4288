"""What is published already and has to be looked at again beside new records."""

from contextlib import closing

from psycopg2 import sql
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.storage.config.settings import Settings
from jobs.storage.database.postgres import connect, execute_files
from jobs.storage.runs.run import Run
from schemas.tables import HISTORY


def find_history(database_url: str, run: Run, settings: Settings) -> None:
    """Fill the run's `affected_sessions` and `history`; the keys of the new records must be in `arriving_events`.

    A full refresh affects all sessions and looks back at nothing: the files alone say what there is.
    """
    gap_minutes = int(settings.session_gap.total_seconds()) // 60
    with closing(connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select set_config('document_events.session_gap_minutes', %s, true)", (str(gap_minutes),))
        cursor.execute(sql.SQL("analyze {}").format(sql.Identifier(run.staging, "arriving_events")))
        steps = ("015",) if run.kind == "full_refresh" else ("010", "020")
        for step in steps:
            execute_files(cursor, f"merge/{step}_*.sql", run.sql_parts)
            cursor.execute(sql.SQL("analyze {}").format(sql.Identifier(run.staging, "affected_sessions")))


def read_history(spark: SparkSession, run: Run, jdbc: dict[str, str], settings: Settings) -> DataFrame:
    """One row per published or superseded record that `find_history` found (`schemas.tables.HISTORY`)."""
    parts = settings.jdbc_connections
    df = spark.read.jdbc(
        jdbc["url"],
        f'"{run.staging}"."history"',
        predicates=[f"(hashtext(event_id) & 2147483647) % {parts} = {part}" for part in range(parts)],
        properties={**jdbc, "fetchsize": str(settings.jdbc_batch_rows)},
    )
    # PostgreSQL writes a uuid with hyphens.
    return df.withColumn("content_fingerprint", F.translate("content_fingerprint", "-", "")).select(*HISTORY.names)
