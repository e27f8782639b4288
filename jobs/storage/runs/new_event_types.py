"""Event types that are new: what a mapping has made of a producer's codes, or what nobody has mapped yet."""

from typing import NamedTuple

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import fetch_one
from jobs.storage.runs.run import Run

# A wrong mapping can make a type of every record.
_NAMED_TYPES = 5


class NewEventTypes(NamedTuple):
    """How many types that the catalogue does not know are published for the first time, and the most frequent of them,
    each with the number of its events.
    """

    types: int = 0
    most_frequent: tuple[tuple[str, int], ...] = ()


def read_new_event_types(cursor: Cursor, run: Run) -> NewEventTypes:
    """What sql/publish/025_gather_event_types.sql found, once a merge has left out what was published before."""
    table = sql.Identifier(run.staging, "new_event_types")
    cursor.execute(sql.SQL("select count(*) from {}").format(table))
    types = int(str(fetch_one(cursor)[0]))
    most_frequent = sql.SQL(
        'select event_type, event_count from {} order by event_count desc, event_type collate "C" limit %s'
    )
    cursor.execute(most_frequent.format(table), (_NAMED_TYPES,))
    return NewEventTypes(types, tuple(cursor.fetchall()))
