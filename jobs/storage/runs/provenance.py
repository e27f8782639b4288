"""Where a record came from: its file in the ledger, and its text, where that file is still what it was.

In plain Python, by the functions that read files for the job.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.records import Event, RecordReader
from jobs.records.files.open_file import can_open
from jobs.records.files.split_records import RawRecord
from jobs.records.files.splits import Split, read_split
from jobs.records.validate import Limits
from jobs.storage.config.sources import read_source
from jobs.storage.errors import PipelineError
from jobs.storage.input.changed_files import describe_change
from jobs.storage.input.discovery import sniff
from jobs.storage.input.file_systems import InputFile, end_of_path, show_name
from schemas.fields import Source

Row = dict[str, Any]


@dataclass(frozen=True)
class LedgerEntry:
    """One row of the ledger."""

    file_id: int
    file_path: str
    size_bytes: int
    modified_at: datetime
    format: str
    source: str
    mapping_hash: str
    records: int
    exact_duplicates: int
    run_id: int
    is_current: bool

    @property
    def name(self) -> str:
        """The path, or the URI where it is no local file."""
        return show_name(self.file_path)

    @property
    def file(self) -> InputFile:
        """The file as it was when it was read."""
        return InputFile(self.file_path, self.size_bytes, self.modified_at)


def fetch_rows(cursor: Cursor, query: str | sql.Composable, *values: Any) -> list[Row]:
    """The rows of a query, by column name."""
    cursor.execute(query, values)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def find_reading(cursor: Cursor, file_id: int) -> LedgerEntry:
    """The reading that a row of the tables names; the foreign keys see to it that it is there."""
    (row,) = fetch_rows(cursor, "select * from ops.ingested_files where file_id = %s", file_id)
    return _make_reading(row)


def find_readings(cursor: Cursor, name: str) -> list[LedgerEntry]:
    """All readings of the files that are called `name`: a path, a URI, or the last parts of either; latest first."""
    end = end_of_path(name)
    rows = fetch_rows(
        cursor,
        "select * from ops.ingested_files where right('/' || file_path, length(%s)) = %s"
        ' order by file_path collate "C", file_id desc',
        end,
        end,
    )
    return [_make_reading(row) for row in rows]


def find_repeating_readings(cursor: Cursor) -> list[LedgerEntry]:
    """The current readings in which exact duplicates were counted."""
    query = (
        "select * from ops.ingested_files where is_current and exact_duplicates > 0"
        ' order by file_path collate "C", file_id'
    )
    return [_make_reading(row) for row in fetch_rows(cursor, query)]


def read_text(reading: LedgerEntry, record_number: int) -> tuple[bytes | None, str]:
    """The text of a record, and what there is to say of it: why there is none, or what may be wrong with it."""
    if problem := find_obstacle(reading):
        return None, problem
    source = read_source(Path(reading.source))
    for _, text, error in islice(_scan(reading, source), record_number - 1, record_number):
        return text, error or _compare_mapping(reading, source)
    return None, "the file has no such record"


def find_obstacle(reading: LedgerEntry) -> str | None:
    """Why the records of this reading can't be read again; None where they can."""
    if not can_open(reading.file_path):
        return "not shown: the file is neither on this machine nor in a bucket of S3"
    if change := describe_change(reading.file):
        return f"not kept: the file is no longer as it was read ({change})"
    try:
        read_source(Path(reading.source))
    except PipelineError as error:
        return f"not shown: its mapping can't be read ({error})"
    return None


def find_records(reading: LedgerEntry, event_id: str) -> Iterator[int]:
    """The numbers of the records of a file that bear this id."""
    source = read_source(Path(reading.source))
    reader = make_reader(source)
    needle = json.dumps(event_id.removeprefix(source.id_prefix), ensure_ascii=False)[1:-1].encode()
    for number, text, error in _scan(reading, source):
        if not text or error is not None:
            continue
        # Most records are of other events; of an id that is derived from the content nothing stands in the text.
        may_bear_it = needle in text or b"\\" in text or "event_id" not in source.fields
        if may_bear_it and read_event_id(text, reader) == event_id:
            yield number


def make_reader(source: Source) -> RecordReader:
    """Reads records for their ids; limits do not matter for these."""
    return RecordReader(source, Limits())


def read_event_id(text: bytes, reader: RecordReader) -> str | None:
    """The id that the mapping finds in a record, or that is derived from it; None where it has none."""
    found = reader.read(text)
    return found.event_id if isinstance(found, Event) else (found.fields or {}).get("event_id")


def _make_reading(row: Row) -> LedgerEntry:
    return LedgerEntry(**{field.name: row[field.name] for field in fields(LedgerEntry)})


def _scan(reading: LedgerEntry, source: Source) -> Iterator[RawRecord]:
    file = reading.file
    return read_split(Split(reading.file_id, file.uri, sniff(file), file.size_bytes), source.record_path)


def _compare_mapping(reading: LedgerEntry, source: Source) -> str:
    if source.mapping_hash == reading.mapping_hash or not source.record_path:
        return ""
    return "found by today's mapping, which is not the one it was read by"
