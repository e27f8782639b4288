"""Quarantined records through the same path again, with today's mapping and rules.

    spark-submit --properties-file conf/spark-defaults.conf jobs/replay.py [--reason CODE] [--file NAME] [--run RUN_ID]

What passes now is published and marked as recovered; the rest stays open, with its history. Exit codes as of
jobs/pipeline.py. A record whose text was fixed by its producer is not replayed but read: a changed file is new.
"""

import argparse
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

from jobs.steps.job_runner import add_common_arguments, erasure_key_file, quarantine_folder, run_job
from jobs.steps.load import load
from jobs.steps.load_request import LoadRequest
from jobs.steps.read_open_records import Selection, choose_open_files, count_open_records, read_open_records
from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.own_objects import are_tables_published
from jobs.storage.database.postgres import connect, hold_run_lock
from jobs.storage.erasure.tombstones import read_tombstones
from jobs.storage.errors import UsageError
from jobs.storage.runs.summary import format_nothing_to_replay, format_replay, write_summary
from schemas.reasons import REASONS


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Load quarantined records again, by today's rules.")
    parser.add_argument("--reason", choices=[reason for reason in REASONS if reason != "unreadable_file"])
    parser.add_argument("--file", help="only records of this file: its path, its URI, or the last parts of either")
    parser.add_argument("--run", type=int, help="only records that this run quarantined")
    add_common_arguments(parser)
    return parser


def run(args: argparse.Namespace, database_url: str) -> str:
    """Replay the open records that are selected; return what to tell the user."""
    settings = read_settings(Path(args.settings))
    selection = Selection(args.reason, args.file, args.run)
    quarantine = quarantine_folder(args)
    with hold_run_lock(database_url, args.wait):
        with closing(connect(database_url)) as connection:
            with connection, connection.cursor() as cursor:
                if not are_tables_published(cursor):
                    raise UsageError(
                        "nothing has been loaded yet, so there is nothing to replay; `make pipeline` loads"
                    )
                prepare_database(cursor)
                tombstones = read_tombstones(cursor, erasure_key_file(args))
            selected = count_open_records(connection, selection)
            readings = choose_open_files(connection, selection)
        if not readings:
            return format_nothing_to_replay(selected)
        read = partial(read_open_records, selection=selection, database_url=database_url, quarantine=quarantine)
        request = LoadRequest("replay", readings, read, tombstones)
        summary = load(database_url, request, settings, quarantine, accept_quality=True)
    summary["selected"] = selected
    write_summary(Path(args.data) / "runs", summary)
    return format_replay(summary)


if __name__ == "__main__":
    sys.exit(run_job(arg_parser().parse_args(), run))
