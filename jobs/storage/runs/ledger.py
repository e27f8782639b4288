"""The ledger: which files have been read, as they were then, and by which source."""

from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from jobs.storage.config.sources import read_source
from jobs.storage.database.postgres import fetch_one
from jobs.storage.errors import UsageError
from jobs.storage.input.discovery import sniff
from jobs.storage.input.file_systems import InputFile, file_system_of, show_name
from schemas.fields import Source

# A file to read, and the source to read it by.
Chosen = tuple[InputFile, Source]


@dataclass(frozen=True)
class Reading:
    """One file that this run reads, and how its fields map.

    A replay reads a part of a file that has been read before, as `original_file_id`.
    """

    file_id: int
    file: InputFile
    source: Source
    original_file_id: int | None = None


def choose_new_files(cursor: Cursor, found: list[InputFile], source: Source) -> list[Chosen]:
    """The files that the ledger does not know as they are now: new ones, and changed ones, which are read in full."""
    cursor.execute(
        "select file_path, size_bytes, modified_at, format from ops.ingested_files"
        " where is_current and file_path = any(%s)",
        ([file.uri for file in found],),
    )
    known = {InputFile(*row[:3]): row[3] for row in cursor.fetchall()}
    # A change of rights leaves no trace in size or time.
    chosen = [file for file in found if file not in known or (known[file] == "unreadable" and _can_be_read(file))]
    return [(file, source) for file in chosen]


def count_other_mappings(
    cursor: Cursor, found: list[InputFile], chosen: list[Chosen], source: Source
) -> dict[str, int]:
    """How many of the files were read by another mapping than `source` is today, by the name of that mapping.

    Files that are `chosen` are left out, since the run reads them now.
    """
    paths = {file.uri for file in found} - {file.uri for file, _ in chosen}
    cursor.execute(
        "select source || case when source = %(name)s then ' as it was before' else '' end, count(*)"
        " from ops.ingested_files where is_current and file_path = any(%(paths)s)"
        ' and (source, mapping_hash) <> (%(name)s, %(hash)s) group by source order by source collate "C"',
        {"name": source.name, "hash": source.mapping_hash, "paths": list(paths)},
    )
    return dict(cursor.fetchall())


def choose_all_files(cursor: Cursor, found: list[InputFile], source: Source, drop_missing: bool) -> list[Chosen]:
    """Every file of the ledger, each with the source it was read with, and the new ones among `found`.

    Raises UsageError for a file or a source of the ledger that is gone; with `drop_missing` a file that is gone is
    left out.
    """
    cursor.execute("select file_path, source from ops.ingested_files where is_current")
    recorded: dict[str, str] = dict(cursor.fetchall())
    files = {file.uri: file for file in found}
    for uri in sorted(recorded.keys() - files.keys()):
        if file := _find_again(uri, drop_missing):
            files[uri] = file
    names = {uri: recorded.get(uri, source.name) for uri in files}
    sources = read_sources(set(names.values()), source)
    return [(file, sources[names[uri]]) for uri, file in files.items()]


def read_sources(names: set[str], given: Source | None = None) -> dict[str, Source]:
    """The sources that the ledger names, as they are today; `given` has been read already."""
    return {name: given if given and name == given.name else read_source(Path(name)) for name in sorted(names)}


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


def find_known_paths(cursor: Cursor, found: list[InputFile]) -> set[str]:
    """Which of the files have been read before, as they are now or otherwise."""
    cursor.execute(
        "select distinct file_path from ops.ingested_files where file_path = any(%s)", ([file.uri for file in found],)
    )
    return {path for (path,) in cursor.fetchall()}


def count_current_files(cursor: Cursor) -> int:
    """How many readings the published tables stand on."""
    cursor.execute("select count(*) from ops.ingested_files where is_current")
    return int(str(fetch_one(cursor)[0]))


def make_readings(file_ids: list[int], chosen: list[Chosen]) -> list[Reading]:
    """One reading for each file, ids in the order of their URIs."""
    ordered = sorted(chosen, key=lambda pair: pair[0].uri)
    return [Reading(file_id, *pair) for file_id, pair in zip(file_ids, ordered, strict=True)]


def _can_be_read(file: InputFile) -> bool:
    return sniff(file).format != "unreadable"


def _find_again(uri: str, drop_missing: bool) -> InputFile | None:
    try:
        return file_system_of(uri).stat(uri)
    except OSError as error:
        if drop_missing:
            return None
        raise UsageError(
            f"{show_name(uri)}: was loaded before and is gone ({error.strerror}); put it back, or drop its events"
            " with DROP_MISSING=1 (--drop-missing)"
        ) from error
