"""conf/sources/*.yml -> Source; a wrong mapping is refused before Spark starts."""

import hashlib
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jobs.storage.errors import UsageError
from jobs.storage.settings import read_yaml, refuse_unknown
from schemas.fields import FIELDS, REQUIRED, Source
from schemas.fields import Path as FieldPath

_KEYS = {"fields", "constants", "event_types", "id_prefix", "default_time_zone"}


def read_source(path: Path) -> Source:
    """Read a field mapping. Raises UsageError naming the file, the key and the fix."""
    _, values = read_yaml(path)
    refuse_unknown(path, values, _KEYS)
    fields = {name: _read_paths(path, name, value) for name, value in _mapping(path, values, "fields").items()}
    constants = _texts(path, values, "constants")
    for name in [*fields, *constants]:
        if name not in FIELDS:
            raise UsageError(f"{path}: fields: unknown field {name!r}; known are {', '.join(FIELDS)}")
        if name in fields and name in constants:
            raise UsageError(f"{path}: {name} is both a field and a constant; keep one")
    for name in REQUIRED[1:]:  # an unmapped event id is derived from the content
        if name not in fields and name not in constants:
            raise UsageError(f"{path}: fields: {name} is missing; say where the records have it")
    return Source(
        name=str(path),
        mapping_hash=hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12],
        fields=fields,
        constants=constants,
        event_types=_texts(path, values, "event_types"),
        id_prefix=_text(path, "id_prefix", values.get("id_prefix", "")),
        default_time_zone=_read_zone(path, values.get("default_time_zone", "UTC")),
    )


def _read_paths(path: Path, name: str, value: Any) -> tuple[FieldPath, ...]:
    alternatives = value if isinstance(value, list) else [value]
    paths = tuple(tuple(str(alternative).split(".")) for alternative in alternatives)
    if not paths or any(not isinstance(alternative, str) for alternative in alternatives):
        raise UsageError(f"{path}: fields: {name} is {value!r}; it must be a dotted path or a list of them")
    if any(not key for keys in paths for key in keys):
        raise UsageError(f"{path}: fields: {name} is {value!r}; a path is keys joined by single dots")
    return paths


def _read_zone(path: Path, value: Any) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise UsageError(
            f"{path}: default_time_zone is {value!r}; it must be an IANA name such as Europe/Berlin"
        ) from error


def _mapping(path: Path, values: dict[str, Any], key: str) -> dict[str, Any]:
    value = values.get(key) or {}
    if not isinstance(value, dict):
        raise UsageError(f"{path}: {key} is {value!r}; it must be a list of `name: value` lines")
    return value


def _texts(path: Path, values: dict[str, Any], key: str) -> dict[str, str]:
    return {str(name): _text(path, f"{key}: {name}", value) for name, value in _mapping(path, values, key).items()}


def _text(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{path}: {key} is {value!r}; it must be text (quote it)")
    return value
