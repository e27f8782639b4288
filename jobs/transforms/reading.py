"""Divides what was read into accepted events, quarantined records and counts, and numbers records in their file."""

from collections.abc import Iterable

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.tables import READ_EVENTS

# These columns identify a record as long as it is only numbered within its split.
_PLACE = ("file_id", "split", "record_number")

# (file id, split, records in the splits of the file before it)
EarlierRecords = tuple[int, int, int]


def sort_by_user(read: DataFrame, partitions: int) -> DataFrame:
    """Put all rows of a user into one partition, in the order that `deduplicate` and `sessionize` need.

    In and out: what was read (`schemas.tables.READ_RECORDS`). Records without a user are spread by their numbers.
    """
    spread = read.withColumn("user_id", F.coalesce("user_id", F.col("record_number").cast("string")))
    order = ("user_id", "event_at", "event_id", "content_fingerprint", *_PLACE)
    return spread.repartition(partitions, "user_id").sortWithinPartitions(*order)


def split_read(read: DataFrame) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Divide what was read (`READ_RECORDS`) into (accepted, quarantined, counts). Each row is in one of the three.

    Records are still numbered within their splits. `counts` has one row per split: file_id, split, and `READ_COUNTS`.
    """
    is_quarantined, is_counts = F.col("quarantined").isNotNull(), F.col("counts").isNotNull()
    return (
        read.filter(~is_quarantined & ~is_counts).select(*_PLACE, *READ_EVENTS),
        read.filter(is_quarantined).select(*_PLACE, "quarantined.*"),
        read.filter(is_counts).select("file_id", "split", "counts.*"),
    )


def number_records(records: DataFrame, earlier: Iterable[EarlierRecords]) -> DataFrame:
    """Turn record numbers within a split into numbers within the file.

    Each number grows by the number of records in the splits before. In: one row per record with file_id, split and
    record_number. Out: the same rows without `split`.
    """
    later = [place for place in earlier if place[2]]
    if not later:
        return records.drop("split")
    # The DataFrame is made by Arrow. Plain Python values would start a worker, which takes a second.
    columns = dict(zip(("file_id", "split", "earlier"), zip(*later, strict=True), strict=True))
    offsets = records.sparkSession.createDataFrame(pa.table(columns))
    joined = records.join(F.broadcast(offsets), ["file_id", "split"], "left")
    number = (F.col("record_number") + F.coalesce("earlier", F.lit(0))).alias("record_number")
    return joined.select(*[number if name == "record_number" else name for name in records.columns if name != "split"])
