"""Where did my event go? What became of an event, or of one record of a file.

`python -m jobs.trace --event ID` or `--file NAME --record N`, on the database of DATABASE_URL, else the
embedded one. Shows each record that bore the id: its file and number, its text, the verdict, the run that loaded it;
of the published one the row, session and document. Texts come from the files, where they still hold them, those of
quarantined records from the local folder --quarantine. Exit codes as of jobs/query.py.
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

# Where else something stands of a published event, and by which of its columns it is found.
_BESIDE_EVENTS = {
    "sessions": "session_id",
    "documents": "document_id",
    "users": "user_id",
    "share_recipients": "event_id",
    "event_properties": "event_id",
}
_SHOWN_CHARACTERS = 4000
# Where the place of an accepted record is kept.
_DUPLICATES = ("ops.duplicate_records",)
_TABLES = ("public.events", "ops.superseded_records", *_DUPLICATES)


def trace_event(cursor: Cursor, event_id: str, quarantine: Path) -> Iterator[str]:
    """The lines on all that is known of an event id; none where nothing is."""
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
    """The lines on one record of a file as it was last read; on its event too, where it is one."""
    readings = find_readings(cursor, name)
    if not readings:
        for file in read_held_back(cursor, end_of_path(name)):
            raise UsageError(f"{show_name(file.file_path)} is held back, so that nothing of it is loaded: {file.why}")
        raise UsageError(f"no file {name} has been read; give its path as it is now, or the last parts of it")
    if len(paths := {reading.file_path for reading in readings}) > 1:
        raise UsageError(f"{len(paths)} files are called {name}: give more of the path, such as {readings[0].name}")
    latest = [reading for reading in readings if reading.is_current] or readings[:1]
    records = sum(reading.records for reading in latest if reading.format != "replay")
    if number > records:
        raise UsageError(f"{readings[0].name} has {records} records, not {number}")
    yield from judge_record(cursor, latest, number, quarantine)
    for event_id in find_events_at(cursor, latest, number):
        yield f"event {format_cell(event_id)}"
        yield from trace_event(cursor, event_id, quarantine)


def find_events_at(
    cursor: Cursor, readings: list[LedgerEntry], number: int, tables: Iterable[str] = _TABLES
) -> list[str]:
    """The ids of the records that stand at this place of a file.

    What was read again stands with the reading that brought it first.
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


def judge_record(cursor: Cursor, readings: list[LedgerEntry], number: int, quarantine: Path) -> Iterator[str]:
    """The lines on a record that is quarantined, blank, ignored or an exact duplicate; none on the others."""
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
    # Parts of a file are read later than it, and know all records that are in it.
    reading = max(readings, key=lambda reading: (reading.format != "replay", reading.file_id))
    yield from describe_place(cursor, reading, number)
    yield from describe_text(*read_text_of(cursor, reading, number))


def describe_record(cursor: Cursor, verdict: str, row: Row) -> Iterator[str]:
    """A record that is in one of the tables: what became of it, where it stands, its text."""
    reading = find_reading(cursor, row["file_id"])
    yield verdict
    yield from describe_place(cursor, reading, row["record_number"], row["run_id"])
    if not row["is_current"]:
        yield "  since    no current reading of any file holds it"
    yield from describe_text(*read_text_of(cursor, reading, row["record_number"]))


def read_text_of(cursor: Cursor, reading: LedgerEntry, number: int) -> tuple[bytes | None, str]:
    """The text of a record by the mapping that its file was read by, and what there is to say of it."""
    return read_text(reading, read_recorded_mapping(cursor, reading.source, reading.mapping_hash), number)


def describe_quarantined(cursor: Cursor, row: Row) -> Iterator[str]:
    """A quarantined record: why, whether it is still open, where it stands, and its text if it was kept."""
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
    """Where a record stands and which run brought it."""
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
    """The text of a record, or why there is none."""
    if text is not None:
        shown = text.decode("utf-8", "backslashreplace")
        cut = f"... ({len(text):,} bytes)" if len(shown) > _SHOWN_CHARACTERS else ""
        yield f"  text     {format_cell(shown[:_SHOWN_CHARACTERS])}{cut}"
    if remark:
        yield f"  text     {remark}"


def describe_row(title: str, row: Row) -> Iterator[str]:
    """The columns of a row that hold something."""
    yield f"  {title}"
    yield from (f"    {name:<24} {format_cell(value)}" for name, value in row.items() if value is not None)


def describe_duplicates(cursor: Cursor, event_id: str) -> Iterator[str]:
    """Where the exact duplicates of an event stand."""
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
    """What is known of the event or the record. Raises UsageError where it is not said which, or no such file is."""
    by_record = options.file is not None and options.record is not None
    if (options.event is None) != by_record or (by_record and options.record < 1):
        raise UsageError("say which: EVENT=id (--event), or FILE=name RECORD=number (--file, --record), from 1")
    with read_only(url, "document-events trace") as cursor:
        if not fetch_rows(cursor, "select 1 where to_regclass('ops.health') is not null"):
            raise UsageError("nothing has been loaded yet; `make pipeline` loads")
        if by_record:
            return "\n".join(trace_record(cursor, options.file, options.record, options.quarantine))
        lines = list(trace_event(cursor, options.event, options.quarantine))
    unknown = "not known: not published, not superseded, and in no quarantined record whose text is at hand"
    return "\n".join(lines) if lines else f"event {format_cell(options.event)}: {unknown}"


def main(arguments: list[str]) -> int:
    """Show it; returns the exit code."""
    try:
        print(trace(find_database(), arg_parser().parse_args(arguments)))
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
