"""Every listed path has the notation of a mapping, and finds the values that are counted for it."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.profiling.found_paths import MAX_PATHS, FoundPath, PathFinder
from jobs.profiling.opening import open_records
from jobs.records.mapping import make_finder
from jobs.records.values.strict_json import decode
from schemas.paths import parse_path

NAMES = st.sampled_from(
    ["a", "user.id", 'say "hi"', "it's", "x + y", " edge ", "$ref", "^up", "#", "[0]", "", "\x1b[31m", "ü", "a\\b"]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=5))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)


def find(*records: dict[str, Any]) -> list[FoundPath]:
    finder = PathFinder()
    finder.add(open_records(list(records), (), {}))
    return finder.list_paths()


def paths_of(*records: dict[str, Any]) -> list[str]:
    return [str(found.path) for found in find(*records)]


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=4))
@settings(max_examples=300, deadline=None)
def test_a_path_reads_back_and_leads_to_its_records(records: list[dict[str, Any]]) -> None:
    records = [decode(json.dumps(record).encode()) for record in records]
    for found in find(*records):
        assert str(found.path).isprintable()
        path = parse_path(str(found.path))
        there = [record for record in records if make_finder((path,), takes_blank=True)(record, None) is not None]
        assert len(there) <= found.node.records
        assert there or set(found.node.types) == {"null"}


def test_a_list_of_names_and_values_has_a_path_for_each_name() -> None:
    record = {"set": [{"name": "doc_id", "value": "d1"}, {"name": "it's", "value": 2}], "tags": ["x", "y"]}
    assert paths_of(record) == [
        "$.set[?@.name == 'doc_id'].value",
        "$.set[?@.name == 'it\\'s'].value",
        "tags",
        "tags[0]",
    ]


def test_elements_of_several_kinds_have_a_path_for_each_kind() -> None:
    assert paths_of({"on": [{"type": "Page", "id": 1}, {"type": "Space", "id": 2}]}) == [
        "$.on[?@.type == 'Page'].id",
        "$.on[?@.type == 'Space'].id",
    ]


def test_names_that_are_ids_are_one_path() -> None:
    records = [{"id": n, "users": {str(1000 + n): {"name": "ann"}}, f"k{n}": 1} for n in range(200)]
    assert paths_of(*records) == ["id", "$.users[*].name", "$[*]"]
    assert find(*records)[1].node.records == 200


def test_wide_records_keep_their_columns() -> None:
    assert len(paths_of(*[{f"column_{n}": n for n in range(120)}] * 30)) == 120


def test_the_most_frequent_of_too_many_paths_are_listed() -> None:
    finder = PathFinder()
    names = [f"{a}{b}x" for a in "abcdefghijklmnopqrstuvwxyz" for b in "abcdefghijklmnopqrstuvwxyz"]
    finder.add(open_records([{**dict.fromkeys(names, 1), "usual": 1}, {"usual": 2}], (), {}))
    paths = finder.list_paths()
    assert len(paths) == MAX_PATHS
    assert "usual" in [str(found.path) for found in paths]
    assert finder.left_out == len(names) + 1 - MAX_PATHS


@pytest.mark.parametrize("levels", [20, 900])
def test_deeply_nested_values_are_counted_and_not_searched(levels: int) -> None:
    finder = PathFinder()
    finder.add(open_records([decode(b'{"a":' * levels + b"1" + b"}" * levels)], (), {}))
    assert [str(found.path) for found in finder.list_paths()] == [".".join("a" * 8)]
    assert finder.deep == 1


def test_memory_is_bounded() -> None:
    chance = random.Random(7)
    finder = PathFinder()
    names = [["".join(chance.choices("abcdefgh", k=12)) for _ in range(50)] for _ in range(400)]
    finder.add(open_records([dict.fromkeys(some, 1) for some in names], (), {}))
    assert len(finder.list_paths()) == MAX_PATHS
    assert finder.left_out == len({name for some in names for name in some}) - MAX_PATHS
