"""Event types that the catalogue does not know and that a run is the first to publish."""

from typing import NamedTuple

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import fetch_one
from jobs.storage.runs.run import Run

# A wrong mapping can make a type of every record.
_NAMED = 5


class NewEventTypes(NamedTuple):
    """How many types are new, and the most frequent of them, each with the number of its events."""

    types: int = 0
    most_frequent: tuple[tuple[str, int], ...] = ()


def read_new_event_types(cursor: Cursor, run: Run) -> NewEventTypes:
    """What sql/publish/025_gather_event_types.sql found, once a merge has left out what was published before."""
    table = sql.Identifier(run.staging, "new_event_types")
    cursor.execute(sql.SQL("select count(*) from {}").format(table))
    types = int(str(fetch_one(cursor)[0]))
    cursor.execute(
        sql.SQL(
            'select event_type, event_count from {} order by event_count desc, event_type collate "C" limit %s'
        ).format(table),
        (_NAMED,),
    )
    return NewEventTypes(types, tuple(cursor.fetchall()))
