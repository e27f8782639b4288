"""Events from the future: quarantined, tried again by each run once their time has come, and never published before."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs import erase, replay
from jobs.pipeline import arg_parser
from jobs.steps.load_folder import describe_load, load_folder
from jobs.storage.errors import QualityError
from tests.builders import record_json
from tests.conftest import empty_database
from tests.faults.harness import wait_until
from tests.loading import fingerprint, query
from tests.snapshot import Snapshot
from tests.test_stream import count, stream, stream_until_written

NOW = datetime(2025, 6, 10, tzinfo=UTC)
LATER = datetime(2025, 7, 1, tzinfo=UTC)
IN_2031 = datetime(2031, 1, 1, tzinfo=UTC)
DUE = "select count(*) from ops.quarantined_records where due_at is not null"
OPEN = "select split_part(file_path, '/in/', 2), record_number, reasons from ops.open_quarantined_records order by 1, 2"
MAPPING = """
fields:
  event_id: event_id
  event_type: event_type
  event_at: timestamp
  user_id: user_id
  user_name: user_name
  document_id: document_id
"""
TITLE = "  document_title: title\n"


def june(day: int) -> datetime:
    return datetime(2025, 6, day, tzinfo=UTC)


def edit(event_id: str, day: datetime, **fields: Any) -> str:
    """An edit of the same document by ann, who is called and titles it as the time says."""
    stated = {"user_name": f"Ann {day:%d.%m.}", "title": f"Plan {day:%d.%m.}", **fields}
    return record_json(
        event_id=event_id, event_type="document_edit", document_id="d", timestamp=day.isoformat(), **stated
    )


FIRST = {
    "first.jsonl": [
        *(edit(f"e{number}", NOW - timedelta(days=number)) for number in range(3)),
        edit("for a load", june(20)),
        edit("for a replay by hand", june(22)),
        edit("for a full refresh", june(26)),
        edit("far", datetime(2099, 1, 1, tzinfo=UTC)),
    ],
    "bob.jsonl": [edit("of bob", datetime(2030, 1, 1, tzinfo=UTC), user_id="bob")],
    "lost.jsonl": [edit("lost", datetime(2030, 1, 1, tzinfo=UTC))],
}
NOTHING_DUE = {"waiting": 0, "tried": 0, "published": 0}


class World:
    """A folder, its mapping and a database that loads it at any moment."""

    def __init__(self, root: Path, url: str, data: str = "data") -> None:
        self.root, self.url = root, url
        self.folder, self.data = root / "in", root / data
        self.source = ("--source", str(root / "source.yml"))

    def load(self, now: datetime, *options: str) -> dict[str, Any]:
        places = ["--input", str(self.folder), "--data", str(self.data), *self.source]
        args = arg_parser().parse_args([*places, *options])
        summary = load_folder(args, self.url, now=now)
        summary["told"] = describe_load(args, summary).splitlines()
        return summary

    def replay(self, now: datetime) -> list[str]:
        args = replay.arg_parser().parse_args(["--data", str(self.data)])
        return replay.run(args, self.url, now).splitlines()

    def latest(self) -> list[tuple[Any, ...]]:
        """(title, name) of the only document and user."""
        return query(self.url, "select title, name from documents cross join users")


def make_world(root: Path, url: str) -> World:
    """A world with the first files, not loaded yet."""
    world = World(root, url)
    world.folder.mkdir()
    for name, lines in FIRST.items():
        (world.folder / name).write_text("\n".join(lines) + "\n")
    (root / "source.yml").write_text(MAPPING + TITLE)
    return world


@pytest.fixture(scope="module")
def first(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """What the first load leaves."""
    with empty_database(server) as url:
        world = make_world(tmp_path_factory.mktemp("future"), url)
        assert world.load(NOW)["quarantined_by_reason"] == {"timestamp_in_future": 6}
        yield Snapshot(url, world.root)


@pytest.fixture
def world(first: Snapshot, server: str) -> Iterator[World]:
    """A copy of what the first load left."""
    with first.restore(server) as url:
        yield World(first.folder, url)


def test_a_clock_that_is_years_behind_is_asked_about(database_url: str, spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(QualityError) as error:
        make_world(tmp_path, database_url).load(datetime(2015, 1, 1, tzinfo=UTC))
    assert str(error.value) == (
        "9 of 9 records are in the future; is this machine's clock right? Nothing was published."
        " Set the clock, or set ACCEPT_QUALITY=1"
    )
    assert query(database_url, "select to_regclass('public.events')") == [(None,)]
    assert query(database_url, "select count(*) from ops.ingested_files") == [(0,)]


def test_a_plan_only_says_how_many_are_due(world: World) -> None:
    told = world.load(LATER, "--plan")["told"]
    assert "quarantined records whose time has come, which the next run tries again: 3" in told
    assert query(world.url, "select count(*) from events") == [(3,)]
    assert query(world.url, DUE) == [(6,)]


@pytest.fixture(scope="module")
def story(first: Snapshot, server: str) -> Iterator[dict[str, Any]]:
    """What is said and found as time goes on, while one record is due for each of three kinds of run."""
    told: dict[str, Any] = {}
    with first.restore(server) as url, empty_database(server) as other:
        world = World(first.folder, url)
        told["a second too early"] = world.load(june(19) - timedelta(seconds=1))
        told["load"] = world.load(june(19))
        told["after the load"] = {"due": query(url, DUE), "latest": world.latest(), "tables": fingerprint(url)}
        World(world.root, other, "other data").load(june(19))
        told["one load"] = fingerprint(other)
        told["load again"] = world.load(june(19))
        told["replay by hand"] = world.replay(june(22))
        told["after the replay"] = world.latest()
        told["load after the replay"] = world.load(june(22))
        (world.folder / "first.jsonl").unlink()
        (world.folder / "july.jsonl").write_text(edit("july", LATER) + "\n")
        told["full refresh"] = world.load(LATER, "--full-refresh")
        told["in the end"] = {
            "latest": world.latest(),
            "events": query(url, "select count(*) from events"),
            "newest": query(url, "select newest_event_at from ops.health"),
            "open": query(url, OPEN),
        }
        yield told


def test_a_record_whose_time_has_come_is_published_as_one_load_would(story: dict[str, Any]) -> None:
    assert story["a second too early"]["due"] == NOTHING_DUE
    assert story["load"]["due"] == {"waiting": 0, "tried": 1, "published": 1}
    assert "quarantined records whose time has come: 1 tried again, 1 published" in story["load"]["told"]
    after = story["after the load"]
    assert (after["due"], after["latest"]) == ([(5,)], [("Plan 20.06.", "Ann 20.06.")])
    assert after["tables"] == story["one load"]
    assert story["load again"]["due"] == NOTHING_DUE


def test_a_replay_by_hand_goes_by_the_same_clock(story: dict[str, Any]) -> None:
    assert "  recovered                    1" in story["replay by hand"]
    assert "  still open                   4" in story["replay by hand"]
    assert story["after the replay"] == [("Plan 22.06.", "Ann 22.06.")]
    assert story["load after the replay"]["due"] == NOTHING_DUE


def test_a_full_refresh_tries_what_waits_in_files_that_are_gone(story: dict[str, Any]) -> None:
    assert story["full refresh"]["due"] == {"waiting": 0, "tried": 1, "published": 1}
    assert story["in the end"]["events"] == [(7,)]


def test_an_edit_of_2099_moves_nothing_and_stays_visible(story: dict[str, Any]) -> None:
    end = story["in the end"]
    assert (end["latest"], end["newest"]) == ([("Plan 01.07.", "Ann 01.07.")], [(LATER,)])
    assert ("first.jsonl", 7, ["timestamp_in_future"]) in end["open"]
    assert len(end["open"]) == 3


@pytest.fixture(scope="module")
def changed_world(first: Snapshot, server: str) -> Iterator[dict[str, Any]]:
    """What a load of 2031 does once a person is erased, a text lost, the mapping changed, and a file come."""
    told: dict[str, Any] = {}
    with first.restore(server) as url, pytest.MonkeyPatch.context() as patch:
        world = World(first.folder, url)
        patch.setenv("ERASE_USER", "bob")
        erase.run(erase.arg_parser().parse_args(["--data", str(world.data), "--confirm"]), url)
        told["due after the erasure"] = query(url, DUE)
        (world.folder / "lost.jsonl").unlink()
        shutil.rmtree(world.data / "quarantine")
        (world.root / "source.yml").write_text(MAPPING)
        (world.folder / "new.jsonl").write_text(edit("far as well", datetime(2098, 1, 1, tzinfo=UTC)) + "\n")
        told["load"] = world.load(IN_2031)
        told["written"] = json.loads((world.data / "runs" / f"{told['load']['run_id']}.json").read_text())
        told["title"] = query(url, "select title from documents")
        told["open"] = query(url, OPEN)
        told["load again"] = world.load(IN_2031)
        told["full refresh"] = world.load(IN_2031, "--full-refresh")
        told["events of ann"] = query(url, "select count(*) from events where user_id = 'ann'")
        yield told


def test_new_files_go_with_what_is_due_and_the_summary_keeps_both(changed_world: dict[str, Any]) -> None:
    summary = changed_world["load"]
    assert (summary["due"], summary["files"]) == ({"waiting": 0, "tried": 4, "published": 3}, 1)
    assert changed_world["written"]["due"] == summary["due"]


def test_a_few_records_of_the_future_alone_stop_no_later_load(changed_world: dict[str, Any]) -> None:
    assert changed_world["load"]["quarantined_by_reason"] == {"timestamp_in_future": 1}


def test_a_record_is_tried_by_the_mapping_of_its_file(changed_world: dict[str, Any]) -> None:
    assert changed_world["title"] == [("Plan 26.06.",)]


def test_what_is_due_is_tried_once_also_if_its_text_is_lost(changed_world: dict[str, Any]) -> None:
    assert ("lost.jsonl", 1, ["timestamp_in_future"]) in changed_world["open"]
    assert changed_world["load again"]["due"] == NOTHING_DUE


def test_what_waits_of_an_erased_person_is_never_tried(changed_world: dict[str, Any]) -> None:
    assert changed_world["due after the erasure"] == [(5,)]
    assert ("bob.jsonl", 1, ["timestamp_in_future"]) in changed_world["open"]


def test_after_a_full_refresh_what_was_due_is_there_once(changed_world: dict[str, Any]) -> None:
    assert changed_world["full refresh"]["due"] == NOTHING_DUE
    assert changed_world["events of ann"] == [(6,)]


def test_a_stream_tries_what_is_due_though_nothing_is_new(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--interval", "86400", "--look-again", "0.5", *world.source)

    def wait() -> None:
        wait_until(lambda: count(world.url, "events") == 6)

    stream_until_written(wait, world.url, world.folder, world.data, *options)
    assert "quarantined records whose time has come: 3 tried again, 3 published" in capsys.readouterr().out
    assert stream(world.url, world.folder, world.data, "--once", *world.source).startswith("nothing new")
