"""conf/sources/*.yml -> Source; a wrong mapping is rejected before Spark starts, with its line."""

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from jobs.storage.config.yaml_file import YamlFile, parse_yaml, read_yaml
from schemas.fields import FIELDS, REQUIRED, Source
from schemas.fields import Path as FieldPath

_KEYS = {"record_path", "fields", "constants", "event_types", "id_prefix", "default_time_zone"}


def read_source(path: Path) -> Source:
    """Read a field mapping, whose keys and values are texts as they are written.

    Raises UsageError naming the file, the line, the key and the fix.
    """
    return _make_source(read_yaml(path, yaml.BaseLoader))


def read_source_text(text: str, location: str) -> Source:
    """The same for the text of a mapping file, as the ledger keeps it, that was once at `location`."""
    return _make_source(parse_yaml(Path(location), text, yaml.BaseLoader))


def _make_source(file: YamlFile) -> Source:
    file.reject_unknown(_KEYS)
    fields = {name: _read_paths(file, name, value) for name, value in _mapping(file, "fields").items()}
    constants = _texts(file, "constants")
    for key, name in [*(("fields", name) for name in fields), *(("constants", name) for name in constants)]:
        if name not in FIELDS:
            raise file.wrong(f"is an unknown field; known are {', '.join(FIELDS)}", key, name)
    if "event_id" in constants:
        raise file.wrong("can't be a constant; all records would be one", "constants", "event_id")
    for name in constants:
        if name in fields:
            raise file.wrong("is both a field and a constant; keep one", "constants", name)
    for name in REQUIRED[1:]:  # an unmapped event id is derived from the content
        if name not in fields and name not in constants:
            raise file.wrong(f"{name} is missing; say where the records have it", "fields")
    return Source(
        name=file.path.stem,
        mapping_hash=hashlib.sha256(json.dumps(file.values, sort_keys=True).encode()).hexdigest()[:12],
        record_path=_split(file, file.values["record_path"], "record_path") if "record_path" in file.values else (),
        fields=fields,
        constants=constants,
        event_types=_texts(file, "event_types"),
        id_prefix=_text(file, file.values.get("id_prefix", ""), "id_prefix"),
        default_time_zone=file.zone("default_time_zone"),
        text=file.text,
        location=str(file.path),
    )


def _read_paths(file: YamlFile, name: str, value: Any) -> tuple[FieldPath, ...]:
    alternatives = value if isinstance(value, list) else [value]
    if not alternatives:
        raise file.wrong("is []; it must be a dotted path or a list of them", "fields", name)
    return tuple(_split(file, alternative, "fields", name) for alternative in alternatives)


def _split(file: YamlFile, value: Any, *keys: str) -> FieldPath:
    if not isinstance(value, str):
        raise file.wrong(f"is {value!r}; it must be a dotted path or a list of them", *keys)
    path = tuple(value.split("."))
    if not all(path):
        raise file.wrong(f"is {value!r}; a path is keys joined by single dots", *keys)
    return path


def _mapping(file: YamlFile, key: str) -> dict[str, Any]:
    value = file.values.get(key) or {}
    if not isinstance(value, dict):
        raise file.wrong(f"is {value!r}; it must be a list of `name: value` lines", key)
    return value


def _texts(file: YamlFile, key: str) -> dict[str, str]:
    texts = {name: _text(file, value, key, name) for name, value in _mapping(file, key).items()}
    for name, text in texts.items():
        if not text.strip():
            raise file.wrong("is blank; write what it stands for, or leave it out", key, name)
    return texts


def _text(file: YamlFile, value: Any, *keys: str) -> str:
    if not isinstance(value, str):
        raise file.wrong(f"is {value!r}; it must be one text", *keys)
    return value
