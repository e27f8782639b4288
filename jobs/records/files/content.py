"""The bytes of a file -> its text in UTF-8, a chunk at a time, whether it is gzip or in UTF-16."""

import codecs
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Protocol

_CHUNK_BYTES = 64 * 1024
_MAX_PIECE_BYTES = 1024 * 1024
UTF8_MARK = codecs.BOM_UTF8
_GZIP_MAGIC = b"\x1f\x8b"
# The longer ones first: UTF-16 begins as UTF-32 does.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    UTF8_MARK: "utf-8",
}


class Stream(Protocol):
    """What is read of an open file."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; none at the end."""

    def seek(self, position: int, /) -> int:
        """Go to that byte."""


class Content:
    """What is in a stream, as UTF-8 without a byte order mark; bytes that are not text pass through as they are.

    Once all chunks are read, `error` says why there are no more, if not because the stream ends. `is_plain` says,
    from the first chunk on, that the stream itself is what comes out, apart from a mark.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.error: str | None = None
        self.is_plain = True

    def chunks(self) -> Iterator[bytes]:
        """The text, piece by piece; memory does not grow with the file."""
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
        """What can be unpacked, member by member."""
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
                    # In pieces: a chunk of NULs unpacks to a thousand times its size.
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
        """UTF-16 or UTF-32 as UTF-8; half a surrogate pair becomes what no UTF-8 is, and so its record's concern."""
        decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        try:
            for chunk in chunks:
                yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
            yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as problem:
            self.error = self.error or f"damaged {encoding}: {problem.reason}"


def _unpack_bytewise(member: "zlib._Decompress", content: bytes) -> bytes:
    """What comes out before the damaged byte."""
    parts = []
    try:
        for position in range(len(content)):
            parts.append(member.decompress(content[position : position + 1]))
    except zlib.error:
        pass
    return b"".join(parts)
