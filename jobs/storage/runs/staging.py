"""Spark -> keyless staging tables, by JDBC in parallel."""

from collections.abc import Mapping
from functools import partial

from pyspark.sql import DataFrame

from jobs.storage.config.settings import Settings
from jobs.storage.process.threads import call_at_once
from jobs.storage.runs.run import Run
from schemas.tables import STAGED


def stage_all(tables: Mapping[str, DataFrame], run: Run, jdbc: dict[str, str], settings: Settings) -> None:
    """`stage` each, all at once: Spark computes some of them while PostgreSQL takes in the others."""
    call_at_once(partial(stage, df, table, run, jdbc, settings) for table, df in tables.items())


def stage(df: DataFrame, table: str, run: Run, jdbc: dict[str, str], settings: Settings) -> None:
    """Append `df` to a staging table of the run. A task that Spark retries may write twice; publishing counts."""
    if df.columns != STAGED[table].names:
        raise ValueError(f"{table}: columns {df.columns}, expected {STAGED[table].names}")
    (
        # Not by the option numPartitions: the writer computes all shuffles to learn how many partitions there are, and
        # then once more for fewer.
        df.coalesce(settings.jdbc_connections)
        .write.format("jdbc")
        .mode("append")
        .options(**jdbc, dbtable=f'"{run.staging}"."{table}"', batchsize=str(settings.jdbc_batch_rows))
        .save()
    )
