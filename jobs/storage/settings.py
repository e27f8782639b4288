"""conf/pipeline.yml -> one frozen dataclass; a wrong file is refused with the line, the key and the fix."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobs.storage.yaml_file import YamlFile, read_yaml
from jobs.transforms.quarantine import QualityGate
from jobs.transforms.validate import Limits

_KEYS = {
    "include",
    "session_gap_minutes",
    "earliest_event_at",
    "latest_event_at",
    "max_id_bytes",
    "max_quarantined_share",
    "max_quarantined_share_from_records",
    "jdbc_connections",
    "jdbc_batch_rows",
}


@dataclass(frozen=True)
class Settings:
    """The tunables of a run. `version` is a hash of the file, kept with every run."""

    include: tuple[str, ...]
    session_gap: timedelta
    limits: Limits
    gate: QualityGate
    jdbc_connections: int
    jdbc_batch_rows: int
    version: str


def read_settings(path: Path) -> Settings:
    """Read `path`. Raises UsageError where the file can't be read or a value is not what it must be."""
    file = read_yaml(path)
    file.refuse_unknown(_KEYS)
    for key in sorted(_KEYS - file.values.keys()):
        raise file.wrong(f"{key} is missing; add it, as conf/pipeline.yml of the project has it")
    return Settings(
        include=_patterns(file, "include"),
        session_gap=timedelta(minutes=_positive(file, "session_gap_minutes")),
        limits=Limits(
            earliest_event_at=_instant(file, "earliest_event_at"),
            latest_event_at=_instant(file, "latest_event_at"),
            max_id_bytes=_positive(file, "max_id_bytes"),
        ),
        gate=QualityGate(_share(file, "max_quarantined_share"), _positive(file, "max_quarantined_share_from_records")),
        jdbc_connections=_positive(file, "jdbc_connections"),
        jdbc_batch_rows=_positive(file, "jdbc_batch_rows"),
        version=hashlib.sha256(file.text.encode()).hexdigest()[:12],
    )


def _positive(file: YamlFile, key: str) -> int:
    value = file.values[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise file.wrong(f"is {value!r}; it must be a whole number above zero", key)
    return value


def _share(file: YamlFile, key: str) -> float:
    value = file.values[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise file.wrong(f"is {value!r}; it must be a share from 0 to 1, such as 0.2", key)
    return float(value)


def _instant(file: YamlFile, key: str) -> datetime:
    value = file.values[key]
    if not isinstance(value, datetime):
        raise file.wrong(f"is {value!r}; it must be a time such as 2000-01-01T00:00:00Z", key)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _patterns(file: YamlFile, key: str) -> tuple[str, ...]:
    value = file.values[key]
    if not isinstance(value, list) or not value or not all(isinstance(pattern, str) for pattern in value):
        raise file.wrong(f'is {value!r}; it must be a list of file name patterns such as "*.json"', key)
    return tuple(value)
