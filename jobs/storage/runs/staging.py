"""Spark -> keyless staging tables, by JDBC in parallel."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import DataFrame

from jobs.storage.config.settings import Settings
from jobs.storage.runs.run import Run
from schemas.tables import STAGED


def stage_all(frames: Mapping[str, DataFrame], run: Run, jdbc: dict[str, str], settings: Settings) -> None:
    """`stage` each, all at once: Spark computes some of them while PostgreSQL takes in the others."""
    with ThreadPoolExecutor(len(frames)) as pool:
        staged = [pool.submit(stage, frame, table, run, jdbc, settings) for table, frame in frames.items()]
    for each in staged:
        each.result()


def stage(frame: DataFrame, table: str, run: Run, jdbc: dict[str, str], settings: Settings) -> None:
    """Append `frame` to a staging table of the run. A task that Spark retries may write twice; publishing counts."""
    if frame.columns != STAGED[table].names:
        raise ValueError(f"{table}: columns {frame.columns}, expected {STAGED[table].names}")
    (
        frame.write.format("jdbc")
        .mode("append")
        .options(**jdbc, dbtable=f'"{run.staging}"."{table}"')
        .options(numPartitions=str(settings.jdbc_connections), batchsize=str(settings.jdbc_batch_rows))
        .save()
    )
