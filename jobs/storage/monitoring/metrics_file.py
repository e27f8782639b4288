"""A file of metrics for Prometheus, by its own client, as node_exporter's textfile collector reads it.

Each job writes it at its end. What a job does not learn, such as the time of the last success when it fails, stays as
the file had it.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, write_to_textfile
from prometheus_client.parser import text_string_to_metric_families
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import connect, fetch_one

_PREFIX = "document_events_"
# By name: what it says, and the label that tells its values apart, if it has several.
METRICS = {
    "job_last_exit_code": ("Exit code with which the job ended last.", "job"),
    "job_last_end_timestamp_seconds": ("When the job ended last.", "job"),
    "job_last_success_timestamp_seconds": ("When the job last ended with 0, also where it found nothing new.", "job"),
    "job_last_failure_timestamp_seconds": ("When the job last ended with another code than 0.", "job"),
    "job_failures_total": ("How often the job ended with another code than 0.", "job"),
    "runs_total": ("Runs in the ledger, by status.", "status"),
    "last_success_timestamp_seconds": ("End of the last run that published.", None),
    "last_failure_timestamp_seconds": ("End of the last run that failed.", None),
    "last_run_records": ("Records of the last run that published, by verdict; their sum is what it read.", "verdict"),
    "last_run_stage_seconds": ("Seconds that each stage of that run took.", "stage"),
    "newest_event_timestamp_seconds": ("Time of the newest published event.", None),
    "open_quarantined_records": ("Quarantined records that are still open.", None),
    "held_back_files": ("Files that the quality gate holds back.", None),
    "empty_input_folders": ("Input folders in which nothing is found though something was loaded before.", None),
    "files_not_closing": ("Files whose sums do not close; anything but 0 is an error.", None),
    "open_findings": ("Findings that nobody has acknowledged, by severity.", "severity"),
}
_VERDICTS = ("blank", "ignored", "quarantined", "exact_duplicates", "superseded", "published")
_SEVERITIES = ("critical", "warning", "info")

# By name and by what the label says, which is empty where there is no label.
Values = dict[str, dict[str, float]]


def write_metrics(path: Path, job: str, exit_code: int, database_url: str | None, summaries: Path) -> None:
    """Write the file as a whole, or leave it as it was. Without `database_url` what the ledger knows stays, too."""
    values = _read_values(path)
    _note_end(values, job, exit_code, time.time())
    if database_url:
        values |= _ask_database(database_url, summaries)
    _write_values(path, values)


def _read_values(path: Path) -> Values:
    """What the file holds; nothing where there is none, or where it is none of ours."""
    values: Values = {}
    try:
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
            for sample in family.samples:
                name = sample.name.removeprefix(_PREFIX)
                if name in METRICS:
                    values.setdefault(name, {})[next(iter(sample.labels.values()), "")] = sample.value
    except (FileNotFoundError, ValueError):
        return {}
    return values


def _note_end(values: Values, job: str, exit_code: int, now: float) -> None:
    outcome = "failure" if exit_code else "success"
    values.setdefault("job_last_exit_code", {})[job] = exit_code
    for name in ("job_last_end", f"job_last_{outcome}"):
        values.setdefault(f"{name}_timestamp_seconds", {})[job] = now
    failures = values.setdefault("job_failures_total", {})
    failures[job] = failures.get(job, 0) + bool(exit_code)


def _ask_database(url: str, summaries: Path) -> Values:
    """What the ledger knows; nothing before the first run."""
    with closing(connect(url, "document-events metrics")) as connection, connection.cursor() as cursor:
        connection.set_session(readonly=True)
        if not _exists(cursor, "ops.health"):
            return {}
        values = dict(_ask_health(cursor))
        values |= _ask_runs(cursor)
        values |= _ask_last_run(cursor, summaries)
        if _exists(cursor, "ops.findings"):
            values["open_findings"] = _count_findings(cursor)
    return values


def _exists(cursor: Cursor, table: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (table,))
    return bool(fetch_one(cursor)[0])


def _ask_health(cursor: Cursor) -> Iterator[tuple[str, dict[str, float]]]:
    cursor.execute(
        "select extract(epoch from last_success_at)::float8 as last_success_timestamp_seconds,"
        " extract(epoch from newest_event_at)::float8 as newest_event_timestamp_seconds,"
        " open_quarantined_records, held_back_files, empty_input_folders, files_not_closing from ops.health"
    )
    for column, value in zip(cursor.description or (), fetch_one(cursor), strict=True):
        yield column.name, {} if value is None else {"": float(str(value))}


def _ask_runs(cursor: Cursor) -> Values:
    # A run that the next one found dead has no end; its start is the nearest that is known.
    cursor.execute(
        "select status, count(*), extract(epoch from max(coalesce(finished_at, started_at)))::float8"
        " from ops.pipeline_runs where status <> 'running' group by status"
    )
    found = {str(status): (float(runs), float(ended_at)) for status, runs, ended_at in cursor.fetchall()}
    counts = {status: found.get(status, (0.0, 0.0))[0] for status in ("succeeded", "failed")}
    failed = {"": found["failed"][1]} if "failed" in found else {}
    return {"runs_total": counts, "last_failure_timestamp_seconds": failed}


def _ask_last_run(cursor: Cursor, summaries: Path) -> Values:
    columns = sql.SQL(", ").join(map(sql.Identifier, _VERDICTS))
    cursor.execute(
        sql.SQL(
            "select run_id, {} from ops.pipeline_runs where status = 'succeeded' and records is not null"
            " order by run_id desc limit 1"
        ).format(columns)
    )
    if not (row := cursor.fetchone()):
        return {}
    run_id, *counts = row
    records = {verdict: float(count) for verdict, count in zip(_VERDICTS, counts, strict=True)}
    return {"last_run_records": records, "last_run_stage_seconds": _read_seconds(summaries / f"{run_id}.json")}


def _read_seconds(summary: Path) -> dict[str, float]:
    """Seconds by stage, as the run told them; nothing where it ran on another machine."""
    if not summary.exists():
        return {}
    content: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return {str(stage): float(seconds) for stage, seconds in content.get("seconds", {}).items()}


def _count_findings(cursor: Cursor) -> dict[str, float]:
    cursor.execute("select severity, count(*) from ops.findings where acknowledged_at is null group by severity")
    return dict.fromkeys(_SEVERITIES, 0.0) | {str(severity): float(found) for severity, found in cursor.fetchall()}


def _write_values(path: Path, values: Values) -> None:
    """Write the file by its library: under another name first, which then takes the place of the former file."""
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    for name, (text, label) in METRICS.items():
        if not (by_label := values.get(name)):
            continue
        labels = (label,) if label else ()
        if name.endswith("_total"):
            counter = Counter(_PREFIX + name, text, labels, registry=registry)
            for value, number in by_label.items():
                counter.labels(value).inc(number)
        else:
            gauge = Gauge(_PREFIX + name, text, labels, registry=registry)
            for value, number in by_label.items():
                (gauge.labels(value) if label else gauge).set(number)
    write_to_textfile(str(path), registry)
