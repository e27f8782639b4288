"""One bad file among good ones is held back by itself: nothing of it counts until it is fixed or accepted."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs import accept, trace
from jobs.pipeline import arg_parser, run
from jobs.storage.errors import QualityError, UsageError
from tests.builders import ROOT, at, default_source, record_json
from tests.conftest import empty_database
from tests.erasure.test_erase import erase
from tests.loading import find_broken, fingerprint, load, query
from tests.snapshot import LoadedFolder, Snapshot
from tests.test_plan import read_everything

MAY_HOLD = "input files that may hold the person: they repeat records, or are held back"
HELD_BACK = "select file_path, records, quarantined, why from ops.held_back_files order by 1"
CURRENT = "select file_path, quarantined from ops.ingested_files where is_current order by 1"
# 20 records, of which 5 are quarantined; x comes earlier than the x of a good file and would win.
BAD = [record_json(event_id="x", timestamp="2025-06-01T00:00:00Z", user_id="mallory")]
BAD += [at(minute) for minute in range(100, 114)] + [record_json(event_id=f"b{n}", timestamp="soon") for n in range(5)]
WHY = "5 of 20 records are quarantined: bad_timestamp 5 (such as record 16)"


class World(LoadedFolder):
    """A folder with two good files and a bad one between them, and a database that loads it."""

    @property
    def bad(self) -> Path:
        return self.folder / "bad.jsonl"

    def bring(self, name: str, *texts: str) -> None:
        (self.folder / name).write_text("\n".join(texts) + "\n")

    def load(self, *options: str) -> str:
        return load(self.url, self.folder, self.data, *options)

    def accept(self, *options: str) -> str:
        return accept.run(accept.arg_parser().parse_args(["--data", str(self.data), *options]), self.url)

    def list_held_back(self) -> list[str]:
        return [path for (path,) in query(self.url, "select file_path from ops.held_back_files order by 1")]


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the plan and the first load said, and all that there was before and after the plan."""
    return {}


@pytest.fixture(scope="module")
def first(
    server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, told: dict[str, Any]
) -> Iterator[Snapshot]:
    """What is there after the first load, which a plan has announced."""
    with empty_database(server) as url:
        world = World(tmp_path_factory.mktemp("held back"), url)
        world.folder.mkdir()
        world.bring("a.jsonl", at(0), at(10), "junk")
        world.bring("bad.jsonl", *BAD)
        world.bring("c.jsonl", at(40, event_id="x"), at(0))
        args = arg_parser().parse_args(["--input", str(world.folder), "--data", str(world.data), "--plan"])
        told["before the plan"] = read_everything(url, world.data)
        told["plan"] = run(args, url)
        told["after the plan"] = read_everything(url, world.data)
        told["load"] = world.load()
        yield Snapshot(url, world.root)


@pytest.fixture
def world(first: Snapshot, server: str) -> Iterator[World]:
    """A copy of what the first load left."""
    with first.restore(server) as url:
        yield World(first.folder, url)


def test_the_plan_tells_what_the_run_then_does(world: World, told: dict[str, Any]) -> None:
    assert told["after the plan"] == told["before the plan"]
    assert told["plan"].startswith("plan: 2 files would be read, 0 of them again")
    for name in ("plan", "load"):
        assert f"  {world.bad}: {WHY}" in told[name].splitlines()


def test_nothing_of_it_counts(server: str, world: World) -> None:
    url = world.url
    assert [path for path, _ in query(url, CURRENT)] == [(world.folder / f"{x}.jsonl").as_uri() for x in "ac"]
    assert query(url, "select status, records, quarantined from ops.pipeline_runs") == [("succeeded", 5, 1)]
    assert find_broken(url) == []
    kept = [line for path in (world.data / "quarantine").rglob("*.json") for line in path.read_text().splitlines()]
    assert [json.loads(line)["raw"] for line in kept] == ["junk"]
    world.bad.unlink()
    with empty_database(server) as other:
        load(other, world.folder, world.root / "other")
        assert fingerprint(url) == fingerprint(other)


def test_it_is_told_everywhere(world: World, told: dict[str, Any]) -> None:
    url = world.url
    assert query(url, HELD_BACK) == [(world.bad.as_uri(), 20, 5, WHY)]
    status, source = world.bad.stat(), default_source()
    (row,) = query(
        url,
        "select size_bytes, extract(epoch from modified_at)::float, source, mapping_hash, held_back_at > modified_at,"
        " run_id = (select run_id from ops.pipeline_runs) from ops.held_back_files",
    )
    assert row == (status.st_size, pytest.approx(status.st_mtime), source.name, source.mapping_hash, True, True)
    assert query(url, "select held_back_files from ops.health") == [(1,)]
    assert query(url, "select findings from ops.check_results where check_name = 'held_back_files'") == [(1,)]
    assert "2 files read" in told["load"]
    assert f"make accept FILE='{world.bad}'" in told["load"]
    (summary,) = (world.data / "runs").glob("2*.json")
    assert [held["why"] for held in json.loads(summary.read_text())["held_back"]] == [WHY]
    trace_args = trace.arg_parser().parse_args(["--file", "bad.jsonl", "--record", "2"])
    with pytest.raises(UsageError, match=r"bad\.jsonl is held back, .* 5 of 20 records are quarantined"):
        trace.trace(url, trace_args)


def test_an_erasure_names_it_as_a_file_that_may_hold_the_person(world: World) -> None:
    world.load()  # finds nothing new, and grants the rights on the database, which a copy lacks
    lines = erase(world.url, world.data, "ann").splitlines()
    assert f"  {world.bad}" in lines[lines.index(MAY_HOLD) :]


def test_a_held_back_file_that_is_gone_is_forgotten(world: World) -> None:
    world.bad.unlink()
    with pytest.raises(UsageError, match=r"bad\.jsonl: was held back and is gone; .*`make pipeline`"):
        world.accept("--file", "bad.jsonl")
    assert "held back" not in world.load()
    assert world.list_held_back() == []


def test_it_is_read_again_when_it_or_its_mapping_changes_and_its_former_reading_stays(world: World) -> None:
    said = world.load()
    assert said.startswith("nothing new: 3 files found, 1 of them held back, the others among the 2 that are loaded")
    assert f"  {world.bad}: {WHY}" in said.splitlines()

    # Another mapping.
    source = world.root / "other.yml"
    source.write_text((ROOT / "conf" / "sources" / "default.yml").read_text() + "  # changed\n")
    world.bring("d.jsonl", at(50))
    assert f"  {world.bad}: {WHY}" in world.load("--source", str(source)).splitlines()
    assert query(world.url, "select source from ops.held_back_files") == [("other",)]

    # The file is fixed.
    world.bring("bad.jsonl", *BAD[:15])
    fixed = world.bad.stat()
    assert "held back" not in world.load()
    assert world.list_held_back() == []
    assert query(world.url, "select user_id from events where event_id = 'x'") == [("mallory",)]
    assert query(world.url, "select held_back_files from ops.health") == [(0,)]

    # The file is bad again.
    before = fingerprint(world.url)
    world.bring("bad.jsonl", *BAD)
    world.bring("e.jsonl", at(0))
    world.load()
    assert fingerprint(world.url) == before
    assert (world.bad.as_uri(), 0) in query(world.url, CURRENT)
    assert world.list_held_back() == [world.bad.as_uri()]

    # The file is as it was when it was loaded: nothing of it waits any more.
    world.bring("bad.jsonl", *BAD[:15])
    os.utime(world.bad, ns=(fixed.st_mtime_ns, fixed.st_mtime_ns))
    assert "held back" not in world.load()
    assert world.list_held_back() == []


def test_accept_quality_takes_what_was_held_back_before(world: World) -> None:
    world.load("--accept-quality")
    assert world.list_held_back() == []
    assert (world.bad.as_uri(), 5) in query(world.url, CURRENT)


def test_accepted_it_is_loaded_as_it_is_now_and_full_refreshes_keep_that(world: World) -> None:
    world.bring("d.jsonl", at(50))
    with pytest.raises(UsageError, match=r"^d\.jsonl: .*held back: .*in put \[1\]/bad\.jsonl"):
        world.accept("--file", "d.jsonl")
    with pytest.raises(UsageError, match=r"^name the file: make accept FILE=.*in put \[1\]/bad\.jsonl"):
        world.accept()
    # Before it is accepted, a full refresh leaves it out.
    said = world.load("--full-refresh")
    assert "3 files read" in said
    assert f"  {world.bad}: {WHY}" in said.splitlines()
    assert world.list_held_back() == [world.bad.as_uri()]

    world.bring("bad.jsonl", *BAD, at(3))
    said = world.accept("--file", "in put [1]/bad.jsonl")
    assert "1 files read" in said
    assert "quarantined                  5" in said
    assert world.list_held_back() == []
    assert query(world.url, "select quarantined from ops.ingested_files where records = 21") == [(5,)]
    assert query(world.url, "select count(*) from events where event_id = 'm3'") == [(1,)]

    # A full refresh reads all files at once. It finds the same, because the file is no worse than when it was accepted.
    accepted = fingerprint(world.url)
    said = world.load("--full-refresh")
    assert "4 files read" in said
    assert "held back" not in said
    assert fingerprint(world.url) == accepted

    # Now the file is worse. To hold it back and drop what is missing would lose the events of its former reading.
    world.bring("bad.jsonl", *BAD, "junk")
    assert "held back" in world.load("--full-refresh")
    assert fingerprint(world.url) == accepted
    with pytest.raises(QualityError, match=r"DROP_MISSING=1 can't hold back .*bad\.jsonl"):
        world.load("--full-refresh", "--drop-missing")
    assert fingerprint(world.url) == accepted
