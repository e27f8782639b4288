"""The one path from files to tables: whatever a job loads, it loads through here."""

from collections import defaultdict
from contextlib import suppress
from functools import reduce
from importlib.metadata import version
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.quality import FileQuality, check_quality
from jobs.storage.errors import describe
from jobs.storage.framing import Framed, frame
from jobs.storage.ledger import Reading, Run, fail_run, start_run
from jobs.storage.logs import Stages
from jobs.storage.postgres import jdbc_options
from jobs.storage.publish import FileCounts, publish
from jobs.storage.quarantine import write_quarantine
from jobs.storage.settings import Settings
from jobs.storage.spark import start_spark
from jobs.storage.staging import stage
from jobs.transforms.deduplicate import PUBLISHED, count_verdicts, deduplicate
from jobs.transforms.model import model_tables
from jobs.transforms.parse import parse
from jobs.transforms.quarantine import (
    RefusedGroup,
    count_reasons,
    describe_quarantined,
    group_refused,
    read_group,
)
from jobs.transforms.sessionize import sessionize
from jobs.transforms.validate import Limits, judge, split


def load(
    connection: Connection,
    database_url: str,
    readings: list[Reading],
    settings: Settings,
    quarantine: str,
    accept_quality: bool,
) -> dict[str, Any]:
    """Publish what is in the files of `readings`, with refused records below `quarantine`; return the run's summary.

    The run lock must be held. With `accept_quality` the quality gate only warns. Whatever goes wrong, the run is
    entered as failed and nothing of it is published.
    """
    run = start_run(connection, version("document-events"), settings.version)
    try:
        return _load(connection, database_url, run, readings, settings, quarantine, accept_quality)
    except BaseException as error:
        with suppress(psycopg2.Error):  # what can't be entered now is swept by the next run
            fail_run(connection, run, describe(error))
        raise


def _load(
    connection: Connection,
    database_url: str,
    run: Run,
    readings: list[Reading],
    settings: Settings,
    quarantine: str,
    accept_quality: bool,
) -> dict[str, Any]:
    stages = Stages(run.run_id)
    with stages.time("start spark"):
        spark = start_spark("document-events")
    with stages.time("frame") as counts:
        groups = _group_by_source(readings)
        framed = [_frame(spark, group) for group in groups]
        counts["records"] = sum(records for part in framed for records, _ in part.counts.values())
    with stages.time("parse") as counts:
        judged = _judge(framed, groups, settings.limits).persist()
        accepted, quarantined = split(judged)
        described = describe_quarantined(quarantined)
        write_quarantine(described, readings, quarantine, run.run_id)
        refused = [read_group(row) for row in group_refused(described).collect()]
        counts |= (reasons := dict(sorted(count_reasons(refused).items())))
    check_quality(_rate_files(readings, framed, refused), settings.gate, accept_quality)
    with stages.time("model") as counts:
        verdicts = deduplicate(accepted).persist()
        verdict_counts = {row.file_id: row for row in count_verdicts(verdicts).collect()}
        published = verdicts.filter(F.col("verdict") == PUBLISHED)
        events = sessionize(published, settings.session_gap).persist()
        counts["events"] = events.count()
    with stages.time("stage"):
        jdbc = jdbc_options(database_url)
        for table, rows in model_tables(verdicts, events, described, run.run_id).items():
            stage(rows, table, run.staging, jdbc, settings)
    with stages.time("publish") as counts:
        totals = publish(connection, run, _count_files(run, readings, framed, verdict_counts))
        counts |= totals
    return {
        "run_id": run.run_id,
        "started_at": run.started_at,
        "files": len(readings),
        "totals": totals,
        "quarantined_by_reason": reasons,
        "seconds": stages.seconds,
    }


def _group_by_source(readings: list[Reading]) -> list[list[Reading]]:
    names = sorted({reading.source.name for reading in readings})
    return [[reading for reading in readings if reading.source.name == name] for name in names]


def _frame(spark: SparkSession, group: list[Reading]) -> Framed:
    return frame(spark, {reading.file_id: reading.file for reading in group}, group[0].source.record_path)


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


def _count_files(
    run: Run, readings: list[Reading], framed: list[Framed], verdict_counts: dict[int, Row]
) -> list[FileCounts]:
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
            records=counts[reading.file_id][0],
            blank=counts[reading.file_id][1],
            accepted=(verdicts := verdict_counts.get(reading.file_id, none)).accepted,
            exact_duplicates=verdicts.exact_duplicates,
            superseded=verdicts.superseded,
        )
        for reading in readings
    ]
