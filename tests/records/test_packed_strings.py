"""Strings that hold JSON are unpacked where the mapping says so, up to a limit."""

import base64
import gzip
import json

import pytest

from jobs.records.files.nested_records import record_decode
from jobs.records.files.packed_strings import MAX_UNPACKED_BYTES, open_string, open_strings
from schemas.fields import Source


def pack(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


@pytest.mark.parametrize(
    ("string", "steps"),
    [
        ('{"a":1}', "json"),
        ('\ufeff {"a":1}\r\n', "json"),
        ("eyJhIjoxfQ==", "base64+json"),
        ("eyJh\nIjoxfQ", "base64+json"),
        (pack('{"a":1}'), "base64+gzip+json"),
        (base64.urlsafe_b64encode(gzip.compress(b'{"a":1}', mtime=0)).decode(), "base64+gzip+json"),
    ],
)
def test_a_packed_string_is_unpacked(string: str, steps: str) -> None:
    opened = open_string(string, tuple(steps.split("+")))
    assert opened is not None
    assert (opened.text, opened.value) == (b'{"a":1}', {"a": 1})


def test_a_string_that_unpacks_to_more_than_16_mib_stays_packed() -> None:
    decode = {("a",): ("base64", "gzip", "json"), ("b",): ("json",)}
    small, bomb = pack(json.dumps("x" * (MAX_UNPACKED_BYTES - 2))), pack(json.dumps("x" * MAX_UNPACKED_BYTES))
    assert open_strings({"a": bomb}, decode) == {"a": bomb}
    assert len(open_strings({"a": small}, decode)["a"]) == MAX_UNPACKED_BYTES - 2
    # The limit applies to all strings of a record together.
    assert sorted(map(len, open_strings({"a": [small, small]}, decode)["a"])) == [len(small), MAX_UNPACKED_BYTES - 2]


def test_decode_paths_of_a_record_are_relative_to_the_record_path() -> None:
    paths = {("Records", "body"): ("json",), ("Records",): ("json",), ("meta",): ("json",)}
    source = Source("any", record_path=("Records",), decode=paths)
    assert record_decode(source) == {("body",): ("json",)}
    assert record_decode(Source("any", decode=paths)) == paths


def test_a_packed_string_within_an_unpacked_one_is_unpacked() -> None:
    decode = {("log", "data", "x"): ("json",), ("log",): ("json",), ("list", "x"): ("base64", "json")}
    record = {
        "log": json.dumps({"data": [json.dumps({"a": 1}), {"x": "[1]"}]}) + "\n",
        "list": [[{"x": ["e30", "!"]}], 5, {"y": 1}],
    }
    assert open_strings(record, decode) == {
        "log": {"data": ['{"a": 1}', {"x": [1]}]},
        "list": [[{"x": [{}, "!"]}], 5, {"y": 1}],
    }
