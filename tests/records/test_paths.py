"""The notation of paths, and the values that they find."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.records.files.raw_record import Around, read_around, write_around
from jobs.records.mapping import compile_query, make_finder
from schemas.paths import Path, Place, Query, Steps, Sum, parse_names, parse_path
from tests.builders import record_json
from tests.records.helpers import SOURCE, quarantine

WRITTEN = {
    "user.id": Steps(("user", "id")),
    "a[0].b": Steps(("a", 0, "b")),
    "a[-1]": Steps(("a", -1)),
    "a[0][1]": Steps(("a", 0, 1)),
    '["event.action"]': Steps(("event.action",)),
    'a["b.c"][0].d': Steps(("a", "b.c", 0, "d")),
    '[""]': Steps(("",)),
    "@timestamp": Steps(("@timestamp",)),
    "two words.a-b_c": Steps(("two words", "a-b_c")),
    '["$date"]': Steps(("$date",)),
    "^device": Steps(("device",), 1),
    "^^a.b": Steps(("a", "b"), 2),
    "#": Place(0),
    "^#": Place(1),
    "$..text": Query("$..text"),
    "^$.a[?@.b == 1].c": Query("$.a[?@.b == 1].c", 1),
    "t.s + t.n": Sum(Steps(("t", "s")), Steps(("t", "n"))),
    "^s + n": Sum(Steps(("s",), 1), Steps(("n",))),
}
WRONG = [
    "",
    ".a",
    "a.",
    "a..b",
    "a[",
    "a]",
    "[0]",
    "^",
    "a[x]",
    "a[1.5]",
    '["a',
    'a"b"]["',
    "a + b + c",
    "# + a",
    "a[]",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_path_is_parsed_and_formatted(text: str) -> None:
    assert parse_path(text) == WRITTEN[text]
    assert str(WRITTEN[text]) == text


@pytest.mark.parametrize("text", WRONG)
def test_an_invalid_path_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse_path(text)


@given(st.lists(st.text() | st.integers(-99, 99), max_size=3), st.text(), st.integers(0, 3))
def test_every_path_of_steps_survives_formatting_and_parsing(steps: list[str | int], first: str, level: int) -> None:
    path = Steps((first, *steps), level)
    assert parse_path(str(path)) == path


def test_quoted_names_use_the_escapes_of_json() -> None:
    assert parse_path(r'["say \"hi\" \u00e9"].b') == Steps(('say "hi" \u00e9', "b"))


def test_record_paths_consist_of_names_only() -> None:
    assert parse_names('a["b.c"].d') == ("a", "b.c", "d")
    for text in ("a[0]", "^a", "$.a", "#", "a + b"):
        with pytest.raises(ValueError, match="only names"):
            parse_names(text)


RECORD = {
    "name": "edit",
    "list": [{"id": 1}, {"id": 2, "x": None}],
    "a.b": "dotted",
    "parameters": [{"name": "doc", "value": "D1"}, {"name": "empty", "value": " "}, {"name": "to", "value": "bo"}],
    "at": {"s": 1748865600, "n": 5},
    "blank": " ",
}
AROUND = Around(({"device": "ios", "at": {"n": 7}}, {"account": "ann"}), (3, None, 1))
FOUND: dict[str, Any] = {
    "name": "edit",
    "list[0].id": 1,
    "list[-1].id": 2,
    "list[2].id": None,
    "list[-3].id": None,
    "list.id": None,
    "name[0]": None,
    "name.id": None,
    "list[1].x": None,
    '["a.b"]': "dotted",
    "a.b": None,
    "blank": None,
    "^device": "ios",
    "^^account": "ann",
    "^account": None,
    "^^^any": None,
    "#": 3,
    "^#": None,
    "^^#": 1,
    "^^^#": None,
    "$.parameters[?@.name == 'doc'].value": "D1",
    "$.parameters[?@.name == 'none'].value": None,
    "$.parameters[*].value": "D1",
    "$.parameters[1:].value": "bo",
    "$..id": 1,
    "^$.device": "ios",
    "at.s + at.n": "1748865600.000000005",
    "at.s + ^at.n": "1748865600.000000007",
    "at.s + at.none": 1748865600,
    "name + at.n": "edit + 5",
    "at.none + at.n": None,
}


@pytest.mark.parametrize("text", FOUND)
def test_a_path_finds_its_value(text: str) -> None:
    assert make_finder((parse_path(text),))(RECORD, AROUND) == FOUND[text]


def test_paths_to_surrounding_objects_find_nothing_without_any() -> None:
    paths: tuple[Path, ...] = tuple(map(parse_path, ("^device", "#", "^#", "^$.device")))
    assert [make_finder((path,))(RECORD, None) for path in paths] == [None] * 4


def test_surrounding_objects_survive_writing_and_reading() -> None:
    text = write_around(AROUND)
    assert text is not None
    assert read_around(text) == AROUND
    assert write_around(Around(({"a": "x" * 65536},), (0, None))) is None


def test_invalid_seconds_or_nanoseconds_become_no_time() -> None:
    find = make_finder((parse_path("s + n"),))
    for seconds, nanoseconds in [(10**11, 0), (1, 10**9), (1, -1), (1.5, 0), ("x", 0), ([], 0), (True, 0)]:
        assert " + " in find({"s": seconds, "n": nanoseconds}, None)
    assert find({"s": "-1", "n": "500000000"}, None) == "-0.500000000"


def test_a_jsonpath_searches_to_the_maximum_depth_of_a_record() -> None:
    record: dict[str, Any] = {"text": "deep"}
    for _ in range(990):
        record = {"a": record}
    assert make_finder((parse_path("$..text"),))(record, None) == "deep"


@pytest.mark.parametrize("field", ["user_id", "event_type", "event_at", "comment_text", "content", "word_count"])
def test_a_jsonpath_beyond_the_recursion_limit_quarantines_its_record(
    field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RecursionError

    path = parse_path(f"$.{field}")
    assert isinstance(path, Query)
    source = replace(SOURCE, fields={**SOURCE.fields, field: (path,)})
    query = compile_query(path.text)
    monkeypatch.setattr(type(query), "find", fail)
    problems = quarantine(record_json(), source).problems
    assert [problem.field for problem in problems if problem.reason.startswith("bad")] == [field]
