"""Splitting of whole files into records: nothing is lost, and a broken record spoils only itself."""

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.records.files import json_values
from jobs.records.files.content import Content
from jobs.records.files.formats import Format
from jobs.records.files.lines import KEPT_BYTES, MAX_RECORD_BYTES
from jobs.records.files.raw_record import RawRecord
from jobs.records.files.split_records import split_records
from tests.records.growth import assert_linear


def scan(content: bytes, file_format: Format) -> Iterator[RawRecord]:
    return split_records(Content(BytesIO(content)), file_format)


def texts(content: str | bytes, file_format: Format = "json_values") -> list[str]:
    raw = content if isinstance(content, bytes) else content.encode()
    return [(text or b"").decode(errors="replace") for _, text, *_ in scan(raw, file_format)]


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
    "a printed value broken before its own objects": (
        '{\n "a": oops,\n "b": [\n  {"x":1},\n  {"y":2}\n ]\n}\n{\n "c":3\n}',
        ['{\n "a": oops,\n "b": [\n  {"x":1},\n  {"y":2}\n ]\n}', '{\n "c":3\n}'],
    ),
    "a printed value broken behind its own objects": (
        '{\n "b": [\n  {"x":1}\n ],\n "a": oops\n}\n{"c":3}',
        ['{\n "b": [\n  {"x":1}\n ],\n "a": oops\n}', '{"c":3}'],
    ),
    "a printed value without an end": (
        '{\n "a": [\n  {"x":1},\n{\n "c":3\n}',
        ['{\n "a": [\n  {"x":1},', '{\n "c":3\n}'],
    ),
    "an indented element without an end": (
        '[\n  {\n    "a": {\n  },\n  {\n    "b": 2\n  }\n]',
        ['{\n    "a": {\n  },', '{\n    "b": 2\n  }'],
    ),
    "a bracket too many": ('[{"a":1}},\n {"b":2}]', ['{"a":1}', "},", '{"b":2}']),
    "a line of junk between indented objects": (' {"a":1}\njunk\n {"b":2}', ['{"a":1}', "junk", '{"b":2}']),
    "too deep for the parser": (f'[{DEEP},{{"b":2}}]', [DEEP, '{"b":2}']),
    "lines of plain text": ('20-3 F {"a":1}\n1 2 3\n"x", 5\n{"a":1}', ['20-3 F {"a":1}', "1 2 3", '"x", 5', '{"a":1}']),
    "plain text behind a value": ('{"a":1} and more {}\n{"b":2}', ['{"a":1}', "and more {}", '{"b":2}']),
    "lines that begin as a list": ("[2024-03-04 09:00] hello, 5\n", ["2024-03-04 09:00", "hello, 5"]),
    "marks": ('\ufeff{"a":1}\ufeff\n\x1e{"b":\n2}\x1e{"c":3}\n', ['{"a":1}', '{"b":\n2}', '{"c":3}']),
    "marks in an array": ('[\ufeff{"a":1},\x1e{"b":2}\ufeff]', ['{"a":1}', '{"b":2}']),
    "a mark before the line that begins again": ('\x1e{"a":\n\x1e{"b":2}', ['{"a":', '{"b":2}']),
    "values with CRs between them": ('{"a":1}\r{"b":2}\r', ['{"a":1}', '{"b":2}']),
    "literal line feeds": ('{"a":1}\\n{"b":2}\\n', ['{"a":1}', '\\n{"b":2}\\n']),
    "a number of many digits": ("[" + "9" * 5000 + ', {"b":2}]', ["9" * 5000, '{"b":2}']),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values_are_split(name: str) -> None:
    content, expected = VALUES[name]
    assert texts(content) == expected


@pytest.mark.parametrize("name", VALUES)
def test_the_values_do_not_depend_on_the_size_of_the_chunks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content, expected = VALUES[name]
    monkeypatch.setattr(json_values, "_LEAST_CHARACTERS", 1)
    for size in (1, 2, 3, 7, 64):
        pieces = (content[start : start + size] for start in range(0, len(content), size))
        assert [value.text for value in json_values.Splitter(pieces).split()] == expected


@settings(deadline=None)
@given(st.text('{}[]",:\\\n 1.e-truab\ufeff\x1e', max_size=60), st.integers(1, 9))
def test_any_text_is_split_the_same_way_in_chunks_of_any_size(content: str, size: int) -> None:
    at_once = list(json_values.Splitter(iter([content])).split())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "_LEAST_CHARACTERS", 1)
        pieces = (content[start : start + size] for start in range(0, len(content), size))
        assert list(json_values.Splitter(pieces).split()) == at_once


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5))), st.floats(0, 1))
def test_a_truncated_array_gives_every_whole_element(elements: list[object], share: float) -> None:
    texts_of_all = [json.dumps(element) for element in elements]
    content = "[" + ", ".join(texts_of_all) + "]"
    cut = content[: int(share * len(content))]
    whole = sum(1 for count in range(len(elements)) if len("[" + ", ".join(texts_of_all[: count + 1])) <= len(cut))
    assert texts(cut)[:whole] == texts_of_all[:whole]
    assert len(texts(cut)) <= whole + 1


def test_memory_depends_on_the_size_of_the_record_and_not_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "array.json.gz"
    path.write_bytes(gzip.compress(b"[" + b",\n".join([b'{"a": "' + b"x" * 1000 + b'"}'] * 20_000) + b"]"))
    tracemalloc.start()
    count = sum(1 for _ in split_records(Content(path.open("rb")), "json_values"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 8_000_000  # of 20 MB


@pytest.mark.parametrize("element", ["junk", '{"a":}'])
def test_broken_values_on_one_line_take_linear_time(element: str) -> None:
    def read(count: int) -> None:
        assert len(texts("[" + ",".join([element] * count) + "]")) == count

    assert_linear(read, few=3_000)


def test_a_record_too_long_for_spark_keeps_its_head_and_reports_length_and_hash() -> None:
    record = b'{"a":"' + b"x" * MAX_RECORD_BYTES + b'"}'
    contents: dict[Format, bytes] = {"json_lines": record + b"\n{}\n", "json_values": b"[" + record + b",{}]"}
    for file_format, content in contents.items():
        (_, head, error, *_), last = scan(content, file_format)
        assert head == record[:KEPT_BYTES]
        assert (
            error == f"a record of {len(record)} bytes, more than 16 MiB; its SHA-256 is {sha256(record).hexdigest()}"
        )
        assert last == RawRecord(2, b"{}")


def test_records_are_numbered_from_one() -> None:
    assert [number for number, *_ in scan(b"[1,2,3]", "json_values")] == [1, 2, 3]


def test_invalid_utf8_spoils_only_its_own_record() -> None:
    found = [text for _, text, *_ in scan(b'[{"a":"\xff"},{"b":"\xc3\xa9"}]', "json_values")]
    assert found == [b'{"a":"\xff"}', b'{"b":"\xc3\xa9"}']


def test_lines_end_at_line_feeds_and_blank_ones_are_records() -> None:
    assert texts('{"a":1}\r\n\n{"b":\r2}\n', "json_lines") == ['{"a":1}', "", '{"b":\r2}']


@pytest.mark.parametrize("file_format", ["json_lines", "json_values"])
def test_gzip_inside_gzip_is_reported(file_format: Format) -> None:
    packed = gzip.compress(gzip.compress(b'{"a":1}\n'))
    assert list(scan(packed, file_format)) == [RawRecord(1, None, "gzip inside gzip: unpack it once")]


def test_gzip_is_unpacked_member_by_member() -> None:
    packed = gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"b":2}\n')
    assert texts(packed, "json_lines") == ['{"a":1}', '{"b":2}']


def test_bytes_after_a_gzip_are_one_record_with_an_error_unless_they_are_padding() -> None:
    packed = gzip.compress(b'{"a":1}\n')
    assert [record[2] for record in scan(packed + b"junk", "json_lines")] == [
        None,
        "bytes after the end of the gzip",
    ]
    assert [record[2] for record in scan(packed + bytes(512), "json_lines")] == [None]


def test_a_truncated_gzip_gives_its_whole_lines_and_one_record_with_an_error() -> None:
    content = "".join(f'{{"number": {number}}}\n' for number in range(50_000)).encode()
    records = list(scan(gzip.compress(content)[:-2000], "json_lines"))
    *whole, (_, _, error, *_) = records
    assert error == "truncated gzip"
    assert len(whole) > 1000
    assert all(json.loads(text or b"")["number"] == number - 1 for number, text, *_ in whole)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists), max_size=8))
def test_elements_of_an_array_come_back_one_by_one(values: list[object]) -> None:
    for indent in (None, 2):
        content = json.dumps(values, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
        found = [(text or b"").decode("utf-8", "surrogatepass") for _, text, *_ in scan(content, "json_values")]
        assert [json.loads(text) for text in found] == values


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_byte_but_separators_is_lost(content: bytes) -> None:
    found = b"".join(text or b"" for _, text, *_ in scan(b"x" + content, "json_values"))
    kept = [byte for byte in b"x" + content if byte not in b" \t\r\n,[]\x0b\x0c\x1c\x1d\x1e\x1f\x85"]
    remaining = iter(found)
    assert all(byte in remaining for byte in kept if byte < 0x80)


def test_a_damaged_gzip_gives_every_line_before_the_damage() -> None:
    content = "".join(f'{{"number": {number * 7919 % 100_003}}}\n' for number in range(50_000)).encode()
    packed = bytearray(gzip.compress(content))
    packed[len(packed) // 2] ^= 0xFF
    *whole, (_, _, error, *_) = scan(bytes(packed), "json_lines")
    assert (error or "").startswith("damaged gzip")
    assert len(whole) > 20_000
    found = b"\n".join(text or b"" for _, text, *_ in whole)
    # A flipped bit may look like other text until the stream breaks off. The lines before it must be unchanged.
    assert content.startswith(found[: len(content) // 3])


def test_a_line_of_many_chunks_is_joined_once() -> None:
    line = b'{"a":"' + b"x" * 15_000_000 + b'"}'
    assert [text for _, text, *_ in scan(line + b"\n1\n", "json_lines")] == [line, b"1"]


def test_an_endless_value_is_given_up_and_its_head_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "MAX_VALUE_CHARACTERS", 200_000)
    endless = b'{"b":"' + b"x" * 500_000
    first, last = scan(b'[{"a":1},' + endless + b'\n{"c":3}', "json_values")
    assert first == RawRecord(1, b'{"a":1}')
    assert last == RawRecord(
        2, endless[:KEPT_BYTES], "a value without an end in 1 GiB; split the file, or write JSON Lines"
    )
    # The limit does not apply to a value that ends, however long it is.
    assert len(texts("[" + ",".join(['{"a":"' + "x" * 1000 + '"}'] * 1000) + "]")) == 1000
