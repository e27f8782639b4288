"""Event ids that stand for events of several people: what was mapped as event_id may be the id of a request."""

from typing import NamedTuple

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import fetch_one
from jobs.storage.runs.run import Run


class SharedIds(NamedTuple):
    """How many event ids of one file stand for several people, and one of them."""

    ids: int
    example: str | None


def count_shared_ids(cursor: Cursor, run: Run) -> SharedIds:
    """Count staged versions of an event that are of the same file as the one that won, and of another user."""
    query = sql.SQL(
        "select count(distinct superseded.event_id), min(superseded.event_id)"
        " from {superseded} as superseded inner join {events} as events on superseded.event_id = events.event_id"
        " where superseded.file_id = events.file_id and superseded.user_id <> events.user_id"
    )
    tables = {"superseded": "superseded_records", "events": "events"}
    cursor.execute(query.format(**{name: sql.Identifier(run.staging, table) for name, table in tables.items()}))
    return SharedIds(*fetch_one(cursor))  # type: ignore[arg-type]
