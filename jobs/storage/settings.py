"""conf/pipeline.yml -> one frozen dataclass; a wrong file is refused with the key and the fix."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from jobs.storage.errors import UsageError
from jobs.transforms.validate import Limits


@dataclass(frozen=True)
class Settings:
    """The tunables of a run. `version` is a hash of the file, kept with every run."""

    include: tuple[str, ...]
    session_gap: timedelta
    limits: Limits
    jdbc_connections: int
    jdbc_batch_rows: int
    version: str


def read_settings(path: Path) -> Settings:
    """Read `path`. Raises UsageError where the file can't be read or a value is not what it must be."""
    text, values = read_yaml(path)
    known = {
        "include",
        "session_gap_minutes",
        "earliest_event_at",
        "latest_event_at",
        "max_id_bytes",
        "jdbc_connections",
        "jdbc_batch_rows",
    }
    refuse_unknown(path, values, known)
    for key in sorted(known - values.keys()):
        raise UsageError(f"{path}: {key} is missing; add it, as conf/pipeline.yml of the project has it")
    return Settings(
        include=_patterns(path, values["include"]),
        session_gap=timedelta(minutes=_positive(path, values, "session_gap_minutes")),
        limits=Limits(
            earliest_event_at=_instant(path, values, "earliest_event_at"),
            latest_event_at=_instant(path, values, "latest_event_at"),
            max_id_bytes=_positive(path, values, "max_id_bytes"),
        ),
        jdbc_connections=_positive(path, values, "jdbc_connections"),
        jdbc_batch_rows=_positive(path, values, "jdbc_batch_rows"),
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
    )


def read_yaml(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of a YAML file and the mapping in it. Raises UsageError where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
        values = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: can't be read ({error}); name a readable YAML file") from error
    except yaml.YAMLError as error:
        place = f"line {mark.line + 1}" if (mark := getattr(error, "problem_mark", None)) else "somewhere"
        problem = getattr(error, "problem", None) or "syntax"
        raise UsageError(f"{path}: not valid YAML, {place}: {problem}; mend that line") from error
    if not isinstance(values, dict):
        raise UsageError(f"{path}: holds no keys; it must be a YAML mapping, as the project's own file is")
    return text, values


def refuse_unknown(path: Path, values: dict[str, Any], known: set[str]) -> None:
    """Raise UsageError for the first key that is not known."""
    for key in values:
        if key not in known:
            raise UsageError(f"{path}: unknown key {key!r}; known are {', '.join(sorted(known))}")


def _positive(path: Path, values: dict[str, Any], key: str) -> int:
    value = values[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"{path}: {key} is {value!r}; it must be a whole number above zero")
    return value


def _instant(path: Path, values: dict[str, Any], key: str) -> datetime:
    value = values[key]
    if not isinstance(value, datetime):
        raise UsageError(f"{path}: {key} is {value!r}; it must be a time such as 2000-01-01T00:00:00Z")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _patterns(path: Path, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(pattern, str) for pattern in value):
        raise UsageError(f'{path}: include is {value!r}; it must be a list of file name patterns such as "*.json"')
    return tuple(value)
