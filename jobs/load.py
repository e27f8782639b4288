"""The one path from records to tables: whatever a job loads, it loads through here."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.gate import Verdict, pass_gate
from jobs.quality import rate_files
from jobs.storage.framing import Framed, frame
from jobs.storage.held_back import NO_PRECEDENTS, Precedents
from jobs.storage.history import find_history, read_history
from jobs.storage.ledger import Reading
from jobs.storage.logs import Stages
from jobs.storage.postgres import jdbc_options
from jobs.storage.publish import FileCounts, publish_surely
from jobs.storage.quarantine import finish_rewrites, write_quarantine
from jobs.storage.rehearsal import rehearse
from jobs.storage.runs import Run, RunKind, entered_run
from jobs.storage.settings import Settings
from jobs.storage.shared_folder import refuse_unshared_quarantine
from jobs.storage.spark import keep, keep_few, refuse_unknown_zone, start_spark
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
    is_stream: bool = False
    precedents: Precedents = NO_PRECEDENTS


def frame_files(spark: SparkSession, readings: list[Reading]) -> Framed:
    """The records of whole files, all of one source."""
    return frame(spark, {reading.file_id: reading.file for reading in readings}, readings[0].source.record_path)


def load(database_url: str, work: Work, settings: Settings, quarantine: str, accept_quality: bool) -> dict[str, Any]:
    """Publish the records of `work`, with refused ones below the folder `quarantine`; return the run's summary.

    The run lock must be held. With `accept_quality` the quality gate only warns; else it may hold files back, which
    are named in the summary and count for nothing else in it. Whatever goes wrong, the run is entered as failed and
    nothing of it is published. A plan is carried out to the end and leaves nothing at all.
    """
    try:
        refuse_unshared_quarantine(quarantine)
        with entered_run(database_url, work.kind, settings, work.is_plan) as run:
            return _load(database_url, run, work, settings, quarantine, accept_quality)
    finally:
        if spark := SparkSession.getActiveSession():
            spark.catalog.clearCache()  # a stream loads again and again


def _load(
    database_url: str, run: Run, work: Work, settings: Settings, quarantine: str, accept_quality: bool
) -> dict[str, Any]:
    stages = Stages(run.run_id)
    jdbc = jdbc_options(database_url)
    with stages.time("start spark"):
        spark = start_spark("document-events")
        for group in (groups := _group_by_source(work.readings)):
            refuse_unknown_zone(spark, group[0].source)
        if not run.is_plan:
            finish_rewrites(spark, quarantine)
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
        counts |= dict(sorted(count_reasons(refused).items()))
    verdict = Verdict()
    with stages.time("quarantine"):
        if work.kind == "replay":
            stage(conform(accepted, RECOVERED_RECORDS), "recovered_records", run, jdbc, settings)
        else:
            files = rate_files(work.readings, _count_records(framed), refused)
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
    with stages.time("publish") as counts:
        counted = _count_files(run, work, framed, verdict_counts)
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
        "records": sum(_count_records(framed)[reading.file_id][0] for reading in work.readings),
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


def _leave_out(work: Work, refused: list[RefusedGroup], file_ids: list[int]) -> tuple[Work, list[RefusedGroup]]:
    """The work and its refused records without these files."""
    readings = [reading for reading in work.readings if reading.file_id not in file_ids]
    return replace(work, readings=readings), [group for group in refused if group.file_id not in file_ids]


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
