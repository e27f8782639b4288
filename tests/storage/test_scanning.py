"""The records of files that are framed as a whole: nothing lost, a broken record costs itself only."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.storage.files import Format
from jobs.storage.scanning import scan_records


def texts(content: str | bytes, file_format: Format = "json_values") -> list[str]:
    raw = content if isinstance(content, bytes) else content.encode()
    return [(text or b"").decode(errors="replace") for _, text, _ in scan_records(raw, file_format)]


DEEP = '{"a":' * 5000 + "1" + "}" * 5000

VALUES = {
    "array": ('[{"a":1}, {"b":2}]', ['{"a":1}', '{"b":2}']),
    "array of anything": ('[1, "x", null, [2], {"a":[3]}]', ["1", '"x"', "null", "[2]", '{"a":[3]}']),
    "empty array": (" [ ] ", []),
    "printed array": ('[\n  {\n   "a": 1\n  },\n  {\n   "b": 2\n  }\n]\n', ['{\n   "a": 1\n  }', '{\n   "b": 2\n  }']),
    "one printed value": ('{\n "a": {\n  "b": 1\n }\n}', ['{\n "a": {\n  "b": 1\n }\n}']),
    "values one after the other": ('{"a":1} {"b":2}\n{"c":3}', ['{"a":1}', '{"b":2}', '{"c":3}']),
    "two arrays": ('[{"a":1}]\n[{"b":2}]', ['{"a":1}', '{"b":2}']),
    "broken element on one line": ('[{"a":1},{"b":},{"c":3}]', ['{"a":1}', '{"b":}', '{"c":3}']),
    "broken word in an array": ('[{"a":1},junk,{"c":3}]', ['{"a":1}', "junk", '{"c":3}']),
    "brackets in text": ('[{"a":"]}"},{"b":},{"c":"[{"}]', ['{"a":"]}"}', '{"b":}', '{"c":"[{"}']),
    "unclosed element before a line with an object": ('[{"a":1},\n{"b":"\n{"c":3}]', ['{"a":1}', '{"b":"', '{"c":3}']),
    "truncated element": ('[{"a":1},{"b":', ['{"a":1}', '{"b":']),
    "truncated after an element": ('[{"a":1},{"b":2}', ['{"a":1}', '{"b":2}']),
    "garbage alone": ("this is no JSON", ["this is no JSON"]),
    "garbage before a line with an object": ('garbage\n{"a":1}', ["garbage", '{"a":1}']),
    "too deep for the parser": (f'[{DEEP},{{"b":2}}]', [DEEP, '{"b":2}']),
    "a number of many digits": ("[" + "9" * 5000 + ', {"b":2}]', ["9" * 5000, '{"b":2}']),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values_of(name: str) -> None:
    content, expected = VALUES[name]
    assert texts(content) == expected


def test_records_are_numbered_from_one() -> None:
    assert [number for number, *_ in scan_records(b"[1,2,3]", "json_values")] == [1, 2, 3]


def test_bytes_that_are_no_utf8_cost_their_own_record() -> None:
    found = [text for _, text, _ in scan_records(b'[{"a":"\xff"},{"b":"\xc3\xa9"}]', "json_values")]
    assert found == [b'{"a":"\xff"}', b'{"b":"\xc3\xa9"}']


def test_lines_end_at_line_feeds_and_blank_ones_are_records() -> None:
    assert texts('{"a":1}\r\n\n{"b":\r2}\n', "json_lines") == ['{"a":1}', "", '{"b":\r2}']


def test_gzip_is_unpacked_member_by_member() -> None:
    packed = gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"b":2}\n')
    assert texts(packed, "json_lines") == ['{"a":1}', '{"b":2}']


def test_what_follows_a_gzip_is_one_record_that_says_so_unless_it_is_padding() -> None:
    packed = gzip.compress(b'{"a":1}\n')
    assert [frame[2] for frame in scan_records(packed + b"junk", "json_lines")] == [
        None,
        "bytes after the end of the gzip",
    ]
    assert [frame[2] for frame in scan_records(packed + bytes(512), "json_lines")] == [None]


def test_a_truncated_gzip_gives_its_whole_lines_and_one_record_that_says_so() -> None:
    content = "".join(f'{{"number": {number}}}\n' for number in range(50_000)).encode()
    frames = list(scan_records(gzip.compress(content)[:-2000], "json_lines"))
    *whole, (_, _, error) = frames
    assert error == "truncated gzip"
    assert len(whole) > 1000
    assert all(json.loads(text or b"")["number"] == number - 1 for number, text, _ in whole)


@given(st.lists(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists), max_size=8))
def test_elements_of_an_array_come_back_one_by_one(values: list[object]) -> None:
    for indent in (None, 2):
        content = json.dumps(values, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
        found = [(text or b"").decode("utf-8", "surrogatepass") for _, text, _ in scan_records(content, "json_values")]
        assert [json.loads(text) for text in found] == values


@given(st.binary(max_size=300))
def test_no_byte_but_separators_is_lost(content: bytes) -> None:
    found = b"".join(text or b"" for _, text, _ in scan_records(b"x" + content, "json_values"))
    kept = [byte for byte in b"x" + content if byte not in b" \t\r\n,[]\x0b\x0c\x1c\x1d\x1e\x1f\x85"]
    remaining = iter(found)
    assert all(byte in remaining for byte in kept if byte < 0x80)
