"""Records in records: each element of the lists at the record path, with the text that it has in its file."""

import base64
import gzip
import json
import time
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.records.files.content import Content
from jobs.records.files.formats import Format
from jobs.records.files.nested_records import make_opener, record_decode
from jobs.records.files.packed_strings import MAX_UNPACKED_BYTES, open_strings
from jobs.records.files.raw_record import Around, RawRecord
from jobs.records.files.split_records import split_records
from schemas.fields import Source
from schemas.paths import Steps, parse_names

LOOKS_AROUND = {"user_id": (Steps(("user",), level=1),)}
NO_LIST = ("bad_value", "a list at items.events")


def find(
    content: str | bytes,
    path: str = "items.events",
    decode: dict[str, str] | None = None,
    looks_around: bool = False,
    file_format: Format = "json_values",
) -> list[RawRecord]:
    source = Source(
        "any",
        fields=LOOKS_AROUND if looks_around else {},
        record_path=parse_names(path),
        decode={parse_names(names): tuple(steps.split("+")) for names, steps in (decode or {}).items()},
    )
    raw = content if isinstance(content, bytes) else content.encode()
    return list(split_records(Content(BytesIO(raw)), file_format, make_opener(source)))


def texts(records: list[RawRecord]) -> list[str]:
    return [(record.raw or b"").decode() for record in records if not record.is_ignored]


WRAPPED = {
    "one wrapper": ('{"Records": [{"a":1}, {"b":[2]}], "next": 5}', ['{"a":1}', '{"b":[2]}']),
    "printed wrapper": ('{\n "v": {"Records": 1},\n "Records": [\n  {"a":1},\n  2\n ]\n}', ['{"a":1}', "2"]),
    "wrappers one after the other": ('{"Records":[1]}{"Records":[2]}\n{"Records":[3]}', ["1", "2", "3"]),
    "wrappers in an array": ('[{"Records":[{"a":1}]}, {"Records":[{"b":2}]}]', ['{"a":1}', '{"b":2}']),
    "a broken element": ('{"Records":[{"a":1},{"b":},{"c":3}]}', ['{"a":1}', '{"b":}', '{"c":3}']),
    "something else there": ('{"Records": {}} {"Records":5}', ['{"Records": {}}', '{"Records":5}']),
    "of keys that stand twice the last counts": ('{"Records":[1],"Records":[2]}', ["2"]),
    "an escaped key": ('{"R\\u0065cords":[1]}', ["1"]),
    "a broken element in a list among others": ('{"x":[1],"Records":[{"b":},{"c":3}],"y":{}}', ['{"b":}', '{"c":3}']),
    "broken elements and broken behind them": ('{"Records":[{"b":}],"y":}', ['{"b":}', '"y":}']),
    "broken behind the list": ('{"Records":[{"a":1}], "b":}', ['{"a":1}', '"b":}']),
    "an element too few brackets before": ('{"Records":[{"a":1}] {"b":1}', ['{"a":1}', '{"b":1}']),
    "truncated": ('{"Records":[{"a":1},{"b":2},{"c":', ['{"a":1}', '{"b":2}', '{"c":']),
    "truncated over many lines": ('{"Records":[\n{"a":1},\n{"c":', ['{"Records":[', '{"a":1}', '{"c":']),
    "truncated before the first element": ('{"Records":[', ['{"Records":[']),
    "broken before the list": ('{"v":,"Records":[{"a":1}]}', ['{"v":,"Records":[{"a":1}]}']),
}  # fmt: skip


@pytest.mark.parametrize("name", WRAPPED)
def test_records_under_a_path(name: str) -> None:
    content, expected = WRAPPED[name]
    assert texts(find(content, "Records")) == expected


def test_a_path_may_lead_through_objects_and_lines() -> None:
    line = '{"page": {"items": [{"a":1},{"b":2}]}}'
    assert texts(find(f"{line}\n\n{line}\nbroken", "page.items", file_format="json_lines")) == [
        *['{"a":1}', '{"b":2}'],
        "",
        *['{"a":1}', '{"b":2}'],
        "broken",
    ]


PAGE = '{"id":7,"items":[{"id":1, "events":[{"a":1}, {"a" : 2}]},{"id":2,"events":[{"a":3}]}]}'


def test_a_path_leads_through_lists_in_lists() -> None:
    assert texts(find(PAGE)) == ['{"a":1}', '{"a" : 2}', '{"a":3}']
    assert texts(find(f"{PAGE}\n{PAGE}", file_format="json_lines")) == ['{"a":1}', '{"a" : 2}', '{"a":3}'] * 2
    assert texts(find('{"items":[[{"events":[{"a":1}]}],[[{"events":[{"a":2}]}]]]}')) == ['{"a":1}', '{"a":2}']


def test_a_broken_element_costs_itself_only_in_a_list_in_a_list_too() -> None:
    content = PAGE.replace('{"a" : 2}', '{"a":}, "\\ud800"').replace('"id":2', '"id":oops')
    assert texts(find(content)) == ['{"a":1}', '{"a":}', '"\\ud800"', '{"id":oops,"events":[{"a":3}]}']


@pytest.mark.parametrize(
    "content",
    [
        *['{"id":1}', '{"items":[]}', '{"items":null}', '{"items":[{"id":1}]}', '{"items":[{"events":[]}]}'],
        *['{"items":[{"events":null},{}]}', '{"items":{"events":[ ]}}', "{}", ' {"items":[[]]} '],
    ],
)
@pytest.mark.parametrize("file_format", ["json_lines", "json_values"])
@pytest.mark.parametrize("looks_around", [False, True])
def test_a_value_without_records_is_one_ignored_record(content: str, file_format: Format, looks_around: bool) -> None:
    first, last = find(f"{content}\n{PAGE}", file_format=file_format, looks_around=looks_around)[:2]
    assert (first.number, (first.raw or b"").strip(), first.is_ignored) == (1, content.strip().encode(), True)
    assert (last.number, last.raw, last.is_ignored) == (2, b'{"a":1}', False)


def test_an_inner_object_without_records_loses_nothing() -> None:
    found = find('{"items":[{"id":1},{"id":2,"events":null},{"events":[{"a":1}]},{"events":[]}]}')
    assert found == [RawRecord(1, b'{"a":1}')]


@pytest.mark.parametrize(
    ("content", "raw"),
    [
        ('{"items":{"a":1}}', None),
        ('{"items":5}', '{"items":5}'),
        ('{"items":"text"}', '{"items":"text"}'),
        ('{"items":{"events":{}}}', '{"items":{"events":{}}}'),
        ('{"items":[{"id":1,"events":"x"},{"events":[{"a":1}]}]}', '{"id":1,"events":"x"}'),
    ],
)
def test_something_else_where_a_list_is_to_be_is_a_problem(content: str, raw: str | None) -> None:
    first, *others = find(content)
    if raw is None:
        assert first.is_ignored  # an object on the way, without the name that follows
        return
    assert (first.raw, first.problem, first.is_ignored) == (raw.encode(), NO_LIST, False)
    assert [other.raw for other in others] == ([b'{"a":1}'] if "[" in content else [])


def test_elements_that_are_no_objects_are_records() -> None:
    found = find('{"items":[5,null,"x",{"events":[1,null,[{}]]}]}')
    assert [(each.raw, each.problem) for each in found] == [
        (raw, None) for raw in (b"5", b"null", b'"x"', b"1", b"null", b"[{}]")
    ]


@pytest.mark.parametrize("content", ['{"id":NaN}', '{"id":"\xff"}', '{"id":1,}', '{"items":[],"id":NaN}', '{"items":['])
def test_what_is_no_json_is_never_ignored(content: str) -> None:
    (found,) = find(content.encode("latin-1"))
    assert (found.raw, found.is_ignored) == (content.encode("latin-1"), False)


def test_what_follows_a_list_in_a_broken_value_can_not_be_accepted() -> None:
    first, rest = find('{"Records":[{"a":1}] {"event_id":1}', "Records")
    assert (first.raw, first.problem) == (b'{"a":1}', None)
    assert (rest.raw, rest.problem) == (b'{"event_id":1}', ("malformed_json", "one JSON object"))


def test_what_follows_a_page_cut_off_in_its_list_is_a_record_or_can_not_be_told() -> None:
    content = '{"items":[\n{"a":},\n{"a":2}\n]}\n{"items":[{"a":3}]}\n{"next":1}'
    assert texts(find(content, "items")) == ['{"items":[', '{"a":}', '{"a":2}', "]}", '{"a":3}']
    assert find(content, "items")[-1].is_ignored
    third = find(content, "items", looks_around=True)[2]
    assert (third.raw, third.problem) == (b'{"a":2}', ("malformed_json", "one JSON object"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["items", "events", "x"]), inner),
    max_leaves=12,
)
events = st.lists(json_values, max_size=3)
items = st.lists(st.fixed_dictionaries({"x": json_values}, optional={"events": st.none() | events}), max_size=4)
pages = st.fixed_dictionaries({"x": json_values}, optional={"items": st.none() | items})


@settings(deadline=None)
@given(st.lists(pages, min_size=1, max_size=3), st.sampled_from([None, 2]), st.booleans())
def test_the_records_are_those_of_a_walk_through_the_decoded_pages(
    found_pages: list[Any], indent: int | None, looks_around: bool
) -> None:
    content = "\n".join(json.dumps(page, indent=indent) for page in found_pages)
    expected = []
    for page in found_pages:
        walked = [
            (event, (place, item_place), item, page)
            for item_place, item in enumerate(page.get("items") or [])
            for place, event in enumerate(item.get("events") or [])
        ]
        expected += walked or [(page, None, None, None)]
    found = find(content, looks_around=looks_around)
    assert [record.number for record in found] == list(range(1, len(expected) + 1))
    for record, (value, places, item, page) in zip(found, expected, strict=True):
        assert json.loads(record.raw or b"") == value
        assert record.is_ignored == (places is None)
        if looks_around and places is not None:
            outside = [{name: value for name, value in item.items() if name != "events"}]
            outside.append({name: value for name, value in page.items() if name != "items"})
            assert record.around == Around(tuple(outside), (*places, None))
        else:
            assert record.around is None


def test_what_is_around_a_record_is_decoded_once_and_opened() -> None:
    content = '{"meta":"{\\"x\\":1}","page":{"n":5,"items":[{"id":1,"events":[{},{}],"m":["{}","no"]}]}}'
    decode = {"meta": "json", "page.items.m": "json"}
    first, second = find(content, "page.items.events", decode, looks_around=True)
    assert first.around == Around(
        ({"id": 1, "m": [{}, "no"]}, {"n": 5}, {"meta": {"x": 1}, "page": {"n": 5}}), (0, 0, None, None)
    )
    assert second.around is not None
    assert second.around.places == (1, 0, None, None)
    assert all(one is other for one, other in zip(first.around.objects, second.around.objects, strict=True))


@pytest.mark.parametrize("broken", ['{"id":2,"events":[{"a":},{"a":4}]}', '{"id":oops}', '{"id":2'])
def test_where_the_objects_around_are_no_json_the_value_is_one_record(broken: str) -> None:
    content = PAGE.replace('{"id":2,"events":[{"a":3}]}', broken)
    (found,) = find(content, looks_around=True)
    assert found == RawRecord(1, content.encode())


def test_bytes_that_are_no_utf8_cost_the_object_that_they_stand_in() -> None:
    content = PAGE.encode().replace(b'"id":2', b'"id":"\xff"').replace(b'{"a" : 2}', b'"\xff"')
    found = find(content, looks_around=True)
    assert [record.raw for record in found] == [b'{"a":1}', b'"\xff"', b'{"id":"\xff","events":[{"a":3}]}']


def pack(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


def test_strings_on_the_way_are_opened() -> None:
    inner = '{"owner":"1", "logEvents":[{"id" : "a"}, {"id":"b"}]}'
    content = json.dumps({"awslogs": {"data": pack(inner)}})
    decode = {"awslogs.data": "base64+gzip+json"}
    assert texts(find(content, "awslogs.data.logEvents", decode)) == ['{"id" : "a"}', '{"id":"b"}']
    first, _ = find(content, "awslogs.data.logEvents", decode, looks_around=True)
    assert first.around is not None
    owner = {"owner": "1"}
    assert first.around.objects == (owner, {"data": owner}, {"awslogs": {"data": owner}})


def test_strings_in_lists_on_the_way_and_at_its_end_are_opened() -> None:
    content = json.dumps(
        {"items": ['{"events": [{"a":1}]}', {"events": '\ufeff[{"a":2}]\n'}, {"events": ['{"a" :3}', "x"]}]}
    )
    found = find(content, decode={"items": "json", "items.events": "json"})
    assert texts(found) == ['{"a":1}', '{"a":2}', '{"a" :3}', '"x"']


@pytest.mark.parametrize("string", ["no json", "", "{", pack("x"), "===", "\x00"])
def test_a_string_that_can_not_be_opened_stays_one(string: str) -> None:
    content = json.dumps({"items": string})
    for steps in ("json", "base64+json", "base64+gzip+json", "gzip+json"):
        (found,) = find(content, "items", {"items": steps})
        assert (found.raw, found.problem) == (content.encode(), ("bad_value", "a list at items"))


def test_what_unpacks_to_more_than_16_mib_stays_a_string() -> None:
    decode = {("a",): ("base64", "gzip", "json"), ("b",): ("json",)}
    small, bomb = pack(json.dumps("x" * (MAX_UNPACKED_BYTES - 2))), pack(json.dumps("x" * MAX_UNPACKED_BYTES))
    assert open_strings({"a": bomb}, decode) == {"a": bomb}
    assert len(open_strings({"a": small}, decode)["a"]) == MAX_UNPACKED_BYTES - 2
    # Of one record no more is unpacked in all.
    assert sorted(map(len, open_strings({"a": [small, small]}, decode)["a"])) == [len(small), MAX_UNPACKED_BYTES - 2]


def test_the_strings_of_a_record_are_opened_by_their_place_in_it() -> None:
    paths = {("Records", "body"): ("json",), ("Records",): ("json",), ("meta",): ("json",)}
    source = Source("any", record_path=("Records",), decode=paths)
    assert record_decode(source) == {("body",): ("json",)}
    assert record_decode(Source("any", decode=paths)) == paths


def test_a_string_within_an_opened_one_is_opened() -> None:
    decode = {("log", "data", "x"): ("json",), ("log",): ("json",), ("list", "x"): ("base64", "json")}
    record = {
        "log": json.dumps({"data": [json.dumps({"a": 1}), {"x": "[1]"}]}) + "\n",
        "list": [[{"x": ["e30", "!"]}], 5, {"y": 1}],
    }
    assert open_strings(record, decode) == {
        "log": {"data": ['{"a": 1}', {"x": [1]}]},
        "list": [[{"x": [{}, "!"]}], 5, {"y": 1}],
    }


def test_lists_in_each_other_without_end_are_no_records() -> None:
    deep = '{"items":' + "[" * 900 + '{"events":[1]}' + "]" * 900 + "}"
    (found,) = find(deep)
    assert (found.raw or b"").startswith(b"[[[[")
    started = time.process_time()
    find('{"items":' + "[" * 1_000_000)
    find(("[" * 500 + "]" * 500 + "\n") * 200, file_format="json_lines")
    assert time.process_time() - started < 20


@pytest.mark.parametrize("looks_around", [False, True])
@pytest.mark.parametrize("event", ['{"a":1}', '{"a":}'])
def test_the_time_for_a_page_grows_with_its_items(event: str, looks_around: bool) -> None:
    seconds = []
    for count in (10_000, 40_000):
        page = '{"items":[' + ",".join([f'{{"id":1,"events":[{event}]}}'] * count) + '],"x":1}'
        started = time.process_time()
        assert len(find(page, looks_around=looks_around)) in (count, 1)
        find(page + "}", looks_around=looks_around, file_format="json_lines")
        seconds.append(time.process_time() - started)
    assert seconds[1] < 8 * seconds[0]
