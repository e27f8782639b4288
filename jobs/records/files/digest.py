"""A digest of the beginning of a file, which tells whether the file has only grown. Tasks compute it in parts."""

from hashlib import sha256
from typing import BinaryIO

# Parts of a file begin at multiples of so many bytes.
BLOCK_BYTES = 64 * 1024

_MODULUS = 2**128
_CHUNK_BYTES = 1024**2


class ContentDigest:
    """The sum of the hashes of all blocks of 64 KiB, each hashed with its number.

    Because it is a sum, the digests of the parts of a file add up to the digest of the file, in any order.
    """

    def __init__(self, position: int = 0) -> None:
        """`position` is the place of the first byte in the file, a multiple of `BLOCK_BYTES`."""
        self._number, self._filled = divmod(position, BLOCK_BYTES)
        self._block = sha256(b"%d:" % self._number)
        self._sum = 0

    def update(self, data: bytes) -> None:
        """Adds the next bytes."""
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
        """The digest, as 32 hex digits."""
        rest = _as_number(self._block.digest()) if self._filled else 0
        return f"{(self._sum + rest) % _MODULUS:032x}"


def add_digests(first: str, second: str) -> str:
    """Returns the digest of two parts of a file together.

    >>> add_digests("0" * 31 + "1", "0" * 31 + "f")
    '00000000000000000000000000000010'
    """
    return f"{(int(first, 16) + int(second, 16)) % _MODULUS:032x}"


def digest_beginnings(stream: BinaryIO, lengths: list[int]) -> list[str | None]:
    """Returns, for each length, the digest of that many first bytes; None where the stream is shorter.

    The lengths are in ascending order, so that the stream is read once.
    """
    digest, position, found = ContentDigest(), 0, []
    for length in lengths:
        while position < length and (chunk := stream.read(min(_CHUNK_BYTES, length - position))):
            digest.update(chunk)
            position += len(chunk)
        found.append(digest.value if position == length else None)
    return found


class HashedStream:
    """A stream that adds its bytes between `start` and `end` to a digest while they are read."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        self._stream, self._end = stream, end
        self._position, self._hashed = 0, start
        self._digest = ContentDigest(start)

    def read(self, size: int) -> bytes:
        """Returns the next bytes; none at the end of the stream."""
        data = self._stream.read(size)
        # The first bytes are read twice where the reader looked for a byte order mark. They are hashed once.
        fresh = data[max(0, self._hashed - self._position) : max(0, self._end - self._position)]
        self._position += len(data)
        self._digest.update(fresh)
        self._hashed += len(fresh)
        return data

    def seek(self, position: int) -> int:
        """Moves to `start`, or to a place that has been read."""
        self._position = self._stream.seek(position)
        return self._position

    def finish(self) -> str | None:
        """Reads the rest and returns the digest; None where the stream ends before `end`."""
        while self._hashed < self._end and self.read(_CHUNK_BYTES):
            pass
        return self._digest.value if self._hashed == self._end else None


def _as_number(digest: bytes) -> int:
    return int.from_bytes(digest[:16], "big")
