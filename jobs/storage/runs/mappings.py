"""The mappings that files were read by: their texts in ops.mappings, and each as its file is today."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.storage.config.sources import read_source, read_source_text
from jobs.storage.database.postgres import fetch_one
from jobs.storage.errors import PipelineError, UsageError
from schemas.fields import Source

# The name of a mapping and the hash of its text, as the ledger has them.
Recorded = tuple[str, str]

_SOURCES = Path(__file__).resolve().parents[3] / "conf" / "sources"


def enter_mappings(cursor: Cursor, sources: Iterable[Source]) -> None:
    """Keep the text of each mapping, and where it was read."""
    rows = {source.mapping_hash: (source.mapping_hash, source.name, source.text, source.location) for source in sources}
    execute_values(
        cursor,
        "insert into ops.mappings (mapping_hash, name, text, location) values %s on conflict (mapping_hash)"
        " do update set name = excluded.name, text = excluded.text, location = excluded.location",
        sorted(rows.values()),
    )


def read_mappings(cursor: Cursor, recorded: Iterable[Recorded], given: Source | None = None) -> dict[Recorded, Source]:
    """Each mapping as its file is today; where there is no such file any more, as it was recorded.

    A mapping is looked for by its name: `given` bears it, or a file where it was read before, or one in conf/sources.
    Raises UsageError where a file is no valid mapping, and where there is neither a file nor a recorded text.
    """
    cursor.execute("select mapping_hash, text, location from ops.mappings")
    kept = {mapping_hash: (text, location) for mapping_hash, text, location in cursor.fetchall()}
    return {(name, hashed): _read_mapping(name, *kept.get(hashed, (None, "")), given) for name, hashed in set(recorded)}


def read_recorded_mapping(cursor: Cursor, name: str, mapping_hash: str) -> Source:
    """The mapping as it was when a file was read by it; as it is today where its text was not kept."""
    cursor.execute(
        "select text, location from ops.mappings where mapping_hash = %s and text is not null", (mapping_hash,)
    )
    for text, location in cursor.fetchall():
        return read_source_text(text, location)
    return read_mappings(cursor, [(name, mapping_hash)])[name, mapping_hash]


def list_namespaces(cursor: Cursor) -> set[str]:
    """The namespaces that mappings have put before ids."""
    cursor.execute("select text, location from ops.mappings where text is not null")
    namespaces = set()
    for text, location in cursor.fetchall():
        with suppress(PipelineError):  # this version may not be able to read a text of an earlier one
            namespaces.add(read_source_text(text, location).namespace)
    return namespaces - {""}


def count_changed_mappings(
    cursor: Cursor, given: Source, folder: str, found: Iterable[str], read: Iterable[str]
) -> dict[str, int]:
    """How many files were read by a mapping whose text has changed since, by the mapping's name.

    Left out are files that this run has `read`, and those below the input folder that were not found there.
    """
    cursor.execute(
        "select distinct source, mapping_hash from ops.ingested_files where is_current and part_of_file_id is null"
    )
    recorded = sorted(cursor.fetchall())
    counts: dict[str, int] = {}
    for name, hashed in recorded:
        # A mapping that can't be read is told of when it is used.
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
    return read_source_text(text, location)
