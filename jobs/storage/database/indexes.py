"""Makes the indexes of a first load, two at a time, before its tables are published."""

from contextlib import closing, suppress
from functools import partial
from queue import Empty, SimpleQueue

from psycopg2 import errors, sql

from jobs.storage.database.postgres import PUBLISH_NAME, SQL, SqlParts, connect
from jobs.storage.process.threads import call_at_once

# One connection can make only one index at a time.
_CONNECTIONS = 2
_MEMORY = "256MB"


def make_indexes(database_url: str, parts: SqlParts) -> None:
    """Make the indexes of `sql/ddl/150_indexes.sql` that are not there yet, and commit each one.

    The transaction that publishes then need not make them, so it is shorter. This does nothing if the staged tables are
    gone: an earlier try has published them, or another run has dropped them. Publishing finds out which of the two.
    Raises DatabaseUnavailableError and psycopg2.Error.
    """
    text = (SQL / "ddl" / "150_indexes.sql").read_text(encoding="utf-8")
    statements: SimpleQueue[str] = SimpleQueue()
    for statement in text.strip().split(";\n"):
        statements.put(statement)
    call_at_once([partial(_execute, database_url, statements, parts)] * _CONNECTIONS)


def _execute(database_url: str, statements: SimpleQueue[str], parts: SqlParts) -> None:
    """Take statements from the queue and execute them, until none is left."""
    with closing(connect(database_url, PUBLISH_NAME)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor, suppress(Empty, errors.UndefinedTable, errors.InvalidSchemaName):
            cursor.execute("set maintenance_work_mem = %s", (_MEMORY,))
            while True:
                cursor.execute(sql.SQL(statements.get_nowait()).format(**parts))
