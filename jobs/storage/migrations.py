"""Brings the books in the schema `ops` to the shape that this code expects: numbered SQL files, each applied once."""

import hashlib
import logging
from importlib.metadata import version

from psycopg2.extensions import cursor as Cursor

from jobs.storage.errors import UsageError
from jobs.storage.postgres import execute_files, fetch_one, find_sql, read_sql

logger = logging.getLogger(__name__)

# A reader who keeps a lock for ever makes this run end, not hang.
_LOCK_TIMEOUT = "60s"


def prepare_database(cursor: Cursor) -> None:
    """Make the schemas where they are missing and apply the migrations that are; in the caller's transaction.

    The run lock must be held. Raises UsageError, before anything is changed, for a database that a newer version has
    migrated, and where a file is not what was applied.
    """
    cursor.execute("select to_regclass('ops.migrations') is not null")
    if not fetch_one(cursor)[0]:
        execute_files(cursor, "ddl/0*.sql")
    files = {path.stem: path for path in find_sql("migrations/*.sql")}
    # Of the text, so that a checkout with other line ends is the same file.
    checksums = {name: hashlib.sha256(path.read_text(encoding="utf-8").encode()).hexdigest()
                 for name, path in files.items()}  # fmt: skip
    cursor.execute("select migration, checksum from ops.migrations")
    applied: dict[str, str] = dict(cursor.fetchall())
    _refuse_other_history(applied, checksums)
    for name in sorted(checksums.keys() - applied.keys()):
        cursor.execute("select set_config('lock_timeout', %s, true)", (_LOCK_TIMEOUT,))
        cursor.execute(read_sql(files[name]))
        cursor.execute(
            "insert into ops.migrations (migration, checksum, code_version) values (%s, %s, %s)",
            (name, checksums[name], version("document-events")),
        )
        logger.info("migration %s applied", name)


def _refuse_other_history(applied: dict[str, str], checksums: dict[str, str]) -> None:
    """Refuse what was applied here and is unknown or different in sql/migrations, or would have come before it."""
    if unknown := sorted(applied.keys() - checksums.keys()):
        raise UsageError(
            f"the database has been migrated by a newer version ({unknown[-1]} is not in sql/migrations): update this"
            " project, or name another database in DATABASE_URL"
        )
    for name, checksum in sorted(applied.items()):
        if checksum != checksums[name]:
            raise UsageError(
                f"sql/migrations/{name}.sql was changed after it had been applied here (sha256"
                f" {checksums[name][:12]}, applied {checksum[:12]}): put it back, and the change into a new file"
            )
    for name in sorted(checksums.keys() - applied.keys()):
        if applied and name < max(applied):
            raise UsageError(
                f"sql/migrations/{name}.sql comes before {max(applied)}, which is applied: give it the next number"
            )
