"""conf/pipeline.yml -> one frozen dataclass; a wrong file is refused with the line, the key and the fix."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psycopg2 import sql

from jobs.records.validate import Limits
from jobs.storage.yaml_file import YamlFile, read_yaml
from jobs.transforms.quarantine import QualityGate

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
# What the kinds of anomalies are found by; the views in sql/metrics ask for them by kind and name.
THRESHOLDS = {
    "edit_burst": {"edits", "spreads", "warm_up_days"},
    "share_burst": {"documents", "spreads", "warm_up_days"},
    "content_collapse": {"words", "share_lost"},
    "activity_without_login": {"events_for_warning"},
    "future_event": {"days", "days_for_warning"},
    "identical_fraction": {"sessions", "share", "share_for_critical"},
    "past_event": {"silent_days", "most_events", "warm_up_days", "days_for_warning"},
    "login_spread": {"minutes", "places", "spreads", "warm_up_days"},
    "silent_day": {"sessions", "share", "spreads"},
    "document_sweep": {"documents", "spreads", "warm_up_sessions"},
    "client_retry": {"copies", "copies_for_warning", "seconds"},
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
    business_time_zone: str
    anomalies: Mapping[str, Mapping[str, float]]
    version: str

    @property
    def sql_parts(self) -> dict[str, sql.Composable]:
        """What the settings in braces stand for in SQL files."""
        return {
            "business_time_zone": sql.Literal(self.business_time_zone),
            "thresholds": sql.Literal(json.dumps(self.anomalies, sort_keys=True)),
        }


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
        business_time_zone=file.zone("business_time_zone"),
        anomalies=_thresholds(file, "anomalies"),
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


def _thresholds(file: YamlFile, key: str) -> dict[str, dict[str, float]]:
    """By kind and name, exactly those of THRESHOLDS; each a number above zero."""
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
    for kind, name in sorted(known):
        value = found[kind][name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise file.wrong(f"is {value!r}; it must be a number above zero", key, kind, name)
    return {kind: dict(values) for kind, values in found.items()}


def _name_all(thresholds: set[tuple[str, str]]) -> str:
    return ", ".join(": ".join(pair) for pair in sorted(thresholds))
