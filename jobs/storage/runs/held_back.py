"""Reads and writes which files the quality gate holds back, and reads what the gate must know of earlier runs."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from urllib.parse import urlsplit

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.storage.input.file_systems import InputFile, file_system_of, is_below, make_uri
from jobs.storage.runs.ledger import Reading
from jobs.storage.runs.run import Run
from schemas.fields import Source


@dataclass(frozen=True)
class HeldBackFile:
    """One row of `ops.held_back_files`: a file as it was, the mapping that read it, and why it is held back."""

    file_path: str
    size_bytes: int
    modified_at: datetime
    source: str
    mapping_hash: str
    records: int
    quarantined: int
    why: str

    @property
    def file(self) -> InputFile:
        return InputFile(self.file_path, self.size_bytes, self.modified_at)


@dataclass(frozen=True)
class Precedents:
    """What the gate must know of earlier runs.

    `good_files` counts the files that the mapping of this run has loaded before. `readings` holds, by URI, two numbers
    of a file's current reading: its records without blank and ignored ones, and its quarantined records.
    """

    good_files: int
    readings: dict[str, tuple[int, int]]


NO_PRECEDENTS = Precedents(0, {})
_COLUMNS = [field.name for field in fields(HeldBackFile)]


def read_held_back(cursor: Cursor, end_of_path: str = "") -> list[HeldBackFile]:
    """Read the files that are held back, in order. With `end_of_path`, only those whose path ends with it."""
    statement = sql.SQL(
        "select {} from ops.held_back_files where right('/' || file_path, length(%(end)s)) = %(end)s order by file_path"
    )
    cursor.execute(statement.format(sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))), {"end": end_of_path})
    return [HeldBackFile(*row) for row in cursor.fetchall()]


def forget_settled_files(cursor: Cursor, folder: str, found: list[InputFile]) -> None:
    """Delete the rows of files that are gone from the input folder, and of files that are again as they were loaded.

    If nothing was found in the folder, its mount may be lost. Then nobody knows about its files, and no row is deleted.
    """
    if not found:
        return
    now = {file.uri: file for file in found}
    rows = read_held_back(cursor)
    gone = [row.file_path for row in rows if row.file_path not in now and _is_gone(row.file_path, folder)]
    cursor.execute(
        "select distinct on (file_path) file_path, size_bytes, modified_at from ops.ingested_files"
        " where is_current and format <> 'replay' and file_path = any(%s) order by file_path, file_id desc",
        ([row.file_path for row in rows],),
    )
    loaded = [file.uri for file in (InputFile(*row) for row in cursor.fetchall()) if now.get(file.uri) == file]
    cursor.execute("delete from ops.held_back_files where file_path = any(%s)", ([*gone, *loaded],))


def leave_out_held_back(cursor: Cursor, chosen: list[Reading], drops_missing: bool) -> list[Reading]:
    """Leave out the files that are held back, if neither the file nor the mapping has changed since.

    A full refresh that drops missing records keeps only what it reads. So it must read a file that was loaded before:
    otherwise the events of that earlier reading would be lost.
    """
    held_back = {(row.file, row.source, row.mapping_hash) for row in read_held_back(cursor)}
    if not held_back:
        return chosen
    left_out = {
        reading.file.uri
        for reading in chosen
        if (reading.file, reading.source.name, reading.source.mapping_hash) in held_back
    }
    if drops_missing:
        left_out -= _read_current(cursor, left_out).keys()
    return [reading for reading in chosen if reading.file.uri not in left_out]


def read_precedents(cursor: Cursor, chosen: list[Reading], source: Source) -> Precedents:
    """Read what the ledger knows of the files that a run is to read, and of those that `source` has read before."""
    cursor.execute(
        "select count(*) from ops.ingested_files"
        " where is_current and part_of_file_id is null and accepted > 0 and source = %s and mapping_hash = %s",
        (source.name, source.mapping_hash),
    )
    ((good_files,),) = cursor.fetchall()
    return Precedents(good_files, _read_current(cursor, {reading.file.uri for reading in chosen}))


def enter_held_back(cursor: Cursor, run: Run, files: Iterable[HeldBackFile]) -> None:
    """Enter the files that a run holds back. If a file already has a row, it is replaced."""
    columns = [*_COLUMNS, "run_id"]
    statement = sql.SQL(
        "insert into ops.held_back_files ({columns}) values %s on conflict (file_path) do update set {changes}"
    ).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        changes=sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in [*columns[1:], "held_back_at"]
        ),
    )
    execute_values(cursor, statement, [(*astuple(file), run.run_id) for file in files])


def _is_gone(uri: str, folder: str) -> bool:
    """Return whether a file that was not found below the folder is gone.

    A local file is gone if its path is below that folder. Hadoop may name a folder in another way than its files, such
    as `hdfs:///events` and `hdfs://name:8020/events/a.json`. So there we look for the file itself.
    """
    if urlsplit(uri).scheme == "file" or urlsplit(uri).scheme != urlsplit(make_uri(folder)).scheme:
        return is_below(uri, folder)
    try:
        file_system_of(uri).stat(uri)
    except OSError:
        return True
    return False


def _read_current(cursor: Cursor, uris: set[str]) -> dict[str, tuple[int, int]]:
    """Count, by URI, records without blank and ignored ones, and quarantined ones, in the files' current readings."""
    cursor.execute(
        "select file_path, sum(records - blank - ignored)::bigint, sum(quarantined)::bigint from ops.ingested_files"
        " where is_current and format <> 'replay' and file_path = any(%s) group by file_path",
        (list(uris),),
    )
    return {path: (records, quarantined) for path, records, quarantined in cursor.fetchall()}
