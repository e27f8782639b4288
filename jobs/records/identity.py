"""What makes a record this record: a derived id, and the fingerprint of what it says."""

from hashlib import md5
from typing import Any

from jobs.records.strict_json import encode

_NUL = "\x00"


def hash_text(text: str) -> str:
    """The md5 of a text."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def derive_event_id(record: dict[str, Any]) -> str:
    """The id of a record whose producer gives none: the same for the same content, however it is written."""
    return hash_text(encode(record, is_sorted=True))


def fingerprint(values: list[str | int | None], first: int) -> str:
    """One hash of the values; what follows the first so many counts up to the last value that is not None.

    No accepted text holds a NUL, so that with NUL between the parts and a mark before each value no two records read
    the same.
    """
    while len(values) > first and values[-1] is None:
        values.pop()
    return hash_text(_NUL.join(["" if value is None else f"={value}" for value in values]))
