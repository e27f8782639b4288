"""Finds where a record came from: its file in the ledger, and its text if the file has not changed.

It needs no Spark: plain Python reads the text, by the functions that read files for the jobs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.records.files.nested_records import make_opener
from jobs.records.files.open_file import can_open
from jobs.records.files.raw_record import RawRecord
from jobs.records.files.splits import Split, SplitReader
from jobs.storage.input.changed_files import describe_change
from jobs.storage.input.discovery import sniff
from jobs.storage.input.file_systems import InputFile, end_of_path, show_name
from jobs.storage.input.grown_files import digest_beginning
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
    run_id: int
    is_current: bool
    part_of_file_id: int | None
    read_again_as: int | None
    content_bytes: int | None
    content_digest: str | None

    @property
    def name(self) -> str:
        """The path of a local file, or the URI of another one."""
        return show_name(self.file_path)

    @property
    def file(self) -> InputFile:
        """The file as it was when it was read."""
        return InputFile(self.file_path, self.size_bytes, self.modified_at)


def fetch_rows(cursor: Cursor, query: str | sql.Composable, *values: Any) -> list[Row]:
    """Run a query and return its rows by column name."""
    cursor.execute(query, values)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def find_reading(cursor: Cursor, file_id: int) -> LedgerEntry:
    """Return the reading that a row of the tables names. A foreign key guarantees that it exists."""
    (row,) = fetch_rows(cursor, "select * from ops.ingested_files where file_id = %s", file_id)
    return _make_reading(row)


def find_readings(cursor: Cursor, name: str) -> list[LedgerEntry]:
    """Return all readings of the files called `name`, latest first. A name is a path, a URI, or the end of either."""
    end = end_of_path(name)
    rows = fetch_rows(
        cursor,
        "select * from ops.ingested_files where right('/' || file_path, length(%s)) = %s"
        ' order by file_path collate "C", file_id desc',
        end,
        end,
    )
    return [_make_reading(row) for row in rows]


def read_text(reading: LedgerEntry, source: Source, record_number: int) -> tuple[bytes | None, str]:
    """Return the text of a record and a note: why there is no text, or what may be wrong with it.

    `source` is the mapping that read the file.
    """
    if problem := find_obstacle(reading):
        return None, problem
    for record in islice(_scan(reading, source), record_number - 1, record_number):
        return record.raw, record.error or ""
    return None, "the file has no such record"


def find_obstacle(reading: LedgerEntry) -> str | None:
    """Return why the records of this reading can't be read again. None if they can."""
    if not can_open(reading.file_path):
        return "not shown: the file is neither on this machine nor in a bucket of S3"
    change = describe_change(reading.file)
    if change and reading.content_bytes is not None and reading.content_digest is not None:
        # If the file has only grown, what was read is still there.
        change = None if digest_beginning(reading.file, reading.content_bytes) == [reading.content_digest] else change
    return f"not kept: the file is no longer as it was read ({change})" if change else None


def _make_reading(row: Row) -> LedgerEntry:
    return LedgerEntry(**{field.name: row[field.name] for field in fields(LedgerEntry)})


def _scan(reading: LedgerEntry, source: Source) -> Iterator[RawRecord]:
    file = reading.file
    return SplitReader(Split(reading.file_id, file.uri, sniff(file), file.size_bytes), make_opener(source)).read()
