"""Gathers records into Arrow batches of one schema."""

from typing import Any, NamedTuple

import pyarrow as pa

from jobs.records.event import Event
from jobs.records.files.raw_record import RawRecord
from jobs.records.problems import GroupCounter, QuarantinedGroup
from jobs.records.reader import RecordReader
from schemas.columns import READ_EVENT, Kind

_LONG, _TEXT = pa.int64(), pa.string()
_TEXTS = pa.list_(_TEXT)
_PROBLEM = pa.struct([(name, _TEXT) for name in ("reason", "field", "value", "expected")])
_PLACE = {"file_id": _LONG, "split": _LONG, "record_number": _LONG}
# The Arrow type for each kind of column that a record has.
_TYPES: dict[Kind, pa.DataType] = {
    "id": _TEXT,
    "ids": pa.list_(_TEXT),
    "text": _TEXT,
    "uuid": _TEXT,
    "integer": _LONG,
    "count": _LONG,
    "timestamp": pa.timestamp("us", "UTC"),
    "revision": _LONG,
    "json": _TEXT,
}
_EVENT = {column.name: _TYPES[column.kind] for column in READ_EVENT}
_QUARANTINED = pa.struct(
    [
        ("problems", pa.list_(_PROBLEM)),
        ("fields", pa.map_(_TEXT, _TEXT)),
        ("raw", _TEXT),
        ("raw_base64", _TEXT),
        ("raw_bytes", _LONG),
        ("raw_sha256", _TEXT),
        ("around", _TEXT),
        ("is_redacted", pa.bool_()),
        ("due_at", pa.timestamp("us", "UTC")),
    ]
)
_GROUP = pa.struct(
    [
        ("reasons", pa.list_(_TEXT)),
        ("missing_fields", pa.list_(_TEXT)),
        ("records", _LONG),
        ("record_number", _LONG),
        ("text", _TEXT),
    ]
)
_NAMED = pa.struct([("name", _TEXT), ("records", _LONG)])
_OBSERVED = pa.struct(
    [
        *[(name, _TEXTS) for name in ("paths", "codes", "types", "keys")],
        ("unread_content", _LONG),
        *[(name, pa.list_(_NAMED)) for name in ("left_out_properties", "unmapped")],
        ("unnamed", _LONG),
    ]
)
_COUNTS = pa.struct(
    [
        *[(name, _LONG) for name in ("records", "blank", "ignored")],
        ("groups", pa.list_(_GROUP)),
        ("observed", _OBSERVED),
        ("digest", _TEXT),
    ]
)

SCHEMA = pa.schema({**_PLACE, **_EVENT, "quarantined": _QUARANTINED, "counts": _COUNTS})
_NO_EVENT = (None,) * len(_EVENT)

# A batch is small, so that its rows stay in the processor's caches until they become Arrow arrays.
MAX_ROWS = 1_000
MAX_BYTES = 16 * 1024**2


class SplitCounts(NamedTuple):
    """How many records a split has, and how many of them are blank or ignored."""

    records: int
    blank: int
    ignored: int

    def plus(self, records: int, blank: int, ignored: int) -> "SplitCounts":
        """Returns the sum of these counts and those of another split."""
        return SplitCounts(self.records + records, self.blank + blank, self.ignored + ignored)


class BatchBuilder:
    """Collects one row for each record, until `is_full` says that it is time to `flush`."""

    def __init__(self, reader: RecordReader) -> None:
        self._reader = reader
        self._events: list[tuple[Any, ...]] = []
        self._others: list[tuple[Any, ...]] = []
        self._bytes = 0
        self._groups = GroupCounter()

    @property
    def is_full(self) -> bool:
        """Whether the batch has reached the limit of rows or of bytes."""
        return len(self._events) + len(self._others) >= MAX_ROWS or self._bytes >= MAX_BYTES

    def add_record(self, file_id: int, split: int, record: RawRecord) -> bool:
        """Reads a record and adds it. Returns False where the source ignores it; then nothing is added."""
        number, raw, error, around, _, problem = record
        self._bytes += len(raw or b"")
        found = self._reader.read(raw, error, around, problem)
        if isinstance(found, Event):
            self._events.append((file_id, split, number, *found))
            return True
        if found is None:
            return False
        self._groups.add(QuarantinedGroup.of(file_id, number, found))
        problems = [(problem.reason, problem.field, problem.value, problem.expected) for problem in found.problems]
        fields = None if found.fields is None else list(found.fields.items())
        text = (found.raw, found.raw_base64, found.raw_bytes, found.raw_sha256)
        more = (found.around, found.is_redacted, found.due_at_micros)
        self._others.append((file_id, split, number, *_NO_EVENT, (problems, fields, *text, *more), None))
        return True

    def add_counts(self, file_id: int, split: int, counts: SplitCounts, digest: str | None) -> None:
        """Adds the row with the counts of a split. It must come after the records of the split.

        The row counts records and quarantined records, says what they show of the mapping, and has the digest.
        """
        groups = [tuple(vars(group).values())[1:] for group in self._groups.take()]  # the row has the file id
        row = (*counts, groups, self._reader.observed.take(), digest)
        self._others.append((file_id, split, None, *_NO_EVENT, None, row))

    def flush(self) -> pa.RecordBatch:
        """Returns the rows added since the last flush, as one batch (`SCHEMA`)."""
        events, others = self._events, self._others
        self._events, self._others, self._bytes = [], [], 0
        of_events = list(zip(*events, strict=True)) if events else []
        of_others = list(zip(*others, strict=True)) if others else [()] * len(SCHEMA)
        columns = []
        for place, column in enumerate(SCHEMA):
            first = (
                pa.array(of_events[place], column.type)
                if place < len(of_events)
                else pa.nulls(len(events), column.type)
            )
            columns.append(pa.concat_arrays([first, pa.array(of_others[place], column.type)]))
        return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
