"""Decides which bytes of which files each task reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from jobs.records.files.content import Content
from jobs.records.files.digest import BLOCK_BYTES, HashedStream
from jobs.records.files.formats import Sniffed
from jobs.records.files.lines import LineRange
from jobs.records.files.nested_records import ValueOpener
from jobs.records.files.open_file import open_file
from jobs.records.files.raw_record import RawRecord
from jobs.records.files.split_records import split_records

_MIB = 1024**2
# Opening a file takes as long as reading this many bytes.
_OPENING_BYTES = _MIB


@dataclass(frozen=True)
class Split:
    """A file, or the part of a file that one task reads: the lines that begin between `start` and `end`.

    Plain JSON Lines are not read beyond `size`. `number` counts the splits of a file from 0.
    """

    file_id: int
    uri: str
    sniffed: Sniffed
    size: int
    start: int = 0
    end: int | None = None
    number: int = 0

    @property
    def is_plain_lines(self) -> bool:
        """Whether the file can be cut at any line."""
        return self.sniffed.format == "json_lines" and self.sniffed.is_plain

    @property
    def weight(self) -> int:
        """How much work the split is, in bytes."""
        return (self.size if self.end is None else self.end) - self.start + _OPENING_BYTES


def choose_split_bytes(files: Iterable[Split], cores: int) -> int:
    """Returns how many bytes one task should read of these files.

    Each core gets several tasks, so that no core waits long for the last one. No task is so small that starting it
    takes longer than its work.
    """
    total_bytes = sum(file.weight for file in files)
    return max(_MIB, min(32 * _MIB, total_bytes // cores), min(128 * _MIB, total_bytes // (8 * cores)))


def cut_file(whole: Split, split_bytes: int) -> Iterator[Split]:
    """Yields the splits of a file. Only plain JSON Lines are cut; any other file is one split.

    The borders are at blocks of the digest, so that the digests of the splits add up.
    """
    length = whole.size - whole.start
    if not whole.is_plain_lines:
        yield whole
        return
    count = max(1, -(-length // split_bytes))
    inner = [(whole.start + length * part // count) // BLOCK_BYTES * BLOCK_BYTES for part in range(1, count)]
    borders = sorted({whole.start, *(border for border in inner if border > whole.start), whole.size})
    for number, start in enumerate(borders[:-1] or borders):
        yield replace(whole, start=start, end=borders[number + 1] if length else start, number=number)


def pack_splits(splits: Iterable[Split], split_bytes: int) -> list[list[Split]]:
    """Returns the splits of each task. The largest come first, because a long task that starts late delays the end."""
    tasks: list[list[Split]] = []
    weight = 0
    for split in sorted(splits, key=lambda split: -split.weight):
        if not tasks or weight + split.weight > split_bytes + _OPENING_BYTES:
            tasks.append([])
            weight = 0
        tasks[-1].append(split)
        weight += split.weight
    return tasks


class SplitReader:
    """Reads the records of a split.

    Once the records are read, `digest` is the digest of the split's bytes. It is None if the split does not begin at a
    block of the digest, or if the file has become shorter or is gone.
    """

    def __init__(self, split: Split, opener: ValueOpener | None = None) -> None:
        self._split, self._opener = split, opener
        self.digest: str | None = None

    def read(self) -> Iterator[RawRecord]:
        """Yields the records, numbered from 1; none where the file is gone. Raises OSError where it can't be read."""
        split = self._split
        if split.sniffed.format == "unreadable":
            yield RawRecord(1, None, split.sniffed.problem)
            return
        try:
            opened = open_file(split.uri)
        except FileNotFoundError:
            return
        with opened:
            end = split.size if split.end is None else split.end
            has_digest = split.start % BLOCK_BYTES == 0
            stream = HashedStream(opened, split.start if has_digest else end, end)
            content = Content(stream) if split.end is None else LineRange(stream, split.start, end, split.size)
            yield from split_records(content, split.sniffed.format, self._opener)
            self.digest = stream.finish() if has_digest else None
