"""The one path from records to tables: whatever a job loads, it loads through here."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.records.read_splits import ReadRequest
from jobs.steps.file_quality import rate_files
from jobs.steps.quality_gate import Verdict, pass_gate
from jobs.steps.read_files import RecordsRead, read_files
from jobs.storage.config.settings import Settings
from jobs.storage.database.postgres import jdbc_options
from jobs.storage.erasure.tombstones import Tombstones
from jobs.storage.input.changed_files import changes_told, refuse_changed
from jobs.storage.input.file_systems import InputFile
from jobs.storage.process.logs import Stages
from jobs.storage.process.spark_session import forget_kept, keep, keep_few, start_spark
from jobs.storage.quarantine.folder import finish_rewrites, write_quarantine
from jobs.storage.quarantine.shared_folder import refuse_unshared_quarantine
from jobs.storage.runs.dry_run import rehearse
from jobs.storage.runs.held_back import NO_PRECEDENTS, Precedents
from jobs.storage.runs.history import find_history, read_history
from jobs.storage.runs.ledger import Reading
from jobs.storage.runs.publish import FileCounts, publish_surely
from jobs.storage.runs.run import Run, RunKind, entered_run
from jobs.storage.runs.staging import stage, stage_all
from jobs.transforms.deduplicate import add_history, count_verdicts, deduplicate
from jobs.transforms.model import conform, model_tables
from jobs.transforms.quarantine import (
    RefusedGroup,
    count_reasons,
    describe_quarantined,
    group_refused,
    read_group,
    shape_quarantined,
)
from jobs.transforms.sessionize import sessionize
from schemas.tables import ARRIVING_EVENTS, RECOVERED_RECORDS

_QUARANTINE_PARTS = 8

# (session, what to read, what its readers must know, a private folder) -> what was read.
Read = Callable[[SparkSession, list[Reading], ReadRequest, Path], RecordsRead]


@dataclass(frozen=True)
class Work:
    """What one run loads: where its records come from is all that jobs differ in. Erased people stay erased."""

    kind: RunKind
    readings: list[Reading]
    read: Read
    tombstones: Tombstones | None
    is_plan: bool = False
    is_stream: bool = False
    precedents: Precedents = NO_PRECEDENTS

    @property
    def files(self) -> list[InputFile]:
        """The files that are read; a replay reads texts that were kept."""
        return [] if self.kind == "replay" else [reading.file for reading in self.readings]

    def make_request(self, settings: Settings) -> ReadRequest:
        """What the readers must know."""
        sources = {reading.file_id: reading.source for reading in self.readings}
        return ReadRequest(sources, settings.limits, self.tombstones.erased if self.tombstones else None)


def read_whole_files(spark: SparkSession, readings: list[Reading], request: ReadRequest, scratch: Path) -> RecordsRead:
    """The records of whole files."""
    return read_files(spark, {reading.file_id: reading.file for reading in readings}, request, scratch)


def load(database_url: str, work: Work, settings: Settings, quarantine: str, accept_quality: bool) -> dict[str, Any]:
    """Publish the records of `work`, with refused ones below the folder `quarantine`; return the run's summary.

    The run lock must be held. With `accept_quality` the quality gate only warns; else it may hold files back, which
    are named in the summary and count for nothing else in it. Whatever goes wrong, the run is entered as failed and
    nothing of it is published. A plan is carried out to the end and leaves nothing at all.
    """
    try:
        refuse_unshared_quarantine(quarantine)
        with (
            entered_run(database_url, work.kind, settings, work.is_plan) as run,
            changes_told(work.files),
            TemporaryDirectory(prefix="document-events-") as scratch,
        ):
            return _load(database_url, run, work, settings, quarantine, accept_quality, Path(scratch))
    finally:
        forget_kept()


def _load(
    database_url: str,
    run: Run,
    work: Work,
    settings: Settings,
    quarantine: str,
    accept_quality: bool,
    scratch: Path,
) -> dict[str, Any]:
    stages = Stages(run.run_id)
    jdbc = jdbc_options(database_url)
    with stages.time("start spark"):
        spark = start_spark("document-events")
        if not run.is_plan:
            finish_rewrites(spark, quarantine)
    with stages.time("read") as counts:
        read = work.read(spark, work.readings, work.make_request(settings), scratch)
        # Quarantined records are few. We compute them once: each look at them would go over all records.
        described = keep(describe_quarantined(read.quarantined).coalesce(_QUARANTINE_PARTS))
        refused = [read_group(row) for row in group_refused(described).collect()]
        counts["records"] = sum(records for records, _ in read.counts.values())
        counts |= dict(sorted(count_reasons(refused).items()))
    refuse_changed(work.files)  # before the gate, which would speak of records that are only half there
    verdict, accepted = Verdict(), read.accepted
    with stages.time("quarantine"):
        if work.kind != "replay":
            files = rate_files(work.readings, read.counts, refused)
            verdict = pass_gate(
                files,
                settings.gate,
                work.precedents,
                accept=accept_quality,
                is_full_refresh=work.kind == "full_refresh",
                is_stream=work.is_stream,
            )
            if verdict.held_back:
                work, refused = _leave_out(work, refused, verdict.held_back_ids)
                is_held_back = F.col("file_id").isin(verdict.held_back_ids)
                accepted, described = accepted.filter(~is_held_back), described.filter(~is_held_back)
            if not run.is_plan:
                write_quarantine(described, work.readings, quarantine, run.run_id)
            verdict.raise_refusal()
    with stages.time("history"):
        history = _find_history(spark, database_url, run, accepted, jdbc, settings) if run.merges else None
    with stages.time("model") as counts:
        verdicts = deduplicate(add_history(accepted, run.run_id, history), keep_few)
        records = keep(sessionize(verdicts, settings.session_gap))
        verdict_counts = {row.file_id: row for row in count_verdicts(records).collect()}
        counts["accepted"] = sum(row.accepted for row in verdict_counts.values())
    with stages.time("stage"):
        frames = model_tables(records)
        if work.kind == "replay":
            frames["recovered_records"] = conform(accepted, RECOVERED_RECORDS)
        else:
            frames["quarantined_records"] = shape_quarantined(described, run.run_id)
        stage_all(frames, run, jdbc, settings)
    refuse_changed(work.files)  # on a cluster a lost executor's part is read again, up to here
    with stages.time("publish") as counts:
        counted = _count_files(run, work, read, verdict_counts)
        held_back = verdict.held_back
        done = (
            rehearse(database_url, run, counted, settings, held_back)
            if run.is_plan
            else publish_surely(database_url, run, counted, held_back)
        )
        counts |= done.totals
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "files": len(work.readings),
        "records": sum(read.counts[reading.file_id][0] for reading in work.readings),
        "totals": done.totals,
        "changes": done.changes,
        "sessions_recut": done.sessions_recut,
        "restatements": [asdict(restatement) for restatement in done.restatements],
        "metric_rows": done.metric_rows,
        "findings": {check.name: check.findings for check in done.checks if check.findings},
        "quarantined_by_reason": dict(sorted(count_reasons(refused).items())),
        "held_back": [asdict(file) for file in held_back],
        "seconds": stages.seconds,
    }


def _find_history(
    spark: SparkSession, database_url: str, run: Run, accepted: DataFrame, jdbc: dict[str, str], settings: Settings
) -> DataFrame:
    """What is published and may be displaced by the accepted records, or share a session with them."""
    if run.kind != "full_refresh":
        stage(conform(accepted, ARRIVING_EVENTS), "arriving_events", run, jdbc, settings)
    find_history(database_url, run, settings)
    return read_history(spark, run, jdbc, settings)


def _leave_out(work: Work, refused: list[RefusedGroup], file_ids: list[int]) -> tuple[Work, list[RefusedGroup]]:
    """The work and its refused records without these files."""
    readings = [reading for reading in work.readings if reading.file_id not in file_ids]
    return replace(work, readings=readings), [group for group in refused if group.file_id not in file_ids]


def _count_files(run: Run, work: Work, read: RecordsRead, verdict_counts: dict[int, Row]) -> list[FileCounts]:
    """What Spark counted in each file; of a replay only the records that it recovered are read anew."""
    none = Row(accepted=0, exact_duplicates=0, superseded=0)
    return [
        FileCounts(
            run_id=run.run_id,
            file_id=reading.file_id,
            file_path=reading.file.uri,
            size_bytes=reading.file.size_bytes,
            modified_at=reading.file.modified_at,
            format=read.formats[reading.file_id],
            source=reading.source.name,
            mapping_hash=reading.source.mapping_hash,
            records=verdicts.accepted if work.kind == "replay" else read.counts[reading.file_id][0],
            blank=read.counts[reading.file_id][1],
            accepted=verdicts.accepted,
            exact_duplicates=verdicts.exact_duplicates,
            superseded=verdicts.superseded,
            original_file_id=reading.original_file_id,
        )
        for reading in work.readings
        for verdicts in [verdict_counts.get(reading.file_id, none)]
        if verdicts.accepted or work.kind != "replay"
    ]
