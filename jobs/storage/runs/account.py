"""The results of a run: what Spark counted in its files, and what publishing has changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from jobs.storage.runs.checks import CheckResult
from jobs.storage.runs.held_back import HeldBackFile
from jobs.storage.runs.mapping_clues import NewEventTypes, SharedIds
from jobs.storage.runs.mappings import FoundNames, NewNames


@dataclass(frozen=True)
class FileCounts:
    """One file of a run, and what Spark counted in it. These are the columns of sql/publish/010_file_counts.sql."""

    run_id: int
    file_id: int
    file_path: str
    size_bytes: int
    modified_at: datetime
    format: str
    source: str
    mapping_hash: str
    records: int
    blank: int
    ignored: int
    accepted: int
    exact_duplicates: int
    superseded: int
    original_file_id: int | None = None
    part_of_file_id: int | None = None
    content_bytes: int | None = None
    content_digest: str | None = None


@dataclass(frozen=True)
class RunNotes:
    """What a run enters in the ledger besides its counts: files that it holds back, and names that no path reads."""

    held_back: Sequence[HeldBackFile] = ()
    found_names: Sequence[FoundNames] = ()


NO_NOTES = RunNotes()


@dataclass(frozen=True)
class Restatement:
    """A published daily number that a run changed. These are the columns of ops.metric_restatements."""

    metric: str
    activity_date: date
    old_value: int
    new_value: int
    cause: str


@dataclass(frozen=True)
class Published:
    """What publishing a run has done.

    `totals`: the account of its records. `changes`: rows added, changed and removed, by table. `sessions_recut`: how
    many published sessions it cut again. `restatements`: published daily numbers that it changed. `checks`: what the
    checks found. `metric_rows`: in a plan, how many rows of each metric come and go. `missing_records`: by file, how
    many published records no current reading holds. `open_lines`: how many files end within a line that is not
    finished. `shared_ids`: by mapping, the event ids that stand for several records in one file. `new_event_types`:
    types that are published for the first time and are not in the catalogue. `new_fields`: by source, names that no
    path reads and no run has found before.
    """

    totals: dict[str, int]
    changes: dict[str, dict[str, int]]
    sessions_recut: int = 0
    restatements: list[Restatement] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    metric_rows: dict[str, dict[str, int]] = field(default_factory=dict)
    missing_records: dict[str, int] = field(default_factory=dict)
    open_lines: int = 0
    shared_ids: list[SharedIds] = field(default_factory=list)
    new_event_types: NewEventTypes = field(default_factory=NewEventTypes)
    new_fields: dict[str, NewNames] = field(default_factory=dict)
