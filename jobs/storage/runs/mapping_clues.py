"""Finds signs of a wrong mapping in the staged records of a run: shared event ids, and new event types."""

from typing import NamedTuple

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import fetch_one
from jobs.storage.runs.run import Run

# A wrong mapping can make a type of every record, so only some of the new types are named.
_NAMED_TYPES = 5


class SharedIds(NamedTuple):
    """Event ids that are shared within a file, counted over the files of one mapping.

    `records` counts the ids that stand for several records, and `people` those that stand for several users. Each has
    an example.
    """

    source: str
    mapping_hash: str
    records: int
    example: str
    people: int
    people_example: str | None


class NewEventTypes(NamedTuple):
    """Event types that are published for the first time and are not in the catalogue.

    `types` is their number. `most_frequent` names some of them, each with the number of its events.
    """

    types: int = 0
    most_frequent: tuple[tuple[str, int], ...] = ()


def count_shared_ids(cursor: Cursor, run: Run) -> list[SharedIds]:
    """Count the event ids of which a version lost to another version in the same file. Some have another user too."""
    query = sql.SQL(
        "select file_counts.source, file_counts.mapping_hash,"
        " count(distinct superseded.event_id), min(superseded.event_id),"
        " count(distinct superseded.event_id) filter (where superseded.user_id <> events.user_id),"
        " min(superseded.event_id) filter (where superseded.user_id <> events.user_id)"
        " from {superseded} as superseded inner join {events} as events on superseded.event_id = events.event_id"
        " inner join {file_counts} as file_counts on superseded.file_id = file_counts.file_id"
        " where superseded.file_id = events.file_id"
        " group by file_counts.source, file_counts.mapping_hash order by file_counts.source, file_counts.mapping_hash"
    )
    tables = {"superseded": "superseded_records", "events": "events", "file_counts": "file_counts"}
    cursor.execute(query.format(**{name: sql.Identifier(run.staging, table) for name, table in tables.items()}))
    return [SharedIds(*row) for row in cursor.fetchall()]


def read_new_event_types(cursor: Cursor, run: Run) -> NewEventTypes:
    """Read the types that sql/publish/025_gather_event_types.sql found. A merge has removed those published before."""
    table = sql.Identifier(run.staging, "new_event_types")
    cursor.execute(sql.SQL("select count(*) from {}").format(table))
    types = int(str(fetch_one(cursor)[0]))
    most_frequent = sql.SQL(
        'select event_type, event_count from {} order by event_count desc, event_type collate "C" limit %s'
    )
    cursor.execute(most_frequent.format(table), (_NAMED_TYPES,))
    return NewEventTypes(types, tuple(cursor.fetchall()))
