"""The live stream has the records of the batch in another order, in small files that are complete when they appear."""

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from jobs.simulate import main
from jobs.simulation.live import cut_into_parts, order_by_arrival
from tests.builders import record_json
from tests.simulation.test_simulate import read_tree, simulate


def read_lines(folder: Path) -> list[str]:
    return [line for path in sorted(folder.rglob("*.jsonl")) for line in path.read_text().split("\n")[:-1]]


def test_a_live_stream_holds_the_records_of_the_batch_and_has_its_truth(tmp_path: Path) -> None:
    simulate(tmp_path / "batch", events=1500)
    for name in ("live", "again"):
        simulate(tmp_path / name, events=1500, rate=100_000)
    batch, live = read_lines(tmp_path / "batch"), read_lines(tmp_path / "live")
    assert Counter(live) == Counter(batch)
    assert live != batch
    assert read_tree(tmp_path / "live") == read_tree(tmp_path / "again")
    truth = json.loads((tmp_path / "batch/truth.json").read_text())
    del truth["per_file"]
    assert json.loads((tmp_path / "live/truth.json").read_text()) == truth
    assert {"late_event", "conflicting_duplicate", "duplicate_other_file"} <= truth["planted_defects"].keys()


def test_seconds_and_rate_say_how_much_is_written_and_how_fast(tmp_path: Path) -> None:
    simulate(tmp_path, seconds=1, rate=200)
    names = [path.name for path in (tmp_path / "events/live").iterdir()]
    assert json.loads((tmp_path / "truth.json").read_text())["events"] == 200
    assert sorted(names) == ["part-000000.jsonl", "part-000001.jsonl"]


def test_wrong_clocks_change_the_order_of_arrival_and_late_events_stay_late() -> None:
    hours = [
        record_json(event_id=f"{user} {hour}", user_id=user, timestamp=f"2025-06-02T{hour}:00:00Z")
        for hour in range(12, 15)
        for user in ("ahead", "right", "behind")
    ]
    late = record_json(event_id="right late", user_id="right", timestamp="2025-06-01T00:00:00Z")
    # With this seed one clock is an hour ahead, one is right, and one is an hour behind.
    arrivals = order_by_arrival([*hours, "junk", late], Random(10))
    assert [json.loads(line)["event_id"] if line != "junk" else line for line in arrivals] == [
        "ahead 12",
        *["right 12", "ahead 13"],
        *["behind 12", "right 13", "ahead 14"],
        *["behind 13", "right 14", "junk", "right late"],
        "behind 14",
    ]


@pytest.mark.parametrize(("lines", "expected"), [
    (["{}", "{}", "{}"], [["{}", "{}"], ["{}"]]),
    (["x", "y", "{}", "", "{}", "{}"], [["x", "y", "{}", "", "{}"], ["{}"]]),
])  # fmt: skip
def test_no_part_is_mostly_broken_so_each_is_detected_as_json_lines(
    lines: list[str], expected: list[list[str]]
) -> None:
    assert list(cut_into_parts(lines, 2)) == expected


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("--rate=0", "number from 0.01 to 100000, not 0"),
        ("--rate=nan", "number from 0.01 to 100000, not nan"),
        ("--seconds=5", "give --rate too"),
    ],
)
def test_wrong_argument_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str, complaint: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--events=10", "--seed=1", f"--output={tmp_path / 'events'}", wrong])
    assert complaint in capsys.readouterr().err
