"""The load of a folder: the ledger chooses what is new in it. Batch and stream both go this way."""

import argparse
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor as Cursor

from jobs.steps.job_runner import (
    add_accept_quality,
    add_common_arguments,
    erasure_key_file,
    own_places,
    quarantine_folder,
)
from jobs.steps.load import load
from jobs.steps.load_request import LoadRequest
from jobs.steps.read_files import read_new_content
from jobs.steps.replay_records import Replay, count_due_records
from jobs.storage.config.settings import Settings, read_settings
from jobs.storage.config.sources import read_source
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.postgres import connect, hold_run_lock
from jobs.storage.database.views import make_views
from jobs.storage.erasure.changed_ids import reject_changed_ids
from jobs.storage.erasure.tombstones import read_tombstones
from jobs.storage.input.discovery import discover, no_files_found
from jobs.storage.input.empty_folders import note_folder
from jobs.storage.input.file_systems import InputFile, name_folder
from jobs.storage.runs.held_back import forget_settled_files, leave_out_held_back, read_held_back, read_precedents
from jobs.storage.runs.ledger import (
    Choice,
    Reading,
    choose_all_files,
    choose_new_files,
    choose_remapped_files,
    count_current_files,
    count_missing_records,
    count_open_lines,
    count_other_sources,
    find_known_paths,
    foresee_file_ids,
    note_seen_files,
    reserve_file_ids,
)
from jobs.storage.runs.mappings import count_changed_mappings, enter_mappings
from jobs.storage.runs.run import RunKind, find_other_identity
from jobs.storage.runs.summary import format_nothing_new, format_plan, format_summary, write_summary
from schemas.fields import Source


def add_folder_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of every job that loads a folder."""
    parser.add_argument(
        "--input", required=True, help="folder of event logs, a path or a URI such as s3://bucket/events"
    )
    parser.add_argument("--source", default="conf/sources/default.yml", help="how the fields map to ours")
    add_accept_quality(parser)
    add_common_arguments(parser)


def load_folder(
    args: argparse.Namespace, database_url: str, is_stream: bool = False, now: datetime | None = None
) -> dict[str, Any]:
    """Load what is new below the input folder, and wait for other runs to end before. `now` is the moment of the run.

    Records that were quarantined because their events were dated in the future are tried first, where their time has
    come; by a full refresh afterwards, since that reads most of them anyway, and may cut sessions by another gap.

    Returns what `describe_folder` says of it, of how many `files` this run read, and how many records were `due`; if
    there were new files, then how many of these had been `read_before`, and the summary of `load`, which is written to
    the folder of runs too. With `args.plan` it does and returns the same and leaves nothing, and tries no due records.
    """
    settings = read_settings(Path(args.settings))
    source = read_source(Path(args.source).resolve())
    found, skipped = discover(args.input, settings.include, own_places(args))
    with hold_run_lock(database_url, args.wait):
        replay = _prepare_replay(args, database_url, settings, now or datetime.now(UTC))
        due = {} if args.plan or args.full_refresh else replay.run_due()
        summary = _load_found(args, replay, found, source, is_stream)
        if args.full_refresh and not args.plan:
            due = replay.run_due()
    summary["skipped"] = skipped
    summary["due"] |= {"waiting": 0, **due} if due else {}
    if "run_id" in summary and not args.plan:
        write_summary(replay.summaries, summary)
    return summary


def _prepare_replay(args: argparse.Namespace, database_url: str, settings: Settings, run_at: datetime) -> Replay:
    """What a run needs to try records again, which is also what it needs to load others."""
    with closing(connect(database_url)) as connection, connection.cursor() as cursor:
        prepare_database(cursor)
        tombstones = read_tombstones(cursor, erasure_key_file(args))
        if not args.plan:
            connection.commit()
    return Replay(database_url, settings, tombstones, run_at, quarantine_folder(args), Path(args.data) / "runs")


def _load_found(
    args: argparse.Namespace, replay: Replay, found: list[InputFile], source: Source, is_stream: bool
) -> dict[str, Any]:
    """Load what is new among the files that were found. `due` says how many records are `waiting` to be tried."""
    with closing(connect(replay.database_url)) as connection, connection.cursor() as cursor:
        prepare_database(cursor)
        choice = choose_files(cursor, args, found, source)
        if replay.tombstones:
            reject_changed_ids(connection, [reading.source for reading in choice.readings], is_plan=args.plan)
        known = find_known_paths(cursor, choice.readings)
        precedents = read_precedents(cursor, choice.readings, source)
        take_ids = foresee_file_ids if args.plan else reserve_file_ids
        readings = choice.with_ids(take_ids(cursor, len(choice.readings)))
        enter_mappings(cursor, [reading.source for reading in readings])
        note_seen_files(cursor, choice.seen)
        if not readings and count_current_files(cursor) and not args.plan:  # a run that publishes makes them itself
            make_views(cursor, replay.settings)
        summary = describe_folder(cursor, args.input, found, choice, source)
        summary |= {"files": 0, "drops_missing": args.drop_missing}
        summary["due"] = {"waiting": count_due_records(cursor, replay.run_at), "tried": 0, "published": 0}
        if not args.plan:
            connection.commit()
    if not readings:
        return summary
    request = LoadRequest(
        kind=_choose_kind(args),
        readings=readings,
        read=read_new_content,
        tombstones=replay.tombstones,
        is_plan=args.plan,
        is_stream=is_stream,
        precedents=precedents,
        drops_missing=args.drop_missing,
        run_at=replay.run_at,
        folder=name_folder(args.input),
    )
    done = load(replay.database_url, request, replay.settings, replay.quarantine, args.accept_quality)
    return add_run(summary, done, readings, known)


def choose_files(cursor: Cursor, args: argparse.Namespace, found: list[InputFile], source: Source) -> Choice:
    """What to read, of the files that were found and those that the ledger knows; forgets which wait no more."""
    choose = {"full_refresh": choose_all_files, "remap": choose_remapped_files, "load": choose_new_files}
    choice = choose[_choose_kind(args)](cursor, found, source)
    forget_settled_files(cursor, args.input, found)
    if args.accept_quality:
        return choice
    return replace(choice, readings=leave_out_held_back(cursor, choice.readings, args.drop_missing))


def describe_folder(
    cursor: Cursor, folder: str, found: list[InputFile], choice: Choice, source: Source
) -> dict[str, Any]:
    """The URI of the folder (`input`), how many files were `found` there and how many are `loaded`, which are
    `held_back` (`HeldBackFile`), which are `gone` that a full refresh would read, how many were loaded by a mapping
    that has changed since (`changed_mappings`), how many of those found another source has read (`other_sources`), how
    many end within a line that waits (`open_lines`), and how many published records no current reading holds
    (`missing_records`). `source` names the mapping, and `other_identity` is the identity version of earlier
    runs where it is not that of this code. Remembers an empty folder.
    """
    loaded = count_current_files(cursor)
    note_folder(cursor, folder, found, loaded)
    return {
        "input": name_folder(folder),
        "found": len(found),
        "loaded": loaded,
        "held_back": [asdict(file) for file in read_held_back(cursor)],
        "gone": choice.gone,
        "changed_mappings": count_changed_mappings(
            cursor,
            source,
            name_folder(folder),
            [file.uri for file in found],
            [reading.file.uri for reading in choice.readings if not reading.continuation],
        ),
        "source": source.name,
        "other_sources": count_other_sources(cursor, found, choice.readings, source),
        "open_lines": count_open_lines(cursor),
        "missing_records": count_missing_records(cursor),
        "other_identity": find_other_identity(cursor),
    }


def add_run(summary: dict[str, Any], done: dict[str, Any], readings: list[Reading], known: set[str]) -> dict[str, Any]:
    """The summary with what the run has done. Held back are the files of this run, and of earlier ones that wait on."""
    read, new = {reading.file.uri for reading in readings}, {file["file_path"] for file in done["held_back"]}
    waiting = [file for file in summary["held_back"] if file["file_path"] not in read]
    held_back = sorted([*done["held_back"], *waiting], key=lambda file: str(file["file_path"]))
    return summary | done | {"read_before": len(known - new), "held_back": held_back}


def _choose_kind(args: argparse.Namespace) -> RunKind:
    return "full_refresh" if args.full_refresh else "remap" if args.remap else "load"


def describe_load(args: argparse.Namespace, summary: dict[str, Any]) -> str:
    """What to tell of a load. Raises UsageError where there was nothing to read, now or ever."""
    if "run_id" in summary:
        return format_plan(summary) if args.plan else format_summary(summary)
    if not summary["loaded"]:
        raise no_files_found(args.input, summary["skipped"])
    return format_nothing_new(summary)
