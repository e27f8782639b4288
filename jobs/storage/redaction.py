"""What the quarantine folder holds of a person, and its rewriting without that."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.storage.quarantine import list_quarantined_runs, read_quarantine, remove_quarantine, rewrite_quarantine
from jobs.storage.spark import keep
from jobs.storage.tombstones import Tombstones
from jobs.transforms.pseudonymize import find_names, redact
from schemas.tables import WHOLE_QUARANTINE_LINE

# URI of the file, record number, run that refused it.
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Redaction:
    """The refused records (`lines`) as they will be, where some are redacted now (`new`) or were before (`places`
    has both), and the folders of runs that were never committed, which may hold anybody.
    """

    lines: DataFrame
    new: frozenset[Place]
    places: frozenset[Place]
    uncommitted: frozenset[int]


def read_refused(spark: SparkSession, folder: str, committed: set[int]) -> DataFrame:
    """One row per refused record of the committed runs, as far as the folder has them."""
    return read_quarantine(spark, folder, list_quarantined_runs(folder) & committed, WHOLE_QUARANTINE_LINE)


def find_stated_names(refused: DataFrame, tombstones: Tombstones) -> set[str]:
    """The names and addresses by which the refused records of these people call them."""
    return {row.name for row in find_names(refused, tombstones.in_spark(refused.sparkSession)).collect()}


def find_redaction(refused: DataFrame, folder: str, committed: set[int], tombstones: Tombstones) -> Redaction:
    """What has to change so that no refused record mentions these people."""
    lines = keep(redact(refused, tombstones.in_spark(refused.sparkSession)))
    before, places = _list_redacted(refused), _list_redacted(lines)
    return Redaction(lines, places - before, places, frozenset(list_quarantined_runs(folder) - committed))


def rewrite(redaction: Redaction, folder: str) -> None:
    """Rewrite the folders that change, and remove those that count for nothing."""
    rewrite_quarantine(redaction.lines, folder, sorted({run_id for *_, run_id in redaction.new}))
    remove_quarantine(redaction.lines.sparkSession, folder, sorted(redaction.uncommitted))


def _list_redacted(lines: DataFrame) -> frozenset[Place]:
    rows = lines.filter(F.col("is_redacted")).select("source_file", "record_number", "run_id").collect()
    return frozenset((row.source_file, row.record_number, row.run_id) for row in rows)
