"""The identity of a record: an id that we derive, and a fingerprint of its values."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import md5
from typing import Any

from jobs.records.values.strict_json import encode

# The version of the rules below. A load warns where the records of a database were read by another version.
IDENTITY_VERSION = 2

_NUL = "\x00"


def hash_text(text: str) -> str:
    """Returns the md5 of a text."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def derive_event_id(record: Any) -> str:
    """Returns an id for a record whose producer gives none. Records with the same content get the same id.

    >>> derive_event_id({"a": 1, "b": 2}) == derive_event_id({"b": 2, "a": 1})
    True
    """
    return hash_text(encode(record, is_sorted=True))


def fingerprint(
    names: Iterable[str], values: Iterable[str | int | None], content: str | None, properties: str | None = None
) -> str:
    """Returns one hash of all that is stored of a record, so that equal fingerprints mean equal rows.

    It covers each value that is not None with its name, the properties, and the hash of the content. Values that are
    None are left out, so that a column that is added later does not change the fingerprints of older records. NUL
    separates the parts, because no accepted text holds a NUL. At least one value must not be None.

    >>> fingerprint(["user_id", "device"], ["ann", None], None) == fingerprint(["user_id"], ["ann"], None)
    True
    """
    names, values = tuple(names), tuple(values)
    if None in values:
        stated = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        names, values = tuple(stated), tuple(stated.values())
    said = _make_form(names) % values
    if properties is not None:
        said += f"{_NUL}properties={properties}"
    if content is not None:
        said += f"{_NUL}content={hash_text(content)}"
    return hash_text(said)


@lru_cache(maxsize=1024)
def _make_form(names: tuple[str, ...]) -> str:
    """Makes the format for values with these names. Records have few sets of names, so we make each format once."""
    return _NUL.join(f"{name}=%s" for name in names)
