"""Loads what is new in a folder. The ledger tells which files are new. Batch and stream both use this module."""

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
    """Add the arguments of every job that loads a folder."""
    parser.add_argument(
        "--input", required=True, help="folder of event logs, a path or a URI such as s3://bucket/events"
    )
    parser.add_argument("--source", default="conf/sources/default.yml", help="how the fields map to ours")
    add_accept_quality(parser)
    add_common_arguments(parser)


def load_folder(
    args: argparse.Namespace, database_url: str, is_stream: bool = False, now: datetime | None = None
) -> dict[str, Any]:
    """Load what is new below the input folder, once no other run is active. `now` is the moment of the run.

    Some records were quarantined because their events were in the future. Those whose time has come are due, and are
    tried first. A full refresh tries them afterwards: it reads most of them anyway, and may use another session gap.

    The returned summary holds what `describe_folder` returns, the number of `files` that this run read, and how many
    records were `due`. If there were new files, it also holds how many of them had been `read_before`, and the summary
    of `load`; it is then written to the folder of runs. With `args.plan` nothing is kept, and no due records are tried.
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
    """Prepare the database, and gather what a run needs to try records again. A load of files needs the same."""
    with closing(connect(database_url)) as connection, connection.cursor() as cursor:
        prepare_database(cursor)
        tombstones = read_tombstones(cursor, erasure_key_file(args))
        if not args.plan:
            connection.commit()
    return Replay(database_url, settings, tombstones, run_at, quarantine_folder(args), Path(args.data) / "runs")


def _load_found(
    args: argparse.Namespace, replay: Replay, found: list[InputFile], source: Source, is_stream: bool
) -> dict[str, Any]:
    """Load what is new among the found files. In the summary `due` counts the records that are `waiting`."""
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
        # A run with new files makes the views when it publishes. Without new files it is done here.
        if not readings and count_current_files(cursor) and not args.plan:
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
    """Choose what to read among the found files and those of the ledger.

    Also deletes the rows of held-back files that are gone, or that are again as they were loaded.
    """
    choose = {"full_refresh": choose_all_files, "remap": choose_remapped_files, "load": choose_new_files}
    choice = choose[_choose_kind(args)](cursor, found, source)
    forget_settled_files(cursor, args.input, found)
    if args.accept_quality:
        return choice
    return replace(choice, readings=leave_out_held_back(cursor, choice.readings, args.drop_missing))


def describe_folder(
    cursor: Cursor, folder: str, found: list[InputFile], choice: Choice, source: Source
) -> dict[str, Any]:
    """Describe the folder and its files for the summary. Also notes an empty folder in the ledger.

    `input`: the URI of the folder. `found`: how many files are there. `loaded`: how many files have been loaded.
    `held_back`: the files that the quality gate holds back. `gone`: files of the ledger that no longer exist.
    `changed_mappings`: how many files were loaded by a mapping that has changed since. `source`: the mapping's name.
    `other_sources`: how many of the found files another source has read. `open_lines`: how many files end within a
    line that is not finished. `missing_records`: published records that no current reading holds.
    `other_identity`: the identity version of earlier runs, if this code has another one.
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
    """Add what the run has done to the summary. Its held-back files are those of this run and of earlier ones."""
    read, new = {reading.file.uri for reading in readings}, {file["file_path"] for file in done["held_back"]}
    waiting = [file for file in summary["held_back"] if file["file_path"] not in read]
    held_back = sorted([*done["held_back"], *waiting], key=lambda file: str(file["file_path"]))
    return summary | done | {"read_before": len(known - new), "held_back": held_back}


def _choose_kind(args: argparse.Namespace) -> RunKind:
    return "full_refresh" if args.full_refresh else "remap" if args.remap else "load"


def describe_load(args: argparse.Namespace, summary: dict[str, Any]) -> str:
    """Return what to print after a load. Raises UsageError if no run has ever found a file to read."""
    if "run_id" in summary:
        return format_plan(summary) if args.plan else format_summary(summary)
    if not summary["loaded"]:
        raise no_files_found(args.input, summary["skipped"])
    return format_nothing_new(summary)
