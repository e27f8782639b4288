"""JSONPaths that would search a record for minutes, or without end."""

import json
from dataclasses import replace
from typing import Any

import pytest

from jobs.records.mapping import compile_query, take_all
from schemas.paths import parse_path
from tests.builders import record_json
from tests.records.helpers import SOURCE, WITHOUT_IDS, accept, quarantine

MANY = [{"b": {"c": number}} for number in range(3_000)]
DEEP: Any = 1
for _ in range(400):
    DEEP = [DEEP]

ENDLESS = {
    "$.a[?count($.a[*]) == 3]": MANY,
    "$.a[?count($.a..c) == 3]": list(range(3_000)) + MANY,
    "$..*..*..*": DEEP,
    "$[*][*,*]" + "[*,*]" * 30: DEEP,
    "$.a[?$.a == $.a]": MANY,
    "$.a[?search($.a[0], 'y')]": ["x" * 1_000_000, *range(3_000)],
}


@pytest.mark.parametrize("path", ENDLESS)
def test_a_jsonpath_that_visits_too_many_values_quarantines_its_record(path: str) -> None:
    source = replace(SOURCE, fields={**SOURCE.fields, "device": (parse_path(path),)})
    found = quarantine(record_json(a=ENDLESS[path]), source)
    ((reason, field, value, expected),) = [tuple(vars(problem).values()) for problem in found.problems]
    assert (reason, field, value) == ("bad_value", "device", None)
    assert str(expected).startswith("a JSONPath that looks at no more than 100,000 values")
    assert "device" not in (found.fields or {})
    assert accept(record_json(a=[]), source).device is None


def test_an_identity_path_that_visits_too_many_values_quarantines_its_record() -> None:
    source = replace(WITHOUT_IDS, identity=(parse_path("$.a[?count($.a[*]) == 3]"),))
    found = quarantine(record_json(a=MANY, event_id=None), source)
    assert [(problem.reason, problem.field) for problem in found.problems] == [("bad_value", "event_id")]


def test_a_jsonpath_may_visit_each_value_of_a_long_record_several_times() -> None:
    record = {"ops": [{"insert": "a", "attributes": {"bold": True}} for _ in range(60_000)]}
    for path in ("$..insert", "$.ops[*].insert", "$.ops[?@.attributes.bold == true].insert"):
        assert len(compile_query(path).find(record)) == 60_000


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("(a|a)*$", ["aaaa", "baa", "a.b", "a\nb", ""]),
        ("(a|a)*c", []),
        ("a.b", ["a.b"]),
        ("^a[.]b$", ["a.b"]),
        ("a{2,3}", ["aaaa", "baa"]),
        ("\\\\p{Lu}", []),
    ],
)
def test_a_pattern_takes_linear_time(pattern: str, found: list[str]) -> None:
    texts = ["aaaa", "baa", "a.b", "a\nb", ""]
    assert compile_query(f"$[?search(@, '{pattern}')]").find(texts) == found
    assert compile_query(f"$[?search(@, '{pattern}')]").find(["a" * 60 + "!"] * 100) in ([], ["a" * 60 + "!"] * 100)


def test_match_needs_the_whole_text() -> None:
    assert compile_query("$[?match(@, 'a|b.')]").find(["a", "ab", "b", "bc", "b\r", "xa", 1, None]) == ["a", "bc"]


def test_an_invalid_pattern_in_a_record_matches_nothing() -> None:
    for pattern in ("(", "\\d", "(" * 50_000 + ")" * 50_000, 1):
        assert compile_query("$.a[?search(@, $.p)]").find({"a": ["x"], "p": pattern}) == []


@pytest.mark.parametrize("pattern", ["(", "\\\\d+", "a{1001}", "a" * 1001])
def test_an_invalid_pattern_in_a_mapping_is_rejected(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"no pattern of RFC 9485 of up to 1000 characters \(a digit is \[0-9\]\)"):
        compile_query(f"$[?search(@, '{pattern}')]")


def test_several_values_of_a_jsonpath_become_one_list() -> None:
    (values,) = take_all([*range(100_000), *range(100_000)])
    assert len(values) == 200_000
    assert list(take_all([{"b": 1}, None, "a"])) == [[{"b": 1}, "a"]]
    assert list(take_all(json.loads("[null]"))) == [[]]
    assert list(take_all([])) == []
