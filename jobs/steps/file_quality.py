"""How good the records of each file are, and what to tell of those that are quarantined."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jobs.records.files.json_values import DECODER
from jobs.records.quarantined_groups import QuarantinedGroup, count_reasons
from jobs.storage.runs.held_back import NO_PRECEDENTS, Precedents
from jobs.storage.runs.ledger import Reading
from schemas.fields import Source
from schemas.reasons import REASONS

# A record with one of these reasons has no fields that could be missing.
_WHOLE_RECORD = {reason.code for reason in REASONS.values() if reason.is_about_whole_record}
_SHOWN_KEYS = 20
_SHOWN_CHARACTERS = 300

_MEMBER = re.compile(r'\s*[{,]\s*"(?P<key>(?:[^"\\]|\\.)*+)"\s*:\s*', re.DOTALL)


@dataclass(frozen=True)
class FileQuality:
    """One file: the number of its records without blank ones, and the quarantined ones among them.

    Those that this run has quarantined are given in groups. Of a file that has grown `earlier_records` and
    `earlier_quarantined` are those of the lines that were read before.
    """

    reading: Reading
    records: int
    groups: list[QuarantinedGroup]
    earlier_quarantined: int = 0
    earlier_records: int = 0

    @property
    def uri(self) -> str:
        return self.reading.file.uri

    @property
    def quarantined(self) -> int:
        return self.earlier_quarantined + sum(group.records for group in self.groups)

    def count_reasons(self) -> list[tuple[str, int, int]]:
        """(reason, records quarantined for it, number of the first of them), the most frequent reason first."""
        counts = count_reasons(self.groups)
        first = {
            reason: min(group.record_number for group in self.groups if reason in group.reasons) for reason in counts
        }
        return sorted(((reason, count, first[reason]) for reason, count in counts.items()), key=lambda c: (-c[1], c[0]))


def rate_files(
    readings: list[Reading],
    counts: dict[int, tuple[int, int]],
    quarantined: Iterable[QuarantinedGroup],
    known: Precedents = NO_PRECEDENTS,
) -> list[FileQuality]:
    """One for each reading, by its (records, blank ones) and its quarantined records.

    A file that has grown is rated as a whole, with what is `known` of the lines that were read before.
    """
    groups: dict[int, list[QuarantinedGroup]] = defaultdict(list)
    for group in quarantined:
        groups[group.file_id].append(group)
    files = []
    for reading in readings:
        earlier, earlier_quarantined = known.readings.get(reading.file.uri, (0, 0)) if reading.continuation else (0, 0)
        records, blank = counts[reading.file_id]
        rated = earlier + records - blank
        files.append(FileQuality(reading, rated, groups[reading.file_id], earlier_quarantined, earlier))
    return files


def describe_reasons(files: list[FileQuality]) -> Iterator[str]:
    """One line per reason, the most frequent first: how many records, and the first of them."""
    examples: dict[str, str] = {}
    for file in files:
        for group in sorted(file.groups, key=lambda group: group.record_number):
            place = f"{file.reading.file.uri} record {group.record_number}: {_show(group.text)}"
            examples = dict.fromkeys(group.reasons, place) | examples
    counts = count_reasons(group for file in files for group in file.groups)
    for reason, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        yield f"  {reason:<24}{count:>8,}  {examples[reason]}"


def describe_unmatched(source: Source, files: list[FileQuality]) -> Iterator[str]:
    """The mapped fields that not one record has, and which keys the records have instead."""
    groups = [group for file in files for group in file.groups]
    objects = sum(file.records for file in files)
    objects -= sum(group.records for group in groups if _WHOLE_RECORD.issuperset(group.reasons))
    missing: Counter[str] = Counter()
    for group in groups:
        missing.update(dict.fromkeys(group.missing_fields, group.records))
    never = [name for name in source.fields if missing[name] == objects > 0]
    if never:
        wanted = "; ".join(f"{name} at {', '.join('.'.join(path) for path in source.fields[name])}" for name in never)
        keys = sorted({key for group in groups for key in _list_keys(group.text)})
        shown = ", ".join(keys[:_SHOWN_KEYS]) + (", ..." if len(keys) > _SHOWN_KEYS else "")
        yield f"{source.name}: no record of {objects:,} has {wanted}; the records have: {shown or 'no keys'}"


def _list_keys(text: str | None, depth: int = 2) -> Iterator[str]:
    """The keys of an object, `outer.inner` for those of an object in it; of a text that is cut, as far as it goes."""
    position = 0
    while text and (member := _MEMBER.match(text, position)):
        key, value = member["key"], text[member.end() :]
        yield from [f"{key}.{inner}" for inner in (_list_keys(value, depth - 1) if depth > 1 else ())] or [key]
        try:
            position = DECODER.raw_decode(text, member.end())[1]
        except (ValueError, RecursionError):
            return


def _show(text: str | None) -> str:
    """The beginning of a record on one line; what a terminal would obey is spelt out."""
    return "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in (text or "")[:_SHOWN_CHARACTERS])


def group_by_source(files: Iterable[FileQuality]) -> list[tuple[Source, list[FileQuality]]]:
    """The files of each source."""
    sources: dict[tuple[str, str], tuple[Source, list[FileQuality]]] = {}
    for file in files:
        source = file.reading.source
        sources.setdefault((source.name, source.mapping_hash), (source, []))[1].append(file)
    return list(sources.values())
