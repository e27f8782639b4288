"""The digest of the beginning of a file: digests of parts add up, and every changed byte changes it."""

import random
from io import BytesIO

import pytest

from jobs.records.files.digest import BLOCK_BYTES, ContentDigest, HashedStream, add_digests, digest_beginnings

CONTENT = random.Random(7).randbytes(3 * BLOCK_BYTES + 1234)


def digest(content: bytes) -> str | None:
    (found,) = digest_beginnings(BytesIO(content), [len(content)])
    return found


@pytest.mark.parametrize("sizes", [[1], [7, BLOCK_BYTES], [BLOCK_BYTES], [10**9]])
def test_the_digest_does_not_depend_on_the_size_of_the_chunks(sizes: list[int]) -> None:
    made, position, turn = ContentDigest(), 0, 0
    content = CONTENT[: 2 * BLOCK_BYTES + 5]
    while position < len(content):
        size = max(sizes[turn % len(sizes)], 1000)
        made.update(content[position : position + size])
        position, turn = position + size, turn + 1
    assert made.value == digest(content)


def test_digests_of_parts_add_up_to_that_of_the_file() -> None:
    parts = []
    for start in (BLOCK_BYTES, 0, 2 * BLOCK_BYTES):
        part = ContentDigest(start)
        part.update(CONTENT[start : start + BLOCK_BYTES] if start < 2 * BLOCK_BYTES else CONTENT[start:])
        parts.append(part.value)
    assert add_digests(add_digests(parts[0], parts[1]), parts[2]) == digest(CONTENT)


def test_every_beginning_has_a_digest_of_its_own() -> None:
    lengths = [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, len(CONTENT)]
    found = digest_beginnings(BytesIO(CONTENT), lengths)
    assert len(set(found)) == len(lengths)
    assert found == [digest(CONTENT[:length]) for length in lengths]
    assert digest_beginnings(BytesIO(CONTENT), [len(CONTENT) + 1]) == [None]


@pytest.mark.parametrize("place", [0, BLOCK_BYTES - 1, BLOCK_BYTES, len(CONTENT) - 1])
def test_another_byte_gives_another_digest(place: int) -> None:
    changed = bytearray(CONTENT)
    changed[place] ^= 1
    assert digest(bytes(changed)) != digest(CONTENT)


def test_swapped_blocks_give_another_digest() -> None:
    swapped = CONTENT[BLOCK_BYTES : 2 * BLOCK_BYTES] + CONTENT[:BLOCK_BYTES] + CONTENT[2 * BLOCK_BYTES :]
    assert digest(swapped) != digest(CONTENT)


def test_bytes_that_are_read_twice_count_once() -> None:
    stream = HashedStream(BytesIO(CONTENT), 0, 2 * BLOCK_BYTES)
    stream.read(3)
    stream.seek(0)
    while stream.read(1000):
        pass
    assert stream.finish() == digest(CONTENT[: 2 * BLOCK_BYTES])


def test_a_stream_shorter_than_expected_has_no_digest() -> None:
    assert HashedStream(BytesIO(CONTENT), 0, len(CONTENT) + 1).finish() is None
    assert HashedStream(BytesIO(CONTENT), 0, len(CONTENT)).finish() == digest(CONTENT)
