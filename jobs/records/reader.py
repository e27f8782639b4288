"""The way of a record: text -> JSON -> fields by the source's mapping -> an event, or all its problems."""

from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from jobs.records.erased_people import Erased
from jobs.records.event import Event
from jobs.records.identity import fingerprint
from jobs.records.problems import Problem, Quarantined, is_utf8, quarantine
from jobs.records.strict_json import decode
from jobs.records.validate import MISSING, NOT_STORABLE, Field, Limits, WrongValueError, can_be_stored, make_fields
from jobs.records.words import count_words
from schemas.columns import READ_EVENT
from schemas.event_types import REQUIRED_BY_TYPE
from schemas.fields import FIELDS, REQUIRED, Source

_NAMES = tuple(FIELDS)
_PLACES = {name: place for place, name in enumerate(FIELDS)}
_EVENT_TYPE = _PLACES["event_type"]
_CONTENT, _WORD_COUNT = _PLACES["content"], _PLACES["word_count"]
_REQUIRED = [_PLACES[name] for name in REQUIRED]
_REQUIRED_BY_TYPE = {
    event_type: _REQUIRED + [_PLACES[name] for name in names] for event_type, names in REQUIRED_BY_TYPE.items()
}
_PLACES_BY_COLUMN = {field.column: _PLACES[field.name] for field in FIELDS.values()}
_BUSINESS_COLUMNS = tuple(column.name for column in READ_EVENT if column.name != "content_fingerprint")
_pick_business_values = itemgetter(*[_PLACES_BY_COLUMN[name] for name in _BUSINESS_COLUMNS])


class RecordReader:
    """Reads the records of one source; prepared once, so that a record costs direct look-ups."""

    def __init__(self, source: Source, limits: Limits, erased: Erased | None = None) -> None:
        fields = make_fields(source, limits)
        self._is_mapped = frozenset(path[0] for field in fields for path in field.paths).__contains__

        # Most records have less than half of our fields, and those of one log have few sets of names.
        @lru_cache(maxsize=1024)
        def choose(names: tuple[str, ...]) -> list[Field]:
            return [narrow for field in fields if (narrow := field.narrow(names))]

        self._choose = choose
        self._erased = erased

    def read(self, raw: bytes | None, splitting_error: str | None = None) -> Event | Quarantined:
        """The event that the record is, or what is wrong with it. `splitting_error` says that it is no whole record."""
        found = self._validate(raw, splitting_error)
        if self._erased is None:
            return found
        return self._erased.pseudonymize(found) if isinstance(found, Event) else self._erased.redact(found)

    def _validate(self, raw: bytes | None, splitting_error: str | None) -> Event | Quarantined:
        if raw is None or splitting_error is not None:
            return quarantine(raw, [Problem.of("unreadable_file", None, splitting_error, "a readable file")])
        try:
            record = decode(raw)
        except (ValueError, RecursionError):
            reason, expected = ("malformed_json", "one JSON object") if is_utf8(raw) else ("invalid_text", "UTF-8")
            return quarantine(raw, [Problem.of(reason, None, None, expected)])
        if type(record) is not dict:
            return quarantine(raw, [Problem.of("not_an_object", None, None, "one JSON object")])
        fields = self._choose(tuple(filter(self._is_mapped, record)))
        values: list[Any] = [None] * len(_PLACES)
        problems = []
        for place, _, find, _, read, _ in fields:
            if (value := find(record)) is not None:
                try:
                    values[place] = read(value)
                except WrongValueError as wrong:
                    problems.append((place, wrong))
        for place in _REQUIRED_BY_TYPE.get(values[_EVENT_TYPE], _REQUIRED):
            if values[place] is None and place not in dict(problems):
                problems.append((place, MISSING))
        if b"\\" in raw:  # only an escape brings what can't be stored
            problems += [(field.place, NOT_STORABLE) for field in fields if not can_be_stored(field.find(record))]
        return _quarantine(raw, record, fields, problems) if problems else _make_event(values)


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
    raw = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    return RecordReader(source or read_default_source(), limits or Limits()).read(raw)


@cache
def read_default_source() -> Source:
    """The mapping of conf/sources/default.yml, which a test holds equal to the paths of the catalogue."""
    path = Path(__file__).resolve().parents[2] / "conf" / "sources" / "default.yml"
    mapped = [field for field in FIELDS.values() if field.paths]
    fields = {field.name: tuple(tuple(path.split(".")) for path in field.paths) for field in mapped}
    return Source(path.stem, "", (), fields, {}, {}, "", "UTC")


def _make_event(values: list[Any]) -> Event:
    content = values[_CONTENT]
    if content is not None:
        values[_WORD_COUNT] = count_words(content)
    event_id, *others = _pick_business_values(values)
    return Event._make((event_id, *others, fingerprint(_BUSINESS_COLUMNS[1:], others, content)))


def _quarantine(
    raw: bytes, record: dict[str, Any], fields: list[Field], problems: list[tuple[int, WrongValueError]]
) -> Quarantined:
    shown = {field.name: field.show(value) for field in fields if (value := field.find(record)) is not None}
    named = []
    for place, wrong in sorted(problems, key=itemgetter(0)):
        name = _NAMES[place]
        named.append(Problem.of(wrong.reason, name, shown.get(name), wrong.expected))
    # Where anything else is wrong, time alone does not fix the record.
    due_at_micros = problems[0][1].due_at_micros if len(problems) == 1 else None
    return quarantine(raw, named, shown, due_at_micros)
