"""Refused records -> data/quarantine/run_id=.../*.json, one line a record."""

from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.storage.ledger import Reading


def write_quarantine(described: DataFrame, readings: list[Reading], folder: Path, run_id: int) -> None:
    """Write one JSON line per refused record, in order of file and record number, with the file's URI.

    The directory counts only once the run is committed in the database.
    """
    spark = described.sparkSession
    names = spark.createDataFrame(
        [(reading.file_id, reading.file.uri) for reading in readings], "file_id long, source_file string"
    )
    rows = described.join(F.broadcast(names), "file_id", "inner").orderBy("file_id", "record_number")
    columns = [name for name in described.columns if name != "file_id"]
    # Not as_uri(): Hadoop takes a path as it is written, percent signs and all.
    rows.select("source_file", *columns).write.json(f"file://{folder / f'run_id={run_id}'}")
