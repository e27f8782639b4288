"""Reads a mapping such as conf/sources/default.yml. A wrong one is rejected with its line, before Spark starts."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal

import yaml

from jobs.records.values.timestamps import check_time_format
from jobs.storage.config.mapping_paths import parse_value, read_path, read_paths, read_record_path
from jobs.storage.config.source_checks import check_source
from jobs.storage.config.yaml_file import YamlFile, parse_yaml, read_yaml
from schemas.fields import FIELDS, TIMES, Source
from schemas.paths import Path as FieldPath
from schemas.paths import parse_names

_KEYS = {
    "record_path",
    "fields",
    "constants",
    "event_types",
    "default_time_zone",
    "namespace",
    "identity",
    "decode",
    "missing_values",
    "fold_case",
    "time_formats",
    "ignore",
    "content_format",
    "shared_with_separator",
    "properties",
}
# The ids whose case can be folded. Recipients are users, so the rule for user ids applies to them too.
_FOLDED = [name for name, field in FIELDS.items() if field.kind == "id"]
_CODECS = ("base64", "gzip", "json")
_CONTENT_FORMATS = ("text", "html")
_EXAMPLES = {
    "fields": "user_id: actor.id",
    "constants": "device: web",
    "event_types": "SignIn: user_login",
    "decode": "log: json",
    "time_formats": "event_at: epoch_ms",
    "ignore": "type: [SCHEMA]",
}
_NAMESPACE = re.compile(r"[\w.-]{1,100}")


def read_source(path: Path | str) -> Source:
    """Read a field mapping. Its keys and values are taken as the texts that are written there.

    Raises UsageError naming the file, the line, the key and the fix.
    """
    return _make_source(read_yaml(Path(path), yaml.BaseLoader))


def read_source_text(text: str, location: str) -> Source:
    """Read the text of a mapping that the ledger keeps. Its file was once at `location`."""
    return _make_source(parse_yaml(Path(location), text, yaml.BaseLoader))


def _make_source(file: YamlFile) -> Source:
    if "id_prefix" in file.values:
        raise file.wrong(
            "is now `namespace`, without the colon, and stands before user and document ids, too", "id_prefix"
        )
    file.reject_unknown(_KEYS)
    source = Source(
        name=file.path.stem,
        mapping_hash=hashlib.sha256(json.dumps(file.values, sort_keys=True).encode()).hexdigest()[:12],
        record_path=read_record_path(file),
        fields={name: read_paths(file, value, "fields", name) for name, value in _mapping(file, "fields").items()},
        constants=_texts(file, "constants"),
        event_types=_texts(file, "event_types"),
        default_time_zone=file.zone("default_time_zone"),
        namespace=_read_namespace(file),
        identity=read_paths(file, file.values["identity"], "identity") if "identity" in file.values else (),
        decode=_read_decode(file),
        missing_values=frozenset(_list(file, "missing_values")),
        fold_case=frozenset(_list(file, "fold_case", among=_FOLDED)),
        time_formats=_read_time_formats(file),
        ignore=_read_ignored(file),
        shared_with_separator=_read_separators(file),
        properties=_read_properties(file),
        content_format=_list(file, "content_format", among=_CONTENT_FORMATS, default="text")[0],
        text=file.text,
        location=str(file.path),
    )
    check_source(file, source)
    return source


def _read_namespace(file: YamlFile) -> str:
    namespace = _text(file, file.values.get("namespace", ""), "namespace")
    if "namespace" in file.values and not _NAMESPACE.fullmatch(namespace):
        raise file.wrong(
            f"is {namespace!r}; it must be a word of letters, digits, `_`, `-` and `.`, such as crm", "namespace"
        )
    return namespace


def _read_properties(file: YamlFile) -> tuple[FieldPath, ...] | Literal["all"]:
    value = file.values.get("properties", [])
    if value == "all":
        return "all"
    if not isinstance(value, list):
        raise file.wrong(f"is {value!r}; it must be a list of paths, or all", "properties")
    return tuple(read_path(file, path, "properties") for path in value)


def _read_separators(file: YamlFile) -> tuple[str, ...] | None:
    key = "shared_with_separator"
    if key not in file.values:
        return None
    value = file.values[key]
    separators = value if isinstance(value, list) else [value]
    for separator in separators:
        if not isinstance(separator, str) or not separator:
            raise file.wrong(f'is {separator!r}; write what parts the recipients in a text, such as ","', key)
    return tuple(separators)


def _read_decode(file: YamlFile) -> dict[tuple[str, ...], tuple[str, ...]]:
    decode = {}
    for path, value in _mapping(file, "decode").items():
        codecs = tuple(_text(file, value, "decode", path).split("+"))
        in_order = [codec for codec in _CODECS if codec in codecs]
        if list(codecs) != in_order or codecs[-1] != "json":
            raise file.wrong(
                f"is {value!r}; it must be json, gzip+json, base64+json or base64+gzip+json", "decode", path
            )
        decode[parse_value(file, parse_names, path, "decode", path)] = codecs
    return decode


def _read_time_formats(file: YamlFile) -> dict[str, tuple[str, ...]]:
    formats = {}
    for name, value in _mapping(file, "time_formats").items():
        if name not in TIMES:
            raise file.wrong(f"is no time; times are {', '.join(TIMES)}", "time_formats", name)
        if value == []:
            raise file.wrong("is []; name the forms that its times have, or leave it out", "time_formats", name)
        formats[name] = tuple(
            _text(file, each, "time_formats", name) for each in (value if isinstance(value, list) else [value])
        )
        for each in formats[name]:
            if problem := check_time_format(each):
                raise file.wrong(f"is {each!r}; {problem}", "time_formats", name)
    return formats


def _read_ignored(file: YamlFile) -> tuple[tuple[FieldPath, frozenset[str]], ...]:
    ignored = []
    for path in _mapping(file, "ignore"):
        if not (texts := frozenset(_list(file, "ignore", path))):
            raise file.wrong("is []; name the texts that mean that this is no event", "ignore", path)
        ignored.append((read_path(file, path, "ignore", path), texts))
    return tuple(ignored)


def _list(file: YamlFile, *keys: str, among: tuple[str, ...] | list[str] = (), default: str | None = None) -> list[str]:
    """Read a text or a list of texts. Each must be one of `among`, if that is given."""
    value: Any = file.values
    for key in keys:
        value = value.get(key, [] if default is None else default)
    values = [_text(file, each, *keys) for each in (value if isinstance(value, list) else [value])]
    for each in values:
        if among and each not in among:
            raise file.wrong(f"is {each!r}; it must be among {', '.join(among)}", *keys)
        if not each.strip():
            raise file.wrong("has a blank text, which means none anyway; leave it out", *keys)
    if default is not None and len(values) != 1:
        raise file.wrong(f"is {value!r}; it must be one of {', '.join(among)}", *keys)
    return [each.strip() for each in values]


def _mapping(file: YamlFile, key: str) -> dict[str, Any]:
    value = file.values.get(key) or {}
    if not isinstance(value, dict):
        raise file.wrong(f"is {value!r}; it must be `name: value` lines, such as `{_EXAMPLES[key]}`", key)
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
