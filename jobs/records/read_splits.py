"""Records -> Arrow batches of events and quarantined records, and the counts of each split: what a worker does."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from pyarrow import RecordBatch

from jobs.records.batch import BatchBuilder
from jobs.records.erased_people import Erased
from jobs.records.files.split_records import RawRecord
from jobs.records.files.splits import Split, read_split
from jobs.records.reader import RecordReader
from jobs.records.validate import Limits
from schemas.fields import Source

# A split of a file, by the file's id and the split's number, and its records.
Piece = tuple[int, int, Iterable[RawRecord]]


@dataclass(frozen=True)
class ReadRequest:
    """What the workers of one run must know.

    `sources` gives the mapping of each file by its file id. With `wanted` only these records are read: by file id, the
    SHA-256 of each record by its number. What tells erased people is never shown.
    """

    sources: dict[int, Source]
    limits: Limits
    erased: Erased | None = field(default=None, repr=False)
    wanted: dict[int, dict[int, str]] | None = field(default=None, repr=False)


def read_splits(request: ReadRequest, splits: Iterable[Split]) -> Iterator[RecordBatch]:
    """The batches of some splits (`jobs.records.batch.SCHEMA`), with a row of counts for each split."""
    return read_pieces(
        request,
        (
            (split.file_id, split.number, read_split(split, request.sources[split.file_id].record_path))
            for split in splits
        ),
    )


def read_pieces(request: ReadRequest, pieces: Iterable[Piece]) -> Iterator[RecordBatch]:
    """The batches of some pieces, with a row of counts for each."""
    builders: dict[str, BatchBuilder] = {}
    for file_id, split, raw_records in pieces:
        source = request.sources[file_id]
        if source.name not in builders:
            builders[source.name] = BatchBuilder(RecordReader(source, request.limits, request.erased))
        builder = builders[source.name]
        records = blank = 0
        for number, raw, error in _choose(raw_records, request, file_id):
            records += 1
            if error is None and not (raw or b"").strip():
                blank += 1
                continue
            builder.add_record(file_id, split, number, raw, error)
            if builder.is_full:
                yield builder.flush()
        builder.add_counts(file_id, split, records, blank)
    for builder in builders.values():
        yield builder.flush()


def _choose(raw_records: Iterable[RawRecord], request: ReadRequest, file_id: int) -> Iterable[RawRecord]:
    """The wanted ones, if their text is what it was."""
    if request.wanted is None:
        return raw_records
    wanted = request.wanted.get(file_id, {})
    return (
        (number, raw, error)
        for number, raw, error in raw_records
        if raw is not None and number in wanted and wanted[number] == sha256(raw).hexdigest()
    )
