"""Answers the question "Where did my event go?": shows what became of an event, or of one record of a file.

`python -m jobs.trace --event ID` or `--file NAME --record N` uses the database of DATABASE_URL, or the embedded one. It
shows each record with the id: its file and number, its text, its verdict, and the run that loaded it. For the published
record it also shows the row, the session and the document. Texts are read from the input files, if these are unchanged;
texts of quarantined records come from the local folder --quarantine. The exit codes are those of jobs/query.py.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.reporting.tables import format_cell
from jobs.storage.database.postgres import read_only
from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.input.file_systems import end_of_path, show_name
from jobs.storage.local.database_url import find_database
from jobs.storage.process.signals import run_stoppable
from jobs.storage.quarantine.lines import find_lines, find_quarantined
from jobs.storage.runs.held_back import read_held_back
from jobs.storage.runs.mappings import read_recorded_mapping
from jobs.storage.runs.provenance import (
    LedgerEntry,
    Row,
    fetch_rows,
    find_reading,
    find_readings,
    read_text,
)

# Other tables with rows of a published event, and the column of the event that finds them.
_BESIDE_EVENTS = {
    "sessions": "session_id",
    "documents": "document_id",
    "users": "user_id",
    "share_recipients": "event_id",
    "event_properties": "event_id",
}
_SHOWN_CHARACTERS = 4000
# The tables that store the places of accepted records.
_DUPLICATES = ("ops.duplicate_records",)
_TABLES = ("public.events", "ops.superseded_records", *_DUPLICATES)


def trace_event(cursor: Cursor, event_id: str, quarantine: Path) -> Iterator[str]:
    """Yields lines on all that is known of an event id; none if nothing is known."""
    published = fetch_rows(cursor, "select * from public.events where event_id = %s", event_id)
    superseded = fetch_rows(
        cursor,
        "select * from ops.superseded_records where event_id = %s order by event_at, content_fingerprint",
        event_id,
    )
    quarantined = find_quarantined(cursor, event_id, quarantine)
    for row in published:
        yield from describe_record(cursor, "published", row)
        yield from describe_row("row in events", row)
        for table, key in _BESIDE_EVENTS.items():
            query = sql.SQL("select * from {} where {} = %s order by 1, 2").format(
                sql.Identifier("public", table), sql.Identifier(key)
            )
            for found in fetch_rows(cursor, query, row[key]):
                yield from describe_row(f"its row in {table}", found)
    for row in superseded:
        yield from describe_record(cursor, "superseded: another version of this event comes first", row)
        yield from describe_row("row in ops.superseded_records", row)
    for row in quarantined:
        yield from describe_quarantined(cursor, row)
    if published or superseded:
        yield from describe_duplicates(cursor, event_id)


def trace_record(cursor: Cursor, name: str, number: int, quarantine: Path) -> Iterator[str]:
    """Yields lines on one record of a file as it was last read, and on its event if the record is one."""
    readings = find_readings(cursor, name)
    if not readings:
        for file in read_held_back(cursor, end_of_path(name)):
            raise UsageError(f"{show_name(file.file_path)} is held back, so that nothing of it is loaded: {file.why}")
        raise UsageError(f"no file {name} has been read: give its present path, or the last parts of it")
    if len(paths := {reading.file_path for reading in readings}) > 1:
        raise UsageError(f"{len(paths)} files are named {name}: give more of the path, such as {readings[0].name}")
    latest = [reading for reading in readings if reading.is_current] or readings[:1]
    records = sum(reading.records for reading in latest if reading.format != "replay")
    if number > records:
        raise UsageError(f"{readings[0].name} has {records} records, not {number}")
    yield from describe_unpublished(cursor, latest, number, quarantine)
    for event_id in find_events_at(cursor, latest, number):
        yield f"event {format_cell(event_id)}"
        yield from trace_event(cursor, event_id, quarantine)


def find_events_at(
    cursor: Cursor, readings: list[LedgerEntry], number: int, tables: Iterable[str] = _TABLES
) -> list[str]:
    """Returns the event ids of the records at this place of a file.

    A record that was read again is stored with its first reading, so earlier readings are searched too.
    """
    query = sql.SQL(" union ").join(
        sql.SQL(
            "select event_id from {} as records inner join ops.ingested_files using (file_id)"
            " where coalesce(read_again_as, file_id) = any(%(readings)s) and record_number = %(number)s"
        ).format(sql.Identifier(*table.split(".")))
        for table in tables
    )
    cursor.execute(query, {"readings": [reading.file_id for reading in readings], "number": number})
    return sorted(event_id for (event_id,) in cursor.fetchall())


def describe_unpublished(cursor: Cursor, readings: list[LedgerEntry], number: int, quarantine: Path) -> Iterator[str]:
    """Yields lines on a record that is quarantined, blank, ignored or an exact duplicate; none on any other."""
    query = "select * from ops.quarantined_records where file_id = any(%s) and record_number = %s"
    if rows := fetch_rows(cursor, query, [reading.file_id for reading in readings], number):
        kept = list(find_lines(quarantine, [rows[0]["run_id"]], place=(readings[0].file_path, number)))
        for record in kept or [{}]:
            yield from describe_quarantined(cursor, {**rows[0], **record})
        return
    if find_events_at(cursor, readings, number, _DUPLICATES):
        yield "an exact duplicate: it repeats a record that came before it"
    elif not find_events_at(cursor, readings, number):
        yield "blank or ignored"
    else:
        return
    # If parts of a file were read later, the latest reading covers all its records.
    reading = max(readings, key=lambda reading: (reading.format != "replay", reading.file_id))
    yield from describe_place(cursor, reading, number)
    yield from describe_text(*read_text_of(cursor, reading, number))


def describe_record(cursor: Cursor, verdict: str, row: Row) -> Iterator[str]:
    """Yields lines on a record that is in a table: its verdict, its place and its text."""
    reading = find_reading(cursor, row["file_id"])
    yield verdict
    yield from describe_place(cursor, reading, row["record_number"], row["run_id"])
    if not row["is_current"]:
        yield "  since    no current reading of any file holds it"
    yield from describe_text(*read_text_of(cursor, reading, row["record_number"]))


def read_text_of(cursor: Cursor, reading: LedgerEntry, number: int) -> tuple[bytes | None, str]:
    """Returns the text of a record, cut out by the mapping of its reading, and a remark on it."""
    return read_text(reading, read_recorded_mapping(cursor, reading.source, reading.mapping_hash), number)


def describe_quarantined(cursor: Cursor, row: Row) -> Iterator[str]:
    """Yields lines on a quarantined record: its reasons, whether it is open, its place, and its text if we have it."""
    reading = find_reading(cursor, row["file_id"])
    guess = "" if row.get("is_sure", True) else " (perhaps this event: it can't be read, and its text holds the id)"
    yield f"quarantined: {', '.join(row['reasons'])}{guess}"
    for problem in row.get("details", {}).get("problems", []):
        yield "  why      " + ", ".join(f"{key} {format_cell(value)}" for key, value in problem.items() if value)
    if row["recovered_by_run_id"]:
        yield f"  since    recovered by run {row['recovered_by_run_id']}"
    else:
        yield "  since    " + ("open" if reading.is_current else "closed: the file has been read again")
    yield from describe_place(cursor, reading, row["record_number"])
    kept = row.get("raw") or row.get("raw_base64")
    missing = "not found in the quarantine folder" if kept is None else ""
    yield from describe_text(kept.encode() if kept else None, missing)


def describe_place(cursor: Cursor, reading: LedgerEntry, number: int, run_id: int | None = None) -> Iterator[str]:
    """Yields lines on the place of a record, and on the run that loaded it."""
    if reading.is_current:
        since = ""
    elif reading.read_again_as:
        since = "; the same content has been read again since"
    else:
        since = "; the file holds something else now"
    yield f"  file     {format_cell(reading.name)}, record {number}{since}"
    query = "select * from ops.pipeline_runs where run_id = %s"
    for run in fetch_rows(cursor, query, run_id or reading.run_id):
        yield f"  run      {run['run_id']}, {run['kind']}, {run['status']} at {run['finished_at']}"


def describe_text(text: bytes | None, remark: str) -> Iterator[str]:
    """Yields the text of a record, or the reason why there is none."""
    if text is not None:
        shown = text.decode("utf-8", "backslashreplace")
        cut = f"... ({len(text):,} bytes)" if len(shown) > _SHOWN_CHARACTERS else ""
        yield f"  text     {format_cell(shown[:_SHOWN_CHARACTERS])}{cut}"
    if remark:
        yield f"  text     {remark}"


def describe_row(title: str, row: Row) -> Iterator[str]:
    """Yields the columns of a row that are not null."""
    yield f"  {title}"
    yield from (f"    {name:<24} {format_cell(value)}" for name, value in row.items() if value is not None)


def describe_duplicates(cursor: Cursor, event_id: str) -> Iterator[str]:
    """Yields the places of the exact duplicates of an event."""
    query = (
        "select file_id, record_number from ops.duplicate_records where event_id = %s order by file_id, record_number"
    )
    rows = fetch_rows(cursor, query, event_id)
    yield f"exact duplicates: {len(rows) or 'none'}"
    for row in rows:
        yield from describe_place(cursor, find_reading(cursor, row["file_id"]), row["record_number"])


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs.trace", description=__doc__.partition("\n")[0])
    parser.add_argument("--event", help="id of an event")
    parser.add_argument("--file", help="a file that was read: its path, its URI, or the last parts of either")
    parser.add_argument("--record", type=int, help="number of a record in that file, from 1, blank ones counted")
    parser.add_argument("--quarantine", type=Path, default="data/quarantine", help="the folder of quarantined records")
    return parser


def trace(url: str, options: argparse.Namespace) -> str:
    """Returns what is known of the event or record. Raises UsageError if neither is named, or the file is unknown."""
    by_record = options.file is not None and options.record is not None
    if (options.event is None) != by_record or (by_record and options.record < 1):
        raise UsageError("say which: EVENT=id (--event), or FILE=name RECORD=number (--file, --record), from 1")
    with read_only(url, "document-events trace") as cursor:
        if not fetch_rows(cursor, "select 1 where to_regclass('ops.health') is not null"):
            raise UsageError("nothing has been loaded yet: run `make pipeline` first")
        if by_record:
            return "\n".join(trace_record(cursor, options.file, options.record, options.quarantine))
        lines = list(trace_event(cursor, options.event, options.quarantine))
    unknown = "not known: neither published nor superseded, and in no text of the quarantine folder"
    return "\n".join(lines) if lines else f"event {format_cell(options.event)}: {unknown}"


def main(arguments: list[str]) -> int:
    """Shows it. Returns the exit code."""
    try:
        print(trace(find_database(), arg_parser().parse_args(arguments)))
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
