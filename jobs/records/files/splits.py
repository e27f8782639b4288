"""Which bytes of which file one task reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from jobs.records.files.content import Content
from jobs.records.files.formats import Sniffed
from jobs.records.files.lines import LineRange
from jobs.records.files.open_file import open_file
from jobs.records.files.split_records import RawRecord, split_records
from schemas.fields import Path

_MIB = 1024**2
# What opening a file costs, in bytes that could be read meanwhile.
_OPENING_BYTES = _MIB


@dataclass(frozen=True)
class Split:
    """A file, or a part of one that can be read by itself: the lines that begin between `start` and `end`.

    `number` counts the splits of a file from 0.
    """

    file_id: int
    uri: str
    sniffed: Sniffed
    size: int
    start: int = 0
    end: int | None = None
    number: int = 0

    @property
    def weight(self) -> int:
        """How much work it is, in bytes."""
        return (self.size if self.end is None else self.end - self.start) + _OPENING_BYTES


def choose_split_bytes(files: Iterable[Split], cores: int) -> int:
    """How many bytes one task should read of these files.

    Some tasks for each core, so that none waits long for the last one; but none so small that its start is what costs.
    """
    total_bytes = sum(file.weight for file in files)
    return max(_MIB, min(32 * _MIB, total_bytes // cores), min(128 * _MIB, total_bytes // (8 * cores)))


def cut_file(whole: Split, split_bytes: int) -> Iterator[Split]:
    """The splits of a file: plain JSON Lines are cut, everything else is read from beginning to end."""
    is_cut = whole.sniffed.format == "json_lines" and whole.sniffed.is_plain and whole.size > split_bytes
    count = -(-whole.size // split_bytes) if is_cut else 1
    if count == 1:
        yield whole
        return
    borders = [whole.size * part // count for part in range(count + 1)]
    for number in range(count):
        yield replace(whole, start=borders[number], end=borders[number + 1], number=number)


def pack_splits(splits: Iterable[Split], split_bytes: int) -> list[list[Split]]:
    """Splits, some to a task: the largest first, since a task that is long and late keeps the others waiting."""
    tasks: list[list[Split]] = []
    weight = 0
    for split in sorted(splits, key=lambda split: -split.weight):
        if not tasks or weight + split.weight > split_bytes + _OPENING_BYTES:
            tasks.append([])
            weight = 0
        tasks[-1].append(split)
        weight += split.weight
    return tasks


def read_split(split: Split, record_path: Path = ()) -> Iterator[RawRecord]:
    """The records of a split, numbered from 1. Raises OSError where its file can't be read any more."""
    if split.sniffed.format == "unreadable":
        yield 1, None, split.sniffed.problem
        return
    with open_file(split.uri) as stream:
        if split.end is None:
            content: Content | LineRange = Content(stream)
        else:
            content = LineRange(stream, split.start, split.end, split.size)
        yield from split_records(content, split.sniffed.format, record_path)
