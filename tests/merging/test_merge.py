"""Later loads merge: late, repeated and conflicting records, and full refreshes, each held against one load of all."""

from typing import Literal

import pytest
from pyspark.sql import SparkSession

from tests.builders import at
from tests.merging.steps import Case, Story, of, run_steps


@pytest.fixture(scope="module")
def story(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All cases go through the same loads. They share no event, no document and no user but ann."""
    last = {"dropped 0.jsonl": None, "dropped 1.jsonl": KEPT}
    return run_steps(server, tmp_path_factory.mktemp("merge"), CASES, last)


def test_after_each_step_the_tables_are_those_of_one_load(story: Story) -> None:
    """Three loads, and in the end a full refresh that dropped something, are compared with one load each."""
    assert story.third["fingerprint"] == story.third_as_one_load["fingerprint"]
    assert story.third["superseded"] == story.third_as_one_load["superseded"]
    assert story.dropped["fingerprint"] == story.dropped_as_one_load["fingerprint"]
    assert story.dropped["superseded"] == story.dropped_as_one_load["superseded"]


def test_every_check_is_silent_after_each_step(story: Story) -> None:
    states = [story.first, story.second, story.third, story.refreshed, story.dropped]
    assert [state["findings"] for state in states] == [[]] * 5


# The minutes of the first load, those of the second, and the sessions afterwards.
LATE: dict[str, tuple[list[int], list[int], list[tuple[int, int, int]]]] = {
    "it lengthens a session at its end": ([0, 10], [25], [(0, 25, 3)]),
    "it lengthens a session at its start": ([10, 20], [0], [(0, 20, 3)]),
    "it joins two sessions": ([0, 60], [30], [(0, 60, 3)]),
    "it lies exactly one gap away": ([0], [30], [(0, 30, 2)]),
    "it lies just over one gap away": ([0], [31], [(0, 0, 1), (31, 31, 1)]),
    "it lies between two and near to none": ([0, 120], [60], [(0, 0, 1), (60, 60, 1), (120, 120, 1)]),
    "several form a bridge": ([0, 120], [90, 60, 30], [(0, 120, 5)]),
    "it falls into a session": ([0, 20], [10], [(0, 20, 3)]),
}


def late_events(step: Literal[0, 1]) -> list[str]:
    """The events of that load of all cases of LATE, each case with a user of its own."""
    return [at(minute, f"{user} {minute}", user_id=user) for user, case in LATE.items() for minute in case[step]]


def test_a_late_event_and_the_sessions(story: Story) -> None:
    found = {user: of(story.second["sessions"], user) for user in LATE}
    assert found == {user: expected for user, (_, _, expected) in LATE.items()}


AFFECTED: Case = [
    [at(minute, f"affected {minute}", user_id="affected") for minute in (0, 300)],
    [at(310, "affected 310", user_id="affected")],
]


def test_a_session_that_is_not_affected_is_not_written_again(story: Story) -> None:
    before, after = (of(state["session rows"], "affected") for state in (story.first, story.second))
    assert after[0] == before[0]
    assert [after[1][0], after[1][1] != before[1][1]] == [before[1][0], True]


SAME_LENGTH: Case = [
    [
        at(30, "length 30", user_id="length"),
        at(50, "length x", user_id="length", document_id="length", event_type="document_edit"),
        at(60, "length 60", user_id="length"),
    ],
    [at(40, "length x", user_id="length", document_id="length", event_type="document_shared")],
]


def test_a_session_of_the_same_length_counts_what_its_events_are_now(story: Story) -> None:
    assert of(story.first["session counts"], "length") == [(3, 1, 0, 0, 1)]
    assert of(story.second["session counts"], "length") == [(3, 0, 0, 1, 1)]


WINNER: Case = [
    [
        at(50, "won", user_id="bob", document_id="lost", event_type="document_edit", user_name="Bob"),
        at(30, "bob 30", user_id="bob"),
        at(70, "bob 70", user_id="bob"),
    ],
    [at(40, "won", user_id="cleo", document_id="won", event_type="document_edit")],
]


def test_a_winner_that_arrives_later_replaces_and_the_loser_is_kept(story: Story) -> None:
    assert of(story.first["sessions"], "bob") == [(30, 70, 3)]
    state = story.second
    assert of(state["users"], "bob", "cleo") == [("bob", None, 30), ("cleo", None, 40)]
    assert [row[0] for row in state["documents"] if row[0] in ("won", "lost")] == ["won"]
    assert [user for user, *_ in of(state["superseded"], "won")] == ["bob"]
    assert of(state["sessions"], "bob") == [(30, 30, 1), (70, 70, 1)]
    assert of(state["sessions"], "cleo") == [(40, 40, 1)]
    files = [(story.folder / f"winner {step}.jsonl").as_uri() for step in (0, 1)]
    assert [of(state["readings"], file) for file in files] == [[(True, 3, 0, 0)], [(True, 1, 1, 0)]]


NAMED_ALONE: Case = [
    [at(50, "alone", user_id="dan", shared_with_user_id="eve", event_type="document_shared", document_id="alone")],
    [at(40, "alone", user_id="fay")],
]


def test_a_user_whom_a_replaced_event_alone_named_goes(story: Story) -> None:
    people = ("dan", "eve", "fay")
    assert [user for user, *_ in of(story.first["users"], *people)] == ["dan", "eve"]
    assert [user for user, *_ in of(story.second["users"], *people)] == ["fay"]
    assert len(of(story.first["documents"], "alone")) == 1
    assert of(story.second["documents"], "alone") == []


SHARE = {"event_type": "document_shared", "document_id": "shared", "user_id": "gus"}
RECIPIENTS: Case = [
    [at(50, "share x", shared_with=["hal", "ida"], **SHARE), at(60, "share y", shared_with=["hal"], **SHARE)],
    [at(40, "share x", shared_with=["ida", "jan"], **SHARE)],
]


def test_recipients_follow_the_version_that_is_published(story: Story) -> None:
    state = story.second
    rows = of(state["recipients"], "share x", "share y")
    assert rows == [("share x", "ida", 40), ("share x", "jan", 40), ("share y", "hal", 60)]
    seen = of(state["users"], "gus", "hal", "ida", "jan")
    assert seen == [("gus", None, 40), ("hal", None, 60), ("ida", None, 40), ("jan", None, 40)]
    assert [recipients for _, recipients, _ in of(state["superseded"], "share x")] == [["hal", "ida"]]


LOST = at(5, "first stays", user_id="kim")
LOSER: Case = [[at(0, "first stays")], [LOST], [LOST, at(0, "first stays")]]


def test_a_loser_that_arrives_later_or_again_changes_nothing(story: Story) -> None:
    before, after = (of(state["event rows"], "first stays") for state in (story.first, story.second))
    assert after == before
    assert of(story.second["users"], "kim") == []
    assert [user for user, *_ in of(story.second["superseded"], "first stays")] == ["kim"]
    assert story.third["fingerprint"] == story.second["fingerprint"]
    assert story.third["superseded"] == story.second["superseded"]
    assert story.third["runs"][-1] == (2, 0, 0)


EDIT = {"event_type": "document_edit", "document_id": "latest"}
LATEST: Case = [
    [at(100, "latest 100", user_id="lea", user_name="New", document_title="T2", content="one two", **EDIT)],
    [
        at(50, "latest 50", user_id="lea", user_name="Old", document_title="T1", content="one", **EDIT),
        at(200, "latest 200", user_id="max", **EDIT),
    ],
]


def test_latest_values_follow_late_events(story: Story) -> None:
    assert of(story.second["users"], "lea") == [("New", 50)]
    assert of(story.second["documents"], "latest") == [("T2", "lea", "max", 2)]


OTHER_GAP: Case = [[at(minute, f"other gap {minute}", user_id="other gap") for minute in (0, 50)]]


def test_another_session_gap_needs_a_full_refresh(story: Story) -> None:
    assert "session_gap_minutes is 60, but the published sessions were cut by 30" in story.rejected
    assert of(story.refreshed["sessions"], "other gap") == [(0, 0, 1), (50, 50, 1)]
    assert of(story.dropped["sessions"], "other gap") == [(0, 50, 2)]


QUARANTINED: Case = [[], ["junk"]]


def test_a_full_refresh_keeps_grants_views_and_unaffected_rows(story: Story) -> None:
    assert story.refreshed["event rows"] == story.third["event rows"]
    assert story.refreshed["fingerprint"] == story.third["fingerprint"]
    assert story.refreshed["superseded"] == story.third["superseded"]
    assert story.has_grant == [(True,)]
    assert story.in_view == [(len(story.third["event rows"]),)]
    files = sorted(path for path, *_ in story.third["readings"])
    for is_current in (False, True):
        assert sorted(row[0] for row in story.refreshed["readings"] if row[1] == is_current) == files
    assert story.refreshed["health"] == [(1,)]


# The file of the first load goes before the last one. Of the second file the last line goes.
KEPT = [at(20, "kept 20", user_id="nia"), at(5, "kept x", user_id="nia")]
DROPPED: Case = [
    [
        at(0, "dropped 0", user_id="nia"),
        at(10, "dropped 10", user_id="ole", shared_with_user_id="pia", event_type="document_edit", document_id="gone"),
    ],
    [*KEPT, at(1, "kept x", user_id="nia")],
]


def test_a_full_refresh_removes_what_the_files_hold_no_more(story: Story) -> None:
    people = ("nia", "ole", "pia")
    assert [user for user, *_ in of(story.refreshed["users"], *people)] == ["nia", "ole", "pia"]
    assert of(story.refreshed["sessions"], "nia") == [(0, 20, 3)]
    assert [user for user, *_ in of(story.dropped["users"], *people)] == ["nia"]
    assert of(story.dropped["sessions"], "nia") == [(5, 20, 2)]
    assert of(story.dropped["documents"], "gone") == []


def test_a_large_load_is_vacuumed(story: Story) -> None:
    assert (story.first["vacuums"], story.second["vacuums"]) == ([(0,)], [(1,)])


CASES = {
    "late": [late_events(0), late_events(1)],
    "affected": AFFECTED,
    "length": SAME_LENGTH,
    "winner": WINNER,
    "alone": NAMED_ALONE,
    "recipients": RECIPIENTS,
    "loser": LOSER,
    "latest": LATEST,
    "gap": OTHER_GAP,
    "junk": QUARANTINED,
    "dropped": DROPPED,
}
