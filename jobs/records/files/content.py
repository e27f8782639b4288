"""Turns the bytes of a file, which may be gzip or UTF-16, into UTF-8 text, one chunk at a time."""

import codecs
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Protocol

_CHUNK_BYTES = 64 * 1024
_MAX_PIECE_BYTES = 1024 * 1024
UTF8_MARK = codecs.BOM_UTF8
_GZIP_MAGIC = b"\x1f\x8b"
# UTF-32 comes first, because its little-endian mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    UTF8_MARK: "utf-8",
}


class Stream(Protocol):
    """An open file, as far as we use it."""

    def read(self, size: int, /) -> bytes:
        """Returns at most `size` bytes; none at the end."""

    def seek(self, position: int, /) -> int:
        """Moves to the byte at `position`."""


class Content:
    """The text of a stream, as UTF-8 without a byte order mark. Bytes that are not text pass through unchanged.

    Once all chunks are read, `error` says what stopped the reading before the end of the stream; None if nothing did.
    `is_plain` is known from the first chunk on. It says that the stream needs no unpacking and no decoding.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.error: str | None = None
        self.is_plain = True

    def chunks(self) -> Iterator[bytes]:
        """Yields the text in pieces, so that memory does not grow with the file."""
        packed = iter(lambda: self._stream.read(_CHUNK_BYTES), b"")
        first = next(packed, b"")
        packed = chain([first], packed)
        if first.startswith(_GZIP_MAGIC):
            self.is_plain = False
            packed = self._unpack(packed)
        head = b""
        for chunk in packed:
            head += chunk
            if len(head) >= max(map(len, _MARKS)):
                break
        if not self.is_plain and head.startswith(_GZIP_MAGIC):
            self.error = "gzip inside gzip: unpack it once"
            return
        mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
        rest = chain([head.removeprefix(mark)], packed)
        if mark in (b"", UTF8_MARK):
            yield from rest
        else:
            self.is_plain = False
            yield from self._encode(rest, _MARKS[mark])

    def _unpack(self, packed: Iterator[bytes]) -> Iterator[bytes]:
        """Yields what can be unpacked of the gzip, member by member."""
        member = zlib.decompressobj(wbits=31)
        for content in packed:
            while content:
                if member.eof:
                    content = content.lstrip(b"\x00")  # NULs may pad a member
                    if not content:
                        break
                    if content[:1] != _GZIP_MAGIC[:1]:
                        self.error = "bytes after the end of the gzip"
                        return
                    member = zlib.decompressobj(wbits=31)
                before = member.copy()
                try:
                    # We unpack in pieces, because a chunk of NULs unpacks to a thousand times its size.
                    yield member.decompress(content, _MAX_PIECE_BYTES)
                    while rest := member.unconsumed_tail:
                        before, content = member.copy(), rest
                        yield member.decompress(rest, _MAX_PIECE_BYTES)
                except zlib.error as problem:
                    yield _unpack_bytewise(before, content)
                    self.error = f"damaged gzip: {problem}"
                    return
                content = member.unused_data
        if not member.eof:
            yield member.flush()
            self.error = "truncated gzip"

    def _encode(self, chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
        """Yields UTF-16 or UTF-32 as UTF-8.

        Half a surrogate pair becomes bytes that are not UTF-8, so that only the record that holds it is quarantined.
        """
        decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        try:
            for chunk in chunks:
                yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
            yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as problem:
            self.error = self.error or f"damaged {encoding}: {problem.reason}"


def _unpack_bytewise(member: "zlib._Decompress", content: bytes) -> bytes:
    """Returns what can be unpacked before the damaged byte."""
    parts = []
    try:
        for position in range(len(content)):
            parts.append(member.decompress(content[position : position + 1]))
    except zlib.error:
        pass
    return b"".join(parts)
