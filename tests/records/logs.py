"""Reads whole logs as a run does, from the bytes of a file to events, without Spark and database."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.records import Event, Quarantined, RecordReader
from jobs.records.files.formats import sniff_content
from jobs.records.files.nested_records import make_opener
from jobs.records.files.splits import Split, SplitReader
from jobs.records.observed import Observed
from jobs.steps.mapping_slips import describe_slips
from jobs.storage.config.sources import read_source
from schemas.fields import Source
from tests.builders import LIMITS, default_source


@dataclass
class ReadLog:
    """The events, the quarantined records and the ignored records of a log, and the warnings about its mapping."""

    events: list[Event] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    ignored: int = 0
    observed: Observed = field(default_factory=Observed)
    slips: list[str] = field(default_factory=list)

    @property
    def reasons(self) -> list[list[str]]:
        """Returns the reasons of each quarantined record."""
        return [[problem.reason for problem in record.problems] for record in self.quarantined]

    def take(self, *names: str) -> list[tuple[object, ...]]:
        """Returns these columns of the events; `at` is the time in ISO 8601."""
        return [
            tuple(event.event_at.isoformat() if name == "at" else getattr(event, name) for name in names)
            for event in self.events
        ]


def lines(*records: dict[str, Any]) -> str:
    """Returns the records as JSON Lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def read_log(folder: Path, content: str | bytes, mapping: str | None = None) -> ReadLog:
    """Reads a log by a mapping, whose text is given, or else by the default mapping."""
    path = folder / "log.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_log_file(path, write_mapping(folder, mapping) if mapping else default_source())


def write_mapping(folder: Path, text: str, name: str = "producer") -> Source:
    """Writes the text of a mapping into a file and returns the mapping."""
    path = folder / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    return read_source(path)


def read_log_file(path: Path, source: Source) -> ReadLog:
    """Reads one file."""
    head = path.read_bytes()
    split = Split(1, path.as_uri(), sniff_content(lambda size: head[:size]), len(head))
    reader = RecordReader(source, LIMITS)
    log = ReadLog(observed=reader.observed)
    for record in SplitReader(split, make_opener(source)).read():
        if record.error is None and not (record.raw or b"").strip():
            continue
        _, raw, error, around, _, problem = record
        found = None if record.is_ignored else reader.read(raw, error, around, problem)
        if found is None:
            log.ignored += 1
        elif isinstance(found, Event):
            log.events.append(found)
        else:
            log.quarantined.append(found)
    log.slips = list(describe_slips(source, log.observed, len(log.events) + len(log.quarantined)))
    return log
