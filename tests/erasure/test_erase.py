"""Erasure: nothing of the person is left but a pseudonym, and nothing that comes later brings the person back."""

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from pyspark.sql import SparkSession

from jobs.erase import arg_parser, run
from jobs.storage.database.migrations import prepare_database
from jobs.storage.errors import UsageError
from tests.builders import record_json
from tests.conftest import empty_database
from tests.erasure.crawl import CLEANED, COLUMNS, DROPPED, GONE, PSEUDONYM, crawl, find_in_files, read_files
from tests.erasure.world import PERSON, World, leave_traces, make_lines
from tests.loading import find_broken, fingerprint, load, query
from tests.test_replay import replay

KEY = bytes(range(32)).hex()
STATE = {
    **{table: f"select * from public.{table}" for table in ("users", "documents", "sessions", "event_types")},
    "events": "select events.*, file_path from public.events inner join ops.ingested_files using (file_id)",
    "share_recipients": "select * from share_recipients",
    "event_properties": "select * from event_properties",
    "superseded": "select * from ops.superseded_records",
    "duplicates": "select duplicate_records.*, file_path from ops.duplicate_records"
    " inner join ops.ingested_files using (file_id) where is_current",
    "open quarantine": "select * from ops.open_quarantined_records",
}


def erase(url: str, data: Path, user_id: str, *options: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ERASE_USER", user_id)
        return run(arg_parser().parse_args(["--data", str(data), *options]), url)


def read_state(url: str) -> dict[str, list[str]]:
    """All rows of all tables, without ids that count up and without the times of files."""
    state = {}
    for name, statement in STATE.items():
        with closing(psycopg2.connect(url, options="-c timezone=UTC")) as connection, connection.cursor() as cursor:
            cursor.execute(
                f"select to_jsonb(found) - '{{file_id,part_of_file_id,run_id}}'::text[] from ({statement}) as found"
            )
            state[name] = sorted(json.dumps(row, sort_keys=True) for (row,) in cursor.fetchall())
    return state


def read_quarantine(url: str, data: Path) -> list[str]:
    """The lines on what is open."""
    runs = [run_id for (run_id,) in query(url, "select distinct run_id from ops.open_quarantined_records")]
    paths = [path for run_id in runs for path in (data / "quarantine" / f"run_id={run_id}").glob("*.json")]
    return sorted(line for path in paths for line in path.read_text(encoding="utf-8").splitlines())


def keep_tombstones(source: str, target: str, source_data: Path, target_data: Path) -> None:
    """A new start that has kept the tombstones and the key."""
    rows = query(source, "select identifier_hash, is_user_id, key_check, run_id from ops.erased_identifiers")
    with closing(psycopg2.connect(target)) as connection, connection, connection.cursor() as cursor:
        prepare_database(cursor)
        cursor.executemany("insert into ops.erased_identifiers values (%s, %s, %s, %s)", rows)
    target_data.mkdir()
    shutil.copy(source_data / "erasure.key", target_data)


@pytest.fixture(scope="module")
def story(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a database holds after each step of its history, beside one load that knew the tombstone from the start."""
    world = World(tmp_path_factory.mktemp("erasure"))
    told: dict[str, Any] = {}
    lines = list(make_lines(400, seed=3))
    data = world.root / "data"
    with empty_database(server) as erased:

        def read_all(url: str, folder: Path) -> dict[str, Any]:
            assert find_broken(url) == []
            return {**read_state(url), "quarantine": read_quarantine(url, folder), "fingerprint": fingerprint(url)}

        def load_knowing(name: str) -> dict[str, Any]:
            with empty_database(server) as knowing:
                keep_tombstones(erased, knowing, data, world.root / name)
                world.load(knowing, world.root / name)
                return read_all(knowing, world.root / name)

        world.map_time("")
        world.bring("a.jsonl", lines[:150])
        world.bring("b.jsonl", [*lines[150:300], *lines[:20]])
        world.load(erased, data)
        leave_traces(erased, data)
        (data / "erasure.key").write_text(KEY)  # so that the same versions win each time
        (data / "erasure.key").chmod(0o600)
        told["before"], told["held before"], told["files before"] = read_state(erased), crawl(erased), read_files(data)
        told["dry run"] = erase(erased, data, PERSON)
        told["after dry run"], told["files after dry run"] = read_state(erased), read_files(data)
        told["output"] = erase(erased, data, PERSON, "--confirm")
        told["held after"], told["files after"] = crawl(erased), read_files(data)
        told["restated"] = query(erased, "select distinct cause from ops.metric_restatements")
        told["erased"] = [read_all(erased, data), load_knowing("knowing two files")]
        world.bring("c.jsonl", lines[300:])
        world.map_time(", logged_at")
        world.load(erased, data)
        replay(erased, data)
        one_load = load_knowing("knowing all files")
        # A replay reads files again whole. Their records are then duplicates of what the former reading held.
        without_duplicates = {table: rows for table, rows in one_load.items() if table != "duplicates"}
        told["loaded the rest and replayed"] = [read_all(erased, data), without_duplicates]
        told["again"] = erase(erased, data, PERSON, "--confirm")
        world.load(erased, data, "--full-refresh")
        told["refreshed"] = [read_all(erased, data), one_load]
        told["held in the end"], told["files in the end"] = crawl(erased), read_files(data)
        with pytest.raises(UsageError) as unknown:
            erase(erased, data, PERSON.upper())
        told["unknown"] = str(unknown.value)
        yield told


@pytest.mark.parametrize("step", ["erased", "loaded the rest and replayed", "refreshed"])
def test_erased_at_any_time_is_erased_from_the_start(story: dict[str, Any], step: str) -> None:
    found, expected = story[step]
    assert [table for table, rows in expected.items() if not rows] == []
    assert {table: set(found[table]) ^ set(rows) for table, rows in expected.items() if found[table] != rows} == {}


def test_hashes_rank_other_versions_first_and_the_numbers_are_restated(story: dict[str, Any]) -> None:
    assert story["restated"] == [("erased",)]


def test_every_column_that_can_hold_a_person_is_covered(story: dict[str, Any]) -> None:
    found, columns = story["held before"]
    assert {column for column in columns if column not in COLUMNS} == set()
    assert found == {
        column for column, treatment in COLUMNS.items() if treatment in (PSEUDONYM, GONE, CLEANED, DROPPED)
    }


@pytest.mark.parametrize("moment", ["after", "in the end"])
def test_nothing_of_the_person_is_left(story: dict[str, Any], moment: str) -> None:
    found, columns = story[f"held {moment}"]
    assert found == set()
    assert columns
    held = find_in_files(story["files before"])
    assert {"runs/pipeline.log", "runs/1.json", "reports/1.html", "quarantine/run_id=1/part-0.json"} <= held
    assert [path for path in held if path.startswith("quarantine/run_id=20")]
    assert find_in_files(story[f"files {moment}"]) == set()


def read_versions(state: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Published and superseded versions alike, each with its `people`: who acted and who received."""
    named: dict[str, list[str]] = defaultdict(list)
    for row in map(json.loads, state["share_recipients"]):
        named[row["event_id"]].append(row["user_id"])
    kept = {row["event_id"]: row["properties"] for row in map(json.loads, state["event_properties"])}
    events = [
        {**row, "recipients": named[row["event_id"]], "properties": kept.get(row["event_id"])}
        for row in map(json.loads, state["events"])
    ]
    versions = [*events, *map(json.loads, state["superseded"])]
    return [{**row, "people": [row["user_id"], *(row["recipients"] or [])]} for row in versions]


def names_person(row: dict[str, Any]) -> bool:
    """Whether the version names the person, acting, receiving or in its properties."""
    return PERSON in row["people"] or f'"{PERSON}"' in json.dumps(row["properties"])


def test_what_is_derived_from_the_person_is_gone(story: dict[str, Any]) -> None:
    before, after = read_versions(story["before"]), read_versions(story["erased"][0])
    # A session is that of who acted; a fingerprint is of all that the record says.
    for column, is_of_person in (
        ("content_fingerprint", names_person),
        ("session_id", lambda row: row["user_id"] == PERSON),
    ):
        old = {row.get(column) for row in before if is_of_person(row)} - {None}
        kept = {row.get(column) for row in before if not is_of_person(row)}
        assert old
        assert (old - kept) & {row.get(column) for row in after} == set()


def test_the_person_is_still_counted(story: dict[str, Any]) -> None:
    people = [json.loads(row) for row in story["erased"][0]["users"]]
    (nobody,) = [row for row in people if row["user_id"].startswith("erased:")]
    assert (nobody["name"], nobody["email"]) == (None, None)
    assert len(people) == len(story["before"]["users"])
    assert f"the person is {nobody['user_id']} now" in story["output"]


def test_a_dry_run_writes_nothing_and_tells_what_it_would_do(story: dict[str, Any]) -> None:
    assert story["after dry run"] == story["before"]
    assert story["files after dry run"] == story["files before"]
    done, planned = story["output"].splitlines(), story["dry run"].splitlines()
    assert planned[0] == "dry run: nothing has been written; do it with CONFIRM=1 (--confirm)"
    assert planned[1:] == done[1:]


def test_what_changes_is_told_by_table_and_file(story: dict[str, Any]) -> None:
    lines = " ".join(story["output"].split())
    assert re.search(r"users 1 \d+ 1 ", lines)
    assert "/quarantine/run_id=2/_temporary" in lines.partition("not searched")[2]
    assert "rows of ops.pipeline_runs cleaned 1" in lines
    assert "rows of ops.unmapped_fields cleaned 1" in lines
    assert "/runs/pipeline.log 4" in lines
    for name in ("a", "b"):
        assert f"/in/{name}.jsonl" in lines.partition("input files that hold the person")[2]


def test_again_it_changes_nothing_and_lists_the_files_that_came_since(story: dict[str, Any]) -> None:
    lines = " ".join(story["again"].split())
    assert "users 0 0 0" in lines
    assert "events 0 0 0" in lines
    assert "/in/c.jsonl" in lines.partition("input files that hold the person")[2]


def test_an_unknown_person_is_rejected(story: dict[str, Any], database_url: str, tmp_path: Path) -> None:
    assert f"{PERSON.upper()!r} is unknown" in story["unknown"]
    with pytest.raises(UsageError, match="nothing has been loaded yet"):
        erase(database_url, tmp_path, "ann")
    with pytest.raises(UsageError, match="USER=id"):
        erase(database_url, tmp_path, " ")


def test_without_the_key_nothing_is_loaded(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text(record_json(user_id="ann"))
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        prepare_database(cursor)
        cursor.execute("insert into ops.erased_identifiers values ('0', true, 'another key', 1)")
    key = tmp_path / "data" / "erasure.key"
    with pytest.raises(UsageError, match=r"erasure.key: the key .* is gone"):
        load(database_url, tmp_path / "in", tmp_path / "data")
    key.parent.mkdir(exist_ok=True)
    key.write_text(KEY)
    key.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        load(database_url, tmp_path / "in", tmp_path / "data")
    key.chmod(0o600)
    with pytest.raises(UsageError, match="not the key that people were erased with"):
        load(database_url, tmp_path / "in", tmp_path / "data")
