"""Records that are no events: as they are kept for people and for replay, and counted for the quality gate."""

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
    """One thing wrong: `field` is None where it is the whole record; `value` has 200 characters at most."""

    reason: str
    field: str | None
    value: str | None
    expected: str

    @classmethod
    def of(cls, reason: str, field: str | None, value: str | None, expected: str) -> "Problem":
        """A problem with the beginning of the value."""
        return cls(reason, field, value and value[:_MAX_VALUE_CHARACTERS], expected)


@dataclass(frozen=True)
class Quarantined:
    """All problems of a record, the fields that could be read, and its text.

    `raw` is the original text, `raw_base64` stands in its place where it is not UTF-8; of a text over 64 KiB both keep
    the head, beside its length and SHA-256. `around` is what is around the record, as JSON, where the mapping looks
    there. At `due_at_micros` the only problem goes by itself, where it does.
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
    """The record with these problems and readable fields."""
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
    """Whether the bytes are text."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True)
class QuarantinedGroup:
    """The quarantined records of one file that have the same reasons and miss the same fields; the first as example."""

    file_id: int
    reasons: tuple[str, ...]
    missing_fields: tuple[str, ...]
    records: int
    record_number: int
    text: str | None

    @classmethod
    def of(cls, file_id: int, number: int, record: Quarantined) -> "QuarantinedGroup":
        """The group that one record makes."""
        reasons = tuple(sorted({problem.reason for problem in record.problems}))
        missing = tuple(problem.field or "" for problem in record.problems if problem.reason == "missing_field")
        return cls(file_id, reasons, missing, 1, number, record.raw and record.raw[:_EXAMPLE_CHARACTERS])


class GroupCounter:
    """Gathers groups, one for each file, reasons and missing fields."""

    def __init__(self) -> None:
        self._groups: dict[tuple[object, ...], QuarantinedGroup] = {}

    def add(self, group: QuarantinedGroup) -> None:
        """Count the records of the group with those that are alike."""
        key = (group.file_id, group.reasons, group.missing_fields)
        known = self._groups.setdefault(key, group)
        if known is not group:
            first = min(known, group, key=lambda each: each.record_number)
            self._groups[key] = replace(first, records=known.records + group.records)

    def take(self) -> list[QuarantinedGroup]:
        """The groups so far; the counter is empty then."""
        groups = list(self._groups.values())
        self._groups = {}
        return groups


def count_reasons(groups: Iterable[QuarantinedGroup]) -> Counter[str]:
    """How many records are quarantined for each reason; a record counts once for each of its reasons."""
    reasons: Counter[str] = Counter()
    for group in groups:
        reasons.update(dict.fromkeys(group.reasons, group.records))
    return reasons
