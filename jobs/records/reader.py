"""The way of a record: text -> JSON -> fields by the source's mapping -> an event, or all its problems."""

from base64 import b64encode
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from jobs.records.event import Event, Problem, Quarantined
from jobs.records.identity import fingerprint, hash_text
from jobs.records.pseudonyms import Erased
from jobs.records.strict_json import decode, show
from jobs.records.timestamps import EPOCH
from jobs.records.validate import Field, Limits, WrongValueError, check_text, make_fields
from jobs.records.words import count_words
from schemas.fields import FIELDS, REQUIRED, REQUIRED_BY_TYPE, Source

_MAX_RAW_BYTES = 64 * 1024
_MAX_VALUE_CHARACTERS = 200
_ORDER = {name: place for place, name in enumerate(FIELDS)}


class RecordReader:
    """Reads the records of one source; prepared once, so that a record costs direct look-ups."""

    def __init__(self, source: Source, limits: Limits, erased: Erased | None = None) -> None:
        self._fields = make_fields(source, limits)
        self._erased = erased

    def read(self, raw: bytes | None, framing_error: str | None = None) -> Event | Quarantined:
        """The event that the record is, or what is wrong with it. `framing_error` says that it is no whole record."""
        found = self._validate(raw, framing_error)
        if isinstance(found, Event):
            return self._erased.pseudonymize(found) if self._erased else found
        return self._erased.redact(found) if self._erased else found

    def _validate(self, raw: bytes | None, framing_error: str | None) -> Event | Quarantined:
        if framing_error is not None or raw is None:
            return _quarantine(raw, [_describe("unreadable_file", None, framing_error, "a readable file")])
        try:
            record = decode(raw)
        except (ValueError, RecursionError):
            return _quarantine(raw, [_explain_no_json(raw)])
        if type(record) is not dict:
            return _quarantine(raw, [_describe("not_an_object", None, None, "one JSON object")])
        found = [field.find(record) for field in self._fields]
        values, problems = self._read_values(found)
        problems += self._find_missing(found, values)
        if b"\\u0" in raw or b"\\ud" in raw or b"\\uD" in raw:
            problems += self._find_bad_texts(found)
        if problems:
            return _quarantine(raw, problems, self._show_fields(found))
        return _make_event(values)

    def _read_values(self, found: list[Any]) -> tuple[list[Any], list[Problem]]:
        values, problems = [], []
        for field, value in zip(self._fields, found, strict=True):
            try:
                values.append(None if value is None else field.read(value))
            except WrongValueError as wrong:
                values.append(None)
                problems.append(_describe_wrong(field, value, wrong))
        return values, problems

    def _find_missing(self, found: list[Any], values: list[Any]) -> list[Problem]:
        required = REQUIRED + REQUIRED_BY_TYPE.get(values[_ORDER["event_type"]], ())
        return [_describe("missing_field", name, None, "a value") for name in required if found[_ORDER[name]] is None]

    def _find_bad_texts(self, found: list[Any]) -> list[Problem]:
        problems = []
        for field, value in zip(self._fields, found, strict=True):
            try:
                check_text(value)
            except WrongValueError as wrong:
                problems.append(_describe_wrong(field, value, wrong))
        return problems

    def _show_fields(self, found: list[Any]) -> dict[str, str]:
        named = zip(self._fields, found, strict=True)
        return {field.name: _show(field, value) for field, value in named if value is not None}


def read_record(text: str | bytes, source: Source | None = None, limits: Limits | None = None) -> Event | Quarantined:
    """What becomes of one record, by conf/sources/default.yml unless another source is given.

    >>> event = read_record('{"id": 17.0, "type": "user_login", "ts": 1748865600, "user": {"id": "ann"}}')
    >>> event.event_id, event.user_id, event.event_at.isoformat()
    ('17', 'ann', '2025-06-02T12:00:00+00:00')
    >>> for problem in read_record('{"id": "e2", "type": "user_login", "ts": "soon"}').problems:
    ...     print(problem.reason, problem.field, problem.value)
    bad_timestamp event_at soon
    missing_field user_id None
    """
    raw = text.encode() if isinstance(text, str) else text
    return RecordReader(source or read_default_source(), limits or Limits()).read(raw)


@cache
def read_default_source() -> Source:
    """The mapping of conf/sources/default.yml."""
    path = Path(__file__).resolve().parents[2] / "conf" / "sources" / "default.yml"
    values = msgspec.yaml.decode(path.read_bytes())
    alternatives = {name: [value] if isinstance(value, str) else value for name, value in values["fields"].items()}
    fields = {name: tuple(tuple(path.split(".")) for path in paths) for name, paths in alternatives.items()}
    return Source(str(path), "", (), fields, {}, {}, "", values["default_time_zone"])


def _make_event(values: list[Any]) -> Event:
    event_id, event_type, micros, user_id, document_id, name, email, title, content, word_count, *others = values
    edit_length, comment_text, shared_with_user_id, permission, device, ip_address = others
    said = values[1:]
    if content is not None:
        word_count = count_words(content)
        said[_ORDER["content"] - 1] = hash_text(content)
    return Event(
        event_id,
        event_type,
        EPOCH + timedelta(microseconds=micros),
        user_id,
        document_id,
        word_count,
        edit_length,
        comment_text,
        shared_with_user_id,
        permission,
        device,
        ip_address,
        name,
        email,
        title,
        fingerprint(said),
    )


def _quarantine(raw: bytes | None, problems: list[Problem], fields: dict[str, str] | None = None) -> Quarantined:
    ordered = sorted(problems, key=lambda problem: _ORDER.get(problem.field or "", 0))
    if raw is None:
        return Quarantined(ordered, fields or {}, None, None, None, None)
    head, text = raw[:_MAX_RAW_BYTES], None
    if _is_utf8(raw):
        text = head.decode(errors="replace")
    encoded = None if text is not None else b64encode(head).decode()
    return Quarantined(ordered, fields or {}, text, encoded, len(raw), sha256(raw).hexdigest())


def _explain_no_json(raw: bytes) -> Problem:
    if _is_utf8(raw):
        return _describe("malformed_json", None, None, "one JSON object")
    return _describe("invalid_text", None, None, "UTF-8")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _describe_wrong(field: Field, value: Any, wrong: WrongValueError) -> Problem:
    return _describe(wrong.reason, field.name, _show(field, value), wrong.expected)


def _describe(reason: str, field: str | None, value: str | None, expected: str) -> Problem:
    return Problem(reason, field, value and value[:_MAX_VALUE_CHARACTERS], expected)


def _show(field: Field, value: Any) -> str:
    return field.shape(value if isinstance(value, str) else show(value))
