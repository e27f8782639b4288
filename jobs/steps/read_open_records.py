"""Finds open quarantined records, which nobody has recovered yet, and reads their text again."""

from collections import Counter, defaultdict
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.records.batch import SplitCounts
from jobs.records.files.open_file import can_open
from jobs.records.files.splits import Split
from jobs.records.observed import Observed
from jobs.records.problems import GroupCounter
from jobs.records.read_splits import ReadRequest
from jobs.steps.read_files import ReadContent, RecordsRead, add_groups
from jobs.storage.database.postgres import connect, fetch_one, jdbc_options
from jobs.storage.input.changed_files import describe_change
from jobs.storage.input.discovery import MAX_REMOTE_BYTES, sniff
from jobs.storage.input.file_systems import InputFile, end_of_path
from jobs.storage.input.hadoop_files import read_given
from jobs.storage.input.spark_reader import scan_files
from jobs.storage.process.spark_session import make_frame, persist
from jobs.storage.quarantine.folder import read_quarantine
from jobs.storage.runs.ledger import Reading, reserve_file_ids
from jobs.storage.runs.mappings import read_mappings, read_recorded_mapping
from jobs.transforms.reading import split_read

# An `unreadable_file` row stands for the rest of a file, not for a record. A run reads it when the file changes.
_RECORDS_ONLY = sql.SQL("raw_sha256 is not null and not 'unreadable_file' = any(reasons)")


@dataclass(frozen=True)
class Selection:
    """Which open records a replay tries. A value of None selects all.

    `file` is a URI, a path, or the last parts of one, such as `b/c.json` for `/a/b/c.json`. `due_by` selects records
    that were quarantined for a time in the future, and whose time comes by that moment.
    """

    reason: str | None = None
    file: str | None = None
    run_id: int | None = None
    due_by: datetime | None = None

    def query(self, *columns: str) -> sql.Composed:
        """Compose a query for the distinct `columns` of the selected open records that can be replayed."""
        return sql.SQL("select distinct {} from ops.open_quarantined_records where {} and {}").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), _RECORDS_ONLY, self.condition
        )

    @property
    def condition(self) -> sql.Composable:
        """The condition in SQL that selects rows of ops.open_quarantined_records."""
        conditions: list[sql.Composable] = [sql.SQL("true")]
        if self.reason:
            conditions.append(sql.SQL("{} = any(reasons)").format(sql.Literal(self.reason)))
        if self.file:
            end = sql.Literal(end_of_path(self.file))
            conditions.append(sql.SQL("right('/' || file_path, length({end})) = {end}").format(end=end))
        if self.run_id:
            conditions.append(sql.SQL("run_id = {}").format(sql.Literal(self.run_id)))
        if self.due_by:
            conditions.append(sql.SQL("due_at <= {}").format(sql.Literal(self.due_by)))
        return sql.SQL(" and ").join(conditions)


def count_open_records(connection: Connection, selection: Selection) -> int:
    """Count the selected open records, also those whose text was not kept."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("select count(*) from ops.open_quarantined_records where {}").format(selection.condition)
        )
        return int(str(fetch_one(cursor)[0]))


def count_recovered_records(database_url: str, run_id: int) -> int:
    """Count the quarantined records that a run has recovered."""
    with closing(connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from ops.quarantined_records where recovered_by_run_id = %s", (run_id,))
        return int(str(fetch_one(cursor)[0]))


def list_open_files(connection: Connection, selection: Selection) -> list[str]:
    """Return the URIs of the files with open records that can be replayed."""
    with connection, connection.cursor() as cursor:
        cursor.execute(selection.query("file_path"))
        return sorted(path for (path,) in cursor.fetchall())


def choose_open_files(
    connection: Connection, selection: Selection, without: Collection[str] = (), *, by_recorded_mapping: bool = False
) -> list[Reading]:
    """Make a new reading for each earlier one that has open records, except for the files `without`.

    The records are read by today's text of their mapping, or, with `by_recorded_mapping`, by the text of that time.
    """
    with connection, connection.cursor() as cursor:
        columns = ("file_id", "part_of_file_id", "file_path", "size_bytes", "modified_at", "source", "mapping_hash")
        cursor.execute(selection.query(*columns))
        rows = sorted(row for row in cursor.fetchall() if row[2] not in without)
        recorded = {(source, hashed) for *_, source, hashed in rows}
        if by_recorded_mapping:
            sources = {mapping: read_recorded_mapping(cursor, *mapping) for mapping in recorded}
        else:
            sources = read_mappings(cursor, recorded)
        return [
            Reading(
                new_id,
                InputFile(*file),
                sources[source, hashed],
                original_file_id=file_id,
                replayed_part_of=part_of,
            )
            for new_id, (file_id, part_of, *file, source, hashed) in zip(
                reserve_file_ids(cursor, len(rows)), rows, strict=True
            )
        ]


def read_open_records(
    spark: SparkSession,
    readings: list[Reading],
    request: ReadRequest,
    selection: Selection,
    database_url: str,
    quarantine: str,
) -> RecordsRead:
    """Read the selected records of these readings again, under their old record numbers.

    The text of a record comes from the folder `quarantine`, if it is there whole and unchanged. Otherwise it comes from
    the file, if that has not changed. A record that is found in neither place stays open.
    """
    wanted = persist(_read_selected(spark, readings, selection, database_url))
    run_ids = [row.run_id for row in wanted.select("run_id").distinct().collect()]
    # Some mappings also read fields of the objects around a record. The record's text alone would lack those fields.
    looking_around = [reading.file_id for reading in readings if reading.source.looks_around]
    matched = _match(wanted, read_quarantine(spark, quarantine, run_ids))
    kept = persist(matched.filter(~F.col("file_id").isin(looking_around) | F.col("around").isNotNull()))
    found = read_given(kept, request)
    absent: dict[int, dict[int, str]] = defaultdict(dict)
    for row in wanted.join(kept, ["file_id", "record_number"], "left_anti").collect():
        absent[row.file_id][row.record_number] = row.raw_sha256
    files = {reading.file_id: reading.file for reading in readings if reading.file_id in absent}
    if unchanged := {
        file_id: file for file_id, file in files.items() if _can_be_held(file) and not describe_change(file)
    }:
        splits = [Split(file_id, file.uri, sniff(file), file.size_bytes) for file_id, file in unchanged.items()]
        again = scan_files(spark, splits, replace(request, wanted=dict(absent)))
        found = found.unionByName(again)
    accepted, quarantined, counts = split_read(persist(found))
    records: Counter[int] = Counter()
    groups, observed = GroupCounter(), {reading.file_id: Observed() for reading in readings}
    for row in counts.collect():
        records[row.file_id] += row.records
        observed[row.file_id].add(*row.observed)
        add_groups(groups, row, earlier=0)  # these records already have their numbers in the file
    return RecordsRead(
        accepted,
        quarantined.drop("split"),
        {reading.file_id: SplitCounts(records[reading.file_id], 0, 0) for reading in readings},
        groups.take(),
        observed,
        {reading.file_id: ReadContent("replay") for reading in readings},
    )


def _read_selected(spark: SparkSession, readings: list[Reading], selection: Selection, database_url: str) -> DataFrame:
    """Return one row per selected record: its reading's file_id, source_file, record_number, run_id, raw_sha256."""
    query = selection.query("file_id", "record_number", "run_id", "raw_sha256")
    with closing(connect(database_url)) as connection:
        text = query.as_string(connection)
    jdbc = jdbc_options(database_url)
    selected = spark.read.format("jdbc").options(**jdbc, dbtable=f"({text}) as selected", fetchsize="10000").load()
    names = make_frame(
        spark,
        original_file_id=[reading.original_file_id for reading in readings],
        file_id=[reading.file_id for reading in readings],
        source_file=[reading.file.uri for reading in readings],
    )
    return (
        selected.withColumnRenamed("file_id", "original_file_id")
        .join(F.broadcast(names), "original_file_id", "inner")
        .drop("original_file_id")
    )


def _match(wanted: DataFrame, kept: DataFrame) -> DataFrame:
    """Find the wanted records in the quarantine folder. A record counts if the hash of its text is unchanged.

    In: the `wanted` records, and the lines `kept` there. Out: file_id, record_number, raw, around.
    """
    text = F.coalesce(F.col("raw").cast("binary"), F.unbase64("raw_base64"))
    whole = kept.withColumn("text", text).filter(F.sha2("text", 256) == F.col("raw_sha256"))
    keys = ["source_file", "run_id", "record_number", "raw_sha256"]
    return whole.join(F.broadcast(wanted), keys, "inner").select(
        "file_id", "record_number", F.col("text").alias("raw"), "around"
    )


def _can_be_held(file: InputFile) -> bool:
    """Return whether the file can be read by record number. One that only Hadoop opens must fit into memory."""
    return can_open(file.uri) or file.size_bytes <= MAX_REMOTE_BYTES
