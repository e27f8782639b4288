"""What a file says again replaces what it said before, and what it does not say any more stays until it is dropped."""

import os
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest

import psycopg2
import pytest

from jobs.storage.errors import UsageError
from tests.merging.folder import Folder, Loaded, line

# What each case writes before the first load, the second, the third, and the full refresh. Cases share no event, no
# user but ann, and no document but d.
Steps = list[dict[str, str | None]]


@dataclass
class Story:
    """The folder, and what was there after each step."""

    folder: Folder
    first: Loaded
    second: Loaded
    third: Loaded
    told_when_touched: str
    refreshed: Loaded
    planned: Loaded
    dropped: Loaded


@pytest.fixture(scope="module")
def story(folder: Folder) -> Story:
    """Three loads, a full refresh, the plan of one that drops what is missing, and that one itself."""
    cases = [CORRECTED, TOUCHED, MOVED, SHRANK, GONE, RETURNING, REVISIONS]

    def load_step(contents: tuple[dict[str, str | None], ...], *options: str) -> Loaded:
        for files in contents:
            folder.write_all(files)
        return folder.load_and_look(*options)

    first, second, third, last = zip_longest(*cases, fillvalue={})
    return Story(
        folder,
        load_step(first),
        load_step(second),
        load_step(third),
        touch(folder),
        load_step(last, "--full-refresh"),
        folder.load_and_look("--plan", "--full-refresh", "--drop-missing"),
        folder.load_and_look("--full-refresh", "--drop-missing"),
    )


def touch(folder: Folder) -> str:
    """Load after one file got a new time, and return what was told."""
    os.utime(folder.path / "in" / "touched.jsonl")
    return folder.load()


CORRECTED_IDS = [f"corrected {number}" for number in range(8)]
corrected = partial(line, doc="corrected")
CORRECTED: Steps = [
    {"corrected.jsonl": "".join(corrected(each, title=title) for each in CORRECTED_IDS) + line("same", title="Same")}
    for title in ("Plna", "Plan")
]


def test_a_corrected_line_wins_whatever_its_hash(story: Story) -> None:
    assert story.first.titles("corrected") == dict.fromkeys(CORRECTED_IDS, "Plna")
    assert story.second.titles("corrected") == dict.fromkeys(CORRECTED_IDS, "Plan")
    replaced = {each: story.second.superseded[each] for each in CORRECTED_IDS}
    assert replaced == {each: [("Plna", False)] for each in CORRECTED_IDS}
    assert story.second.titles("same") == {"same": "Same"}
    assert "same" not in story.second.superseded
    assert story.second.counts["corrected.jsonl"] == (9, 0, 1, 0, 8, 8)
    assert story.second.documents["corrected"] == ("Plan", "ann")


TOUCHED: Steps = [{"touched.jsonl": line("touched")}]


def test_a_touched_file_is_not_read(story: Story) -> None:
    assert "nothing new" in story.told_when_touched


MOVED: Steps = [
    {"old place.jsonl": line("moved 1") + line("moved 2")},
    {"old place.jsonl": line("moved 3"), "new place.jsonl": line("moved 1") + line("moved 2")},
]


def test_records_that_move_to_another_file_stay_current(story: Story) -> None:
    assert story.second.are_current("moved") == {"moved 1": True, "moved 2": True, "moved 3": True}
    assert "old place.jsonl" not in story.second.missing


SHRANK: Steps = [
    {"shrank.jsonl": line("shrank 1") + line("shrank 2", user="bob") + line("shrank 3")},
    {"shrank.jsonl": line("shrank 1")},
]


def test_a_file_that_shrank_loses_nothing_until_it_is_dropped(story: Story) -> None:
    stays = {"shrank 1": True, "shrank 2": False, "shrank 3": False}
    assert story.second.are_current("shrank") == stays
    assert "published records that no current reading holds" in story.second.told
    assert f"{story.folder.path}/in/shrank.jsonl" in story.second.told
    assert story.second.missing == {"shrank.jsonl": 2}
    assert story.refreshed.are_current("shrank") == stays
    assert story.dropped.are_current("shrank") == {"shrank 1": True}
    assert "bob" in story.refreshed.sessions
    assert "bob" not in story.dropped.sessions
    assert story.folder.query("select user_id from users where user_id = 'bob'") == []


GONE: Steps = [
    {
        "shorter.jsonl": line("gone 1") + line("gone 2"),
        "gone.jsonl": line("gone 2") + line("gone 3", user="cleo") + line("gone 4", title="Plna"),
    },
    {},
    {},
    {"shorter.jsonl": line("gone 1") + line("gone 2") + line("gone 4", title="Plan"), "gone.jsonl": None},
]


def test_a_full_refresh_keeps_the_readings_of_files_that_are_gone(story: Story) -> None:
    assert "files that are gone" in story.refreshed.told
    assert story.refreshed.are_current("gone") == {f"gone {number}": True for number in (1, 2, 3, 4)}
    assert [is_current for _, is_current in story.refreshed.superseded["gone 4"]] == [True]
    assert story.dropped.titles("gone") == {"gone 1": None, "gone 2": None, "gone 4": "Plan"}
    assert "gone 4" not in story.dropped.superseded


def test_a_plan_shows_what_would_be_dropped_and_drops_nothing(story: Story) -> None:
    told = story.planned.told
    assert f"files that are gone, first {story.folder.path}/in/gone.jsonl: 1; their records are dropped" in told
    rows = [row.split() for row in told.splitlines() if row.startswith("  events ")]
    # Some events get another place in the files: that where they still stand.
    assert rows == [["events", "0", "8", "3"]]
    assert rows == [row.split() for row in story.dropped.told.splitlines() if row.startswith("  events ")]
    assert len(story.refreshed.events) - len(story.dropped.events) == 3
    assert replace(story.planned, told="") == replace(story.refreshed, told="")


returning = partial(line, doc="returning")
OTHER_EVENT = returning("other", user="dan")
WINNER = returning("returns", user="dan", minute=1, title="A")
RETURNING: Steps = [
    {
        "winner.jsonl": WINNER + OTHER_EVENT,
        "loser.jsonl": returning("returns", user="eve", minute=50, title="B"),
        "neighbour.jsonl": returning("neighbour", user="eve", minute=40),
    },
    {"winner.jsonl": OTHER_EVENT},
    {"winner.jsonl": OTHER_EVENT + WINNER},
]


def test_a_superseded_version_that_wins_again_comes_back_with_all_that_hangs_on_it(story: Story) -> None:
    versions = [step.titles("returns")["returns"] for step in (story.first, story.second, story.third)]
    assert versions == ["A", "B", "A"]
    assert story.second.superseded["returns"] == [("A", False)]
    assert (story.second.sessions["dan"], story.second.sessions["eve"]) == ([1], [2])
    assert story.second.documents["returning"] == ("B", "eve")
    assert (story.third.sessions["dan"], story.third.sessions["eve"]) == ([2], [1])


REVISIONS: Steps = [
    {
        "revisions 1.jsonl": line("revised", minute=1, title="none") + line("revised", minute=3, rev=9, title="nine"),
        "revisions 2.jsonl": line("revised", minute=2, rev=10, title="ten")
        + line("revised soon", rev="soon")
        + line("revised by time", rev="2025-06-02T00:00:00Z"),
    }
]


def test_the_largest_revision_wins_before_time(story: Story) -> None:
    assert story.first.titles("revised") == {"revised": "ten", "revised by time": None}
    assert story.first.events["revised"].revision == 10
    assert story.first.events["revised by time"].revision == 1748822400000000
    reasons = story.folder.query("select distinct reasons, fields from ops.quarantined_records")
    assert reasons == [(["bad_value"], ["revision"])]
    assert story.first.quarantined == {"revisions 2.jsonl": [2]}


def test_a_file_that_can_not_be_looked_at_is_not_gone(story: Story) -> None:
    # A name that is longer than any file system takes: under root there is no missing right to test with.
    with closing(psycopg2.connect(story.folder.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("update ops.ingested_files set file_path = file_path || repeat('x', 300) where is_current")
    with pytest.raises(UsageError, match=r"\.jsonlx+: was loaded before and can't be looked at \(File name too long\)"):
        story.folder.load("--full-refresh", "--drop-missing")
