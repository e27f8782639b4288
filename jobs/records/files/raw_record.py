"""A record as it is split off its file."""

from typing import Any, NamedTuple

from jobs.records.values.strict_json import decode, encode

# More is not kept beside a quarantined record, so that it can be replayed from its file only.
_MAX_AROUND_BYTES = 64 * 1024


class Around(NamedTuple):
    """Where a record stands, for paths that look around it.

    `objects` are the objects around its list, the innermost first; the lists that lead to the record are left out of
    them. `places[0]` is the place of the record in its list, from 0, and `places[k]` that of `objects[k - 1]` in its
    own; None where it stands in none.
    """

    objects: tuple[dict[str, Any], ...]
    places: tuple[int | None, ...]


class RawRecord(NamedTuple):
    """Its number from 1, its text, and why it could not be split off whole, if so.

    `around` is given where the mapping looks around a record. A value that holds no records is ignored: it has a number
    and nothing is made of it. A `problem` is a reason and what was expected: such a record is never an event.
    """

    number: int
    raw: bytes | None
    error: str | None = None
    around: Around | None = None
    is_ignored: bool = False
    problem: tuple[str, str] | None = None


def write_around(around: Around) -> str | None:
    """As a JSON text; None where it is too long to be kept."""
    text = encode({"objects": around.objects, "places": around.places})
    return text if len(text.encode()) <= _MAX_AROUND_BYTES else None


def read_around(text: str) -> Around:
    """What `write_around` wrote."""
    value = decode(text.encode())
    return Around(tuple(value["objects"]), tuple(value["places"]))
