"""The steps of a path that was found: how a mapping writes them, and which words they have."""

import re
from typing import NamedTuple

from jobs.profiling.words import split_words
from jobs.records.values.strict_json import encode
from schemas.paths import Path, Query, Steps, parse_path

# Members of a list element that say what kind of thing it is.
KINDS = ("type", "kind")
_MAX_PATH_CHARACTERS = 200
_SHORT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Label(NamedTuple):
    """The elements of a list whose member `name` is `value`."""

    name: str
    value: str


class Anything(NamedTuple):
    """All values in an object or a list."""


ANY = Anything()
Step = str | int | Label | Anything


def write_path(steps: tuple[Step, ...], level: int) -> Path | None:
    """Returns the path as a mapping writes it; None where it would be too long to read.

    >>> print(write_path(("tags", Label("name", "doc_id"), "value"), 0))
    $.tags[?@.name == 'doc_id'].value
    """
    if all(type(step) is str or type(step) is int for step in steps):
        path: Path = Steps(steps, level)  # type: ignore[arg-type]
    else:
        path = Query("$" + "".join(map(_write_query_step, steps)), level)
    text = str(path)
    try:
        return path if len(text) <= _MAX_PATH_CHARACTERS and parse_path(text) == path else None
    except ValueError:
        return None


def _write_query_step(step: Step) -> str:
    if isinstance(step, Anything):
        return "[*]"
    if isinstance(step, Label):
        return f"[?@{_write_query_step(step.name)} == {_quote(step.value)}]"
    if type(step) is int:
        return f"[{step}]"
    return f".{step}" if _SHORT_NAME.fullmatch(step) else f"[{_quote(step)}]"  # type: ignore[arg-type]


def _quote(text: str) -> str:
    """Writes a string of JSONPath in single quotes."""
    escaped = encode(text)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return "'" + "".join(mark if mark.isprintable() else f"\\u{ord(mark):04x}" for mark in escaped) + "'"


def name_words(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Returns the words that describe the value at a path. In a list of names and values, the name describes it.

    >>> name_words(("tags", Label("name", "doc_id"), "value"))
    ('doc', 'id')
    """
    words: tuple[str, ...] = ()
    for step in steps:
        if isinstance(step, Label):
            words = split_words(step.value) if step.name not in KINDS else (*words, *split_words(step.value))
        elif isinstance(step, str):
            words = (*words, *split_words(step))
    last = steps[-1]
    before = next((step for step in reversed(steps[:-1]) if not isinstance(step, int | Anything)), None)
    if isinstance(before, Label) and before.name not in KINDS and isinstance(last, str):
        words = split_words(before.value)
    return words
