"""Counts how many records of each file are quarantined, and describes the reasons for the user."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from jobs.records.batch import SplitCounts
from jobs.records.observed import Observed
from jobs.records.problems import QuarantinedGroup, count_reasons
from jobs.storage.runs.held_back import NO_PRECEDENTS, Precedents
from jobs.storage.runs.ledger import Reading
from schemas.fields import Source
from schemas.reasons import REASONS

# A record with one of these reasons could not be read as an object, so it has no fields at all.
_WHOLE_RECORD = {reason.code for reason in REASONS.values() if reason.is_about_whole_record}
_SHOWN_CHARACTERS = 300


@dataclass(frozen=True)
class FileQuality:
    """How many records of one file are quarantined.

    `records` counts the records of the whole file, without blank and ignored ones. `groups` are the records that this
    run has quarantined. A file that has grown was partly read by earlier runs: `earlier_records` and
    `earlier_quarantined` count the records in those lines. `observed` holds what the records show about the mapping.
    """

    reading: Reading
    records: int
    groups: list[QuarantinedGroup]
    earlier_quarantined: int = 0
    earlier_records: int = 0
    observed: Observed = field(default_factory=Observed)

    @property
    def uri(self) -> str:
        return self.reading.file.uri

    @property
    def quarantined(self) -> int:
        return self.earlier_quarantined + sum(group.records for group in self.groups)

    def count_reasons(self) -> list[tuple[str, int, int]]:
        """Return (reason, quarantined records, number of the first of them), the most frequent reason first."""
        counts = count_reasons(self.groups)
        first = {
            reason: min(group.record_number for group in self.groups if reason in group.reasons) for reason in counts
        }
        return sorted(((reason, count, first[reason]) for reason, count in counts.items()), key=lambda c: (-c[1], c[0]))


def rate_files(
    readings: list[Reading],
    counts: dict[int, SplitCounts],
    quarantined: Iterable[QuarantinedGroup],
    known: Precedents = NO_PRECEDENTS,
    observed: Mapping[int, Observed] = MappingProxyType({}),
) -> list[FileQuality]:
    """Return the quality of each reading, from its counts and its quarantined records.

    A file that has grown is rated as a whole. So the counts of lines that were read before, which `known` holds, are
    added to those of the new lines.
    """
    groups: dict[int, list[QuarantinedGroup]] = defaultdict(list)
    for group in quarantined:
        groups[group.file_id].append(group)
    files = []
    for reading in readings:
        earlier, earlier_quarantined = known.readings.get(reading.file.uri, (0, 0)) if reading.continuation else (0, 0)
        found, shown = counts[reading.file_id], observed.get(reading.file_id, Observed())
        rated = earlier + found.records - found.blank - found.ignored
        files.append(FileQuality(reading, rated, groups[reading.file_id], earlier_quarantined, earlier, shown))
    return files


def describe_reasons(files: list[FileQuality]) -> Iterator[str]:
    """Yield one line per reason, the most frequent first: the number of records, and the first record."""
    examples: dict[str, str] = {}
    for file in files:
        for group in sorted(file.groups, key=lambda group: group.record_number):
            place = f"{file.reading.file.uri} record {group.record_number}: {_show(group.text)}"
            examples = dict.fromkeys(group.reasons, place) | examples
    counts = count_reasons(group for file in files for group in file.groups)
    for reason, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        yield f"  {reason:<24}{count:>8,}  {examples[reason]}"


def count_objects(files: list[FileQuality]) -> int:
    """Count the new records that are objects. Only these can have the fields that a mapping names."""
    groups = [group for file in files for group in file.groups]
    objects = sum(file.records - file.earlier_records for file in files)
    return objects - sum(group.records for group in groups if _WHOLE_RECORD.issuperset(group.reasons))


def _show(text: str | None) -> str:
    """Return the beginning of a record on one line.

    A terminal must not obey control characters of a record, so they are shown as escapes such as `\\x1b`.
    """
    return "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in (text or "")[:_SHOWN_CHARACTERS])


def group_by_source(files: Iterable[FileQuality]) -> list[tuple[Source, list[FileQuality]]]:
    """Group the files by their source."""
    sources: dict[tuple[str, str], tuple[Source, list[FileQuality]]] = {}
    for file in files:
        source = file.reading.source
        sources.setdefault((source.name, source.mapping_hash), (source, []))[1].append(file)
    return list(sources.values())
