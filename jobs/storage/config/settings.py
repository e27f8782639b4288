"""Reads conf/pipeline.yml into one frozen dataclass. The error for a wrong file names the line, the key and the fix."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg2 import sql

from jobs.records.validate import Limits
from jobs.storage.config.yaml_file import YamlFile, read_yaml
from schemas.anomalies import KINDS, THRESHOLDS
from schemas.bounds import COUNT, MINUTES, SHARE, Bounds

_KEYS = {
    "include",
    "session_gap_minutes",
    "business_time_zone",
    "earliest_event_at",
    "latest_event_at",
    "max_id_bytes",
    "max_quarantined_share",
    "max_quarantined_share_from_records",
    "jdbc_connections",
    "jdbc_batch_rows",
    "anomalies",
}


@dataclass(frozen=True)
class QualityGate:
    """The largest share of records that may be quarantined, in a run and in each of its files.

    Blank records do not count. A run or a file with fewer than `from_records` records always passes.
    """

    max_share: float
    from_records: int

    def stops(self, quarantined: int, records: int) -> bool:
        """Return whether too many of the records are quarantined."""
        return records >= self.from_records and quarantined > self.max_share * records


# An index row of PostgreSQL holds 2,700 bytes, and a row of events_sent_by_user_idx has three ids.
ID_BYTES = Bounds(1, 800, "a whole number of bytes from 1 to 800")
CONNECTIONS = Bounds(1, 1000, "a whole number from 1 to 1,000")
BATCH_ROWS = Bounds(1, 10**6, "a whole number from 1 to 1,000,000")


@dataclass(frozen=True)
class Settings:
    """The tunables of a run. `version` is a hash of the file; the ledger keeps it with every run."""

    include: tuple[str, ...]
    session_gap: timedelta
    limits: Limits
    gate: QualityGate
    jdbc_connections: int
    jdbc_batch_rows: int
    business_time_zone: str
    anomalies: Mapping[str, Mapping[str, float]]
    version: str

    @property
    def sql_parts(self) -> dict[str, sql.Composable]:
        """The values for the settings that SQL files name in braces."""
        return {
            "business_time_zone": sql.Literal(self.business_time_zone),
            "thresholds": sql.Literal(json.dumps(self.anomalies, sort_keys=True)),
        }


def read_settings(path: Path) -> Settings:
    """Read the settings. Raises UsageError if the file can't be read or a value is wrong."""
    file = read_yaml(path)
    file.reject_unknown(_KEYS)
    for key in sorted(_KEYS - file.values.keys()):
        raise file.wrong(f"{key} is missing; add it, as conf/pipeline.yml of the project has it")
    earliest, latest = _instant(file, "earliest_event_at"), _instant(file, "latest_event_at")
    if latest <= earliest:
        raise file.wrong(f"is {latest}; it must be later than earliest_event_at", "latest_event_at")
    return Settings(
        include=_patterns(file, "include"),
        session_gap=timedelta(minutes=_number(file, MINUTES, "session_gap_minutes")),
        limits=Limits(
            earliest_event_at=earliest,
            latest_event_at=latest,
            max_id_bytes=_number(file, ID_BYTES, "max_id_bytes"),
        ),
        gate=QualityGate(
            float(_number(file, SHARE, "max_quarantined_share")),
            _number(file, COUNT, "max_quarantined_share_from_records"),
        ),
        jdbc_connections=_number(file, CONNECTIONS, "jdbc_connections"),
        jdbc_batch_rows=_number(file, BATCH_ROWS, "jdbc_batch_rows"),
        business_time_zone=file.zone("business_time_zone"),
        anomalies=_thresholds(file, "anomalies"),
        version=hashlib.sha256(file.text.encode()).hexdigest()[:12],
    )


def _number(file: YamlFile, bounds: Bounds, *keys: str) -> Any:
    value: Any = file.values
    for key in keys:
        value = value[key]
    if not bounds.hold(value):
        raise file.wrong(f"is {value!r}; it must be {bounds.text}", *keys)
    return value


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


def _thresholds(file: YamlFile, key: str) -> dict[str, dict[str, float]]:
    """Read the thresholds by kind and name. They must be exactly those of THRESHOLDS, each within its bounds."""
    found = file.values[key]
    known = {(kind, name) for kind, names in THRESHOLDS.items() for name in names}
    given = {
        (kind, name)
        for kind, values in (found.items() if isinstance(found, dict) else ())
        for name in (values if isinstance(values, dict) else ("",))
    }
    for kind, name in sorted(given - known, key=str):
        raise file.wrong(f"is no threshold; known are {_name_all(known)}", key, kind, name)
    if missing := known - given:
        raise file.wrong(f"lacks {_name_all(missing)}; add it, as conf/pipeline.yml of the project has it", key)
    numbers = {
        group: {name: _number(file, bounds, key, group, name) for name, bounds in names.items()}
        for group, names in THRESHOLDS.items()
    }
    for kind in KINDS:
        for name, least in kind.graver:
            if (number := numbers[kind.name][name]) < numbers[kind.name][least]:
                raise file.wrong(f"is {number}; it must not be below {least}", key, kind.name, name)
    return numbers


def _name_all(thresholds: set[tuple[str, str]]) -> str:
    return ", ".join(": ".join(pair) for pair in sorted(thresholds))
