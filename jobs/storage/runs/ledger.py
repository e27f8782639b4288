"""The ledger: which files have been read, as they were then, by which mapping, and so what is to be read now."""

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
    is_touched,
    read_known_files,
)
from jobs.storage.runs.mappings import read_mappings
from schemas.fields import Source


@dataclass(frozen=True)
class Reading:
    """One file that this run reads, and how its fields map; `file_id` is 0 until the reading gets one.

    Of a file that has grown only the `continuation` may be read. Else the file is read whole. It takes the place of the
    earlier readings that it `reads_again`, given by their ids: what these held and it does not hold goes. `is_settled`
    says that the file has not changed since a run before: then its last line counts as complete. A replay reads a part
    of a file that has been read before, as `original_file_id`, whose whole reading is `replayed_part_of`.
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
        """The whole reading of the file that this one belongs to; None where it is whole itself."""
        return self.continuation.part_of if self.continuation else self.replayed_part_of


@dataclass(frozen=True)
class Choice:
    """What a run is to read. `gone` are files of the ledger that are no longer there. `seen` are files of which there
    is nothing to read though their size or time is not what the ledger has.
    """

    readings: list[Reading]
    gone: list[str] = field(default_factory=list)
    seen: list[InputFile] = field(default_factory=list)

    def with_ids(self, file_ids: list[int]) -> list[Reading]:
        """The readings with these ids, in the order of their URIs."""
        ordered = sorted(self.readings, key=lambda reading: reading.file.uri)
        return [replace(reading, file_id=file_id) for file_id, reading in zip(file_ids, ordered, strict=True)]


def choose_new_files(cursor: Cursor, found: list[InputFile], source: Source) -> Choice:
    """What is new: files that the ledger does not know, and what has changed in the others."""
    known = read_known_files(cursor, [file.uri for file in found])
    with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        looked_at = list(pool.map(lambda file: _look_at(file, known.get(file.uri), source), found))
    readings = [reading for reading in looked_at if isinstance(reading, Reading)]
    return Choice(readings, seen=[file for file in looked_at if isinstance(file, InputFile)])


def choose_all_files(cursor: Cursor, found: list[InputFile], source: Source) -> Choice:
    """Every file of the ledger, each by the mapping that it was read by, and the new ones among `found`."""
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
    """The files of the ledger whose mapping has changed since, each by its mapping as it is today.

    All of them, unless `uris` names some.
    """
    known = read_known_files(cursor, uris)
    sources = read_mappings(cursor, [each.mapping for each in known.values()], source)
    changed = {uri: each for uri, each in known.items() if sources[each.mapping].mapping_hash != each.mapping[1]}
    there, gone = _find_again(changed, found)
    return Choice([_read_whole(file, known[uri], sources[known[uri].mapping]) for uri, file in there.items()], gone)


def note_seen_files(cursor: Cursor, seen: list[InputFile]) -> None:
    """Give the latest reading of each file the size and the time that the file has now."""
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
    """That many new file ids, smallest first."""
    cursor.execute(
        "select nextval(pg_get_serial_sequence('ops.ingested_files', 'file_id')) from generate_series(1, %s)", (count,)
    )
    return sorted(row[0] for row in cursor.fetchall())


def foresee_file_ids(cursor: Cursor, count: int) -> list[int]:
    """The ids that `reserve_file_ids` would give, none of them taken; the run lock must be held."""
    cursor.execute("select pg_sequence_last_value(pg_get_serial_sequence('ops.ingested_files', 'file_id')::regclass)")
    last = int(str(fetch_one(cursor)[0] or 0))
    return list(range(last + 1, last + 1 + count))


def find_known_paths(cursor: Cursor, readings: list[Reading]) -> set[str]:
    """Which of the files have been read before, as they are now or otherwise."""
    cursor.execute(
        "select distinct file_path from ops.ingested_files where file_path = any(%s)",
        ([reading.file.uri for reading in readings],),
    )
    return {path for (path,) in cursor.fetchall()}


def count_current_files(cursor: Cursor) -> int:
    """How many files the published tables stand on."""
    cursor.execute("select count(*) from ops.ingested_files where is_current and part_of_file_id is null")
    return int(str(fetch_one(cursor)[0]))


def count_other_sources(
    cursor: Cursor, found: list[InputFile], readings: list[Reading], source: Source
) -> dict[str, int]:
    """How many of the files that were found are and stay read by another source than this one, by its name."""
    read = [reading.file.uri for reading in readings if reading.source.name == source.name]
    cursor.execute(
        "select source, count(*) from ops.ingested_files where is_current and part_of_file_id is null"
        " and source <> %s and file_path = any(%s) and not file_path = any(%s) group by source order by source",
        (source.name, [file.uri for file in found], read),
    )
    return dict(cursor.fetchall())


def count_open_lines(cursor: Cursor) -> int:
    """How many files ended within a line when they were last read, so that this line waits for the next run."""
    cursor.execute(
        "select count(*) from (select distinct on (file_path) size_bytes > content_bytes as has_open_line"
        " from ops.ingested_files where is_current and format <> 'replay'"
        " order by file_path, file_id desc) as latest where has_open_line"
    )
    return int(str(fetch_one(cursor)[0]))


def count_missing_records(cursor: Cursor) -> dict[str, int]:
    """How many published records no current reading holds, by the URI of the file where they were once."""
    cursor.execute("select to_regclass('ops.missing_records') is not null")
    if not fetch_one(cursor)[0]:  # nothing has been loaded, or a plan comes before the first run of this version
        return {}
    cursor.execute("select file_path, records from ops.missing_records order by records desc, file_path")
    return dict(cursor.fetchall())


def _look_at(file: InputFile, known: KnownFile | None, source: Source) -> Reading | InputFile | None:
    """What is to be read of the file; the file itself where only its size or time is new; None where nothing is."""
    if known is None:
        return Reading(0, file, source)
    if known.file == file and not known.has_open_line:
        # A change of rights leaves no trace in size or time.
        was_fixed = known.format == "unreadable" and sniff(file).format != "unreadable"
        return _read_whole(file, known, source) if was_fixed else None
    if known.mapping != (source.name, source.mapping_hash):
        return None if known.file == file else _read_whole(file, known, source)
    try:
        continuation = find_continuation(known, file)
    except OSError:  # whoever reads it will say so
        continuation = None
    if continuation and continuation.start == continuation.end:
        return file
    if continuation:
        return Reading(0, file, source, continuation)
    return file if is_touched(known, file) else _read_whole(file, known, source)


def _read_whole(file: InputFile, known: KnownFile, source: Source) -> Reading:
    repeated = find_repeated_readings(known, file)
    return Reading(0, file, source, reads_again=repeated, is_settled=known.file == file)


def _find_again(known: dict[str, KnownFile], found: list[InputFile]) -> tuple[dict[str, InputFile], list[str]]:
    """(the known files that are there, by URI; the URIs of those that are gone).

    Raises UsageError for a file that may be there: its records must not be dropped because it can't be looked at now.
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
