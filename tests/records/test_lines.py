"""Ranges of a file give each line once, and a line that is too long takes little memory."""

import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.records.files import lines
from jobs.records.files.content import Content
from jobs.records.files.lines import KEPT_BYTES, MAX_RECORD_BYTES, TOO_LONG, Line, LineRange, split_lines
from jobs.records.files.split_records import split_records


def read_range(content: bytes, start: int, end: int) -> list[Line]:
    found = split_lines(LineRange(BytesIO(content), start, end, len(content)).chunks())
    return [(text, lines.error) for lines in found for text in lines.texts]


@settings(deadline=None)
@given(st.text("a\r\n\ufeff", max_size=40), st.lists(st.integers(0, 60), max_size=4), st.integers(1, 7))
@example("a\na\n", [2], 1)  # a border right after a line feed
@example("a\na\n", [1], 1)  # a border right before a line feed
@example("aaaa\naaaa", [1, 2, 3], 1)  # ranges within one line
def test_ranges_give_the_lines_of_the_whole_file(text: str, cuts: list[int], chunk_bytes: int) -> None:
    content = text.encode()
    borders = sorted({0, len(content), *[cut for cut in cuts if cut < len(content)]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK_BYTES", chunk_bytes)
        found = [line for part in pairwise(borders) for line in read_range(content, *part)]
    assert found == [(record, error) for _, record, error, *_ in split_records(Content(BytesIO(content)), "json_lines")]


def test_bytes_appended_after_the_listing_are_not_read() -> None:
    content = b'{"a":1}\n{"b":'
    grown = BytesIO(content + b"2}\n")
    assert list(LineRange(grown, 0, len(content), len(content)).chunks()) == [content]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("excess", [0, 1, 2, 5_000_000])
def test_the_line_ending_does_not_count_for_the_length_limit(ending: bytes, excess: int) -> None:
    line = b"x" * (MAX_RECORD_BYTES + excess)
    error = TOO_LONG % (len(line), sha256(line).hexdigest())
    expected = (line[:KEPT_BYTES], error) if excess else (line, None)
    assert read_range(line + ending, 0, len(line + ending))[0] == expected


def test_an_endless_line_takes_bounded_memory() -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000_000

    tracemalloc.start()
    ((texts, error, is_open),) = split_lines(chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (texts, is_open) == ([b"x" * KEPT_BYTES], True)
    assert (error or "").startswith("a record of 100000000 bytes")
    assert peak < 3 * MAX_RECORD_BYTES
