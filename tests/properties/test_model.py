"""The model without the job: its rules in subtle cases."""

import json
from typing import Any

import pytest

from tests.properties.mapping import Mapping, make_event, md5
from tests.properties.readings import File, Ledger
from tests.properties.tables import model_tables

PLAIN = Mapping()
LATER, EARLIER = "2025-06-02T13:00:00+00:00", "2025-06-02T12:00:00+00:00"


def line(event_id: str = "e1", **fields: Any) -> str:
    """Returns a login by ann at noon, with these fields changed."""
    record = {"event_id": event_id, "event_type": "user_login", "timestamp": EARLIER, "user_id": "ann"}
    return json.dumps({**record, **fields})


class Files(dict[int, File]):
    """A folder whose files are written line by line."""

    def put(self, number: int, *lines: str, rest: str | None = None) -> None:
        """Writes these lines. The last one lacks its `rest`."""
        text = "".join(text + "\n" for text in lines)
        written = self[number].written + 1 if number in self else 0
        self[number] = File(text if rest is None else text.removesuffix(rest + "\n"), written, rest)


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def names(ledger: Ledger) -> list[tuple[str, str | None, bool]]:
    """Returns (id, reported name, whether it is current) of each event."""
    return [(row[0], row[12], row[-1]) for row in model_tables(ledger)["events"]]


def superseded(ledger: Ledger) -> list[tuple[str, bool]]:
    return [(event_id, is_current) for event_id, _, is_current in model_tables(ledger)["superseded"]]


def places(ledger: Ledger) -> list[tuple[str, int, int]]:
    """Returns (id, file, record number) of every version of every event."""
    return sorted((place.event_id, place.number, place.record_number) for place in ledger.find_places())


def test_a_corrected_line_wins_over_its_former_version(ledger: Ledger, files: Files) -> None:
    for name in ("X", "Y", "X", "Z"):
        files.put(1, line("a"), line("b", user_name=name), line("c"))
        ledger.load(files, PLAIN)
        assert names(ledger) == [("a", None, True), ("b", name, True), ("c", None, True)]
    assert superseded(ledger) == [("b", False), ("b", False)]
    assert places(ledger) == sorted([("a", 1, 1), ("b", 1, 2), ("c", 1, 3)] * 3)


def test_a_file_with_its_former_content_replaces_the_former_reading(ledger: Ledger, files: Files) -> None:
    for name in ("X", "Y", "X"):
        files.put(1, line("b", user_name=name))
        ledger.load(files, PLAIN)
    assert [(reading.is_current, reading.file.written) for reading in ledger.readings] == [(False, 1), (True, 2)]


def test_a_file_that_is_shortened_and_grows_again_loses_nothing(ledger: Ledger, files: Files) -> None:
    files.put(1, line("a"), line("b"), line("c"))
    ledger.load(files, PLAIN)
    files.put(1, line("a"))
    ledger.load(files, PLAIN)
    assert names(ledger) == [("a", None, True), ("b", None, False), ("c", None, False)]
    files.put(1, line("a"), line("b"), line("c", user_name="X"))
    ledger.load(files, PLAIN)
    assert names(ledger) == [("a", None, True), ("b", None, True), ("c", "X", True)]
    assert superseded(ledger) == [("c", False)]
    assert places(ledger) == sorted([("a", 1, 1), ("b", 1, 2), ("c", 1, 3)] * 2)


def test_a_refresh_replaces_a_former_reading_whose_lines_are_all_back(ledger: Ledger, files: Files) -> None:
    for count in (2, 1, 3):
        files.put(1, *[line(event_id) for event_id in "abc"[:count]])
        ledger.load(files, PLAIN)
    before = model_tables(ledger)
    assert len(ledger.readings) == 2
    ledger.refresh(files, PLAIN)
    after = model_tables(ledger)
    assert len(ledger.readings) == 1
    assert {**before, "places": []} == {**after, "places": []}
    assert places(ledger) == [("a", 1, 1), ("b", 1, 2), ("c", 1, 3)]


def test_a_loser_wins_while_no_file_holds_the_winner(ledger: Ledger, files: Files) -> None:
    winner, loser = line(user_name="X", user_id="ann"), line(user_name="Y", user_id="Bob", timestamp=LATER)
    files.put(1, winner)
    files.put(2, loser)
    ledger.load(files, PLAIN)
    assert (names(ledger), superseded(ledger)) == ([("e1", "X", True)], [("e1", True)])
    files.put(1, line("e2", user_id="Bob"))
    ledger.load(files, PLAIN)
    assert names(ledger) == [("e1", "Y", True), ("e2", None, True)]
    assert superseded(ledger) == [("e1", False)]
    assert [row[0] for row in model_tables(ledger)["users"]] == ["Bob"]
    files.put(3, winner)
    ledger.load(files, PLAIN)
    assert (names(ledger)[0], superseded(ledger)) == (("e1", "X", True), [("e1", True)])


def test_among_former_versions_alone_the_other_rules_decide(ledger: Ledger, files: Files) -> None:
    for name, revision in (("X", 2), ("Y", 3), ("Z", 1)):
        files.put(1, line(user_name=name, revision=revision))
        ledger.load(files, PLAIN)
    files.put(1, line("e2"))
    ledger.load(files, PLAIN)
    assert names(ledger) == [("e1", "Y", False), ("e2", None, True)]
    assert superseded(ledger) == [("e1", False), ("e1", False)]


@pytest.mark.parametrize(
    ("earlier", "later", "winner"),
    [
        ({}, {}, "earlier"),
        ({"revision": 1}, {"revision": 2}, "later"),
        ({"revision": 10}, {"revision": "9"}, "earlier"),
        ({}, {"revision": -1}, "later"),
        ({"revision": 2}, {"revision": "2025-06-02T12:00:00Z"}, "later"),
    ],
)
def test_the_largest_revision_comes_before_the_earliest_time(
    ledger: Ledger, files: Files, earlier: dict[str, Any], later: dict[str, Any], winner: str
) -> None:
    files.put(1, line(user_name="earlier", **earlier), line(user_name="later", timestamp=LATER, **later))
    ledger.load(files, PLAIN)
    assert names(ledger) == [("e1", winner, True)]


def test_events_that_a_changed_mapping_quarantines_go_when_their_file_is_read_again(
    ledger: Ledger, files: Files
) -> None:
    files.put(1, line("a"), line("b", event_type="export"))
    ledger.load(files, PLAIN)
    changed = PLAIN._replace(renamed=("export", "document_edit"))
    ledger.load(files, changed)
    assert names(ledger) == [("a", None, True), ("b", None, True)]
    ledger.remap(files, changed)
    assert names(ledger) == [("a", None, True)]


def test_events_that_a_changed_mapping_quarantines_stay_if_the_file_was_corrected_too(
    ledger: Ledger, files: Files
) -> None:
    files.put(1, line("a"), line("b", event_type="export"))
    ledger.load(files, PLAIN)
    files.put(1, line("a", user_name="X"), line("b", event_type="export"))
    ledger.remap(files, PLAIN._replace(renamed=("export", "document_edit")))
    assert names(ledger) == [("a", "X", True), ("b", None, False)]


def test_remap_leaves_new_files_and_files_of_the_same_mapping_alone(ledger: Ledger, files: Files) -> None:
    files.put(1, line("a"))
    ledger.load(files, PLAIN)
    files.put(1, line("a"), line("b"))
    files.put(2, line("c"))
    ledger.remap(files, PLAIN)
    assert names(ledger) == [("a", None, True)]


def test_only_drop_missing_drops_events_that_no_file_has(ledger: Ledger, files: Files) -> None:
    files.put(1, line("a"), line("b"))
    files.put(2, line("c"))
    ledger.load(files, PLAIN)
    files.put(1, line("a"))
    del files[2]
    ledger.load(files, PLAIN)
    ledger.refresh(files, PLAIN)
    assert names(ledger) == [("a", None, True), ("b", None, False), ("c", None, True)]
    ledger.refresh(files, PLAIN, drop_missing=True)
    assert names(ledger) == [("a", None, True)]


def test_a_file_that_grows_is_continued_by_the_same_mapping_only(ledger: Ledger, files: Files) -> None:
    changed = PLAIN._replace(has_device=True)
    files.put(1, line("a", dev="phone"))
    ledger.load(files, PLAIN)
    ledger.load(files, changed)
    files.put(1, line("a", dev="phone"), line("b"))
    ledger.load(files, PLAIN)
    assert {row[0]: row[11] for row in model_tables(ledger)["events"]} == {"a": None, "b": None}
    files.put(1, line("a", dev="phone"), line("b"), line("c"))
    ledger.load(files, changed)
    assert {row[0]: row[11] for row in model_tables(ledger)["events"]} == {"a": "phone", "b": None, "c": None}
    assert len(ledger.readings) == 1


def test_a_touched_file_is_read_again_by_another_mapping_only(ledger: Ledger, files: Files) -> None:
    for mapping in (PLAIN, PLAIN, PLAIN._replace(has_device=True)):
        files.put(1, line("a", dev="phone"))
        ledger.load(files, mapping)
        assert (len(ledger.readings), ledger.readings[0].mapping) == (1, mapping)
        assert ledger.readings[0].file == files[1]


def test_half_a_line_waits_for_one_run_and_has_its_number_once_it_is_completed(ledger: Ledger, files: Files) -> None:
    files.put(1, line("a"), line("b"), rest='"}')
    ledger.load(files, PLAIN)
    assert (places(ledger), ledger.readings[0].find_quarantined(None)) == ([("a", 1, 1)], [])
    ledger.load(files, PLAIN)
    assert (places(ledger), ledger.readings[0].find_quarantined("malformed_json")) == ([("a", 1, 1)], [1])
    files.put(1, line("a"), line("b"), line("c"), rest="")
    ledger.load(files, PLAIN)
    assert places(ledger) == [("a", 1, 1), ("b", 1, 2), ("c", 1, 3)]
    files.put(1, line("a"), line("b"), line("c"), line("d"))
    ledger.load(files, PLAIN)
    assert places(ledger) == [("a", 1, 1), ("b", 1, 2), ("c", 1, 3), ("d", 1, 4)]
    assert len(ledger.readings) == 1


@pytest.mark.parametrize("is_gone", [False, True])
def test_replay_recovers_by_a_changed_mapping_only(ledger: Ledger, files: Files, is_gone: bool) -> None:
    late = json.loads(line("b"))
    late["logged_at"] = late.pop("timestamp")
    files.put(1, line("a", dev="phone"), json.dumps(late), "junk")
    ledger.load(files, PLAIN)
    if is_gone:
        del files[1]
    changed = PLAIN._replace(finds_other_time=True, has_device=True)
    for mapping, reason, expected in [(PLAIN, None, "a"), (changed, "malformed_json", "ab"[: 2 - is_gone])]:
        ledger.replay(files, mapping, reason)
        assert [event_id for event_id, *_ in places(ledger)] == [*expected]
    ledger.replay(files, changed)
    assert places(ledger) == [("a", 1, 1), ("b", 1, 2)]
    device = model_tables(ledger)["events"][0][11]
    assert device == (None if is_gone else "phone")  # only a present file is read whole


def test_the_fingerprint_covers_the_stored_values() -> None:
    said = {"event_type": "user_login", "timestamp": EARLIER, "user_id": "ann", "content": "it's two"}
    text = "\0".join(
        [
            *["event_type=user_login", "event_at=1748865600000000", "user_id=ann", "document_word_count=2"],
            f"content={md5(b'it' + bytes([39]) + b's two').hexdigest()}",
        ]
    )
    assert make_event(said)["fingerprint"].hex == md5(text.encode()).hexdigest()
