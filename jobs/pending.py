"""Lists the reasons for the next load, so that a scheduler starts none without a reason.

`python -m jobs.pending --input data/events [--source conf/sources/default.yml]`, on the database of DATABASE_URL, else
the embedded one. Prints one line for each reason to load: files that are new or have changed, as the load itself would
choose them, and records whose time has come. Without a reason it prints nothing. It changes nothing, and needs no
Spark. Exit code 0 with and without a reason; 2 and 4 as of jobs/pipeline.py.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from psycopg2.extensions import cursor as Cursor

from jobs.steps.job_runner import add_common_arguments, own_places
from jobs.steps.replay_records import count_due_records
from jobs.steps.tool_runner import run_tool
from jobs.storage.config.environment import require_not_blank
from jobs.storage.config.settings import read_settings
from jobs.storage.config.sources import read_source
from jobs.storage.database.migrations import list_pending_migrations, read_applied_migrations
from jobs.storage.database.own_objects import is_ours
from jobs.storage.database.postgres import read_only
from jobs.storage.input.discovery import discover
from jobs.storage.input.file_systems import InputFile, make_input_uri, name_folder, show_name
from jobs.storage.local.database_url import find_database
from jobs.storage.process.signals import run_stoppable
from jobs.storage.runs.held_back import leave_out_held_back
from jobs.storage.runs.ledger import choose_new_files, count_current_files
from schemas.fields import Source


def find_reasons(cursor: Cursor, folder: str, found: list[InputFile], source: Source) -> Iterator[str]:
    """Yield a line for each reason to load the folder in which these files were found."""
    if not is_ours(cursor):
        if found:
            yield f"{len(found)} files to read, and nothing is loaded yet"
        return
    if list_pending_migrations(read_applied_migrations(cursor)):
        yield "the database has tables of an earlier version"
        return
    new = leave_out_held_back(cursor, choose_new_files(cursor, found, source).readings, drops_missing=False)
    if new:
        yield f"{len(new)} files to read, first {show_name(new[0].file.uri)}"
    if due := count_due_records(cursor, datetime.now(UTC)):
        yield f"{due} quarantined records whose time has come"
    if not found and count_current_files(cursor) and not _is_noted(cursor, folder):
        yield f"nothing is found in {show_name(folder)} any more, which a load notes"


def _is_noted(cursor: Cursor, folder: str) -> bool:
    """Whether a load has already reported that the folder is empty."""
    cursor.execute("select folder from ops.empty_input_folders where folder = %s", (name_folder(folder),))
    return cursor.fetchone() is not None


def show(args: argparse.Namespace) -> None:
    """Print each reason to load in a line."""
    require_not_blank({"--input": args.input, "--source": args.source})
    source, settings = read_source(Path(args.source).resolve()), read_settings(Path(args.settings))
    if urlsplit(make_input_uri(args.input)).scheme not in ("file", "s3"):
        print(f"only a load can look into {args.input}, by Spark")
        return
    found, _skipped = discover(args.input, settings.include, own_places(args))
    with read_only(find_database(), "document-events pending") as cursor:
        for reason in find_reasons(cursor, args.input, found, source):
            print(reason)


def arg_parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    parser = argparse.ArgumentParser(prog="python -m jobs.pending", description=__doc__.partition("\n")[0])
    parser.add_argument("--input", required=True, help="folder of event logs, a path or a URI")
    parser.add_argument("--source", default="conf/sources/default.yml", help="how the fields map to ours")
    add_common_arguments(parser)
    return parser


def main(arguments: list[str]) -> int:
    """Print the reasons, and return the exit code."""
    args = arg_parser().parse_args(arguments)
    return run_tool(lambda: show(args))


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
