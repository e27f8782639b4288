"""Erased people must not come back under other ids, when a mapping makes user ids another way than before."""

from collections.abc import Iterable
from contextlib import suppress

from psycopg2.extensions import cursor as Cursor

from jobs.storage.config.sources import read_source_text
from jobs.storage.database.postgres import fetch_one
from jobs.storage.errors import PipelineError, UsageError
from schemas.fields import Source

_IdRules = tuple[object, ...]


def reject_changed_ids(cursor: Cursor, sources: Iterable[Source]) -> None:
    """Raise UsageError where a mapping makes user ids in another way than it did for the files that it has read, and
    nobody was erased since. To be called where somebody is erased.
    """
    for source in sources:
        cursor.execute(
            "select mappings.text, mappings.location, max(run_id) from ops.ingested_files"
            " inner join ops.mappings using (mapping_hash) where source = %s group by mappings.text, mappings.location",
            (source.name,),
        )
        rows = cursor.fetchall()
        if not rows or _find_rules(source) in [_read_rules(text, location) for text, location, _ in rows]:
            continue
        cursor.execute(
            "select exists (select from ops.pipeline_runs"
            " where kind = 'erase' and status = 'succeeded' and run_id > %s)",
            (max(run_id for *_, run_id in rows),),
        )
        if not fetch_one(cursor)[0]:
            raise UsageError(
                f"{source.location or source.name} makes user ids in another way than before, and people were erased by"
                " their old ids: erase each of them again by the new one, which no record has yet"
                " (make erase USER=id UNKNOWN=1 CONFIRM=1), then run again"
            )


def _read_rules(text: str | None, location: str) -> _IdRules | None:
    # A text that this version can't read says nothing of how it made ids.
    with suppress(PipelineError):
        return _find_rules(read_source_text(text, location)) if text else None
    return None


def _find_rules(source: Source) -> _IdRules:
    """What decides which id a person has."""
    paths = [[str(path) for path in source.fields.get(name, ())] for name in ("user_id", "shared_with_user_id")]
    return source.namespace, "user_id" in source.fold_case, *paths, source.constants.get("user_id")
