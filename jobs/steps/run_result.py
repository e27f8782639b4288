"""Describes what a run did: the counts of its files for the ledger, and what was published for its summary."""

from dataclasses import asdict
from typing import Any

from pyspark.sql import Row

from jobs.steps.load_request import LoadRequest
from jobs.steps.mapping_slips import sort_shared_ids
from jobs.steps.read_files import RecordsRead
from jobs.storage.runs.account import FileCounts, Published
from jobs.storage.runs.ledger import Reading
from jobs.storage.runs.run import Run


def count_files(run: Run, request: LoadRequest, read: RecordsRead, verdict_counts: dict[int, Row]) -> list[FileCounts]:
    """Return what Spark counted in each file. A replay counts only the records that it recovered."""
    none = Row(accepted=0, exact_duplicates=0, superseded=0)
    return [
        FileCounts(
            run_id=run.run_id,
            file_id=reading.file_id,
            file_path=reading.file.uri,
            size_bytes=reading.file.size_bytes,
            modified_at=reading.file.modified_at,
            format=read.contents[reading.file_id].format,
            source=reading.source.name,
            mapping_hash=reading.source.mapping_hash,
            records=verdicts.accepted if request.kind == "replay" else read.counts[reading.file_id].records,
            blank=read.counts[reading.file_id].blank,
            ignored=read.counts[reading.file_id].ignored,
            accepted=verdicts.accepted,
            exact_duplicates=verdicts.exact_duplicates,
            superseded=verdicts.superseded,
            original_file_id=reading.original_file_id,
            part_of_file_id=reading.part_of_file_id,
            content_bytes=read.contents[reading.file_id].bytes,
            content_digest=read.contents[reading.file_id].digest,
        )
        for reading in request.readings
        for verdicts in [verdict_counts.get(reading.file_id, none)]
        if verdicts.accepted or request.kind != "replay"
    ]


def summarize_published(done: Published, readings: list[Reading]) -> dict[str, Any]:
    """Return the part of a run's summary that says what was published."""
    return {
        "totals": done.totals,
        "changes": done.changes,
        "sessions_recut": done.sessions_recut,
        "restatements": [asdict(restatement) for restatement in done.restatements],
        "metric_rows": done.metric_rows,
        "missing_records": done.missing_records,
        "open_lines": done.open_lines,
        "new_event_types": done.new_event_types,
        "new_fields": {source: asdict(names) for source, names in done.new_fields.items()},
        "findings": {check.name: check.findings for check in done.checks if check.findings},
        **sort_shared_ids(done.shared_ids, [reading.source for reading in readings]),
    }
