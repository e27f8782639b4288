"""Brings a database to the shape that this code expects. It makes the roles and applies each numbered SQL file once."""

import hashlib
import logging
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.own_objects import is_ours, require_no_strangers
from jobs.storage.database.postgres import act_as_loader, execute_files, find_sql, read_sql
from jobs.storage.database.roles import (
    are_in_force,
    as_owner,
    grant_rights_to_tables,
    hand_over,
    may_stage,
    require_loader,
)
from jobs.storage.errors import UsageError

logger = logging.getLogger(__name__)

_LOCK_TIMEOUT = "60s"


def prepare_database(cursor: Cursor) -> None:
    """Make missing schemas and roles, and apply pending migrations, in the caller's transaction.

    The caller must hold the run lock. Raises UsageError, before anything is changed, in these cases: objects of others
    have names that ours need; a newer version has migrated the database; a file is not what was applied; the login
    lacks the rights.
    """
    # A reader may keep a lock forever. Then this run must end with an error instead of waiting.
    cursor.execute("select set_config('lock_timeout', %s, true)", (_LOCK_TIMEOUT,))
    require_loader(cursor)
    require_no_strangers(cursor)
    if not is_ours(cursor):
        execute_files(cursor, "ddl/0[12]*.sql")
    # A copied or restored database keeps the owners of its tables, but loses the rights on the database itself.
    is_new_owner = not are_in_force(cursor) or not may_stage(cursor)
    if is_new_owner:
        cursor.execute("set local role none")
        hand_over(cursor)
    # The checksum is that of the text. So a checkout with other line ends counts as the same file.
    checksums = {
        path.stem: hashlib.sha256(path.read_text(encoding="utf-8").encode()).hexdigest()
        for path in find_sql("migrations/*.sql")
    }
    applied = read_applied_migrations(cursor)
    _reject_other_history(applied, checksums)
    pending = list_pending_migrations(applied)
    if not pending and not is_new_owner:
        return
    with as_owner(cursor):
        for path in pending:
            cursor.execute(read_sql(path))
            cursor.execute(
                "insert into ops.migrations (migration, checksum, code_version) values (%s, %s, %s)",
                (path.stem, checksums[path.stem], version("document-events")),
            )
            logger.info("migration %s applied", path.stem)
        if are_in_force(cursor):
            grant_rights_to_tables(cursor)
    act_as_loader(cursor)


def read_applied_migrations(cursor: Cursor) -> dict[str, str]:
    """Return the checksum of each migration that the database has, by name."""
    cursor.execute("select migration, checksum from ops.migrations")
    return dict(cursor.fetchall())


def list_pending_migrations(applied: Collection[str]) -> list[Path]:
    """Return the files of sql/migrations that are not among the applied ones, in the order in which they apply."""
    return [path for path in find_sql("migrations/*.sql") if path.stem not in applied]


def _reject_other_history(applied: dict[str, str], checksums: dict[str, str]) -> None:
    """Raise UsageError if the applied migrations do not fit the files of sql/migrations.

    An applied migration must have its file, unchanged. A pending one must come after all applied ones.
    """
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
