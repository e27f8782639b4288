"""Replay: quarantined records, by today's mapping and rules, through the same path."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from pyspark.sql import SparkSession

from jobs.quarantine import summarize
from jobs.replay import arg_parser, run
from jobs.storage.database.postgres import SQL, read_only
from jobs.storage.database.queries import query_file
from tests.builders import at, record_json
from tests.conftest import empty_database
from tests.loading import find_broken, fingerprint, load, query
from tests.snapshot import LoadedFolder, Snapshot

MAPPING = """
fields:
  event_id: event_id
  event_type: event_type
  event_at: {event_at}
  user_id: user_id
  edit_length: edit_length
"""


def replay(url: str, data: Path, *options: str) -> str:
    return run(arg_parser().parse_args(["--data", str(data), *options]), url)


class World(LoadedFolder):
    """A folder, its mapping, and a database that the folder was loaded into by a wrong mapping."""

    def map_time(self, event_at: str) -> None:
        """Writes the mapping; `event_at` says where the time is."""
        (self.root / "source.yml").write_text(MAPPING.format(event_at=event_at))

    def load(self, url: str, data: Path) -> None:
        load(url, self.folder, data, "--source", str(self.root / "source.yml"), "--accept-quality")

    def replay(self, *options: str) -> list[str]:
        return replay(self.url, self.data, *options).splitlines()

    def count_open(self) -> int:
        ((count,),) = query(self.url, "select count(*) from ops.open_quarantined_records")
        return int(count)


@pytest.fixture(scope="module")
def loaded(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Two files: some records have their time where a wrong mapping does not look, some are bad for good."""
    moved = [record_json(event_id=f"w{n}", timestamp=None, when=f"2025-06-02T12:{n}0:00Z") for n in range(3)]
    twice_bad = record_json(event_id="bad", edit_length="lots", timestamp="never")
    with empty_database(server) as url:
        world = World(tmp_path_factory.mktemp("replay"), url)
        world.folder.mkdir()
        lines = [at(0), *moved, "junk", at(5, edit_length="many"), twice_bad]
        (world.folder / "a.jsonl").write_text("\n".join(lines) + "\n")
        (world.folder / "b.jsonl").write_text("\n".join([moved[0], at(45), "x" * 70_000]) + "\n")
        world.map_time("timestamp")
        world.load(url, world.data)
        yield Snapshot(url, world.root)


@pytest.fixture
def world(loaded: Snapshot, server: str) -> Iterator[World]:
    """A copy of what the first load left: 8 records are open, of which another mapping recovers 4."""
    with loaded.restore(server) as url:
        yield World(loaded.folder, url)


def test_bad_then_fixed_then_replayed_equals_never_bad_also_without_the_quarantine_folder(
    server: str, world: World
) -> None:
    world.map_time("[timestamp, when]")
    shutil.rmtree(world.data / "quarantine")
    output = world.replay()
    assert output[0].endswith("2 files whose mapping has changed are read again whole")
    assert "  recovered                    4" in output
    assert "  still open                   4" in output
    assert world.count_open() == 4
    with empty_database(server) as other:
        world.load(other, world.root / "other")
        assert fingerprint(world.url) == fingerprint(other)
    read_again = (
        "select accepted, published, exact_duplicates from ops.ingested_files where is_current order by file_path"
    )
    assert query(world.url, read_again) == [(4, 3, 1), (2, 0, 2)]
    places = "select event_id, record_number, file_path from events join ops.ingested_files using (file_id) order by 1"
    assert [(event, number, path[-7:]) for event, number, path in query(world.url, places)][-3:] == [
        ("w0", 2, "a.jsonl"),
        ("w1", 3, "a.jsonl"),
        ("w2", 4, "a.jsonl"),
    ]
    assert find_broken(world.url) == []


def test_some_are_selected_by_run_reason_and_file(world: World) -> None:
    world.map_time("[timestamp, when]")
    assert world.replay("--run", "1")[0].startswith("nothing to replay")
    assert world.count_open() == 8
    # Both such records are in a.jsonl. It is read again whole, which recovers three others.
    world.replay("--reason", "bad_value")
    assert world.count_open() == 8 - 3
    world.replay("--file", "in put [1]/b.jsonl")
    assert world.count_open() == 8 - 3 - 1


def test_of_files_that_are_gone_the_quarantined_text_is_read_unless_it_was_changed(world: World) -> None:
    for path in (world.data / "quarantine").glob("*/*.json"):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            line["raw"] = line["raw"].replace("w1", "forged").replace("junk", at(7, "forged too"))
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        path.with_name(f".{path.name}.crc").unlink(missing_ok=True)
    world.map_time("[timestamp, when]")
    shutil.rmtree(world.folder)
    world.replay()
    recovered = "select event_id from events where event_id like 'w%' or event_id like 'f%' order by 1"
    assert query(world.url, recovered) == [("w0",), ("w2",)]
    assert world.count_open() == 8 - 3


def test_what_stays_quarantined_stays_open_with_its_history_and_lost_texts_are_told(world: World) -> None:
    with closing(psycopg2.connect(world.url)) as connection, connection, connection.cursor() as cursor:
        # As an erasure leaves a record that named the person.
        cursor.execute("update ops.quarantined_records set raw_sha256 = null where record_number = 5")
    shutil.rmtree(world.data / "quarantine")
    (world.folder / "b.jsonl").unlink()
    records = "select * from ops.quarantined_records order by 1, 2"
    before = query(world.url, records)
    told = world.replay()
    assert told[0].endswith("5 quarantined records of 2 files replayed")
    assert "  still open                   8" in told
    assert "    not tried, without text    3" in told
    assert query(world.url, records) == before
    assert query(world.url, "select kind, status, records from ops.pipeline_runs order by run_id") == [
        ("load", "succeeded", 10),
        ("replay", "succeeded", 0),
    ]
    assert world.count_open() == 8
    assert "    not tried, without text    2" in world.replay("--file", "b.jsonl")
    shutil.rmtree(world.folder)
    told = world.replay("--reason", "malformed_json", "--file", "a.jsonl")
    assert told[0].startswith("nothing to replay: 1 open record is selected, but its text was not kept")


def test_open_quarantine_is_shown_with_examples(world: World) -> None:
    shown = summarize(world.url, world.data / "quarantine", 20)
    assert [row[:3] for row in shown.rows] == [
        ("missing_field", "event_at", 3),
        ("bad_value", "edit_length", 2),
        ("bad_timestamp", "event_at", 1),
        ("malformed_json", "", 1),
        ("malformed_json", "", 1),
        ("missing_field", "event_at", 1),
    ]
    assert shown.rows[0][3].endswith("in put [1]/a.jsonl:2")
    assert shown.rows[0][4].startswith('{"event_id": "w0"')
    assert shown.rows[4][4] == "x" * 60 + "..."


def test_two_problems_of_one_record_are_shown_as_two(world: World) -> None:
    problems = "select reason, field from ops.quarantine_problems where record_number = 7 order by reason"
    assert query(world.url, problems) == [("bad_timestamp", "event_at"), ("bad_value", "edit_length")]
    with read_only(world.url, "test") as cursor:
        report = query_file(cursor, SQL / "report" / "quarantine.sql")
    assert [row[:3] for row in report.rows] == [
        ("missing_field", "event_at", 4),
        ("bad_value", "edit_length", 2),
        ("malformed_json", "", 2),
        ("bad_timestamp", "event_at", 1),
    ]
