"""The ledger of files: which were read, in what state and by which mapping. It decides what a run reads."""

import errno
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.records.files.open_file import can_open
from jobs.storage.database.postgres import fetch_one
from jobs.storage.errors import UsageError
from jobs.storage.input.discovery import LOOKS_AT_ONCE, sniff
from jobs.storage.input.file_systems import InputFile, file_system_of, show_name
from jobs.storage.runs.known_files import (
    Continuation,
    KnownFile,
    find_continuation,
    find_repeated_readings,
    has_same_content,
    read_known_files,
)
from jobs.storage.runs.mappings import read_mappings
from schemas.fields import Source


@dataclass(frozen=True)
class Reading:
    """One file that this run reads, and its mapping. `file_id` is 0 until the reading gets an id.

    Of a file that has grown only the `continuation` may be read. Any other file is read whole. A whole reading replaces
    the earlier readings whose ids are in `reads_again`: records that only those held are dropped. `is_settled` means
    that the file has not changed since an earlier run, so its last line counts as complete. A replay reads some records
    of the earlier reading `original_file_id` again; `replayed_part_of` is the whole reading of that file.
    """

    file_id: int
    file: InputFile
    source: Source
    continuation: Continuation | None = None
    reads_again: list[int] = field(default_factory=list)
    is_settled: bool = False
    original_file_id: int | None = None
    replayed_part_of: int | None = None

    @property
    def part_of_file_id(self) -> int | None:
        """The whole reading of the file that this one belongs to. None if this one is whole itself."""
        return self.continuation.part_of if self.continuation else self.replayed_part_of


@dataclass(frozen=True)
class Choice:
    """What a run is to read.

    `gone` are files of the ledger that no longer exist. `seen` are files with nothing new to read, although the ledger
    has another size or time of them.
    """

    readings: list[Reading]
    gone: list[str] = field(default_factory=list)
    seen: list[InputFile] = field(default_factory=list)

    def with_ids(self, file_ids: list[int]) -> list[Reading]:
        """Return the readings in the order of their URIs, each with one of these ids."""
        ordered = sorted(self.readings, key=lambda reading: reading.file.uri)
        return [replace(reading, file_id=file_id) for file_id, reading in zip(file_ids, ordered, strict=True)]


def choose_new_files(cursor: Cursor, found: list[InputFile], source: Source) -> Choice:
    """Choose what is new: files that the ledger does not know, and what has changed in the others."""
    known = read_known_files(cursor, [file.uri for file in found])
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        looked_at = list(pool.map(lambda file: _look_at(file, known.get(file.uri), source), found))
    readings = [reading for reading in looked_at if isinstance(reading, Reading)]
    return Choice(readings, seen=[file for file in looked_at if isinstance(file, InputFile)])


def choose_all_files(cursor: Cursor, found: list[InputFile], source: Source) -> Choice:
    """Choose every file of the ledger, each by the mapping that read it before, and the new ones among `found`."""
    known = read_known_files(cursor)
    there, gone = _find_again(known, found)
    sources = read_mappings(cursor, [known[uri].mapping for uri in there], source)
    new = [Reading(0, file, source) for file in found if file.uri not in known]
    return Choice(
        [*new, *(_read_whole(file, known[uri], sources[known[uri].mapping]) for uri, file in there.items())], gone
    )


def choose_remapped_files(
    cursor: Cursor, found: list[InputFile], source: Source | None, uris: Iterable[str] | None = None
) -> Choice:
    """Choose the files of the ledger whose mapping has changed since, each by today's text of its mapping.

    `uris` limits them to some files.
    """
    known = read_known_files(cursor, uris)
    sources = read_mappings(cursor, [each.mapping for each in known.values()], source)
    changed = {uri: each for uri, each in known.items() if sources[each.mapping].mapping_hash != each.mapping[1]}
    there, gone = _find_again(changed, found)
    return Choice([_read_whole(file, known[uri], sources[known[uri].mapping]) for uri, file in there.items()], gone)


def note_seen_files(cursor: Cursor, seen: list[InputFile]) -> None:
    """Enter the present size and time of each file in its latest reading."""
    execute_values(
        cursor,
        "update ops.ingested_files set size_bytes = seen.size_bytes, modified_at = seen.modified_at"
        " from (select distinct on (latest.file_path) latest.file_id, files.size_bytes, files.modified_at"
        " from (values %s) as files (file_path, size_bytes, modified_at)"
        " inner join ops.ingested_files as latest on files.file_path = latest.file_path"
        " where latest.is_current and latest.format <> 'replay'"
        " order by latest.file_path, latest.file_id desc) as seen"
        " where ingested_files.file_id = seen.file_id",
        [(file.uri, file.size_bytes, file.modified_at) for file in seen],
    )


def reserve_file_ids(cursor: Cursor, count: int) -> list[int]:
    """Take `count` new file ids, and return them with the smallest first."""
    cursor.execute(
        "select nextval(pg_get_serial_sequence('ops.ingested_files', 'file_id')) from generate_series(1, %s)", (count,)
    )
    return sorted(row[0] for row in cursor.fetchall())


def foresee_file_ids(cursor: Cursor, count: int) -> list[int]:
    """Return the ids that `reserve_file_ids` would return, without taking them. The caller must hold the run lock."""
    cursor.execute("select pg_sequence_last_value(pg_get_serial_sequence('ops.ingested_files', 'file_id')::regclass)")
    last = int(str(fetch_one(cursor)[0] or 0))
    return list(range(last + 1, last + 1 + count))


def find_known_paths(cursor: Cursor, readings: list[Reading]) -> set[str]:
    """Return the URIs of the files that have been read before, in whatever state."""
    cursor.execute(
        "select distinct file_path from ops.ingested_files where file_path = any(%s)",
        ([reading.file.uri for reading in readings],),
    )
    return {path for (path,) in cursor.fetchall()}


def count_current_files(cursor: Cursor) -> int:
    """Count the files whose records the published tables hold."""
    cursor.execute("select count(*) from ops.ingested_files where is_current and part_of_file_id is null")
    return int(str(fetch_one(cursor)[0]))


def count_other_sources(
    cursor: Cursor, found: list[InputFile], readings: list[Reading], source: Source
) -> dict[str, int]:
    """Count, by source, the found files that another source has read. Files that this run reads do not count."""
    read = [reading.file.uri for reading in readings if reading.source.name == source.name]
    cursor.execute(
        "select source, count(*) from ops.ingested_files where is_current and part_of_file_id is null"
        " and source <> %s and file_path = any(%s) and not file_path = any(%s) group by source order by source",
        (source.name, [file.uri for file in found], read),
    )
    return dict(cursor.fetchall())


def count_open_lines(cursor: Cursor) -> int:
    """Count the files that ended within a line when they were last read. That line waits for the next run."""
    cursor.execute(
        "select count(*) from (select distinct on (file_path) size_bytes > content_bytes as has_open_line"
        " from ops.ingested_files where is_current and format <> 'replay'"
        " order by file_path, file_id desc) as latest where has_open_line"
    )
    return int(str(fetch_one(cursor)[0]))


def count_missing_records(cursor: Cursor) -> dict[str, int]:
    """Count the published records that no current reading holds, by the URI of the file that once held them."""
    cursor.execute("select to_regclass('ops.missing_records') is not null")
    if not fetch_one(cursor)[0]:  # nothing has been loaded, or this is a plan before the first run of this version
        return {}
    cursor.execute("select file_path, records from ops.missing_records order by records desc, file_path")
    return dict(cursor.fetchall())


def _look_at(file: InputFile, known: KnownFile | None, source: Source) -> Reading | InputFile | None:
    """Decide what to read of the file.

    Returns a reading, or the file itself if only its size or time is new, or None if nothing is new.
    """
    if known is None:
        return Reading(0, file, source)
    if known.file == file and not known.has_open_line:
        # An unreadable file may have become readable. A change of its permissions changes neither size nor time.
        was_fixed = known.format == "unreadable" and sniff(file).format != "unreadable"
        return _read_whole(file, known, source) if was_fixed else None
    if known.mapping != (source.name, source.mapping_hash):
        return None if known.file == file else _read_whole(file, known, source)
    try:
        continuation = find_continuation(known, file)
    except OSError:  # whoever reads the file reports the error
        continuation = None
    if continuation and continuation.start == continuation.end:
        return file
    if continuation:
        return Reading(0, file, source, continuation)
    return file if has_same_content(known, file) else _read_whole(file, known, source)


def _read_whole(file: InputFile, known: KnownFile, source: Source) -> Reading:
    repeated = find_repeated_readings(known, file)
    return Reading(0, file, source, reads_again=repeated, is_settled=known.file == file)


def _find_again(known: dict[str, KnownFile], found: list[InputFile]) -> tuple[dict[str, InputFile], list[str]]:
    """Return the known files that still exist, by URI, and the URIs of those that are gone.

    Raises UsageError for a file that can't be looked at. It may still exist, so its records must not be dropped.
    """
    there = {file.uri: file for file in found if file.uri in known}
    gone = []
    for uri in sorted(known.keys() - there.keys()):
        try:
            there[uri] = file_system_of(uri).stat(uri)
        except OSError as error:
            if can_open(uri) and error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EINVAL):
                raise UsageError(
                    f"{show_name(uri)}: was loaded before and can't be looked at ({error.strerror}); fix its"
                    " permissions, or the connection to where it is"
                ) from error
            gone.append(uri)
    return there, gone
