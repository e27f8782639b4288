"""Refused records -> data/quarantine/run_id=.../*.json, one line a record."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.storage.file_systems import decode, make_uri
from jobs.storage.ledger import Reading


def write_quarantine(described: DataFrame, readings: list[Reading], folder: str, run_id: int) -> None:
    """Write one JSON line per refused record, in order of file and record number, with the file's URI, below `folder`,
    a path or a URI that every executor can reach.

    The directory counts only once the run is committed in the database.
    """
    spark = described.sparkSession
    names = spark.createDataFrame(
        [(reading.file_id, reading.file.uri) for reading in readings], "file_id long, source_file string"
    )
    rows = described.join(F.broadcast(names), "file_id", "inner").orderBy("file_id", "record_number")
    columns = [name for name in described.columns if name != "file_id"]
    # Decoded: Hadoop takes a path as it is written, percent signs and all.
    rows.select("source_file", *columns).write.json(f"{decode(make_uri(folder))}/run_id={run_id}")
