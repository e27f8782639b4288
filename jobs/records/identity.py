"""What makes a record this record: a derived id, and the fingerprint of what it says."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import md5
from typing import Any

from jobs.records.values.strict_json import encode

# How the fingerprint is made. A database whose records were read by another version is told so.
IDENTITY_VERSION = 2

_NUL = "\x00"


def hash_text(text: str) -> str:
    """The md5 of a text."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def derive_event_id(record: Any) -> str:
    """The id of a record whose producer gives none: the same for the same content, however it is written."""
    return hash_text(encode(record, is_sorted=True))


def fingerprint(
    names: Iterable[str], values: Iterable[str | int | None], content: str | None, properties: str | None = None
) -> str:
    """One hash of all that is stored of a record: each value that is not None, with its name, the properties in their
    canonical form, and the content's hash. At least one value is not None.

    Records of equal fingerprints give equal rows. A column that is added later changes no fingerprint of a record that
    has no value in it. No accepted text holds a NUL, so that with NUL between the parts no two records read the same.
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
    """The form that is filled with the values of these names, since most records have one of few sets of names."""
    return _NUL.join(f"{name}=%s" for name in names)
