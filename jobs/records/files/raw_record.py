"""A record as it was cut out of its file."""

from typing import Any, NamedTuple

from jobs.records.values.strict_json import decode, encode

# More than this is not stored with a quarantined record. Such a record can be replayed from its file only.
_MAX_AROUND_BYTES = 64 * 1024


class Around(NamedTuple):
    """What is around a record, for paths such as `^device` that look there.

    `objects` are the objects around the record's list, the innermost first, without the lists that lead to the record.
    `places[0]` is the place of the record in its list, from 0. `places[k]` is the place of `objects[k - 1]` in the list
    that holds it. A place is None where no list holds the object.
    """

    objects: tuple[dict[str, Any], ...]
    places: tuple[int | None, ...]


class RawRecord(NamedTuple):
    """A record: its number in the file, from 1, and its text. `error` says why it could not be cut out whole.

    `around` is given where the mapping looks around a record. `is_ignored` marks a value that holds no records: it has
    a number, but nothing is made of it. A `problem`, which is a reason and what was expected, means that the record
    will be quarantined.
    """

    number: int
    raw: bytes | None
    error: str | None = None
    around: Around | None = None
    is_ignored: bool = False
    problem: tuple[str, str] | None = None


def write_around(around: Around) -> str | None:
    """Returns it as JSON text; None where that is too long to be stored.

    >>> write_around(Around(({"device": "web"},), (0, None)))
    '{"objects":[{"device":"web"}],"places":[0,null]}'
    """
    text = encode({"objects": around.objects, "places": around.places})
    return text if len(text.encode()) <= _MAX_AROUND_BYTES else None


def read_around(text: str) -> Around:
    """Reads what `write_around` wrote."""
    value = decode(text.encode())
    return Around(tuple(value["objects"]), tuple(value["places"]))
