"""Replays quarantined records: those that a user selects, and those whose event is no longer in the future."""

import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor as Cursor

from jobs.steps.load import load
from jobs.steps.load_request import LoadRequest
from jobs.steps.read_open_records import Selection, choose_open_files, read_open_records
from jobs.storage.config.settings import Settings
from jobs.storage.database.postgres import connect, fetch_one
from jobs.storage.erasure.tombstones import Tombstones
from jobs.storage.runs.ledger import Reading
from jobs.storage.runs.summary import write_summary

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replay:
    """What the replays of one run share. `run_at` is the moment of the run, and `summaries` a folder for summaries."""

    database_url: str
    settings: Settings
    tombstones: Tombstones | None
    run_at: datetime
    quarantine: str
    summaries: Path

    def run(self, readings: list[Reading], selection: Selection, selected: int) -> dict[str, Any]:
        """Load the selected records of these readings. Write the summary, and return it."""
        read = partial(
            read_open_records, selection=selection, database_url=self.database_url, quarantine=self.quarantine
        )
        request = LoadRequest("replay", readings, read, self.tombstones, run_at=self.run_at)
        summary = load(self.database_url, request, self.settings, self.quarantine, accept_quality=True)
        summary["selected"] = selected
        write_summary(self.summaries, summary)
        return summary

    def run_due(self) -> dict[str, int]:
        """Load the records whose events are no longer in the future. Return how many were `tried` and `published`.

        Each record is tried once, by the mapping that read the rest of its file.
        """
        selection = Selection(due_by=self.run_at)
        with closing(connect(self.database_url)) as connection:
            with connection, connection.cursor() as cursor:
                tried = count_due_records(cursor, self.run_at)
            if not tried:
                return {"tried": 0, "published": 0}
            readings = choose_open_files(connection, selection, by_recorded_mapping=True)
        published = self.run(readings, selection, tried)["totals"]["published"] if readings else 0
        with closing(connect(self.database_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("update ops.quarantined_records set due_at = null where due_at <= %s", (self.run_at,))
        logger.info("quarantined records whose time has come: %d tried, %d published", tried, published)
        return {"tried": tried, "published": published}


def count_due_records(cursor: Cursor, run_at: datetime) -> int:
    """Count the open records that are due.

    This reads the tables, not the view: before the first run of this code the view may be of an older version.
    """
    cursor.execute(
        "select count(*) from ops.quarantined_records inner join ops.ingested_files using (file_id)"
        " where due_at <= %s and recovered_by_run_id is null and is_current",
        (run_at,),
    )
    return int(str(fetch_one(cursor)[0]))
