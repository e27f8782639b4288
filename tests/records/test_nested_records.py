"""Records in records: each element of a list at the record path is one, with its text as in the file."""

import base64
import gzip
import json
import time

import pytest

from jobs.records.files.formats import Format
from jobs.records.files.raw_record import RawRecord
from tests.records.growth import assert_linear
from tests.records.helpers import find_nested

NO_LIST = ("bad_value", "a list at items.events")


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
    assert texts(find_nested(content, "Records")) == expected


def test_a_record_path_leads_through_objects_in_every_line() -> None:
    line = '{"page": {"items": [{"a":1},{"b":2}]}}'
    assert texts(find_nested(f"{line}\n\n{line}\nbroken", "page.items", file_format="json_lines")) == [
        *['{"a":1}', '{"b":2}'],
        "",
        *['{"a":1}', '{"b":2}'],
        "broken",
    ]


PAGE = '{"id":7,"items":[{"id":1, "events":[{"a":1}, {"a" : 2}]},{"id":2,"events":[{"a":3}]}]}'


def test_a_record_path_leads_through_nested_lists() -> None:
    assert texts(find_nested(PAGE)) == ['{"a":1}', '{"a" : 2}', '{"a":3}']
    assert texts(find_nested(f"{PAGE}\n{PAGE}", file_format="json_lines")) == ['{"a":1}', '{"a" : 2}', '{"a":3}'] * 2
    assert texts(find_nested('{"items":[[{"events":[{"a":1}]}],[[{"events":[{"a":2}]}]]]}')) == ['{"a":1}', '{"a":2}']


def test_a_broken_element_of_a_nested_list_spoils_only_itself() -> None:
    content = PAGE.replace('{"a" : 2}', '{"a":}, "\\ud800"').replace('"id":2', '"id":oops')
    assert texts(find_nested(content)) == ['{"a":1}', '{"a":}', '"\\ud800"', '{"id":oops,"events":[{"a":3}]}']


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
    first, last = find_nested(f"{content}\n{PAGE}", file_format=file_format, looks_around=looks_around)[:2]
    assert (first.number, (first.raw or b"").strip(), first.is_ignored) == (1, content.strip().encode(), True)
    assert (last.number, last.raw, last.is_ignored) == (2, b'{"a":1}', False)


def test_inner_objects_without_records_are_skipped() -> None:
    found = find_nested('{"items":[{"id":1},{"id":2,"events":null},{"events":[{"a":1}]},{"events":[]}]}')
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
def test_a_value_other_than_a_list_at_the_record_path_is_a_problem(content: str, raw: str | None) -> None:
    first, *others = find_nested(content)
    if raw is None:
        assert first.is_ignored  # an object on the record path, without the next name
        return
    assert (first.raw, first.problem, first.is_ignored) == (raw.encode(), NO_LIST, False)
    assert [other.raw for other in others] == ([b'{"a":1}'] if "[" in content else [])


def test_list_elements_of_any_type_are_records() -> None:
    found = find_nested('{"items":[5,null,"x",{"events":[1,null,[{}]]}]}')
    assert [(each.raw, each.problem) for each in found] == [
        (raw, None) for raw in (b"5", b"null", b'"x"', b"1", b"null", b"[{}]")
    ]


@pytest.mark.parametrize("content", ['{"id":NaN}', '{"id":"\xff"}', '{"id":1,}', '{"items":[],"id":NaN}', '{"items":['])
def test_invalid_json_is_never_ignored(content: str) -> None:
    (found,) = find_nested(content.encode("latin-1"))
    assert (found.raw, found.is_ignored) == (content.encode("latin-1"), False)


def test_text_after_a_list_in_a_broken_value_is_malformed() -> None:
    first, rest = find_nested('{"Records":[{"a":1}] {"event_id":1}', "Records")
    assert (first.raw, first.problem) == (b'{"a":1}', None)
    assert (rest.raw, rest.problem) == (b'{"event_id":1}', ("malformed_json", "one JSON object"))


def test_text_after_a_truncated_page_is_a_record_or_malformed() -> None:
    content = '{"items":[\n{"a":},\n{"a":2}\n]}\n{"items":[{"a":3}]}\n{"next":1}'
    assert texts(find_nested(content, "items")) == ['{"items":[', '{"a":}', '{"a":2}', "]}", '{"a":3}']
    assert find_nested(content, "items")[-1].is_ignored
    third = find_nested(content, "items", looks_around=True)[2]
    assert (third.raw, third.problem) == (b'{"a":2}', ("malformed_json", "one JSON object"))


def pack(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def test_packed_strings_along_the_record_path_are_unpacked() -> None:
    inner = '{"owner":"1", "logEvents":[{"id" : "a"}, {"id":"b"}]}'
    content = json.dumps({"awslogs": {"data": pack(inner)}})
    decode = {"awslogs.data": "base64+gzip+json"}
    assert texts(find_nested(content, "awslogs.data.logEvents", decode)) == ['{"id" : "a"}', '{"id":"b"}']
    first, _ = find_nested(content, "awslogs.data.logEvents", decode, looks_around=True)
    assert first.around is not None
    owner = {"owner": "1"}
    assert first.around.objects == (owner, {"data": owner}, {"awslogs": {"data": owner}})


def test_packed_strings_in_lists_along_the_record_path_are_unpacked() -> None:
    content = json.dumps(
        {"items": ['{"events": [{"a":1}]}', {"events": '\ufeff[{"a":2}]\n'}, {"events": ['{"a" :3}', "x"]}]}
    )
    found = find_nested(content, decode={"items": "json", "items.events": "json"})
    assert texts(found) == ['{"a":1}', '{"a":2}', '{"a" :3}', '"x"']


@pytest.mark.parametrize("string", ["no json", "", "{", pack("x"), "===", "\x00"])
def test_a_string_that_can_not_be_unpacked_stays_a_string(string: str) -> None:
    content = json.dumps({"items": string})
    for steps in ("json", "base64+json", "base64+gzip+json", "gzip+json"):
        (found,) = find_nested(content, "items", {"items": steps})
        assert (found.raw, found.problem) == (content.encode(), ("bad_value", "a list at items"))


def test_deeply_nested_lists_are_one_record_and_are_read_quickly() -> None:
    deep = '{"items":' + "[" * 900 + '{"events":[1]}' + "]" * 900 + "}"
    (found,) = find_nested(deep)
    assert (found.raw or b"").startswith(b"[[[[")
    started = time.process_time()
    find_nested('{"items":' + "[" * 200_000)
    find_nested(("[" * 500 + "]" * 500 + "\n") * 40, file_format="json_lines")
    assert time.process_time() - started < 5


@pytest.mark.parametrize("looks_around", [False, True])
@pytest.mark.parametrize("event", ['{"a":1}', '{"a":}'])
def test_reading_a_page_takes_time_linear_in_its_items(event: str, looks_around: bool) -> None:
    def read(count: int) -> None:
        page = '{"items":[' + ",".join([f'{{"id":1,"events":[{event}]}}'] * count) + '],"x":1}'
        assert len(find_nested(page, looks_around=looks_around)) in (count, 1)
        find_nested(page + "}", looks_around=looks_around, file_format="json_lines")

    assert_linear(read, few=500)
