"""The mappings that read files: their texts in ops.mappings, and their files of today.

Also keeps ops.unmapped_fields, the names in records that no mapping reads.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.records.observed import MAX_NAMES, is_unread, list_read_names
from jobs.storage.config.sources import read_source, read_source_text
from jobs.storage.database.postgres import fetch_one
from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.runs.run import Run
from schemas.fields import Source
from schemas.paths import parse_path

# (name of a mapping, hash of its text), as the ledger has them.
Recorded = tuple[str, str]

_SOURCES = Path(__file__).resolve().parents[3] / "conf" / "sources"


@dataclass(frozen=True)
class FoundNames:
    """The names in a run's records that the mapping of their source does not read, each with its number of records.

    There may be too many names to count them all. `unnamed` counts the values of those that are not counted by name.
    """

    source: Source
    records: dict[str, int]
    unnamed: int


@dataclass(frozen=True)
class NewNames:
    """The names of FoundNames that no earlier run has found in records of the source."""

    records: dict[str, int]
    unnamed: int = 0


@dataclass(frozen=True)
class _Row:
    """A row of ops.unmapped_fields without its source."""

    name: str
    records: int
    first_run_id: int
    last_run_id: int


def enter_mappings(cursor: Cursor, sources: Iterable[Source]) -> None:
    """Enter the text of each mapping under its name, and the place of its file."""
    entered = {(source.mapping_hash, source.name): source for source in sources}
    rows = [(*key, source.text, source.location) for key, source in sorted(entered.items())]
    execute_values(
        cursor,
        "insert into ops.mappings (mapping_hash, name, text, location) values %s on conflict (mapping_hash, name)"
        " do update set text = excluded.text, location = excluded.location",
        rows,
    )


def read_mappings(cursor: Cursor, recorded: Iterable[Recorded], given: Source | None = None) -> dict[Recorded, Source]:
    """Read each mapping from its file of today, or from its recorded text if there is no such file any more.

    A mapping is found by its name: it is `given`, or at the place where it was read before, or in conf/sources. Raises
    UsageError if a file is not a valid mapping, and if there is neither a file nor a recorded text.
    """
    cursor.execute("select name, mapping_hash, text, location from ops.mappings")
    kept = {(name, hashed): (text, location) for name, hashed, text, location in cursor.fetchall()}
    return {each: _read_mapping(each[0], *kept.get(each, (None, "")), given) for each in set(recorded)}


def read_recorded_mapping(cursor: Cursor, name: str, mapping_hash: str) -> Source:
    """Read the mapping as it was when it read a file. If its text was not kept, read today's file."""
    cursor.execute(
        "select text, location from ops.mappings where mapping_hash = %s and name = %s and text is not null",
        (mapping_hash, name),
    )
    for text, location in cursor.fetchall():
        return _read_kept_text(name, text, location)
    return read_mappings(cursor, [(name, mapping_hash)])[name, mapping_hash]


def list_namespaces(cursor: Cursor) -> set[str]:
    """List the namespaces that mappings have put before ids."""
    cursor.execute("select text, location from ops.mappings where text is not null")
    namespaces = set()
    for text, location in cursor.fetchall():
        with suppress(PipelineError):  # this version may be unable to read the text of an earlier one
            namespaces.add(read_source_text(text, location).namespace)
    return namespaces - {""}


def count_changed_mappings(
    cursor: Cursor, given: Source, folder: str, found: Iterable[str], read: Iterable[str]
) -> dict[str, int]:
    """Count the files that were read by a mapping whose text has changed since, by the mapping's name.

    Files that this run has `read` do not count, nor do those below the input folder that were not found there.
    """
    cursor.execute(
        "select distinct source, mapping_hash from ops.ingested_files where is_current and part_of_file_id is null"
    )
    recorded = sorted(cursor.fetchall())
    counts: dict[str, int] = {}
    for name, hashed in recorded:
        # A mapping that can't be read raises its error later, when a run uses it.
        with suppress(PipelineError):
            if read_mappings(cursor, [(name, hashed)], given)[name, hashed].mapping_hash == hashed:
                continue
            cursor.execute(
                "select count(*) from ops.ingested_files where is_current and part_of_file_id is null"
                " and source = %s and mapping_hash = %s and not file_path = any(%s)"
                " and (not starts_with(file_path, %s) or file_path = any(%s))",
                (name, hashed, list(read), f"{folder}/", list(found)),
            )
            counts[name] = counts.get(name, 0) + int(str(fetch_one(cursor)[0]))
    return {name: files for name, files in counts.items() if files}


def enter_unmapped_fields(cursor: Cursor, run: Run, found: Iterable[FoundNames]) -> dict[str, NewNames]:
    """Add what a run has found to the table, and delete names that its mappings now read. Return new names by source.

    A full refresh starts with an empty table. A replay may read records by an earlier mapping, so it only adds to the
    counts of known names. Only the most frequent names of each source are kept.
    """
    known = _read_rows(cursor)
    if run.kind == "full_refresh":
        cursor.execute("delete from ops.unmapped_fields")
    new = {}
    for source, several in _group(found).items():
        before = known.get(source, {})
        kept = _count_on(run, before, several)
        cursor.execute("delete from ops.unmapped_fields where source = %s", (source,))
        rows = [(source, row.name, row.records, row.first_run_id, row.last_run_id) for row in kept]
        execute_values(cursor, "insert into ops.unmapped_fields values %s", rows)
        if names := {row.name: row.records for row in kept if row.name not in before}:
            new[source] = NewNames(names, _count_unnamed(several, {row.name for row in kept}))
    return new


def read_new_names(cursor: Cursor, run: Run) -> dict[str, NewNames]:
    """Read the names that this run was the first to find, by source."""
    rows = {source: rows.values() for source, rows in _read_rows(cursor).items()}
    new = {
        source: {row.name: row.records for row in of if row.first_run_id == run.run_id} for source, of in rows.items()
    }
    return {source: NewNames(names) for source, names in new.items() if names}


def _read_mapping(name: str, text: str | None, location: str, given: Source | None) -> Source:
    if given and given.name == name:
        return given
    for path in (Path(location), _SOURCES / f"{name}.yml"):
        if path.stem == name and path.is_file():
            return read_source(path)
    if text is None:
        raise UsageError(
            f"the mapping {name!r}, by which files were read, is neither at {location or 'a known place'} nor in"
            f" conf/sources; put it there as {name}.yml"
        )
    return _read_kept_text(name, text, location)


def _read_kept_text(name: str, text: str, location: str) -> Source:
    """Read a mapping from its text. The place of its file, which would tell its name, may be unknown."""
    return replace(read_source_text(text, location), name=name)


def _count_on(run: Run, before: dict[str, _Row], several: list[FoundNames]) -> list[_Row]:
    """Return the rows of a source after the run, the most frequent name first."""
    counts: dict[str, int] = {}
    for each in several:
        for name, records in each.records.items():
            counts[name] = counts.get(name, 0) + records
    if run.kind == "replay":
        counts = {name: records for name, records in counts.items() if name in before}
    rows = {} if run.kind == "full_refresh" else dict(before)
    if run.kind != "replay":
        read = [list_read_names(each.source) for each in several]
        unread = [name for name in rows if all(is_unread(names, parse_path(name)) for names in read)]
        rows = {name: row for name, row in rows.items() if name in counts or name in unread}
    for name, records in counts.items():
        row = rows.get(name, _Row(name, 0, run.run_id, run.run_id))
        rows[name] = _Row(name, row.records + records, row.first_run_id, run.run_id)
    kept = sorted(rows.values(), key=lambda row: (-row.records, row.first_run_id, row.name))
    return kept[:MAX_NAMES]


def _count_unnamed(several: list[FoundNames], kept: set[str]) -> int:
    dropped = (records for each in several for name, records in each.records.items() if name not in kept)
    return sum(each.unnamed for each in several) + sum(dropped)


def _group(found: Iterable[FoundNames]) -> dict[str, list[FoundNames]]:
    groups: dict[str, list[FoundNames]] = {}
    for each in found:
        groups.setdefault(each.source.name, []).append(each)
    return groups


def _read_rows(cursor: Cursor) -> dict[str, dict[str, _Row]]:
    """Read the rows of the table by source and name."""
    cursor.execute("select source, name, records, first_run_id, last_run_id from ops.unmapped_fields")
    rows: dict[str, dict[str, _Row]] = {}
    for source, name, *others in cursor.fetchall():
        rows.setdefault(source, {})[name] = _Row(name, *others)
    return rows
