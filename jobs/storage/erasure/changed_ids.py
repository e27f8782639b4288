"""Stops a load that could bring erased people back under other ids.

This happens when a mapping makes user ids in another way than before: the tombstones hold the old ids only.
"""

from collections.abc import Iterable
from contextlib import suppress

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from jobs.storage.config.sources import read_source_text
from jobs.storage.database.postgres import fetch_one
from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.runs.mappings import enter_mappings
from schemas.fields import Source

_IdRules = tuple[object, ...]


def reject_changed_ids(connection: Connection, sources: Iterable[Source], *, is_plan: bool = False) -> None:
    """Raise UsageError if a mapping makes user ids in another way than it did for the files that it has read.

    Call this only if somebody has been erased. The error asks the user to erase these people by their new ids. It is
    raised until an erasure has succeeded after the mapping was entered in the ledger, which this function does, except
    in a plan. Many files may have one mapping; each mapping is checked once.
    """
    with connection.cursor() as cursor:
        for source in {(source.name, source.mapping_hash): source for source in sources}.values():
            if not _are_ids_changed(cursor, source) or _is_answered(cursor, source):
                continue
            if not is_plan:
                enter_mappings(cursor, [source])
                connection.commit()
            raise UsageError(
                f"{source.location or source.name} makes user ids in another way than before, and people were erased by"
                " their old ids: erase each of them again by the new one, which no record has yet"
                " (make erase USER=id UNKNOWN=1 CONFIRM=1), then run again"
            )


def _are_ids_changed(cursor: Cursor, source: Source) -> bool:
    cursor.execute(
        "select distinct mappings.text, mappings.location from ops.ingested_files"
        " inner join ops.mappings on mappings.name = source and mappings.mapping_hash = ingested_files.mapping_hash"
        " where source = %s",
        (source.name,),
    )
    rows = cursor.fetchall()
    return bool(rows) and _find_rules(source) not in [_read_rules(text, location) for text, location in rows]


def _is_answered(cursor: Cursor, source: Source) -> bool:
    """Return whether an erasure has succeeded since the mapping was first seen with this text."""
    cursor.execute(
        "select exists (select from ops.pipeline_runs inner join ops.mappings on finished_at > entered_at"
        " where kind = 'erase' and status = 'succeeded' and mappings.mapping_hash = %s and mappings.name = %s)",
        (source.mapping_hash, source.name),
    )
    return bool(fetch_one(cursor)[0])


def _read_rules(text: str | None, location: str) -> _IdRules | None:
    # If this version can't read the text, nobody knows how it made ids.
    with suppress(PipelineError):
        return _find_rules(read_source_text(text, location)) if text else None
    return None


def _find_rules(source: Source) -> _IdRules:
    """Return the parts of a mapping that decide which id a person gets."""
    paths = [[str(path) for path in source.fields.get(name, ())] for name in ("user_id", "shared_with_user_id")]
    return source.namespace, "user_id" in source.fold_case, *paths, source.constants.get("user_id")
