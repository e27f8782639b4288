"""The objects around a record, and its place in their lists, if the mapping reads them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.records import Quarantined, RecordReader
from jobs.records.files.raw_record import Around, RawRecord, write_around
from schemas.paths import parse_path
from tests.builders import LIMITS
from tests.records.helpers import WITHOUT_IDS, find_nested

PAGE = '{"id":7,"items":[{"id":1, "events":[{"a":1}, {"a" : 2}]},{"id":2,"events":[{"a":3}]}]}'

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
def test_records_are_the_same_as_in_the_decoded_pages(
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
    found = find_nested(content, looks_around=looks_around)
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


def test_surrounding_objects_are_decoded_once_and_unpacked() -> None:
    content = '{"meta":"{\\"x\\":1}","page":{"n":5,"items":[{"id":1,"events":[{},{}],"m":["{}","no"]}]}}'
    decode = {"meta": "json", "page.items.m": "json"}
    first, second = find_nested(content, "page.items.events", decode, looks_around=True)
    assert first.around == Around(
        ({"id": 1, "m": [{}, "no"]}, {"n": 5}, {"meta": {"x": 1}, "page": {"n": 5}}), (0, 0, None, None)
    )
    assert second.around is not None
    assert second.around.places == (1, 0, None, None)
    assert all(one is other for one, other in zip(first.around.objects, second.around.objects, strict=True))


@pytest.mark.parametrize("broken", ['{"id":2,"events":[{"a":},{"a":4}]}', '{"id":oops}', '{"id":2'])
def test_a_page_with_broken_surrounding_objects_is_one_record(broken: str) -> None:
    content = PAGE.replace('{"id":2,"events":[{"a":3}]}', broken)
    (found,) = find_nested(content, looks_around=True)
    assert found == RawRecord(1, content.encode())


def test_invalid_utf8_spoils_only_the_object_that_contains_it() -> None:
    content = PAGE.encode().replace(b'"id":2', b'"id":"\xff"').replace(b'{"a" : 2}', b'"\xff"')
    found = find_nested(content, looks_around=True)
    assert [record.raw for record in found] == [b'{"a":1}', b'"\xff"', b'{"id":"\xff","events":[{"a":3}]}']


@pytest.mark.parametrize("element", ["[]", "7", '"x"', "null", '{"t": "\\ud800"}', "{}"])
def test_a_quarantined_record_keeps_its_surrounding_objects(element: str) -> None:
    content = PAGE.replace('{"a":3}', element)
    source = replace(WITHOUT_IDS, fields={**WITHOUT_IDS.fields, "device": (parse_path("^id"),)})
    record = find_nested(content, looks_around=True)[2]
    found = RecordReader(source, LIMITS).read(record.raw, record.error, record.around, record.problem)
    assert isinstance(found, Quarantined)
    assert record.around is not None
    assert found.around == write_around(record.around)
