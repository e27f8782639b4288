"""Loads a file that the quality gate holds back, as it is now, by the mapping with which it was held back.

    spark-submit --properties-file conf/spark-defaults.conf jobs/accept.py --file NAME

Its bad records are quarantined and its other records are published. The exit codes are those of jobs/pipeline.py.
"""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from jobs.steps.job_runner import add_common_arguments, erasure_key_file, quarantine_folder, run_job
from jobs.steps.load import load
from jobs.steps.load_request import LoadRequest
from jobs.steps.read_files import read_new_content
from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import connect, hold_run_lock
from jobs.storage.erasure.tombstones import read_tombstones
from jobs.storage.errors import UsageError
from jobs.storage.input.file_systems import end_of_path, file_system_of, show_name
from jobs.storage.runs.held_back import read_held_back
from jobs.storage.runs.ledger import Choice, choose_new_files, reserve_file_ids
from jobs.storage.runs.mappings import read_mappings
from jobs.storage.runs.summary import format_summary, write_summary


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Load a file that the quality gate holds back.")
    parser.add_argument("--file", help="the file: its path, its URI, or the last parts of either")
    add_common_arguments(parser)
    return parser


def choose_file(cursor: Cursor, name: str | None) -> Choice:
    """Chooses what is new in the file of that name, to be read by the mapping with which it is held back.

    Raises UsageError unless exactly one file of that name is held back, and if the file has nothing new.
    """
    waiting = [show_name(file.file_path) for file in read_held_back(cursor)]
    listed = f"held back: {', '.join(waiting) or 'none'}"
    if not name:
        raise UsageError(f"name the file: make accept FILE=name (--file); {listed}")
    named = read_held_back(cursor, end_of_path(name))
    if len(named) != 1:
        raise UsageError(f"{name}: this is the name of {len(named) or 'no'} files that are held back; {listed}")
    (file,) = named
    try:
        found = file_system_of(file.file_path).stat(file.file_path)
    except OSError as error:
        raise UsageError(
            f"{show_name(file.file_path)}: was held back and is gone; put it back, or let the next `make pipeline`"
            " forget it"
        ) from error
    recorded = file.source, file.mapping_hash
    choice = choose_new_files(cursor, [found], read_mappings(cursor, [recorded])[recorded])
    if not choice.readings:
        raise UsageError(f"{show_name(file.file_path)} is the same as when it was loaded: there is nothing to accept")
    return choice


def run(args: argparse.Namespace, database_url: str) -> str:
    """Loads the file. Returns what to tell the user."""
    settings = read_settings(Path(args.settings))
    with hold_run_lock(database_url, args.wait):
        with closing(connect(database_url)) as connection, connection, connection.cursor() as cursor:
            prepare_database(cursor)
            tombstones = read_tombstones(cursor, erasure_key_file(args))
            readings = choose_file(cursor, args.file).with_ids(reserve_file_ids(cursor, 1))
        request = LoadRequest("load", readings, read_new_content, tombstones)
        summary = load(database_url, request, settings, quarantine_folder(args), accept_quality=True)
    summary |= {"found": 1, "skipped": [], "changed_mappings": {}, "other_identity": None}
    write_summary(Path(args.data) / "runs", summary)
    return format_summary(summary)


if __name__ == "__main__":
    sys.exit(run_job(arg_parser().parse_args(), run))
