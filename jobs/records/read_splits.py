"""What a worker does: it turns records into Arrow batches of events and quarantined records, and counts each split."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from pyarrow import RecordBatch

from jobs.records.batch import BatchBuilder, SplitCounts
from jobs.records.erased_people import Erased
from jobs.records.files.nested_records import make_opener
from jobs.records.files.raw_record import RawRecord
from jobs.records.files.splits import Split, SplitReader
from jobs.records.reader import RecordReader
from jobs.records.validate import Limits
from schemas.fields import Source


@dataclass(frozen=True)
class Piece:
    """The records of one split. `find_digest` returns the digest of the split's bytes once the records are read."""

    file_id: int
    split: int
    records: Iterable[RawRecord]
    find_digest: Callable[[], str | None] = lambda: None


@dataclass(frozen=True)
class ReadRequest:
    """What the workers of one run must know.

    `sources` holds the mapping of each file, by file id. `wanted` limits the reading to some records: by file id and
    record number, it holds the SHA-256 of the record. `erased` is left out of logs, because it could identify people.
    """

    sources: dict[int, Source]
    limits: Limits
    erased: Erased | None = field(default=None, repr=False)
    wanted: dict[int, dict[int, str]] | None = field(default=None, repr=False)


def read_splits(request: ReadRequest, splits: Iterable[Split]) -> Iterator[RecordBatch]:
    """Yields the batches of some splits (`jobs.records.batch.SCHEMA`), with a row of counts for each split."""
    return read_pieces(request, (_open_split(split, request) for split in splits))


def read_pieces(request: ReadRequest, pieces: Iterable[Piece]) -> Iterator[RecordBatch]:
    """Yields the batches of some pieces, with a row of counts for each piece."""
    builders: dict[tuple[str, str], BatchBuilder] = {}
    for piece in pieces:
        file_id, split, source = piece.file_id, piece.split, request.sources[piece.file_id]
        mapping = source.name, source.mapping_hash
        if mapping not in builders:
            builders[mapping] = BatchBuilder(RecordReader(source, request.limits, request.erased))
        builder = builders[mapping]
        records = blank = ignored = 0
        for record in _choose(piece.records, request, file_id):
            records += 1
            _, raw, error, _, is_ignored, _ = record
            if error is None and not (raw or b"").strip():
                blank += 1
            elif is_ignored or not builder.add_record(file_id, split, record):
                ignored += 1
            elif builder.is_full:
                yield builder.flush()
        builder.add_counts(file_id, split, SplitCounts(records, blank, ignored), piece.find_digest())
    for builder in builders.values():
        yield builder.flush()


def _open_split(split: Split, request: ReadRequest) -> Piece:
    reader = SplitReader(split, make_opener(request.sources[split.file_id]))
    return Piece(split.file_id, split.number, reader.read(), lambda: reader.digest)


def _choose(raw_records: Iterable[RawRecord], request: ReadRequest, file_id: int) -> Iterable[RawRecord]:
    """Returns the wanted records whose text is unchanged; all records where none are named."""
    if request.wanted is None:
        return raw_records
    wanted = request.wanted.get(file_id, {})
    return (
        record
        for record in raw_records
        if record.raw is not None
        and record.number in wanted
        and wanted[record.number] == sha256(record.raw).hexdigest()
    )
