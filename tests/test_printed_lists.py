"""What Python lists for people comes in one order, in whatever order it was counted or found."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from jobs.records.problems import QuarantinedGroup
from jobs.steps.file_quality import describe_reasons
from jobs.storage.config.sources import read_source
from jobs.storage.errors import UsageError
from jobs.storage.quarantine.lines import find_quarantined
from jobs.storage.runs.ledger import choose_all_files
from jobs.storage.runs.summary import format_nothing_new
from tests.builders import default_source
from tests.metrics.rows import Event, create_tables, execute, load
from tests.test_quality import file

SKIPPED = [("x", "unfinished"), ("y", "not included"), ("z", "gone or no file")]
GROUPS = [
    QuarantinedGroup(1, ("bad_value",), ("user_id", "event_at"), 2, 7, '{"a": 1}'),
    QuarantinedGroup(1, ("bad_value", "missing_field"), ("user_id", "event_at"), 2, 3, '{"b": 1}'),
    QuarantinedGroup(1, ("bad_timestamp", "missing_field"), ("event_at", "user_id"), 2, 5, '{"c": 1}'),
]


NOTHING_NEW = {
    "found": 1,
    "loaded": 1,
    "held_back": [],
    "due": {"waiting": 0, "tried": 0, "published": 0},
    "changed_mappings": {},
    "missing_records": {},
    "open_lines": 0,
    "other_identity": None,
}


def test_what_counts_the_same_is_listed_by_name() -> None:
    names = ["gone or no file", "not included", "unfinished"]
    for skipped in permutations(SKIPPED):
        told = format_nothing_new({**NOTHING_NEW, "skipped": skipped})
        assert [line.split("  ")[1] for line in told.splitlines()[2:]] == names


def test_reasons_and_their_examples_do_not_depend_on_the_order_of_the_groups() -> None:
    for groups in permutations(GROUPS):
        lines = list(describe_reasons([replace(file(20), groups=list(groups))]))
        assert [line.split()[0] for line in lines] == ["bad_value", "missing_field", "bad_timestamp"]
        assert [line.partition(" record ")[2][0] for line in lines] == ["3", "3", "5"]


def test_the_file_that_is_told_to_be_gone_is_the_first_by_name(database: Any) -> None:
    create_tables(database)
    names = [f"{letter}{number}" for letter in "zaB" for number in range(9)]
    load(database, *(Event(name, "ann", "2025-03-01 10:00", source=name) for name in names))
    with database.cursor() as cursor:
        choice = choose_all_files(cursor, [], default_source())
    assert (choice.readings, choice.gone) == ([], [f"file:///{name}.jsonl" for name in sorted(names)])


def test_refused_records_come_by_file_and_number(database: Any, tmp_path: Path) -> None:
    create_tables(database)
    load(database, *(Event(name, "ann", "2025-03-01 10:00", source=name) for name in ("a", "B")))
    execute(
        database,
        "insert into ops.quarantined_records select file_id, n, array['bad_value'], array['x'], 'x', 1"
        " from ops.ingested_files cross join generate_series(9, 10) as n",
    )
    folder = tmp_path / "run_id=1"
    folder.mkdir()
    for part, places in {"0": [("a", 10), ("B", 10)], "1": [("B", 9), ("a", 9)]}.items():
        lines = [
            {"source_file": f"file:///{name}.jsonl", "record_number": number, "details": {"fields": {"event_id": "e"}}}
            for name, number in places
        ]
        (folder / f"part-{part}.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with database.cursor() as cursor:
        found = find_quarantined(cursor, "e", tmp_path)
    shown = [f"{row['source_file'][8]}{row['record_number']}" for row in found]
    assert shown == ["B9", "B10", "a9", "a10"]


def test_of_several_names_that_are_wrong_the_first_in_the_file_is_told(tmp_path: Path) -> None:
    names = ("nose", "mood", "hat", "shoe", "ring")
    mapping = {"fields": {}, "constants": dict.fromkeys(reversed(names), "x")}
    (tmp_path / "source.yml").write_text(json.dumps(mapping))
    with pytest.raises(UsageError, match=r"constants: ring is an unknown field"):
        read_source(tmp_path / "source.yml")
