"""Quarantined records, counted while they are read: the quality gate and the log look at these few numbers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from jobs.records.problems import Quarantined

_EXAMPLE_CHARACTERS = 2000


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
