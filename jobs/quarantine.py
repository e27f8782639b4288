"""Shows the records that are open in quarantine: counts by reason, field and file, each with an example.

`python -m jobs.quarantine [--rows 20]` uses the database of DATABASE_URL, or the embedded one. The example is the text
of the first record, from the local folder --quarantine. The exit codes are those of jobs/query.py. `make replay` tries
the records again.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobs.reporting.tables import parse_rows, show_results
from jobs.storage.database.postgres import SQL, read_only
from jobs.storage.database.queries import Result, query_file
from jobs.storage.errors import PipelineError
from jobs.storage.input.file_systems import show_name
from jobs.storage.local.database_url import find_database
from jobs.storage.process.signals import run_stoppable
from jobs.storage.quarantine.lines import read_lines

_SHOWN_CHARACTERS = 60

# The run, the URI of the file, and the record number.
Place = tuple[int, str, int]


def summarize(url: str, folder: Path, row_limit: int) -> Result:
    """Returns one row per reason, field and file, with an example. The most frequent come first."""
    with read_only(url, "document-events quarantine") as cursor:
        found = query_file(cursor, SQL / "analysis" / "open_quarantine.sql")
    rows = found.rows[:row_limit]
    texts = dict(read_texts(folder, {(run_id, path, number) for _, _, path, _, run_id, number in rows}))
    shown = [
        (reason, field, records, f"{show_name(path)}:{number}", texts.get((run_id, path, number)))
        for reason, field, path, records, run_id, number in rows
    ]
    hidden = f", the first {row_limit} of {len(found.rows)} groups" if len(found.rows) > row_limit else ""
    return Result(f"open in quarantine{hidden}", ["reason", "field", "records", "first at", "its text"], shown)


def read_texts(folder: Path, places: set[Place]) -> Iterator[tuple[Place, str]]:
    """Yields the beginning of the text of the records at `places`, if a local quarantine folder has it."""
    for run_id, line in read_lines(folder, {run_id for run_id, *_ in places}):
        record: dict[str, Any] = json.loads(line)
        place = (run_id, record["source_file"], record["record_number"])
        if place in places:
            text = record.get("raw") or record.get("raw_base64") or ""
            yield place, text[:_SHOWN_CHARACTERS] + ("..." if len(text) > _SHOWN_CHARACTERS else "")


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs.quarantine", description=__doc__.partition("\n")[0])
    parser.add_argument("--quarantine", type=Path, default="data/quarantine", help="the folder of quarantined records")
    parser.add_argument("--rows", type=parse_rows, default=20, help="groups shown (%(default)s)")
    return parser


def main(arguments: list[str]) -> int:
    """Shows the open records. Returns the exit code."""
    options = arg_parser().parse_args(arguments)
    try:
        show_results([summarize(find_database(), options.quarantine, options.rows)])
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
