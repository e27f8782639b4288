"""The run ledger: which files have been read, and how each run ended."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from jobs.storage.errors import UsageError
from jobs.storage.file_systems import InputFile, decode, file_system_of
from jobs.storage.postgres import execute_files, fetch_one
from jobs.storage.sources import read_source
from schemas.fields import Source


@dataclass(frozen=True)
class Run:
    """One run: its id is the time it began, readable and in order; its staging schema bears the id."""

    run_id: int
    started_at: datetime

    @property
    def staging(self) -> str:
        """The schema of this run's staging tables."""
        return f"staging_{self.run_id}"


@dataclass(frozen=True)
class Reading:
    """One file that this run reads, and how its fields map."""

    file_id: int
    file: InputFile
    source: Source


def start_run(connection: Connection, code_version: str, configuration_version: str) -> Run:
    """Sweep what dead runs left, enter this one as running and make its staging tables.

    The run lock must be held: whatever else says `running` is then dead.
    """
    started_at = datetime.now(UTC)
    run = Run(int(started_at.strftime("%Y%m%d%H%M%S%f")[:17]), started_at)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "update ops.pipeline_runs set status = 'failed', error = 'found dead by the next run'"
            " where status = 'running'"
        )
        cursor.execute(r"select nspname from pg_namespace where nspname like 'staging\_%'")
        for (schema,) in cursor.fetchall():
            cursor.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        cursor.execute(
            "insert into ops.pipeline_runs (run_id, started_at, status, code_version, configuration_version)"
            " values (%s, %s, 'running', %s, %s)",
            (run.run_id, run.started_at, code_version, configuration_version),
        )
        cursor.execute(sql.SQL("create schema {}").format(sql.Identifier(run.staging)))
        execute_files(cursor, "ddl/100_*.sql", run.staging)
    return run


def fail_run(connection: Connection, run: Run, error: str) -> None:
    """Enter why the run failed and drop its staging tables."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "update ops.pipeline_runs set status = 'failed', finished_at = now(), error = %s"
            " where run_id = %s and status = 'running'",
            (error, run.run_id),
        )
        cursor.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(run.staging)))


def prepare_database(connection: Connection) -> None:
    """Make the schemas and the ledger where they are not there yet."""
    with connection, connection.cursor() as cursor:
        execute_files(cursor, "ddl/0*.sql")


def choose_files(
    connection: Connection, found: list[InputFile], source: Source, full_refresh: bool, drop_missing: bool
) -> list[Reading]:
    """What to read, in order of URI; nothing where the ledger knows every file found.

    One new or changed file makes the run rebuild everything: all files of the ledger, each with the source it was
    first read with, and the new ones. Raises UsageError for a file or a source of the ledger that is gone; with
    `drop_missing` a file that is gone is left out.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute("select file_path, size_bytes, modified_at, source from ops.ingested_files where is_current")
        ledger = {InputFile(*row[:3]): row[3] for row in cursor.fetchall()}
    if not full_refresh and all(file in ledger for file in found):
        return []
    chosen = {file: ledger.get(file, source.name) for file in found}
    sources = {file.uri: recorded for file, recorded in ledger.items()}
    for uri in sources.keys() - {file.uri for file in found}:
        if file := _find_again(uri, drop_missing):
            chosen[file] = sources[uri]
    read = {name: source if name == source.name else read_source(Path(name)) for name in set(chosen.values())}
    files = sorted(chosen, key=lambda file: file.uri)
    file_ids = _reserve_file_ids(connection, len(files))
    return [Reading(file_id, file, read[chosen[file]]) for file_id, file in zip(file_ids, files, strict=True)]


def _find_again(uri: str, drop_missing: bool) -> InputFile | None:
    try:
        return file_system_of(uri).stat(uri)
    except OSError as error:
        if drop_missing:
            return None
        name = decode(uri).removeprefix("file://")
        raise UsageError(
            f"{name}: was loaded before and is gone ({error.strerror}); put it back, or drop its events"
            " with DROP_MISSING=1 (--drop-missing)"
        ) from error


def _reserve_file_ids(connection: Connection, count: int) -> list[int]:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('ops.ingested_files', 'file_id')) from generate_series(1, %s)",
            (count,),
        )
        return sorted(row[0] for row in cursor.fetchall())


def count_current_files(connection: Connection) -> int:
    """How many readings the published tables stand on."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from ops.ingested_files where is_current")
        return int(str(fetch_one(cursor)[0]))
