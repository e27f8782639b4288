"""Reads quarantined records from a local quarantine folder: their text, and why they were quarantined."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from jobs.storage.runs.provenance import Row, fetch_rows


def read_lines(folder: Path, run_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Yield (run, JSON line) of the records that these runs quarantined, as far as a local quarantine folder has them.

    Only committed runs count, so take their ids from the database.
    """
    for run_id in sorted(run_ids):
        for path in sorted((folder / f"run_id={run_id}").glob("*.json")):
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    yield run_id, line


def find_quarantined(cursor: Cursor, event_id: str, quarantine: Path) -> list[Row]:
    """Find quarantined records with this event id, and unreadable ones whose text has it, by file, number and run."""
    runs = [row["run_id"] for row in fetch_rows(cursor, "select distinct run_id from ops.quarantined_records")]
    query = (
        "select quarantined_records.* from ops.quarantined_records inner join ops.ingested_files using (file_id)"
        " where quarantined_records.run_id = %s and file_path = %s and record_number = %s"
        " order by file_id"
    )
    found = [
        {**row, **record}
        for record in find_lines(quarantine, runs, event_id=event_id)
        for row in fetch_rows(cursor, query, record["run_id"], record["source_file"], record["record_number"])
    ]
    return sorted(found, key=lambda record: (record["source_file"], record["record_number"], record["run_id"]))


def find_lines(
    quarantine: Path, run_ids: list[int], place: tuple[str, int] | None = None, event_id: str | None = None
) -> Iterator[Row]:
    """Yield what the quarantine folder keeps, of these runs, of the record at one place or of the records of one event.

    `is_sure` is false if the id only stands in the text of an unreadable record.
    """
    needle = json.dumps(event_id or "", ensure_ascii=False)[1:-1]
    for run_id, line in read_lines(quarantine, run_ids):
        if needle not in line:
            continue
        record: Row = json.loads(line)
        stated = (record["details"].get("fields") or {}).get("event_id")
        is_it = event_id in (None, stated) or (stated is None and _mentions(record.get("raw") or "", str(event_id)))
        if is_it and place in (None, (record["source_file"], record["record_number"])):
            yield {"run_id": run_id, "is_sure": event_id in (None, stated), **record}


def _mentions(text: str, event_id: str) -> bool:
    """Return whether the id stands alone in the text, not as a part of a longer one."""
    return bool(re.search(rf"(?<![\w-]){re.escape(event_id)}(?![\w-])", text))
