"""Splits the bytes of a file, or of a range of it, into lines. The memory is bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from jobs.records.files.content import UTF8_MARK, Stream
from jobs.records.files.line_values import are_plain, split_values

# A longer record is quarantined, because Spark has several copies of a record in memory, next to those of other tasks.
MAX_RECORD_BYTES = 16 * 1024**2
TOO_LONG = "a record of %d bytes, more than 16 MiB; its SHA-256 is %s"
# How much of the text of an unreadable record is stored.
KEPT_BYTES = 64 * 1024

_CHUNK_BYTES = 1024**2

# The text of a line, and what is wrong with it, if anything is.
Line = tuple[bytes, str | None]


@dataclass
class LineRange:
    """The lines of a plain file that one task reads.

    Every line must be read by exactly one task, so it belongs to the range in which it begins. The text of a range
    begins after the first line feed at or after `start`. It ends with the first line feed at or after `end`. Nothing
    after `size` is read: that was the size of the file when it was listed.
    """

    stream: Stream
    start: int
    end: int
    size: int
    # Only a packed file can be damaged, so this stays None. `Content` has the same attribute.
    error: str | None = None

    def chunks(self) -> Iterator[bytes]:
        """Yields the text of the range in pieces."""
        position, is_before = self._begin(), self.start > 0
        while chunk := self.stream.read(min(_CHUNK_BYTES, self.size - position)):
            begin, stop = 0, len(chunk)
            if is_before and (begin := chunk.find(b"\n") + 1):
                is_before = False
                if position + begin > self.end:  # one line fills the whole range
                    return
            elif is_before:
                begin = stop
            if (end := chunk.find(b"\n", max(0, self.end - position))) >= 0:
                stop = end + 1
            if begin < stop:
                yield chunk[begin:stop] if (begin, stop) != (0, len(chunk)) else chunk
            position += len(chunk)
            if end >= 0:
                return

    def _begin(self) -> int:
        """Moves to the start, or past the byte order mark at the start of the file. Returns the position."""
        if self.start == 0 and self.stream.read(len(UTF8_MARK)) == UTF8_MARK:
            return len(UTF8_MARK)
        return self.stream.seek(self.start)


class Lines(NamedTuple):
    """Successive lines without their line endings. A line that holds several values counts as several lines.

    If there is an `error`, `texts` holds the beginning of one line. `is_open` says that the text ended within the last
    line.
    """

    texts: list[bytes]
    error: str | None = None
    is_open: bool = False


def split_lines(chunks: Iterator[bytes], limit: int = MAX_RECORD_BYTES) -> Iterator[Lines]:
    """Yields the lines, many at once. A line of more than `limit` bytes comes as its beginning and `TOO_LONG`."""
    crossing = _CrossingLine(limit)
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        crossing.add(first)
        if others:
            yield _split_crossing(crossing)
            last = others.pop()
            if b"\r" in chunk:
                others = [line.removesuffix(b"\r") for line in others]
            # We ask about all lines of the chunk at once. Looking at each would double the time of splitting.
            is_plain = are_plain(chunk, others)
            yield Lines(others if is_plain else [value for line in others for value in split_values(line)])
            crossing = _CrossingLine(limit)
            crossing.add(last)
    if crossing.size:
        yield _split_crossing(crossing, is_open=True)


def _split_crossing(crossing: "_CrossingLine", is_open: bool = False) -> Lines:
    line, error = crossing.take()
    return Lines([line] if error else split_values(line), error, is_open)


def bound_record(record: bytes, limit: int = MAX_RECORD_BYTES) -> Line:
    """Returns the record; of a longer one than `limit`, its beginning and `TOO_LONG`.

    >>> bound_record(b'{"a": 1}')
    (b'{"a": 1}', None)
    """
    if len(record) <= limit:
        return record, None
    return record[:KEPT_BYTES], TOO_LONG % (len(record), sha256(record).hexdigest())


class _CrossingLine:
    """A line that comes in pieces. Once it is too long, only its beginning, length and hash stay in memory."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._pieces: list[bytes] = []
        self._hash = sha256()
        # The last byte is hashed later, because it may be the carriage return of the line's end.
        self._last = b""

    def add(self, piece: bytes) -> None:
        was_too_long = self._is_too_long()
        self.size += len(piece)
        if was_too_long:
            self._update_hash(piece)
        else:
            self._pieces.append(piece)
            if self._is_too_long():
                whole = b"".join(self._pieces)
                self._pieces = [whole[:KEPT_BYTES]]
                self._update_hash(whole)

    def take(self) -> Line:
        """Returns the line, once all its pieces are added."""
        if not self._is_too_long():
            return bound_record(b"".join(self._pieces).removesuffix(b"\r"), self._limit)
        rest = self._last.removesuffix(b"\r")
        self._hash.update(rest)
        length = self.size - len(self._last) + len(rest)
        return self._pieces[0], TOO_LONG % (length, self._hash.hexdigest())

    def _is_too_long(self) -> bool:
        return self.size > self._limit + 1  # the line may end with a carriage return, which does not count

    def _update_hash(self, piece: bytes) -> None:
        if piece:
            self._hash.update(self._last)
            self._hash.update(piece[:-1])
            self._last = piece[-1:]
