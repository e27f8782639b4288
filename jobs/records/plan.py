"""Plans how to read records. A plan is made once for all records that have the same names."""

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
# In a fingerprint each value bears the name of its column. Recipients bear the name of their field, as they did in the
# first version, so that fingerprints do not change.
_HASHED = {
    place: "shared_with_user_id" if column == "recipients" else column
    for column, place in _STATED.items()
    if column != "event_id"
}

# Takes the values of all fields. Returns those that become columns of an event.
pick_stated = itemgetter(*_STATED.values())


class Sought(NamedTuple):
    """A path that has found nothing yet in any record with these names."""

    path: str
    find: Finder


class Plan(NamedTuple):
    """How to read the records that have one set of names.

    `texts` are the fields that are a text at one name of the record. Each entry has the place of the field, the name,
    whether the text is stripped, and the field. `others` are the other fields.

    The fingerprint hashes the values that `pick_hashed` takes, under the names `hashed_names`. There are always two or
    more, so that `pick_hashed` returns a tuple.
    """

    fields: list[Field]
    texts: list[tuple[int, str, bool, Field]]
    others: list[Field]
    sought: list[Sought]
    hashed_names: tuple[str, ...]
    pick_hashed: Callable[[list[Any]], tuple[Any, ...]]


def make_plan(fields: Iterable[Field], names: tuple[str, ...]) -> Plan:
    """Makes the plan for records that have these of the names at which mapped paths begin."""
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
    """Returns the name of the record whose text is the value of the field; None where it is not that simple."""
    if not field.is_plain or len(field.paths) != 1:
        return None
    path = field.paths[0]
    return str(path.steps[0]) if isinstance(path, Steps) and not path.level and len(path.steps) == 1 else None
