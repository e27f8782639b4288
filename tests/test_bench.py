"""What `make bench` computes from /proc, from logs and from records; its loads are tests of their own kind."""

import json
from argparse import ArgumentTypeError
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import cores
from tests.bench.bench import PARTS, parse_names
from tests.bench.compare import list_comparison
from tests.bench.cores import GROUPS, Sample, Stat, find_descendants, name_thread, parse_idle, parse_stat, use_between
from tests.bench.inputs import deal, find_edit, write_event
from tests.bench.logs import Stage, count_spark, fill_gaps, parse_printed_seconds, parse_stages, seconds_without_start
from tests.bench.measure import Run
from tests.bench.table import format_table, warn_of_others
from tests.builders import record_json

STAT = "42 (C1 (odd) name) S 7 42 42 0 -1 4194560 9 0 0 0 {} 20 0 1 0 5 0 0"


def test_a_stat_line_is_read_by_its_last_parenthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_TICKS", 100)
    assert parse_stat(STAT.format("150 50 300 20")) == Stat("C1 (odd) name", 7, 2.0, 3.2)


def test_idle_and_waiting_for_a_disk_are_both_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_TICKS", 100)
    assert parse_idle("cpu  10 0 10 700 50 0 3 0 0 0\ncpu0 1 2 3 4 5\n") == 7.5


@pytest.mark.parametrize(
    ("name", "group"),
    [("C2 CompilerThre", "compiler"), ("C1 CompilerThre", "compiler"), ("GC Thread#1", "garbage"), ("Executor", "JVM")],
)
def test_a_thread_of_the_jvm_is_told_by_its_name(name: str, group: str) -> None:
    assert name_thread(name) == group


def test_descendants_are_found_through_all_generations() -> None:
    parents = {1: 0, 2: 1, 3: 2, 4: 3, 5: 1}
    processes = {pid: Stat("", parent, 0, 0) for pid, parent in parents.items()}
    assert find_descendants(processes, 2) == {2, 3, 4}
    assert find_descendants(processes, 9) == set()


def test_what_nobody_of_ours_used_is_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_CORES", 2)
    samples = [Sample(100, {"JVM": 5, "idle": 50}), Sample(110, {"JVM": 15, "idle": 56})]
    used = use_between(samples, 102.5, 107.5)
    assert (used["JVM"], used["idle"], used["Python"], used["others"]) == (5, 3, 0, 2)


def test_stages_are_read_from_the_log() -> None:
    lines = [
        json.dumps({"at": "2026-11-27T10:00:10.500+00:00", "message": "something"}),
        json.dumps({"at": "2026-11-27T10:00:10.500+00:00", "stage": "read", "seconds": 2.5}),
    ]
    (stage,) = parse_stages(lines)
    assert (stage.name, stage.seconds, stage.end % 60) == ("read", 2.5, 10.5)


def test_the_clock_outside_the_stages_has_names_of_its_own() -> None:
    stages = [Stage("start spark", 3, 5), Stage("read", 6, 9), Stage("model", 8, 12), Stage("history", 8.01, 8.02)]
    filled = fill_gaps(stages, 1, 13)
    assert [(stage.name, stage.start, stage.end) for stage in filled] == [
        ("before the first", 1, 3),
        ("start spark", 3, 5),
        ("between", 5, 6),
        ("read", 6, 9),
        ("model", 8, 12),
        ("history", 8.01, 8.02),
        ("after the last", 12, 13),
    ]
    assert fill_gaps([], 1, 13) == []
    assert seconds_without_start(stages) == 7


def test_spark_s_jobs_stages_and_tasks_are_counted() -> None:
    kinds = ["JobStart", "StageSubmitted", "StageCompleted", "TaskStart", "TaskEnd", "TaskEnd", "JobEnd"]
    lines = [f'{{"Event":"SparkListener{kind}","Number":1}}' for kind in kinds]
    assert count_spark([*lines, "SparkListenerJobStart"]) == {"jobs": 1, "stages": 1, "tasks": 2}


def test_a_rival_s_last_line_of_json_has_its_seconds() -> None:
    assert parse_printed_seconds('{"parse": 1}\nwords\n{"parse": 2.5, "load": 1}\n') == {"parse": 2.5, "load": 1}
    assert parse_printed_seconds("words\n") == {}


@pytest.mark.parametrize("scattered", [False, True])
def test_every_record_is_dealt_once(tmp_path: Path, scattered: bool) -> None:
    folder = tmp_path / "events"
    for day, numbers in {"1": range(150), "2": range(150, 400)}.items():
        (folder / day).mkdir(parents=True)
        (folder / day / "a.jsonl").write_text("".join(f"{number}\n" for number in numbers))
    parts = deal(folder, tmp_path / "parts", hundredths=3, scattered=scattered)
    dealt = [[int(line) for path in sorted(part.iterdir()) for line in path.read_text().splitlines()] for part in parts]
    assert [len(numbers) for numbers in dealt] == [388, 4, 4, 4]
    assert sorted(number for numbers in dealt for number in numbers) == list(range(400))
    assert (dealt[3] == [396, 397, 398, 399]) is not scattered


def test_a_single_event_is_like_the_last_sound_edit(tmp_path: Path) -> None:
    edits = [record_json(event_id=name, event_type="document_edit", document_id="d1") for name in ("e1", "e2")]
    broken = record_json(event_type="document_edit", document_id="d1", timestamp="yesterday")
    write_event(tmp_path, json.loads(edits[0]), "first")
    (tmp_path / "z.jsonl").write_text("\n".join([*edits, broken, record_json(event_id="login"), "{"]))
    edit = find_edit(tmp_path)
    assert edit["event_id"] == "e2"
    write_event(tmp_path / "new", edit, "single")
    (path,) = (tmp_path / "new").iterdir()
    assert (path.name, json.loads(path.read_text())) == ("single.jsonl", {**edit, "event_id": "single"})


def test_parts_are_named_with_spaces_or_commas_between_them() -> None:
    assert parse_names(PARTS)("small,stream increments") == ["small", "stream", "increments"]
    for wrong in ("smal", ""):
        with pytest.raises(ArgumentTypeError, match="first-load"):
            parse_names(PARTS)(wrong)


def test_numbers_stand_below_each_other() -> None:
    assert format_table([("what", "s"), ("a", "10.5"), ("long", "1.0")]) == "what     s\na     10.5\nlong   1.0"


def measured(others: float) -> Run:
    used = {"clock": 50.0, **dict.fromkeys(GROUPS, 0.0), "idle": 100 - others, "others": others}
    return Run(50.0, 1, {}, {"in all": used}, None, {"jobs": 1, "stages": 2, "tasks": 3})


def test_a_machine_that_others_used_is_told_of() -> None:
    quiet, busy = measured(2.0), measured(30.0)
    assert (
        warn_of_others({"small": {"runs": {"job": [quiet]}}}) == "\nother programs had up to 2% of the cores in a run"
    )
    assert "up to 30% of the cores in a run: too much" in warn_of_others({"a": [{"b": quiet}, busy], "c": 1})


def test_two_versions_stand_side_by_side() -> None:
    before, after = (
        replace(measured(2.0), seconds=seconds, stages=stages)
        for seconds, stages in [(50.0, {"frame": 20.0, "model": 30.0}), (40.0, {"read": 8.0, "model": 32.0})]
    )
    rows = {row[0].strip(): row[1:] for row in list_comparison([before], [after])}
    assert rows["the whole job, s"] == ("50.0", "40.0", "0.80")
    assert (rows["frame, s"], rows["read, s"]) == (("20.0", "", ""), ("", "8.0", ""))
    assert rows["Spark's tasks"] == ("3", "3", "1.00")
