"""Quarantined records: how they are stored for people and for a replay, and counted for the quality gate."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

_MAX_RAW_BYTES = 64 * 1024
_MAX_VALUE_CHARACTERS = 200
_EXAMPLE_CHARACTERS = 2000


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a record. `field` is None if it is the whole record.

    `value` has at most 200 characters.
    """

    reason: str
    field: str | None
    value: str | None
    expected: str

    @classmethod
    def of(cls, reason: str, field: str | None, value: str | None, expected: str) -> "Problem":
        """Makes a problem. The value is cut to its beginning."""
        return cls(reason, field, value and value[:_MAX_VALUE_CHARACTERS], expected)


@dataclass(frozen=True)
class Quarantined:
    """All problems of a record, the fields that could be read, and its text.

    `raw` is the original text. Where it is not UTF-8, `raw_base64` holds it instead. A text over 64 KiB is cut to its
    beginning; its length and SHA-256 are those of the whole text. `around` is what is around the record, as JSON, where
    the mapping looks there. `due_at_micros` is set if the only problem is a time in the future: then the time is valid.
    """

    problems: list[Problem]
    fields: dict[str, str] | None
    raw: str | None
    raw_base64: str | None
    raw_bytes: int | None
    raw_sha256: str | None
    around: str | None = None
    is_redacted: bool | None = None
    due_at_micros: int | None = None


def quarantine(
    raw: bytes | None,
    problems: list[Problem],
    fields: dict[str, str] | None = None,
    due_at_micros: int | None = None,
    around: str | None = None,
) -> Quarantined:
    """Makes the quarantined record with these problems and readable fields."""
    if raw is None:
        return Quarantined(problems, fields or {}, None, None, None, None)
    head, is_text = raw[:_MAX_RAW_BYTES], is_utf8(raw)
    return Quarantined(
        problems,
        fields or {},
        raw=head.decode(errors="replace") if is_text else None,
        raw_base64=None if is_text else b64encode(head).decode(),
        raw_bytes=len(raw),
        raw_sha256=sha256(raw).hexdigest(),
        around=around,
        due_at_micros=due_at_micros,
    )


def is_utf8(raw: bytes) -> bool:
    """Whether the bytes are UTF-8 text.

    >>> is_utf8("é".encode()), is_utf8("é".encode("latin-1"))
    (True, False)
    """
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True)
class QuarantinedGroup:
    """The quarantined records of one file with the same reasons and missing fields. The first one is the example."""

    file_id: int
    reasons: tuple[str, ...]
    missing_fields: tuple[str, ...]
    records: int
    record_number: int
    text: str | None

    @classmethod
    def of(cls, file_id: int, number: int, record: Quarantined) -> "QuarantinedGroup":
        """Makes the group of a single record."""
        reasons = tuple(sorted({problem.reason for problem in record.problems}))
        missing = tuple(problem.field or "" for problem in record.problems if problem.reason == "missing_field")
        return cls(file_id, reasons, missing, 1, number, record.raw and record.raw[:_EXAMPLE_CHARACTERS])


class GroupCounter:
    """Adds up groups: one for each file, set of reasons and set of missing fields."""

    def __init__(self) -> None:
        self._groups: dict[tuple[object, ...], QuarantinedGroup] = {}

    def add(self, group: QuarantinedGroup) -> None:
        """Adds a group to the one with the same file, reasons and missing fields."""
        key = (group.file_id, group.reasons, group.missing_fields)
        known = self._groups.setdefault(key, group)
        if known is not group:
            first = min(known, group, key=lambda each: each.record_number)
            self._groups[key] = replace(first, records=known.records + group.records)

    def take(self) -> list[QuarantinedGroup]:
        """Returns the groups, and empties the counter."""
        groups = list(self._groups.values())
        self._groups = {}
        return groups


def count_reasons(groups: Iterable[QuarantinedGroup]) -> Counter[str]:
    """Counts the quarantined records for each reason. A record counts once for each of its reasons."""
    reasons: Counter[str] = Counter()
    for group in groups:
        reasons.update(dict.fromkeys(group.reasons, group.records))
    return reasons
