"""What the quarantine folder holds of a person, and its rewriting without that."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.storage.erasure.tombstones import Tombstones
from jobs.storage.process.spark_session import persist
from jobs.storage.quarantine.folder import Place, list_quarantined_runs, read_quarantine, rewrite_quarantine
from jobs.transforms.pseudonymize import find_names, redact


@dataclass(frozen=True)
class Redaction:
    """The quarantined records (`lines`) as they will be. `places` are those without text, `new` those that had one."""

    lines: DataFrame
    new: frozenset[Place]
    places: frozenset[Place]

    @property
    def by_place(self) -> dict[Place, bool]:
        """Whether the text of a record without one goes now."""
        return {place: place in self.new for place in self.places}


def read_all_lines(spark: SparkSession, folder: str) -> DataFrame:
    """One row per quarantined record of all runs, committed or not: to hold a person it need not count."""
    return read_quarantine(spark, folder, list_quarantined_runs(folder))


def find_stated_names(quarantined: DataFrame, tombstones: Tombstones) -> frozenset[str]:
    """The names and addresses by which the quarantined records of these people call them."""
    return find_names(quarantined, tombstones.erased)


def find_redaction(quarantined: DataFrame, tombstones: Tombstones) -> Redaction:
    """What has to change so that no quarantined record mentions these people."""
    lines = persist(redact(quarantined, tombstones.erased))
    before, places = _list_redacted(quarantined), _list_redacted(lines)
    return Redaction(lines, places - before, places)


def rewrite(redaction: Redaction, folder: str) -> None:
    """Rewrite the folders of the runs that quarantined what is redacted now."""
    rewrite_quarantine(redaction.lines, folder, sorted({run_id for *_, run_id in redaction.new}))


def _list_redacted(lines: DataFrame) -> frozenset[Place]:
    rows = lines.filter(F.col("is_redacted")).select("source_file", "record_number", "run_id").collect()
    return frozenset((row.source_file, row.record_number, row.run_id) for row in rows)
