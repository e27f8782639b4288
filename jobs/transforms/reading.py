"""What was read -> accepted events, quarantined records and counts, each record with its number in its file."""

from collections.abc import Iterable

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.tables import READ_EVENTS

# What tells a record apart until its split is numbered.
_PLACE = ("file_id", "split", "record_number")

# (file id, split, records in the splits of the file before it)
EarlierRecords = tuple[int, int, int]


def sort_by_user(read: DataFrame, partitions: int) -> DataFrame:
    """All rows of a user in one partition, in the order in which versions are compared and sessions cut.

    In and out: what was read (`schemas.tables.READ_RECORDS`). Records without a user are spread by their numbers.
    """
    spread = read.withColumn("user_id", F.coalesce("user_id", F.col("record_number").cast("string")))
    order = ("user_id", "event_at", "event_id", "content_fingerprint", *_PLACE)
    return spread.repartition(partitions, "user_id").sortWithinPartitions(*order)


def split_read(read: DataFrame) -> tuple[DataFrame, DataFrame, DataFrame]:
    """(accepted, quarantined, counts) of what was read (`READ_RECORDS`): each row is in one of the three.

    Records are still numbered within their splits. `counts` has one row per split: file_id, split, and `READ_COUNTS`.
    """
    is_quarantined, is_counts = F.col("quarantined").isNotNull(), F.col("counts").isNotNull()
    return (
        read.filter(~is_quarantined & ~is_counts).select(*_PLACE, *READ_EVENTS),
        read.filter(is_quarantined).select(*_PLACE, "quarantined.*"),
        read.filter(is_counts).select("file_id", "split", "counts.*"),
    )


def number_records(records: DataFrame, earlier: Iterable[EarlierRecords]) -> DataFrame:
    """Count the record numbers of each split on from those of the earlier splits of its file.

    In: one row per record with file_id, split and record_number. Out: the same rows without `split`.
    """
    later = [place for place in earlier if place[2]]
    if not later:
        return records.drop("split")
    # From Arrow: plain Python values would start a worker of Python, which takes a second.
    columns = dict(zip(("file_id", "split", "earlier"), zip(*later, strict=True), strict=True))
    offsets = records.sparkSession.createDataFrame(pa.table(columns))
    joined = records.join(F.broadcast(offsets), ["file_id", "split"], "left")
    number = (F.col("record_number") + F.coalesce("earlier", F.lit(0))).alias("record_number")
    return joined.select(*[number if name == "record_number" else name for name in records.columns if name != "split"])
