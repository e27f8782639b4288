"""Defects: records that are broken, repeated, contradicting or late."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from jobs.simulation.records import Record, encode, make_event_id

# How many of each kind are planted in 3,000 events. Larger simulations have the same rates.
PER_3000_EVENTS = {
    "truncated_json": 3,
    "garbage_text": 2,
    "two_objects": 2,
    "not_an_object": 3,
    "wrong_type": 3,
    "missing_field": 5,
    "bad_timestamp": 3,
    "timestamp_out_of_range": 2,
    "nul_character": 2,
    "blank_line": 3,
    "duplicate_same_file": 4,
    "duplicate_other_file": 4,
    "duplicate_reordered": 3,
    "conflicting_duplicate": 4,
    "late_event": 6,
}
DUPLICATES_IN_EXPORT = 3

# The reason for which the pipeline must quarantine each kind of broken record.
REASONS = {
    "truncated_json": "malformed_json",
    "garbage_text": "malformed_json",
    "two_objects": "malformed_json",
    "not_an_object": "not_an_object",
    "wrong_type": "bad_value",
    "missing_field": "missing_field",
    "bad_timestamp": "bad_timestamp",
    "timestamp_out_of_range": "timestamp_out_of_range",
    "nul_character": "invalid_text",
}

# Some kinds can be made of certain event types only.
NEEDED_TYPES = {
    "wrong_type": ("document_edit",),
    "missing_field": ("document_edit",),
    "nul_character": ("comment_added",),
    "conflicting_duplicate": ("comment_added",),
}
NEED_A_LATER_DAY = ("late_event", "duplicate_other_file")

GARBAGE = (
    "-- log rotated --",
    "Traceback (most recent call last): BrokenPipeError: [Errno 32]",
    "event_id,timestamp,event_type,user_id",
)
NON_OBJECTS = ("[1]", '"x"', "42")
BLANKS = ("", "   ", "\t")
WRONG_TYPES: tuple[Record, ...] = (
    {"edit_length": "lots"},
    {"user_id": {"name": "Ada"}},
    {"word_count": 1.5},
)
MISSING_FIELDS: tuple[Record, ...] = (
    {"event_id": None},
    {"user_id": "  "},
    {"document_id": None},
    {"timestamp": None},
    {"event_type": ""},
)
BAD_TIMESTAMPS = ("yesterday", "2025-02-30T10:00:00Z", "2025-06-11T25:61:00Z")
TIMESTAMPS_OUT_OF_RANGE = ("1999-12-31T23:59:59Z", "2150-01-01T00:00:00Z")


class DefectSchedule:
    """Says at which event of a shard a defect is due. The numbers of defects are fixed, their places random."""

    def __init__(self, rng: Random, events: int, first: int) -> None:
        """Spreads the defects over the events from number `first` on. The events before are those of the export."""
        kinds = [kind for kind, count in PER_3000_EVENTS.items() for _ in range(round(count * events / 3000))]
        if first:
            kinds += ["duplicate_in_export"] * DUPLICATES_IN_EXPORT
        places = rng.sample(range(first, events), len(kinds))
        self._kind_at = dict(zip(places, kinds, strict=True))
        self._due: list[str] = []

    def find_due(self, number: int, event_type: str, is_last_day: bool) -> str | None:
        """Returns the kind to plant at this event. A kind that does not suit the event waits for the next that does."""
        kind = self._kind_at.get(number)
        if kind is not None:
            self._due.append(kind)
        for i, waiting in enumerate(self._due):
            needed = NEEDED_TYPES.get(waiting)
            is_too_late = is_last_day and waiting in NEED_A_LATER_DAY
            if (needed is None or event_type in needed) and not is_too_late:
                return self._due.pop(i)
        return None

    def pass_over(self, number: int) -> None:
        """Plants nothing at this event. A kind that is due waits for the next event that suits it."""
        if (kind := self._kind_at.get(number)) is not None:
            self._due.append(kind)


class RecordBreaker:
    """Makes broken texts of good records. It goes through the variants of each kind in turn."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._uses: dict[str, int] = {}
        self._makers: dict[str, Callable[[Record, int], str]] = {
            "truncated_json": self._truncate,
            "garbage_text": lambda record, turn: GARBAGE[turn % len(GARBAGE)],
            "two_objects": self._write_two,
            "not_an_object": lambda record, turn: NON_OBJECTS[turn % len(NON_OBJECTS)],
            "wrong_type": lambda record, turn: encode(record | WRONG_TYPES[turn % len(WRONG_TYPES)]),
            "missing_field": lambda record, turn: encode(
                drop_nulls(record | MISSING_FIELDS[turn % len(MISSING_FIELDS)])
            ),
            "bad_timestamp": lambda record, turn: encode(
                record | {"timestamp": BAD_TIMESTAMPS[turn % len(BAD_TIMESTAMPS)]}
            ),
            "timestamp_out_of_range": lambda record, turn: encode(
                record | {"timestamp": TIMESTAMPS_OUT_OF_RANGE[turn % len(TIMESTAMPS_OUT_OF_RANGE)]}
            ),
            "nul_character": lambda record, turn: encode(record | {"comment_text": "cut here \0 and on"}),
            "blank_line": lambda record, turn: BLANKS[turn % len(BLANKS)],
        }

    def can_make(self, kind: str) -> bool:
        """Whether this kind is a broken record or a blank line. The other kinds are copies of good records."""
        return kind in self._makers

    def make(self, kind: str, record: Record) -> str:
        """Makes one line of this kind from a good record, with an event id of its own."""
        turn = self._uses.get(kind, 0)
        self._uses[kind] = turn + 1
        return self._makers[kind](record | {"event_id": make_event_id(self._rng)}, turn)

    def _truncate(self, record: Record, _turn: int) -> str:
        text = encode(record)
        return text[: int(len(text) * (0.3 + 0.6 * self._rng.random()))]

    def _write_two(self, record: Record, turn: int) -> str:
        other = record | {"event_id": make_event_id(self._rng)}
        # We put a comma between the two, because the pipeline reads two objects without one as two good records.
        return encode(record) + "," + " " * (turn % 2) + encode(other)


def drop_nulls(record: Record) -> Record:
    """Returns the record without its null fields."""
    return {name: value for name, value in record.items() if value is not None}
