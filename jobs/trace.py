"""Where did my event go? What became of an event, or of one record of a file.

`python -m jobs.trace --event ID [--search]` or `--file NAME --record N`, on the database of DATABASE_URL, else the
embedded one. Shows each record that bore the id: its file and number, its text, the verdict, the run that loaded it;
of the published one the row, session and document. Texts come from the files, where they are unchanged, those of
quarantined records from the local folder --quarantine. Exact duplicates are counted by file and not kept: with
--search, or where it is little, the files that hold some are read again for them. Exit codes as of jobs/query.py.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.reporting.tables import format_cell
from jobs.storage.config.sources import read_source
from jobs.storage.database.postgres import read_only
from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.input.file_systems import end_of_path, show_name
from jobs.storage.local.database_url import find_database
from jobs.storage.process.signals import run_stoppable
from jobs.storage.quarantine.lines import find_lines, find_quarantined
from jobs.storage.runs.held_back import read_held_back
from jobs.storage.runs.provenance import (
    LedgerEntry,
    Row,
    fetch_rows,
    find_obstacle,
    find_reading,
    find_readings,
    find_records,
    find_repeating_readings,
    make_reader,
    read_event_id,
    read_text,
)

_SHOWN_CHARACTERS = 4000
# So much is searched without being asked: a second or so.
_LITTLE_BYTES = 64 * 1024**2


def trace_event(cursor: Cursor, event_id: str, quarantine: Path, search: bool) -> Iterator[str]:
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
        for table, key in (("sessions", "session_id"), ("documents", "document_id"), ("users", "user_id")):
            query = sql.SQL("select * from {} where {} = %s").format(
                sql.Identifier("public", table), sql.Identifier(key)
            )
            for found in fetch_rows(cursor, query, row[key]):
                yield from describe_row(f"its row in {table}", found)
    for row in superseded:
        yield from describe_record(cursor, "superseded: another record of this id is earlier, by content", row)
        yield from describe_row("row in ops.superseded_records", row)
    for row in quarantined:
        yield from describe_quarantined(cursor, row)
    if published or superseded:
        yield from describe_duplicates(cursor, event_id, [*published, *superseded], search)


def trace_record(cursor: Cursor, name: str, number: int, quarantine: Path, search: bool) -> Iterator[str]:
    """The lines on one record of a file as it was last read; on its event too, where it is one."""
    readings = find_readings(cursor, name)
    if not readings:
        for file in read_held_back(cursor, end_of_path(name)):
            raise UsageError(f"{show_name(file.file_path)} is held back, so that nothing of it is loaded: {file.why}")
        raise UsageError(f"no file {name} has been read; give its path as it is now, or the last parts of it")
    if len(paths := {reading.file_path for reading in readings}) > 1:
        raise UsageError(f"{len(paths)} files are called {name}: give more of the path, such as {readings[0].name}")
    latest = next(reading for reading in readings if reading.format != "replay")
    if number > latest.records:
        raise UsageError(f"{latest.name} has {latest.records} records, not {number}")
    event_ids, lines = judge_record(cursor, latest, number, find_events_at(cursor, readings, number), quarantine)
    yield from lines
    for event_id in event_ids:
        yield f"event {format_cell(event_id)}"
        yield from trace_event(cursor, event_id, quarantine, search)


def find_events_at(cursor: Cursor, readings: list[LedgerEntry], number: int) -> set[str]:
    """The ids of what is kept as this record of the file, whichever reading brought it: a file that has grown, a
    replay and a full refresh leave an event with the first.
    """
    place = ([reading.file_id for reading in readings], number)
    query = (
        "select event_id from public.events where file_id = any(%s) and record_number = %s"
        " union select event_id from ops.superseded_records where file_id = any(%s) and record_number = %s"
    )
    return {row["event_id"] for row in fetch_rows(cursor, query, *place, *place)}


def judge_record(
    cursor: Cursor, reading: LedgerEntry, number: int, known: set[str], quarantine: Path
) -> tuple[list[str], list[str]]:
    """The ids of the events that the record may be, and the lines on one that is quarantined, blank or a repetition."""
    query = "select * from ops.quarantined_records where file_id = %s and record_number = %s"
    if rows := fetch_rows(cursor, query, reading.file_id, number):
        kept = list(find_lines(quarantine, [rows[0]["run_id"]], place=(reading.file_path, number)))
        lines = [line for record in kept or [{}] for line in describe_quarantined(cursor, {**rows[0], **record})]
        return sorted(known) if rows[0]["recovered_by_run_id"] else [], lines
    text, remark = read_text(reading, number)
    stated = read_event_id(text, make_reader(read_source(Path(reading.source)))) if text else None
    # Of a file that was changed, other records may have stood at this place.
    if events := sorted(event_id for event_id in known if stated in (None, event_id)):
        return events, []
    if text is None:
        verdict = "blank or an exact duplicate: it is not published, not superseded and not quarantined"
    elif not text.strip():
        verdict = "blank"
    else:
        verdict = "an exact duplicate: it repeats a record that came before it, and is counted but not kept"
    place = describe_place(cursor, reading, number)
    return [stated] if stated else [], [verdict, *place, *describe_text(text, remark)]


def describe_record(cursor: Cursor, verdict: str, row: Row) -> Iterator[str]:
    """A record that is in one of the tables: what became of it, where it stands, its text."""
    reading = find_reading(cursor, row["file_id"])
    yield verdict
    yield from describe_place(cursor, reading, row["record_number"], row["run_id"])
    yield from describe_text(*read_text(reading, row["record_number"]))


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
    since = "" if reading.is_current or reading.format == "replay" else "; the file has been read again since"
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


def describe_duplicates(cursor: Cursor, event_id: str, known: list[Row], search: bool) -> Iterator[str]:
    """Which exact duplicates have arrived, as far as it can be told."""
    readings = find_repeating_readings(cursor)
    if not readings:
        yield "exact duplicates: none, of any event"
        return
    counted = sum(reading.exact_duplicates for reading in readings)
    size = sum(reading.size_bytes for reading in readings)
    about = f"{counted:,} of all events in {len(readings)} files of {size:,} bytes, counted and not kept"
    if not search and size > _LITTLE_BYTES:
        yield f"exact duplicates: not looked for ({about}); SEARCH=1 (--search) reads these files for them"
        return
    yield f"exact duplicates of this event (there are {about}):"
    places = {(find_reading(cursor, row["file_id"]).file_path, row["record_number"]) for row in known}
    for reading in readings:
        if obstacle := find_obstacle(reading):
            yield f"  unknown  {format_cell(reading.name)}: {obstacle}"
            continue
        for number in find_records(reading, event_id):
            if (reading.file_path, number) not in places:
                yield f"  file     {format_cell(reading.name)}, record {number}"


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs.trace", description=__doc__.partition("\n")[0])
    parser.add_argument("--event", help="id of an event")
    parser.add_argument("--file", help="a file that was read: its path, its URI, or the last parts of either")
    parser.add_argument("--record", type=int, help="number of a record in that file, from 1, blank ones counted")
    parser.add_argument("--search", action="store_true", help="read files for exact duplicates, however large they are")
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
            return "\n".join(trace_record(cursor, options.file, options.record, options.quarantine, options.search))
        lines = list(trace_event(cursor, options.event, options.quarantine, options.search))
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
