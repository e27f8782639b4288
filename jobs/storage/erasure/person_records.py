"""The queries and changes in the database that only an erasure needs."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.records.erased_people import is_number
from jobs.storage.database.postgres import SQL, SqlParts, fetch_one, read_sql
from jobs.storage.erasure.person_texts import PersonTexts
from jobs.storage.erasure.tombstones import Tombstones
from jobs.storage.quarantine.folder import Place
from jobs.storage.runs.run import Run
from schemas.paths import Steps, parse_path
from schemas.tables import PUBLISHED

logger = logging.getLogger(__name__)

# These columns of the ledger describe what went wrong, and may quote a row of the person. Only the id and names in them
# are replaced: a failed run must keep its reason, and a check that found something must have an example.
_QUOTING = (("pipeline_runs", "error", "text"), ("check_results", "example", "jsonb"))
# PostgreSQL keeps old versions of changed rows, which hold the person, until a vacuum. These tables need one.
REWRITTEN = (
    *[("public", table) for table in PUBLISHED],
    *[("ops", table) for table in ("superseded_records", "quarantined_records", "pipeline_runs", "check_results")],
    ("ops", "unmapped_fields"),
    ("ops", "findings"),
)


@dataclass(frozen=True)
class HoldingFile:
    """An input file that holds the person or may do so, and how many known records of the person it holds.

    `records` is None for a file that is held back, and for one that repeats records which were not kept: nobody knows
    whose records are in it.
    """

    uri: str
    records: int | None


def is_known(cursor: Cursor, user_id: str) -> bool:
    """Return whether a published or superseded record names the person: as its user, a recipient or in properties."""
    cursor.execute(
        "select exists (select from public.users where user_id = %(id)s)"
        " or exists (select from public.event_properties where strpos(properties::text, %(id_in_json)s) > 0)"
        " or exists (select from ops.superseded_records where user_id = %(id)s or %(id)s = any(recipients)"
        " or strpos(properties::text, %(id_in_json)s) > 0)",
        {"id": user_id, "id_in_json": _write_in_json(user_id)},
    )
    return bool(fetch_one(cursor)[0])


def find_similar(cursor: Cursor, user_id: str) -> list[str]:
    """Return up to five known ids that differ from this one only in case, or in a namespace before it."""
    cursor.execute(
        "select user_id from public.users where lower(user_id) = lower(%(id)s)"
        " or right(lower(user_id), length(%(id)s) + 1) = ':' || lower(%(id)s) order by user_id limit 5",
        {"id": user_id},
    )
    return [found for (found,) in cursor.fetchall()]


def find_names(cursor: Cursor, user_id: str) -> frozenset[str]:
    """Return the names and addresses that the person's published and superseded records state."""
    return frozenset(name for (name,) in _fetch(cursor, "020_find_names.sql", {"user_id": sql.Literal(user_id)}))


def gather_records(cursor: Cursor, run: Run, user_id: str) -> int:
    """Fill `arriving_events` with the records that the run has to load again, and return their number."""
    parts = {**run.sql_parts, "user_id": sql.Literal(user_id), "id_in_json": sql.Literal(_write_in_json(user_id))}
    cursor.execute(read_sql(SQL / "erase" / "010_gather_records.sql", parts))
    return cursor.rowcount


def stage_erasure(
    cursor: Cursor, run: Run, known: Tombstones, tombstones: Tombstones, redacted: Mapping[Place, bool]
) -> None:
    """Stage the new tombstones, and the places of redacted records. `redacted` says which of these this run redacts."""
    hashes = [(hashed, True, tombstones.key_check) for hashed in sorted(tombstones.ids - known.ids)]
    hashes += [(hashed, False, tombstones.key_check) for hashed in sorted(tombstones.names - known.names)]
    places = [(*place, is_new) for place, is_new in sorted(redacted.items())]
    for table, rows in {"erased_identifiers": hashes, "redacted_records": places}.items():
        insert = sql.SQL("insert into {} values %s").format(sql.Identifier(run.staging, table))
        execute_values(cursor, insert, rows)


def find_input_files(cursor: Cursor, run: Run, user_id: str, pseudonym: str) -> list[HoldingFile]:
    """Find the input files that hold the person, or may do so. The redacted records of the run must be staged."""
    parts = {
        **run.sql_parts,
        "user_id": sql.Literal(user_id),
        "pseudonym": sql.Literal(pseudonym),
        "id_in_json": sql.Literal(_write_in_json(user_id)),
        "pseudonym_in_json": sql.Literal(_write_in_json(pseudonym)),
    }
    return [HoldingFile(*row) for row in _fetch(cursor, "030_find_files.sql", parts)]


def clean_ledger(cursor: Cursor, texts: PersonTexts) -> dict[str, int]:
    """Replace the person by the pseudonym in what the ledger quotes. Return the number of changed rows by table."""
    changes = {}
    for table, column, kind in _QUOTING:
        names = {"table": sql.Identifier("ops", table), "column": sql.Identifier(column), "kind": sql.SQL(kind)}
        cursor.execute(
            sql.SQL("select ctid::text, {column}::text from {table} where {column} is not null").format(**names)
        )
        found = [(place, *texts.replace(text)) for place, text in cursor.fetchall()]
        changed = [(place, text) for place, text, mentions in found if mentions]
        update = sql.SQL("update {table} set {column} = %s::{kind} where ctid = %s::tid").format(**names)
        for place, text in changed:
            cursor.execute(update, (text, place))
        changes[table] = len(changed)
    return changes


def clean_findings(cursor: Cursor, user_id: str, pseudonym: str, texts: PersonTexts) -> int:
    """Put the pseudonym into findings that are about the person or mention it; returns how many these are.

    A number in a sentence that reads like the id is replaced too. The next `make findings` writes the sentence again.
    """
    cursor.execute("select finding_id, subject_type, subject_id, explanation, note from ops.findings")
    changed = []
    for finding_id, subject_type, subject_id, explanation, note in cursor.fetchall():
        subject = pseudonym if (subject_type, subject_id) == ("user", user_id) else subject_id
        new = (subject, texts.replace_words(explanation)[0], note and texts.replace_words(note)[0])
        if new != (subject_id, explanation, note):
            changed.append((*new, finding_id))
    update = "update ops.findings set subject_id = %s, explanation = %s, note = %s where finding_id = %s"
    for row in changed:
        cursor.execute(update, row)
    return len(changed)


def drop_unmapped_fields(cursor: Cursor, tombstones: Tombstones) -> int:
    """Delete the unmapped field names that contain the person, and return their number.

    A log may have keys such as `{"edits": {"ada@example.org": 3}}`. Later runs do not count such a name again.
    """
    cursor.execute("select ctid::text, name from ops.unmapped_fields")
    paths = [(place, parse_path(name)) for place, name in cursor.fetchall()]
    named = [
        place
        for place, path in paths
        if isinstance(path, Steps) and any(tombstones.erased.is_named_in(str(step)) for step in path.steps)
    ]
    cursor.execute("delete from ops.unmapped_fields where ctid = any(%s::tid[])", (named,))
    return len(named)


def _write_in_json(user_id: str) -> str:
    """Write the id as the text of a jsonb has it: a string in quotes, or a number if the id looks like one.

    A search for the number 12 also finds 123, the id of somebody else. Such a record is only loaded again unchanged.
    """
    return user_id if is_number(user_id) else json.dumps(user_id, ensure_ascii=False)


def _fetch(cursor: Cursor, name: str, parts: SqlParts) -> list[tuple[Any, ...]]:
    cursor.execute(read_sql(SQL / "erase" / name, parts))
    return list(cursor.fetchall())
