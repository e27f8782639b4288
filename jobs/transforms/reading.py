"""What was read -> accepted events, quarantined records and counts, each record with its number in its file."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.tables import READ_EVENTS, READ_QUARANTINED

# What tells a record apart until its split is numbered.
_PLACE = ("file_id", "split", "record_number")
_COUNTS = ("records", "blank", "ignored", "groups", "observed", "digest")


def split_read(read: DataFrame) -> tuple[DataFrame, DataFrame, DataFrame]:
    """(accepted, quarantined, counts) of what was read (`READ_RECORDS`): each row is in one of the three.

    `counts` has one row per split: file_id, split, records, blank, ignored, groups, observed, digest.
    """
    is_counts, is_quarantined = F.col("records").isNotNull(), F.col("problems").isNotNull()
    accepted = read.filter(~is_counts & ~is_quarantined).select(*_PLACE, *READ_EVENTS)
    quarantined = read.filter(is_quarantined).select(*_PLACE, *READ_QUARANTINED)
    return (
        accepted,
        quarantined,
        read.filter(is_counts).select("file_id", "split", *_COUNTS),
    )


def number_records(records: DataFrame, earlier: list[tuple[int, int, int]]) -> DataFrame:
    """Count the record numbers of each split on from those of the earlier splits of its file.

    In: one row per record with file_id, split and record_number; `earlier` has (file id, split, records in the splits
    before it). Out: the same rows without `split`.
    """
    later = [place for place in earlier if place[2]]
    if not later:
        return records.drop("split")
    offsets = records.sparkSession.createDataFrame(later, "file_id long, split long, earlier long")
    joined = records.join(F.broadcast(offsets), ["file_id", "split"], "left")
    number = F.col("record_number") + F.coalesce("earlier", F.lit(0))
    others = [name for name in records.columns if name not in _PLACE]
    return joined.select("file_id", number.alias("record_number"), *others)
