"""Writes DataFrames of Spark to the staging tables by JDBC. These tables have no keys yet."""

from collections.abc import Mapping
from functools import partial

from pyspark.sql import DataFrame

from jobs.storage.config.settings import Settings
from jobs.storage.process.threads import call_at_once
from jobs.storage.runs.run import Run
from schemas.tables import STAGED


def stage_all(tables: Mapping[str, DataFrame], run: Run, jdbc: dict[str, str], settings: Settings) -> None:
    """Stage all tables at the same time. So Spark computes some while PostgreSQL writes others."""
    call_at_once(partial(stage, df, table, run, jdbc, settings) for table, df in tables.items())


def stage(df: DataFrame, table: str, run: Run, jdbc: dict[str, str], settings: Settings) -> None:
    """Append `df` to a staging table of the run. A task that Spark retries may write rows twice; publishing checks."""
    if df.columns != STAGED[table].names:
        raise ValueError(f"{table}: columns {df.columns}, expected {STAGED[table].names}")
    (
        # We use coalesce, not the option numPartitions. With the option, the writer would compute all shuffles to learn
        # the number of partitions, and then compute them again.
        df.coalesce(settings.jdbc_connections)
        .write.format("jdbc")
        .mode("append")
        .options(**jdbc, dbtable=f'"{run.staging}"."{table}"', batchsize=str(settings.jdbc_batch_rows))
        .save()
    )
