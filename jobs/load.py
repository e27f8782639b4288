"""The one path from records to tables: whatever a job loads, it loads through here."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession

from jobs.quality import FileQuality, check_quality
from jobs.storage.changed_files import changes_told, refuse_changed
from jobs.storage.file_systems import InputFile
from jobs.storage.framing import Framed, frame
from jobs.storage.history import find_history, read_history
from jobs.storage.ledger import Reading
from jobs.storage.logs import Stages
from jobs.storage.postgres import jdbc_options
from jobs.storage.publish import FileCounts, publish_surely
from jobs.storage.quarantine import write_quarantine
from jobs.storage.rehearsal import rehearse
from jobs.storage.runs import Run, RunKind, entered_run
from jobs.storage.settings import Settings
from jobs.storage.spark import forget_kept, keep, keep_few, refuse_unknown_zone, start_spark
from jobs.storage.staging import stage, stage_all
from jobs.storage.tombstones import Tombstones
from jobs.transforms.deduplicate import add_history, count_verdicts, deduplicate
from jobs.transforms.model import conform, model_tables
from jobs.transforms.parse import parse
from jobs.transforms.pseudonymize import pseudonymize, redact
from jobs.transforms.quarantine import (
    RefusedGroup,
    count_reasons,
    describe_quarantined,
    group_refused,
    read_group,
    shape_quarantined,
)
from jobs.transforms.sessionize import sessionize
from jobs.transforms.validate import Limits, judge, split
from schemas.tables import ARRIVING_EVENTS, RECOVERED_RECORDS

_QUARANTINE_PARTS = 8


@dataclass(frozen=True)
class Work:
    """What one run loads: where its records come from is all that jobs differ in. Erased people stay erased."""

    kind: RunKind
    readings: list[Reading]
    frame: Callable[[SparkSession, list[Reading]], Framed]
    tombstones: Tombstones | None
    is_plan: bool = False

    @property
    def files(self) -> list[InputFile]:
        """The files that are read; a replay reads texts that were kept."""
        return [] if self.kind == "replay" else [reading.file for reading in self.readings]


def frame_files(spark: SparkSession, readings: list[Reading]) -> Framed:
    """The records of whole files, all of one source."""
    return frame(spark, {reading.file_id: reading.file for reading in readings}, readings[0].source.record_path)


def load(database_url: str, work: Work, settings: Settings, quarantine: str, accept_quality: bool) -> dict[str, Any]:
    """Publish the records of `work`, with refused ones below the folder `quarantine`; return the run's summary.

    The run lock must be held. With `accept_quality` the quality gate only warns. Whatever goes wrong, the run is
    entered as failed and nothing of it is published. A plan is carried out to the end and leaves nothing at all.
    """
    try:
        with entered_run(database_url, work.kind, settings, work.is_plan) as run, changes_told(work.files):
            return _load(database_url, run, work, settings, quarantine, accept_quality)
    finally:
        forget_kept()


def _load(
    database_url: str, run: Run, work: Work, settings: Settings, quarantine: str, accept_quality: bool
) -> dict[str, Any]:
    stages = Stages(run.run_id)
    jdbc = jdbc_options(database_url)
    with stages.time("start spark"):
        spark = start_spark("document-events")
        for group in (groups := _group_by_source(work.readings)):
            refuse_unknown_zone(spark, group[0].source)
    with stages.time("frame") as counts:
        framed = [work.frame(spark, group) for group in groups]
        counts["records"] = sum(records for part in framed for records, _ in part.counts.values())
    with stages.time("parse") as counts:
        judged = keep(_judge(framed, groups, settings.limits))
        accepted, quarantined = split(judged)
        described = describe_quarantined(quarantined)
        if work.tombstones:
            erased = work.tombstones.in_spark(spark)
            accepted, described = keep(pseudonymize(accepted, erased)), redact(described, erased)
        # Few as a rule: gathered once, where each look at them would be one at all records.
        described = keep(described.coalesce(_QUARANTINE_PARTS))
        refused = [read_group(row) for row in group_refused(described).collect()]
        counts |= (reasons := dict(sorted(count_reasons(refused).items())))
    refuse_changed(work.files)  # before the gate, which would speak of records that are only half there
    with stages.time("quarantine"):
        if work.kind == "replay":
            stage(conform(accepted, RECOVERED_RECORDS), "recovered_records", run, jdbc, settings)
        else:
            if not run.is_plan:
                write_quarantine(described, work.readings, quarantine, run.run_id)
            check_quality(_rate_files(work.readings, framed, refused), settings.gate, accept_quality)
            stage(shape_quarantined(described, run.run_id), "quarantined_records", run, jdbc, settings)
    with stages.time("history"):
        history = _find_history(spark, database_url, run, accepted, jdbc, settings) if run.merges else None
    with stages.time("model") as counts:
        verdicts = deduplicate(add_history(accepted, run.run_id, history), keep_few)
        records = keep(sessionize(verdicts, settings.session_gap))
        verdict_counts = {row.file_id: row for row in count_verdicts(records).collect()}
        counts["accepted"] = sum(row.accepted for row in verdict_counts.values())
    with stages.time("stage"):
        stage_all(model_tables(records), run, jdbc, settings)
    refuse_changed(work.files)  # on a cluster a lost executor's part is read again, up to here
    with stages.time("publish") as counts:
        files = _count_files(run, work, framed, verdict_counts)
        done = rehearse(database_url, run, files, settings) if run.is_plan else publish_surely(database_url, run, files)
        counts |= done.totals
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "files": len(work.readings),
        "records": sum(records for part in framed for records, _ in part.counts.values()),
        "totals": done.totals,
        "changes": done.changes,
        "sessions_recut": done.sessions_recut,
        "restatements": [asdict(restatement) for restatement in done.restatements],
        "metric_rows": done.metric_rows,
        "findings": {check.name: check.findings for check in done.checks if check.findings},
        "quarantined_by_reason": reasons,
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


def _group_by_source(readings: list[Reading]) -> list[list[Reading]]:
    names = sorted({reading.source.name for reading in readings})
    return [[reading for reading in readings if reading.source.name == name] for name in names]


def _judge(framed: list[Framed], groups: list[list[Reading]], limits: Limits) -> DataFrame:
    """One row per record of all groups, each parsed by the source of its group."""
    parts = [
        judge(parse(part.records, group[0].source), group[0].source, limits)
        for part, group in zip(framed, groups, strict=True)
    ]
    return reduce(DataFrame.unionByName, parts)


def _count_records(framed: list[Framed]) -> dict[int, tuple[int, int]]:
    """(records, blank) by file id."""
    return {file_id: found for part in framed for file_id, found in part.counts.items()}


def _rate_files(readings: list[Reading], framed: list[Framed], refused: list[RefusedGroup]) -> list[FileQuality]:
    counts = _count_records(framed)
    groups: dict[int, list[RefusedGroup]] = defaultdict(list)
    for group in refused:
        groups[group.file_id].append(group)
    return [
        FileQuality(reading, counts[reading.file_id][0] - counts[reading.file_id][1], groups[reading.file_id])
        for reading in readings
    ]


def _count_files(run: Run, work: Work, framed: list[Framed], verdict_counts: dict[int, Row]) -> list[FileCounts]:
    """What Spark counted in each file; of a replay only the records that it recovered are read anew."""
    counts = _count_records(framed)
    formats = {file_id: found for part in framed for file_id, found in part.formats.items()}
    none = Row(accepted=0, exact_duplicates=0, superseded=0)
    return [
        FileCounts(
            run_id=run.run_id,
            file_id=reading.file_id,
            file_path=reading.file.uri,
            size_bytes=reading.file.size_bytes,
            modified_at=reading.file.modified_at,
            format=formats[reading.file_id],
            source=reading.source.name,
            mapping_hash=reading.source.mapping_hash,
            records=verdicts.accepted if work.kind == "replay" else counts[reading.file_id][0],
            blank=counts[reading.file_id][1],
            accepted=verdicts.accepted,
            exact_duplicates=verdicts.exact_duplicates,
            superseded=verdicts.superseded,
            original_file_id=reading.original_file_id,
        )
        for reading in work.readings
        for verdicts in [verdict_counts.get(reading.file_id, none)]
        if verdicts.accepted or work.kind != "replay"
    ]
