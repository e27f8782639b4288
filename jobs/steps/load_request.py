"""The request of one run: what it loads, and how."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from jobs.records.read_splits import ReadRequest
from jobs.steps.read_files import RecordsRead
from jobs.storage.config.settings import Settings
from jobs.storage.erasure.tombstones import Tombstones
from jobs.storage.input.file_systems import InputFile
from jobs.storage.runs.held_back import NO_PRECEDENTS, Precedents
from jobs.storage.runs.ledger import Reading
from jobs.storage.runs.run import RunKind

# (Spark session, the readings to read, the mapping and limits for them) -> the records.
Read = Callable[[SparkSession, list[Reading], ReadRequest], RecordsRead]


@dataclass(frozen=True)
class LoadRequest:
    """Everything that one run needs.

    Jobs differ only in where the records come from (`read`). The tombstones of erased people apply to all of them.
    With `drops_missing` a full refresh deletes the records that no file holds any more. Events of more than a day after
    `run_at` are in the future. All workers use this one moment, because their clocks may differ. `folder` is the
    URI of the input folder, if there is one.
    """

    kind: RunKind
    readings: list[Reading]
    read: Read
    tombstones: Tombstones | None
    is_plan: bool = False
    is_stream: bool = False
    precedents: Precedents = NO_PRECEDENTS
    drops_missing: bool = False
    run_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    folder: str | None = None

    @property
    def files(self) -> list[InputFile]:
        """The files that the run reads. A replay has none, since it reads texts in the quarantine folder."""
        return [] if self.kind == "replay" else [reading.file for reading in self.readings]

    @property
    def folders(self) -> list[str]:
        """The URIs of what is read: the input folder, else those in which the files lie."""
        return (
            [self.folder] if self.folder else sorted({reading.file.uri.rpartition("/")[0] for reading in self.readings})
        )

    def without(self, file_ids: list[int]) -> "LoadRequest":
        """Return the request for all other files."""
        return replace(self, readings=[reading for reading in self.readings if reading.file_id not in file_ids])

    def make_read_request(self, settings: Settings) -> ReadRequest:
        """Return what the readers need: the mapping of each file, the limits, and who was erased."""
        sources = {reading.file_id: reading.source for reading in self.readings}
        limits = replace(settings.limits, run_at=self.run_at)
        return ReadRequest(sources, limits, self.tombstones.erased if self.tombstones else None)
