"""Finds a person in the quarantine folder, and rewrites the folder without the person."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.storage.erasure.tombstones import Tombstones
from jobs.storage.process.spark_session import persist
from jobs.storage.quarantine.folder import Place, list_quarantined_runs, read_quarantine, rewrite_quarantine
from jobs.transforms.pseudonymize import find_names, redact


@dataclass(frozen=True)
class Redaction:
    """The quarantined records (`lines`) after the redaction.

    `places` are all records without text. `new` are those among them whose text is removed now.
    """

    lines: DataFrame
    new: frozenset[Place]
    places: frozenset[Place]

    @property
    def by_place(self) -> dict[Place, bool]:
        """For each record without text: whether its text is removed now."""
        return {place: place in self.new for place in self.places}


def read_all_lines(spark: SparkSession, folder: str) -> DataFrame:
    """Read one row per quarantined record of all runs.

    Runs that were never committed are included, since their lines may hold the person too.
    """
    return read_quarantine(spark, folder, list_quarantined_runs(folder))


def find_stated_names(quarantined: DataFrame, tombstones: Tombstones) -> frozenset[str]:
    """Return the names and addresses that the quarantined records of these people state."""
    return find_names(quarantined, tombstones.erased)


def find_redaction(quarantined: DataFrame, tombstones: Tombstones) -> Redaction:
    """Find what has to change so that no quarantined record mentions these people."""
    lines = persist(redact(quarantined, tombstones.erased))
    before, places = _list_redacted(quarantined), _list_redacted(lines)
    return Redaction(lines, places - before, places)


def rewrite(redaction: Redaction, folder: str) -> None:
    """Rewrite the folders of the runs whose records are redacted now."""
    rewrite_quarantine(redaction.lines, folder, sorted({run_id for *_, run_id in redaction.new}))


def _list_redacted(lines: DataFrame) -> frozenset[Place]:
    rows = lines.filter(F.col("is_redacted")).select("source_file", "record_number", "run_id").collect()
    return frozenset((row.source_file, row.record_number, row.run_id) for row in rows)
