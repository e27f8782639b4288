"""Looks for the person everywhere: in every text of every table, in the views and statistics, in all files."""

from contextlib import closing
from pathlib import Path

import psycopg2

from schemas.fields import FIELDS
from tests.erasure.world import PERSON, TRACES

# No part of anything else here.
NEEDLES = (PERSON, "Quist", "quist", TRACES["comment_text"], TRACES["ip_address"])

PSEUDONYM, GONE, CLEANED = "holds the pseudonym", "is null", "the pseudonym stands in the text"
NAMES_NOBODY = "is no text of anybody's"
PLATFORM = "an identifier of the platform's, which stays"
HASHED = "a keyed hash"
DROPPED = "the row is dropped"
TEXTS = [field for field in FIELDS.values() if field.kind in ("id", "text") and field.column]
# What becomes of every text in every table. A new column has to be put here and, if it can hold a person, to be erased.
COLUMNS = {
    "public.users.user_id": PSEUDONYM,
    **{f"public.event_types.{column}": NAMES_NOBODY for column in ("event_type", "description")},
    "public.documents.document_id": PLATFORM,
    **{f"public.{field.latest_in}": GONE if field.is_personal else NAMES_NOBODY for field in TEXTS if field.latest_in},
    "public.documents.first_seen_by": PSEUDONYM,
    "public.documents.last_edited_by": PSEUDONYM,
    "public.sessions.user_id": PSEUDONYM,
    **{
        f"{table}.{column}": treatment
        for table in ("public.events", "ops.superseded_records")
        for column, treatment in {
            **{field.column: GONE if field.is_personal else NAMES_NOBODY for field in TEXTS},
            "event_id": PLATFORM,
            "user_id": PSEUDONYM,
            "document_id": PLATFORM,
        }.items()
    },
    "public.share_recipients.event_id": PLATFORM,
    "public.share_recipients.user_id": PSEUDONYM,
    "ops.superseded_records.recipients": PSEUDONYM,
    "public.event_properties.event_id": PLATFORM,
    "public.event_properties.properties": PSEUDONYM,
    "ops.superseded_records.properties": PSEUDONYM,
    "public.events.day_of_week": NAMES_NOBODY,
    "ops.duplicate_records.event_id": PLATFORM,
    **{
        f"ops.pipeline_runs.{column}": NAMES_NOBODY
        for column in ("status", "kind", "views_version", "code_version", "configuration_version")
    },
    "ops.pipeline_runs.error": CLEANED,
    "ops.ingested_files.file_path": PLATFORM,
    **{
        f"ops.ingested_files.{column}": NAMES_NOBODY
        for column in ("format", "source", "mapping_hash", "content_digest")
    },
    **{f"ops.mappings.{column}": NAMES_NOBODY for column in ("mapping_hash", "name", "text", "location")},
    "ops.empty_input_folders.folder": PLATFORM,
    "ops.held_back_files.file_path": PLATFORM,
    **{f"ops.findings.{column}": NAMES_NOBODY for column in ("kind", "subject_type", "severity")},
    "ops.findings.subject_id": PSEUDONYM,
    **{f"ops.findings.{column}": CLEANED for column in ("explanation", "note")},
    "ops.unmapped_fields.source": NAMES_NOBODY,
    "ops.unmapped_fields.name": DROPPED,
    **{f"ops.held_back_files.{column}": NAMES_NOBODY for column in ("source", "mapping_hash", "why")},
    **{f"ops.quarantined_records.{column}": NAMES_NOBODY for column in ("reasons", "fields")},
    **{f"ops.quarantine_problems.{column}": NAMES_NOBODY for column in ("reason", "field")},
    "ops.quarantined_records.raw_sha256": "is null where the record mentions the person",
    **{f"ops.metric_restatements.{column}": NAMES_NOBODY for column in ("metric", "cause")},
    **{f"ops.check_results.{column}": NAMES_NOBODY for column in ("check_name", "severity")},
    "ops.check_results.example": CLEANED,
    **{f"ops.migrations.{column}": NAMES_NOBODY for column in ("migration", "checksum", "code_version")},
    "ops.erased_identifiers.identifier_hash": HASHED,
    "ops.erased_identifiers.key_check": HASHED,
    "views and statistics": CLEANED,
}


def read_files(data: Path) -> dict[str, bytes]:
    """Everything below the folder but the key, by its path there."""
    paths = [path for path in sorted(data.rglob("*")) if path.is_file() and path.name != "erasure.key"]
    return {str(path.relative_to(data)): path.read_bytes() for path in paths}


def find_in_files(files: dict[str, bytes]) -> set[str]:
    """Those that hold the person."""
    return {path for path, content in files.items() if any(needle.encode() in content for needle in NEEDLES)}


def crawl(url: str) -> tuple[set[str], set[str]]:
    """(the columns of tables that hold the person, all columns that could); views and statistics count with them."""
    found = set()
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, table_name, column_name, data_type, table_type from information_schema.columns"
            " inner join information_schema.tables using (table_schema, table_name)"
            " where table_schema not in ('pg_catalog', 'information_schema')"
            " and data_type in ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY', 'xml', 'bytea')"
        )
        columns = cursor.fetchall()
        for schema, table, column, _, kind in [
            *columns,
            ("pg_catalog", "pg_stats", "most_common_vals", "", "VIEW"),
            ("pg_catalog", "pg_stats", "histogram_bounds", "", "VIEW"),
        ]:
            cursor.execute(f'select string_agg("{column}"::text, chr(10)) from "{schema}"."{table}"')
            text = cursor.fetchone()[0] or ""
            if any(needle in text for needle in NEEDLES):
                found.add(f"{schema}.{table}.{column}" if kind == "BASE TABLE" else "views and statistics")
    return found, {f"{schema}.{table}.{column}" for schema, table, column, _, kind in columns if kind == "BASE TABLE"}
