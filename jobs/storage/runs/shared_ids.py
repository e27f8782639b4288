"""Event ids that stand for several different records of one file, by the mapping that the file was read by."""

from typing import NamedTuple

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.runs.run import Run


class SharedIds(NamedTuple):
    """Of the files read by one mapping: how many event ids of one file stand for several `records`, and how many for
    several `people`; of each one `example`.
    """

    source: str
    mapping_hash: str
    records: int
    example: str
    people: int
    people_example: str | None


def count_shared_ids(cursor: Cursor, run: Run) -> list[SharedIds]:
    """Count staged versions of an event that are of the same file as the one that won; of other users, too."""
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
