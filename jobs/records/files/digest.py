"""A digest of the beginning of a file: tasks make it in parts, and it tells whether a file has only grown."""

from hashlib import sha256
from typing import BinaryIO

# Parts of a file begin at multiples of so many bytes.
BLOCK_BYTES = 64 * 1024

_MODULUS = 2**128
_CHUNK_BYTES = 1024**2


class ContentDigest:
    """The sum, over blocks of 64 KiB, of a hash of each block and its number.

    Since it is a sum, the digest of a whole is that of its parts added up, in any order.
    """

    def __init__(self, position: int = 0) -> None:
        """`position` is where the first byte stands in the file, a multiple of `BLOCK_BYTES`."""
        self._number, self._filled = divmod(position, BLOCK_BYTES)
        self._block = sha256(b"%d:" % self._number)
        self._sum = 0

    def update(self, data: bytes) -> None:
        """Add the bytes that follow."""
        view = memoryview(data)
        while view:
            taken = view[: BLOCK_BYTES - self._filled]
            self._block.update(taken)
            self._filled += len(taken)
            view = view[len(taken) :]
            if self._filled == BLOCK_BYTES:
                self._sum += _as_number(self._block.digest())
                self._number += 1
                self._filled = 0
                self._block = sha256(b"%d:" % self._number)

    @property
    def value(self) -> str:
        """32 hex digits."""
        rest = _as_number(self._block.digest()) if self._filled else 0
        return f"{(self._sum + rest) % _MODULUS:032x}"


def add_digests(first: str, second: str) -> str:
    """The digest of two parts of a file together."""
    return f"{(int(first, 16) + int(second, 16)) % _MODULUS:032x}"


def digest_beginnings(stream: BinaryIO, lengths: list[int]) -> list[str | None]:
    """The digests of the first so many bytes, given in ascending order; None where there are not so many."""
    digest, position, found = ContentDigest(), 0, []
    for length in lengths:
        while position < length and (chunk := stream.read(min(_CHUNK_BYTES, length - position))):
            digest.update(chunk)
            position += len(chunk)
        found.append(digest.value if position == length else None)
    return found


class HashedStream:
    """A stream whose bytes between `start` and `end` go into a digest as they are read."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        self._stream, self._end = stream, end
        self._position, self._hashed = 0, start
        self._digest = ContentDigest(start)

    def read(self, size: int) -> bytes:
        """The next bytes; none at the end of the stream."""
        data = self._stream.read(size)
        # After a look for a byte order mark the same bytes are read once more.
        fresh = data[max(0, self._hashed - self._position) : max(0, self._end - self._position)]
        self._position += len(data)
        self._digest.update(fresh)
        self._hashed += len(fresh)
        return data

    def seek(self, position: int) -> int:
        """Go to a place that is at `start`, or has been read."""
        self._position = self._stream.seek(position)
        return self._position

    def finish(self) -> str | None:
        """The digest, once the rest has been read; None where the stream has ended before `end`."""
        while self._hashed < self._end and self.read(_CHUNK_BYTES):
            pass
        return self._digest.value if self._hashed == self._end else None


def _as_number(digest: bytes) -> int:
    return int.from_bytes(digest[:16], "big")
