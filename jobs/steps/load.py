"""Loads records into the tables. Every job that loads anything calls `load`."""

import logging
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.records.problems import QuarantinedGroup, count_reasons
from jobs.steps.file_quality import rate_files
from jobs.steps.load_request import LoadRequest
from jobs.steps.quality_gate import Verdict, pass_gate
from jobs.steps.read_files import RecordsRead, list_found_names
from jobs.steps.run_result import count_files, summarize_published
from jobs.storage.config.settings import Settings
from jobs.storage.database.postgres import jdbc_options
from jobs.storage.database.vacuum import vacuum_after_load
from jobs.storage.input.changed_files import (
    Beginning,
    explained_by_changes,
    find_changes,
    make_changed_files_error,
    require_unchanged,
)
from jobs.storage.input.file_systems import show_name
from jobs.storage.monitoring.observers import observed_run
from jobs.storage.process.logs import Stages
from jobs.storage.process.spark_session import persist, persist_small, start_spark, unpersist_all
from jobs.storage.quarantine.folder import finish_rewrites, write_quarantine
from jobs.storage.quarantine.shared_folder import require_shared_folder
from jobs.storage.runs.account import FileCounts, Published, RunNotes
from jobs.storage.runs.dry_run import publish_dry_run
from jobs.storage.runs.history import find_history, read_history
from jobs.storage.runs.publish import publish_with_retries
from jobs.storage.runs.run import Run
from jobs.storage.runs.staging import stage, stage_all
from jobs.transforms.deduplicate import add_history, deduplicate
from jobs.transforms.model import conform, count_records, list_properties, model_tables
from jobs.transforms.quarantine import list_problems, shape_quarantined, to_quarantine_lines
from jobs.transforms.reading import EarlierRecords, number_records
from jobs.transforms.sessionize import sessionize
from schemas.tables import ARRIVING_EVENTS, PUBLISHED, RECOVERED_RECORDS

logger = logging.getLogger(__name__)

_QUARANTINE_PARTS = 8
# After a load of this many events a vacuum saves the readers more time than it takes.
_LARGE_LOAD = 10_000


@dataclass(frozen=True)
class _Records:
    """The records that were read: `accepted` ones, and `quarantined` ones as lines of the quarantine folder.

    `groups` counts the quarantined ones by what is wrong with them.
    """

    accepted: DataFrame
    quarantined: DataFrame
    groups: list[QuarantinedGroup]

    def without(self, file_ids: list[int]) -> "_Records":
        """Return the records of all other files."""
        if not file_ids:
            return self
        is_other = ~F.col("file_id").isin(file_ids)
        groups = [group for group in self.groups if group.file_id not in file_ids]
        return _Records(self.accepted.filter(is_other), self.quarantined.filter(is_other), groups)


def load(
    database_url: str, request: LoadRequest, settings: Settings, quarantine: str, accept_quality: bool
) -> dict[str, Any]:
    """Publish the records of `request` and return the run's summary. Quarantined records go below `quarantine`.

    The caller must hold the run lock. With `accept_quality` the quality gate only warns. Without it the gate may hold
    files back: the summary names them, and counts none of their records. When anything goes wrong, the run is entered
    as failed and nothing of it is published. A plan does everything except the final commit.
    """
    try:
        require_shared_folder(quarantine)
        with (
            observed_run(database_url, request.kind, settings, request.is_plan, request.folders) as run,
            explained_by_changes(request.files),
        ):
            return _load(database_url, run, request, settings, quarantine, accept_quality)
    finally:
        unpersist_all()


def _load(
    database_url: str,
    run: Run,
    request: LoadRequest,
    settings: Settings,
    quarantine: str,
    accept_quality: bool,
) -> dict[str, Any]:
    stages = Stages(run.run_id)
    with stages.time("start spark"):
        spark = start_spark("document-events")
        if not run.is_plan:
            finish_rewrites(spark, quarantine)
    with stages.time("read") as counts:
        read, records = _read(spark, request, settings, counts)
    # A file that is still being written was read in part. It is left out first: the gate must not decide by a part.
    beginnings = _list_beginnings(request, read)
    changes = find_changes(request.files, beginnings)
    request, records = _leave_out(request, records, changes)
    with stages.time("quarantine"):
        verdict = _pass_gate(run, request, read, records.groups, accept_quality)
        request, records = request.without(verdict.held_back_ids), records.without(verdict.held_back_ids)
        if records.groups and request.kind != "replay" and not run.is_plan:
            write_quarantine(records.quarantined, request.readings, quarantine, run.run_id)
        verdict.raise_if_stopped()
    with stages.time("history"):
        history = _find_history(spark, database_url, run, request, records.accepted, settings) if run.merges else None
    with stages.time("model"):
        modelled = _model(run, records.accepted, history, read.earlier)
    with stages.time("stage") as counts:
        verdict_counts = _stage_tables(run, request, records, modelled, jdbc_options(database_url))
        counts["accepted"] = sum(row.accepted for row in verdict_counts.values())
    # A cluster reads files again for an executor that was lost, until staging ends. So we check the files once more.
    require_unchanged(request.files, beginnings)
    file_counts = count_files(run, request, read, verdict_counts)
    notes = RunNotes(verdict.held_back, list_found_names(request.readings, read))
    done = _publish(database_url, run, file_counts, settings, notes, stages)
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "started_at": run.started_at,
        "files": len(request.readings),
        "records": sum(read.counts[reading.file_id].records for reading in request.readings),
        "quarantined_by_reason": dict(sorted(count_reasons(records.groups).items())),
        "held_back": [asdict(file) for file in verdict.held_back],
        "left_out": changes,
        "seconds": stages.seconds,
        **summarize_published(done, request.readings),
    }


def _read(
    spark: SparkSession, request: LoadRequest, settings: Settings, counts: dict[str, int]
) -> tuple[RecordsRead, _Records]:
    """Read the records, and put their number and the reasons of the quarantined ones into `counts`."""
    read = request.read(spark, request.readings, request.make_read_request(settings))
    lines = to_quarantine_lines(read.quarantined).coalesce(_QUARANTINE_PARTS)
    counts["records"] = sum(found.records for found in read.counts.values())
    counts |= dict(sorted(count_reasons(read.groups).items()))
    return read, _Records(read.accepted, lines, read.groups)


def _model(run: Run, accepted: DataFrame, history: DataFrame | None, earlier: list[EarlierRecords]) -> DataFrame:
    """Give each record its verdict and its session, and number it within its file."""
    records = add_history(accepted.drop("properties"), run.run_id, history)
    verdicts = deduplicate(records, persist_small)
    return persist(number_records(sessionize(verdicts, run.settings.session_gap), earlier))


def _stage_tables(
    run: Run, request: LoadRequest, records: _Records, modelled: DataFrame, jdbc: dict[str, str]
) -> dict[int, Row]:
    """Stage the rows of all tables. Return the counts of the new records by file id (`count_records`)."""
    counted = count_records(modelled).collect()
    tables = model_tables(modelled, counted)
    if any(reading.source.properties for reading in request.readings):
        tables["version_properties"] = list_properties(records.accepted)
    if request.kind == "replay":
        tables["recovered_records"] = conform(records.accepted, RECOVERED_RECORDS)
    elif records.groups:
        tables["quarantined_records"] = shape_quarantined(records.quarantined, run.run_id)
        tables["quarantine_problems"] = list_problems(records.quarantined)
    stage_all(tables, run, jdbc, run.settings)
    return {row.file_id: row for row in counted if row.is_new}


def _publish(
    database_url: str, run: Run, files: list[FileCounts], settings: Settings, notes: RunNotes, stages: Stages
) -> Published:
    """Publish the staged rows. Of a plan nothing is committed."""
    with stages.time("publish") as counts:
        if run.is_plan:
            done = publish_dry_run(database_url, run, files, settings, notes)
        else:
            done = publish_with_retries(database_url, run, files, notes)
        counts |= done.totals
    if done.totals["published"] >= _LARGE_LOAD and not run.is_plan:
        with stages.time("vacuum"):
            vacuum_after_load(database_url, PUBLISHED)
    return done


def _pass_gate(
    run: Run, request: LoadRequest, read: RecordsRead, groups: list[QuarantinedGroup], accept_quality: bool
) -> Verdict:
    """Ask the quality gate. A replay has no gate, because it tries bad records on purpose."""
    if request.kind == "replay":
        return Verdict()
    return pass_gate(
        rate_files(request.readings, read.counts, groups, request.precedents, read.observed),
        run.settings.gate,
        request.precedents,
        accept=accept_quality,
        drops_missing=request.drops_missing,
        is_stream=request.is_stream,
        is_first_load=not run.merges,
    )


def _list_beginnings(request: LoadRequest, read: RecordsRead) -> dict[str, Beginning]:
    """Return, by URI, what was read of plain JSON Lines. Others may add lines to such a file during the run."""
    found = {reading.file.uri: read.contents[reading.file_id] for reading in request.readings}
    return {
        uri: (content.bytes, content.digest)
        for uri, content in found.items()
        if content.is_plain_lines and content.bytes is not None and content.digest is not None
    }


def _leave_out(request: LoadRequest, records: _Records, changes: dict[str, str]) -> tuple[LoadRequest, _Records]:
    """Leave files out that changed while they were read. The next run reads them."""
    left_out = [reading.file_id for reading in request.readings if changes and reading.file.uri in changes]
    if not left_out:
        return request, records
    # A full refresh that drops missing records would also drop those of a file that it leaves out.
    if len(left_out) == len(request.readings) or request.drops_missing:
        raise make_changed_files_error(changes)
    for uri, change in changes.items():
        logger.warning("%s changed while it was read (%s); the next run reads it", show_name(uri), change)
    return request.without(left_out), records.without(left_out)


def _find_history(
    spark: SparkSession, database_url: str, run: Run, request: LoadRequest, accepted: DataFrame, settings: Settings
) -> DataFrame:
    """Return the published records that accepted ones may replace, or that may share a session with them."""
    jdbc = jdbc_options(database_url)
    if run.kind != "full_refresh":
        stage(conform(accepted, ARRIVING_EVENTS), "arriving_events", run, jdbc, settings)
    find_history(database_url, run, settings, request.readings, request.drops_missing)
    return persist(read_history(spark, run, jdbc, settings))
