"""How records are read: prepared once for all that have the same names."""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, NamedTuple

from jobs.records.mapping import Finder, make_finder
from jobs.records.source_fields import Field
from schemas.columns import READ_EVENT
from schemas.fields import FIELDS, REQUIRED
from schemas.paths import Steps

PLACES = {name: place for place, name in enumerate(FIELDS)}

_PLACES_BY_COLUMN = {field.column: PLACES[field.name] for field in FIELDS.values()}
_MADE = ("content_fingerprint", "properties")
_STATED = {column.name: _PLACES_BY_COLUMN[column.name] for column in READ_EVENT if column.name not in _MADE}
# Each value has the name of its column in a fingerprint, but recipients have always had that of their field.
_HASHED = {
    place: "shared_with_user_id" if column == "recipients" else column
    for column, place in _STATED.items()
    if column != "event_id"
}

# The values of an event that its record states, out of those of all fields.
pick_stated = itemgetter(*_STATED.values())


class Sought(NamedTuple):
    """A path that no record of these names has shown yet."""

    path: str
    find: Finder


class Plan(NamedTuple):
    """How the records of one set of names are read.

    `texts` are the fields whose value, where it is a text, is that at one name of the record: the place of the field,
    the name, whether the text is stripped, and the field. `others` are the other fields. A fingerprint hashes what
    `pick_hashed` takes out of the values of all fields, by `hashed_names`; of an event this is more than one value.
    """

    fields: list[Field]
    texts: list[tuple[int, str, bool, Field]]
    others: list[Field]
    sought: list[Sought]
    hashed_names: tuple[str, ...]
    pick_hashed: Callable[[list[Any]], tuple[Any, ...]]


def make_plan(fields: Iterable[Field], names: tuple[str, ...]) -> Plan:
    """The plan for the records that have, of the names that begin mapped paths, these."""
    fields = [narrow for field in fields if (narrow := field.narrow(names))]
    paths = dict.fromkeys(path for field in fields for path in field.paths)
    sought = [Sought(str(path), make_finder((path,))) for path in paths]
    named = [(field, _find_name(field)) for field in fields]
    texts = [(field.place, name, field.shape is str.strip, field) for field, name in named if name]
    others = [field for field, name in named if not name]
    places = {PLACES[name] for name in REQUIRED} | {field.place for field in fields}
    if PLACES["content"] in places:
        places.add(PLACES["word_count"])
    hashed = {place: name for place, name in _HASHED.items() if place in places}
    return Plan(fields, texts, others, sought, tuple(hashed.values()), itemgetter(*hashed))


def _find_name(field: Field) -> str | None:
    """The one name at which the record has the field, where a text there is nothing but the value of the field."""
    if not field.is_plain or len(field.paths) != 1:
        return None
    path = field.paths[0]
    return str(path.steps[0]) if isinstance(path, Steps) and not path.level and len(path.steps) == 1 else None
