"""Reads quarantined records again, with the current mapping and rules.

    spark-submit --properties-file conf/spark-defaults.conf jobs/replay.py [--reason CODE] [--file NAME] [--run RUN_ID]

Records that pass now are published and marked as recovered. The others stay open, with their history. If the mapping of
a file has changed, the whole file is read again, since the mapping applies to its other records too. If the file is
gone, the texts in the quarantine folder are read. The exit codes are those of jobs/pipeline.py.

A file that its producer has fixed needs no replay: it has changed, so that the next load reads it.
"""

import argparse
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from psycopg2.extensions import connection as Connection

from jobs.steps.job_runner import add_accept_quality, add_common_arguments, erasure_key_file, quarantine_folder, run_job
from jobs.steps.load import load
from jobs.steps.load_request import LoadRequest
from jobs.steps.read_files import read_new_content
from jobs.steps.read_open_records import (
    Selection,
    choose_open_files,
    count_open_records,
    count_recovered_records,
    list_open_files,
)
from jobs.steps.replay_records import Replay
from jobs.storage.config.settings import read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.own_objects import are_tables_published
from jobs.storage.database.postgres import connect, hold_run_lock
from jobs.storage.erasure.changed_ids import reject_changed_ids
from jobs.storage.erasure.tombstones import Tombstones, read_tombstones
from jobs.storage.errors import UsageError
from jobs.storage.runs.held_back import NO_PRECEDENTS, Precedents, read_precedents
from jobs.storage.runs.ledger import Reading, choose_remapped_files, reserve_file_ids
from jobs.storage.runs.mappings import enter_mappings
from jobs.storage.runs.summary import (
    format_files_read_again,
    format_nothing_to_replay,
    format_replay,
    write_summary,
)
from schemas.reasons import REASONS


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Load quarantined records again, by today's rules.")
    parser.add_argument("--reason", choices=[reason for reason in REASONS if reason != "unreadable_file"])
    parser.add_argument("--file", help="only records of this file: its path, its URI, or the last parts of either")
    parser.add_argument("--run", type=int, help="only records that this run quarantined")
    add_accept_quality(parser)
    add_common_arguments(parser)
    return parser


def run(args: argparse.Namespace, database_url: str, now: datetime | None = None) -> str:
    """Replays the selected open records. Returns what to tell the user. `now` is the moment of the run."""
    settings = read_settings(Path(args.settings))
    selection = Selection(args.reason, args.file, args.run)
    quarantine = quarantine_folder(args)
    with hold_run_lock(database_url, args.wait):
        with closing(connect(database_url)) as connection:
            with connection, connection.cursor() as cursor:
                if not are_tables_published(cursor):
                    raise UsageError(
                        "nothing has been loaded yet, so there is nothing to replay: run `make pipeline` first"
                    )
                prepare_database(cursor)
                tombstones = read_tombstones(cursor, erasure_key_file(args))
            replay = Replay(
                database_url, settings, tombstones, now or datetime.now(UTC), quarantine, Path(args.data) / "runs"
            )
            selected = count_open_records(connection, selection)
            changed, precedents = choose_changed_files(connection, selection, tombstones)
        told = []
        if changed:
            request = LoadRequest(
                "remap", changed, read_new_content, tombstones, precedents=precedents, run_at=replay.run_at
            )
            summary = load(database_url, request, settings, quarantine, accept_quality=args.accept_quality)
            summary["recovered"] = count_recovered_records(database_url, summary["run_id"])
            write_summary(replay.summaries, summary)
            told.append(format_files_read_again(summary))
        with closing(connect(database_url)) as connection:
            readings = choose_open_files(connection, selection, [reading.file.uri for reading in changed])
        if readings:
            told.append(format_replay(replay.run(readings, selection, selected)))
    return "\n".join(told) or format_nothing_to_replay(selected)


def choose_changed_files(
    connection: Connection, selection: Selection, tombstones: Tombstones | None
) -> tuple[list[Reading], Precedents]:
    """Returns the files with selected records whose mapping has changed since they were read, and their precedents.

    Files that are gone are left out. The quality gate compares a file with its precedents.
    """
    uris = list_open_files(connection, selection)
    with connection, connection.cursor() as cursor:
        choice = choose_remapped_files(cursor, [], None, uris)
        if tombstones:
            reject_changed_ids(connection, [reading.source for reading in choice.readings])
        enter_mappings(cursor, [reading.source for reading in choice.readings])
        readings = choice.with_ids(reserve_file_ids(cursor, len(choice.readings)))
        precedents = read_precedents(cursor, readings, readings[0].source) if readings else NO_PRECEDENTS
        return readings, precedents


if __name__ == "__main__":
    sys.exit(run_job(arg_parser().parse_args(), run))
