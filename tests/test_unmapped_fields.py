"""Fields that no path of a mapping reads are told when they are new, and counted until a mapping reads them."""

from typing import Any

import pytest

from jobs.storage.wording import describe_new_fields, name_new_fields
from tests.merging.folder import MAPPING, Folder, folder, line

__all__ = ["folder"]


def read_runs(folder: Folder) -> list[int]:
    return [run_id for (run_id,) in folder.query("select run_id from ops.pipeline_runs order by 1")]


def read_rows(folder: Folder) -> list[tuple[Any, ...]]:
    """(source, name, records, place of the first run, of the last run) of each row."""
    places = {run_id: place for place, run_id in enumerate(read_runs(folder), start=1)}
    rows = folder.query("select source, name, records, first_run_id, last_run_id from ops.unmapped_fields order by 2")
    return [(*row, places[first], places[last]) for *row, first, last in rows]


def test_names_are_told_once_and_counted_on(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1", plan="pro"), line("e2", plan="pro", client={"os": "x"}), line("e3", doc=None))
    told = folder.load().splitlines()
    start = told.index("new fields that no path of m.yml reads, with the number of records that have them")
    assert told[start + 1 : start + 4] == [
        "  plan                         2",
        "  client                       1",
        "  to keep one, write `properties: [plan]` into m.yml, or map it to a field of ours in its `fields`;"
        " `make fields` shows all that is in the log",
    ]
    assert read_rows(folder) == [("m", "client", 1, 1, 1), ("m", "plan", 2, 1, 1)]

    folder.write("b.jsonl", line("e4", plan="free"), line("e5", plan="free", region="eu"))
    assert "  region                       1" in folder.load("--plan")
    assert read_rows(folder) == [("m", "client", 1, 1, 1), ("m", "plan", 2, 1, 1)]
    told = folder.load().splitlines()
    start = told.index("new fields that no path of m.yml reads, with the number of records that have them")
    assert told[start + 1].split() == ["region", "1"]
    assert read_rows(folder) == [("m", "client", 1, 1, 1), ("m", "plan", 4, 1, 2), ("m", "region", 1, 2, 2)]

    folder.write("a.jsonl", line("e1", plan="pro"))
    told = folder.load("--full-refresh")
    assert "new fields" not in told
    assert read_rows(folder) == [("m", "plan", 3, 3, 3), ("m", "region", 1, 3, 3)]


@pytest.mark.parametrize("more", ["properties: [plan, client.os]\n", "properties: all\n"])
def test_a_name_that_is_read_now_leaves(folder: Folder, more: str) -> None:
    folder.write("a.jsonl", line("e1", plan="pro", client={"os": "x", "kind": "y"}, other=1))
    folder.load()
    assert [name for _, name, *_ in read_rows(folder)] == ["client", "other", "plan"]
    folder.mapping.write_text(MAPPING + more)
    folder.write("b.jsonl", line("e2"))
    folder.load()
    left = [("m", "other", 1, 1, 1)] if "plan" in more else []
    assert read_rows(folder) == left
    told = folder.load("--remap")
    if left:
        assert "client.kind" in told
        assert read_rows(folder) == [("m", "client.kind", 1, 3, 3), ("m", "other", 2, 1, 3)]


def test_a_replay_counts_on_and_names_nothing_new(folder: Folder) -> None:
    from tests.test_replay import replay

    folder.write("a.jsonl", *(line(f"e{n}", plan=1) for n in range(30)), line("bad", at="soon", plan=1))
    folder.load("--accept-quality")
    replay(folder.url, folder.path / "data")
    assert [(name, records) for _, name, records, *_ in read_rows(folder)] == [("plan", 32)]


def test_of_very_many_names_the_most_frequent_are_kept(folder: Folder) -> None:
    folder.write("a.jsonl", *(line(f"e{n}", **{f"key {n}": 1, "plan": 1}) for n in range(300)))
    told = folder.load()
    assert "  plan                       300" in told
    assert "  and 190 more" in told
    assert "  beside these 101 values of further fields, too many to count each by its name" in told
    assert folder.query("select count(*), max(records) from ops.unmapped_fields") == [(200, 300)]
    folder.write("b.jsonl", line("x1", region=1, **{"key x": 1}), line("x2", region=1))
    told = folder.load()
    assert "properties: [region]" in told
    assert "key x" not in told
    assert folder.query("select count(*) from ops.unmapped_fields where name = 'region'") == [(1,)]
    assert folder.query("select count(*) from ops.unmapped_fields") == [(200,)]


def test_a_name_is_quoted_where_yaml_needs_it() -> None:
    (told,) = [
        text for text in describe_new_fields({"m": {"records": {'["a.b"]': 1, "x": 1}, "unnamed": 0}}) if "keep" in text
    ]
    assert """`properties: ['["a.b"]']`""" in told
    assert name_new_fields({"m": {"records": {f"k{n}": 1 for n in range(12)}, "unnamed": 0}}) == [
        "new fields that no path of m.yml reads: k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more"
    ]
