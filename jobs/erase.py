"""Pseudonymises a person for good, everywhere but in the input files. Those that name the person are listed.

    ERASE_USER=id spark-submit --properties-file conf/spark-defaults.conf jobs/erase.py [--confirm]

Without --confirm this is a dry run: it finds out everything and changes nothing. The id is in the environment, since
arguments are visible to all users and logged. The exit codes are those of jobs/pipeline.py; 2 also means that nobody
has this id.

An erasure that was killed may have left the quarantine folder half rewritten. Every run first finishes that, also a dry
run, because it has to read the folder.

Texts are cleaned first, and the tables last, in one transaction with the tombstone. Until then the database still knows
the person, so that an erasure that was stopped can simply be run again.
"""

import argparse
import os
import sys
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor as Cursor
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.records.erased_people import spell_as_id
from jobs.steps.job_runner import add_common_arguments, erasure_key_file, quarantine_folder, run_job
from jobs.steps.redact_quarantine import Redaction, find_redaction, find_stated_names, read_all_lines, rewrite
from jobs.storage.config.settings import Settings, read_settings
from jobs.storage.database.migrations import prepare_database
from jobs.storage.database.own_objects import are_tables_published
from jobs.storage.database.postgres import connect, hold_run_lock, jdbc_options
from jobs.storage.database.vacuum import vacuum
from jobs.storage.erasure.person_records import (
    REWRITTEN,
    clean_findings,
    clean_ledger,
    drop_unmapped_fields,
    find_input_files,
    find_names,
    find_similar,
    gather_records,
    is_known,
    stage_erasure,
)
from jobs.storage.erasure.person_texts import PersonTexts, list_packed_files
from jobs.storage.erasure.tombstones import Tombstones, read_tombstones, take_key
from jobs.storage.errors import UsageError
from jobs.storage.monitoring.observers import observed_run
from jobs.storage.process.spark_session import persist, persist_small, start_spark
from jobs.storage.quarantine.folder import finish_rewrites, list_unfinished
from jobs.storage.quarantine.shared_folder import require_shared_folder
from jobs.storage.runs.dry_run import publish_dry_run
from jobs.storage.runs.history import find_history, read_history
from jobs.storage.runs.mappings import list_namespaces
from jobs.storage.runs.publish import publish_with_retries
from jobs.storage.runs.run import Run
from jobs.storage.runs.staging import stage_all
from jobs.storage.runs.summary import format_erasure, write_summary
from jobs.transforms.deduplicate import PUBLISHED, deduplicate
from jobs.transforms.model import count_records, list_properties, model_tables
from jobs.transforms.pseudonymize import pseudonymize
from jobs.transforms.sessionize import sessionize
from schemas.tables import HISTORY_WITH_PROPERTIES


@dataclass(frozen=True)
class Person:
    """The person to erase, with the names of this person, and the people who were erased before.

    `similar` are other known ids, for a message about an unknown one.
    """

    user_id: str
    names: frozenset[str]
    known: Tombstones
    has_records: bool
    similar: tuple[str, ...] = ()

    @property
    def tombstones(self) -> Tombstones:
        """All people who are erased after this run."""
        return self.known.add(self.user_id, self.names)

    @property
    def is_erased(self) -> bool:
        """Whether the person was erased before."""
        return self.known.hash(self.user_id) in self.known.ids

    @property
    def pseudonym(self) -> str:
        return self.known.pseudonym(self.user_id)

    @property
    def texts(self) -> PersonTexts:
        return PersonTexts(self.user_id, self.names, self.pseudonym)


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Pseudonymise the person whose id is in ERASE_USER.")
    parser.add_argument("--confirm", action="store_true", help="do it; else only tell what would be done")
    parser.add_argument("--unknown", action="store_true", help="also where no record has this id yet")
    add_common_arguments(parser)
    return parser


def run(args: argparse.Namespace, database_url: str) -> str:
    """Erases the person, or finds out what that would do. Returns what to tell the user."""
    if not (user_id := os.environ.get("ERASE_USER", "").strip()):
        raise UsageError("name the person by the platform's id: make erase USER=id (ERASE_USER in the environment)")
    settings = read_settings(Path(args.settings))
    with hold_run_lock(database_url, args.wait):
        require_shared_folder(quarantine_folder(args))
        person = look_up(args, database_url, user_id)
        spark = start_spark("document-events")
        finish_rewrites(spark, quarantine_folder(args))
        quarantined = persist(read_all_lines(spark, quarantine_folder(args)))
        stated = find_stated_names(quarantined, Tombstones(person.known.key).add(person.user_id, ()))
        person = replace(person, names=person.names | stated)
        redaction = find_redaction(quarantined, person.tombstones)
        if not (args.unknown or person.has_records or redaction.new or person.is_erased):
            others = f"; did you mean {' or '.join(map(repr, person.similar))}?" if person.similar else ""
            raise UsageError(
                f"{person.user_id!r} is unknown: no record names this id; public.users has the known ids{others}"
            )
        with observed_run(database_url, "erase", settings, not args.confirm, folders=()) as entered:
            summary = erase(spark, args, database_url, entered, person, redaction, settings)
    if args.confirm:
        vacuum(database_url, REWRITTEN)
        write_summary(Path(args.data) / "runs", summary)
    return format_erasure(summary)


def look_up(args: argparse.Namespace, database_url: str, user_id: str) -> Person:
    """Looks the person up in the tables. If the erasure is confirmed and there is no key yet, it writes one."""
    with closing(connect(database_url)) as connection:
        with connection.cursor() as cursor:
            if not are_tables_published(cursor):
                raise UsageError("nothing has been loaded yet, so there is nobody to erase: run `make pipeline` first")
            prepare_database(cursor)
            key_file = erasure_key_file(args)
            known = read_tombstones(cursor, key_file) or Tombstones(take_key(key_file, is_kept=args.confirm))
            if not (has_records := is_known(cursor, user_id)):
                user_id = spell_as_id(user_id)
                has_records = is_known(cursor, user_id)
            names = find_names(cursor, user_id) | find_bare_id(cursor, user_id)
            similar = () if has_records else tuple(find_similar(cursor, user_id))
            person = Person(user_id, names, known, has_records, similar)
        if args.confirm:
            connection.commit()
    return person


def find_bare_id(cursor: Cursor, user_id: str) -> set[str]:
    """Returns the id without its namespace, as the producer writes it; nothing if the id has no namespace.

    Such an id counts as a name, because another producer may use it for somebody else.
    """
    namespace, separator, bare_id = user_id.partition(":")
    return {bare_id} if separator and namespace in list_namespaces(cursor) else set()


def erase(
    spark: SparkSession,
    args: argparse.Namespace,
    database_url: str,
    entered: Run,
    person: Person,
    redaction: Redaction,
    settings: Settings,
) -> dict[str, Any]:
    """Runs the erasure, and commits it only if it is confirmed. Returns the summary, which does not name the person."""
    data, texts = Path(args.data), person.texts
    with closing(connect(database_url)) as connection, connection, connection.cursor() as cursor:
        records = gather_records(cursor, entered, person.user_id)
        stage_erasure(cursor, entered, person.known, person.tombstones, redaction.by_place)
        files = find_input_files(cursor, entered, person.user_id, person.pseudonym)
    stage_again(spark, database_url, entered, person.tombstones, settings)
    mentions = {str(path): count for path, count in texts.find_files(data)}
    with closing(connect(database_url)) as connection, connection.cursor() as cursor:
        ledger = clean_ledger(cursor, texts)
        ledger["findings"] = clean_findings(cursor, person.user_id, person.pseudonym, texts)
        ledger["unmapped_fields"] = drop_unmapped_fields(cursor, person.tombstones)
        if args.confirm:
            connection.commit()
            rewrite(redaction, quarantine_folder(args))
            texts.clean_files(data)
    done = (
        publish_with_retries(database_url, entered, [])
        if args.confirm
        else publish_dry_run(database_url, entered, [], settings)
    )
    return {
        "run_id": entered.run_id,
        "kind": entered.kind,
        "started_at": entered.started_at,
        "is_dry_run": not args.confirm,
        "pseudonym": person.pseudonym,
        "records": records,
        "changes": done.changes,
        "ledger": ledger,
        "redacted": len(redaction.new),
        "mentions": mentions,
        "not_searched": [*map(str, list_packed_files(data)), *list_unfinished(quarantine_folder(args))],
        "restatements": [asdict(restatement) for restatement in done.restatements],
        "input_files": [asdict(file) for file in files],
    }


def stage_again(
    spark: SparkSession, database_url: str, entered: Run, tombstones: Tombstones, settings: Settings
) -> None:
    """Deduplicates, sessionizes and stages again the records that name the person, and those in the same sessions."""
    jdbc = jdbc_options(database_url)
    find_history(database_url, entered, settings, [])
    known = read_history(spark, entered, jdbc, settings, HISTORY_WITH_PROPERTIES)
    pseudonymized = persist(pseudonymize(known, tombstones.erased))
    history = pseudonymized.drop("properties")
    # Superseded records are staged too, as if they had been published, because their columns change or they win now.
    verdicts = deduplicate(history.withColumn("previous_verdict", F.lit(PUBLISHED)), persist_small)
    modelled = persist(sessionize(verdicts, settings.session_gap))
    tables = model_tables(modelled, count_records(modelled).collect())
    stage_all({**tables, "version_properties": list_properties(pseudonymized)}, entered, jdbc, settings)


if __name__ == "__main__":
    sys.exit(run_job(arg_parser().parse_args(), run))
