"""Reads one record: parses its JSON, and finds its fields by the mapping. The result is an event or its problems."""

from functools import cache, lru_cache, partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from jobs.records.erased_people import Erased
from jobs.records.event import Event
from jobs.records.files.nested_records import record_decode
from jobs.records.files.packed_strings import open_strings
from jobs.records.files.raw_record import Around, write_around
from jobs.records.identity import fingerprint
from jobs.records.mapping import NO_ANSWER, make_finder, make_missing_test
from jobs.records.observed import NameCounter, Observed
from jobs.records.plan import PLACES, Plan, Sought, make_plan, pick_stated
from jobs.records.problems import Problem, Quarantined, is_utf8, quarantine
from jobs.records.properties import PropertiesReader
from jobs.records.source_fields import Field, make_fields
from jobs.records.validate import MISSING, NOT_STORABLE, UNANSWERED, Limits, WrongValueError, can_be_stored
from jobs.records.values.rich_text import TooDeepError, read_html
from jobs.records.values.strict_json import decode, encode
from jobs.records.values.words import count_words
from schemas.event_types import REQUIRED_BY_TYPE
from schemas.fields import FIELDS, REQUIRED, Source
from schemas.paths import parse_path

_NAMES = tuple(FIELDS)
_EVENT_ID, _EVENT_TYPE = PLACES["event_id"], PLACES["event_type"]
_CONTENT, _WORD_COUNT, _RECIPIENTS = PLACES["content"], PLACES["word_count"], PLACES["shared_with_user_id"]
_REQUIRED = [PLACES[name] for name in REQUIRED]
_REQUIRED_BY_TYPE = {
    event_type: _REQUIRED + [PLACES[name] for name in names] for event_type, names in REQUIRED_BY_TYPE.items()
}
# Separates the recipients in a fingerprint, as if the record stated each one alone. So a share with one person has the
# same fingerprint as in versions that knew only one recipient.
_NEXT_RECIPIENT = "\x00shared_with_user_id="
# A character has at most four bytes in UTF-8.
_BYTES_OF_A_CHARACTER = 4
# Makes an event of a tuple of its values. Calling the class would take twice as long.
_make_event = partial(tuple.__new__, Event)


class RecordReader:
    """Reads the records of one source. It prepares the mapping once, so that each record takes only direct look-ups.

    `observed` says what the records have shown of the mapping.
    """

    def __init__(self, source: Source, limits: Limits, erased: Erased | None = None) -> None:
        counter = NameCounter(source, erased.is_named_in if erased else None)
        self.observed = Observed(counter=counter)
        self._count_names = counter.count
        fields = make_fields(source, limits, self.observed)
        self._usual_characters = limits.max_id_bytes // _BYTES_OF_A_CHARACTER
        # Most records have less than half of our fields, and the records of one log have few different sets of names.
        # So we make one plan for each set of names.
        self._choose = lru_cache(maxsize=1024)(partial(make_plan, fields))
        self._ignore = [(make_finder((path,)), values) for path, values in source.ignore]
        is_missing = make_missing_test(source.missing_values, is_id=True)
        self._identity = [(path, make_finder((path,), is_missing=is_missing)) for path in source.identity]
        self._decode = record_decode(source)
        self._prepares = bool(self._ignore or self._decode)
        self._properties = PropertiesReader(source, self.observed) if source.properties else None
        self._reads_html = source.content_format == "html"
        self._erased = erased

    def read(
        self,
        raw: bytes | None,
        error: str | None = None,
        around: Around | None = None,
        problem: tuple[str, str] | None = None,
    ) -> Event | Quarantined | None:
        """Returns the event, or what is wrong with the record; None where the source ignores it.

        `error` says why the record could not be cut out of its file whole. A `problem` (reason, what was expected) says
        that it was not found where the mapping looks for records.
        """
        found: Event | Quarantined | None
        if raw is None or error is not None:
            found = quarantine(raw, [Problem.of("unreadable_file", None, error, "a readable file")])
        elif problem is not None:
            found = _quarantine_whole(raw, *problem, around)
        else:
            found = self._validate(raw, around)
        if self._erased is None or found is None:
            return found
        return self._erased.pseudonymize(found) if isinstance(found, Event) else self._erased.redact(found)

    def _validate(self, raw: bytes, around: Around | None) -> Event | Quarantined | None:
        try:
            record = decode(raw)
        except (ValueError, RecursionError):
            reason, expected = ("malformed_json", "one JSON object") if is_utf8(raw) else ("invalid_text", "UTF-8")
            return _quarantine_whole(raw, reason, expected, around)
        if type(record) is not dict:
            return _quarantine_whole(raw, "not_an_object", "one JSON object", around)
        if self._prepares and (record := self._prepare(record, around)) is None:
            return None
        plan = self._choose(self._count_names(record))
        if plan.sought:
            self._observe(record, around, plan.sought)
        values, problems = self._read_fields(plan, record, around)
        # Text that can't be stored comes from an escape, so a record without a backslash needs no search. Strings that
        # were opened, and objects around the record, may have escapes that `raw` does not show.
        if b"\\" in raw or around is not None or self._prepares:
            problems += _find_not_storable(plan.fields, record, around)
        properties, wrong_properties = self._properties.read(record, around) if self._properties else (None, [])
        if problems or wrong_properties:
            return _quarantine(raw, record, around, plan.fields, problems, wrong_properties)
        return self._make_event(values, properties, plan)

    def _read_fields(
        self, plan: Plan, record: dict[str, Any], around: Around | None
    ) -> tuple[list[Any], list[tuple[int, WrongValueError]]]:
        """Returns the value of each field, in the places of the fields, and the problems with their places."""
        values: list[Any] = [None] * len(PLACES)
        problems: list[tuple[int, WrongValueError]] = []
        others = plan.others
        # Most fields of a record are short texts. The only question about those is whether they are blank.
        for place, name, is_stripped, field in plan.texts:
            value = record[name]
            if type(value) is str and len(value) <= self._usual_characters and (stripped := value.strip()):
                values[place] = stripped if is_stripped else value
            else:
                others = [*others, field]
        for place, _, find, _, read, _, _, _ in others:
            if (value := find(record, around)) is not None:
                try:
                    values[place] = read(value)
                except WrongValueError as wrong:
                    problems.append((place, UNANSWERED if value is NO_ANSWER else wrong))
        for place in _REQUIRED_BY_TYPE.get(values[_EVENT_TYPE], _REQUIRED):
            if values[place] is None and place not in dict(problems):
                problems.append((place, self._describe_missing(place, record, around)))
        return values, problems

    def _describe_missing(self, place: int, record: dict[str, Any], around: Around | None) -> WrongValueError:
        """Says what is missing: for an id that we derive, the path of the `identity` that has no value."""
        for path, find in self._identity if place == _EVENT_ID else ():
            if find(record, around) is None:
                return WrongValueError(MISSING.reason, f"a value at {path}, which the identity names")
        return MISSING

    def _prepare(self, record: dict[str, Any], around: Around | None) -> dict[str, Any] | None:
        """Opens the strings of the record, and returns it; None where the source ignores it."""
        record = open_strings(record, self._decode)
        return None if self._is_ignored(record, around) else record

    def _is_ignored(self, record: dict[str, Any], around: Around | None) -> bool:
        """Whether the source says, in its `ignore`, that this record is no event."""
        for find, texts in self._ignore:
            value = find(record, around)
            if value is not None and (value.strip() if type(value) is str else encode(value)) in texts:
                return True
        return False

    def _observe(self, record: dict[str, Any], around: Around | None, sought: list[Sought]) -> None:
        """Notes which paths find something. We look for each path only until one record with these names has it."""
        self.observed.look_at(record)
        for each in [each for each in sought if each.find(record, around) is not None]:
            self.observed.paths.add(each.path)
            sought.remove(each)

    def _make_event(self, values: list[Any], properties: str | None, plan: Plan) -> Event:
        content, event_type = values[_CONTENT], values[_EVENT_TYPE]
        if content is not None:
            stated = values[_WORD_COUNT]
            values[_WORD_COUNT] = self._count_html_words(content, stated) if self._reads_html else count_words(content)
        if event_type not in self.observed.types:
            self.observed.add_type(event_type)
        stated_values = pick_stated(values)
        if (recipients := values[_RECIPIENTS]) is not None:
            values[_RECIPIENTS] = _NEXT_RECIPIENT.join(recipients)
        content_fingerprint = fingerprint(plan.hashed_names, plan.pick_hashed(values), content, properties)
        return _make_event((*stated_values, content_fingerprint, properties))

    def _count_html_words(self, content: str, stated: int | None) -> int | None:
        try:
            return count_words(read_html(content))
        except TooDeepError:
            self.observed.unread_content += 1
            return stated


def read_record(
    text: str | bytes, source: Source | None = None, limits: Limits | None = None
) -> Event | Quarantined | None:
    """Reads one record, by conf/sources/default.yml or by another source. Returns None if the source ignores it.

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
    """Returns the mapping of conf/sources/default.yml, made from the catalogue. A test compares the two."""
    path = Path(__file__).resolve().parents[2] / "conf" / "sources" / "default.yml"
    mapped = [field for field in FIELDS.values() if field.paths]
    fields = {field.name: tuple(map(parse_path, field.paths)) for field in mapped}
    return Source(path.stem, fields=fields, shared_with_separator=(",", ";"))


def _find_not_storable(
    fields: list[Field], record: dict[str, Any], around: Around | None
) -> list[tuple[int, WrongValueError]]:
    return [(field.place, NOT_STORABLE) for field in fields if not can_be_stored(field.find(record, around))]


def _quarantine(
    raw: bytes,
    record: dict[str, Any],
    around: Around | None,
    fields: list[Field],
    problems: list[tuple[int, WrongValueError]],
    wrong_properties: list[Problem],
) -> Quarantined:
    found = [(field, field.find(record, around)) for field in fields]
    shown = {field.name: field.show(value) for field, value in found if value is not None and value is not NO_ANSWER}
    named = []
    for place, wrong in sorted(problems, key=itemgetter(0)):
        name = _NAMES[place]
        named.append(Problem.of(wrong.reason, name, shown.get(name), wrong.expected))
    named += wrong_properties
    # Waiting fixes the record only if nothing else is wrong with it.
    due_at_micros = problems[0][1].due_at_micros if len(named) == 1 and problems else None
    return quarantine(raw, named, shown, due_at_micros, _write(around))


def _quarantine_whole(raw: bytes, reason: str, expected: str, around: Around | None) -> Quarantined:
    """Quarantines a record that is wrong as a whole, so that none of its fields can be read."""
    return quarantine(raw, [Problem.of(reason, None, None, expected)], around=_write(around))


def _write(around: Around | None) -> str | None:
    return None if around is None else write_around(around)
