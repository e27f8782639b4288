"""Paths: they say where in a record, or in the objects around it, a value is.

user.id                                names, joined by dots
affectedObjects[0].id                  an element of a list; [-1] is the last one
["event.action"]                       a name that has dots or other special characters
^device, ^^page.id                     in the object around the record's list, and in the object around that one
#, ^#                                  the place of the record, or of the object around it, in its list, from 0
$.parameters[?@.name == 'doc_id'].value   JSONPath (RFC 9535)
timestamp.second + timestamp.nano      seconds and nanoseconds
"""

import json
import re
from typing import NamedTuple

# A name, a place in a list, or None for each element of a list.
Step = str | int | None


class Steps(NamedTuple):
    """A path of names and list places. It begins at the record (`level` 0) or at an object around it."""

    steps: tuple[Step, ...]
    level: int = 0

    def __str__(self) -> str:
        first, *others = self.steps
        return "^" * self.level + _write_step(first).removeprefix(".") + "".join(map(_write_step, others))


class Query(NamedTuple):
    """A JSONPath. It may find several values."""

    text: str
    level: int = 0

    def __str__(self) -> str:
        return "^" * self.level + self.text

    @property
    def first_name(self) -> str | None:
        """The name in the record below which the path finds its values; None if they may be anywhere.

        >>> Query("$.tags[*].id").first_name
        'tags'
        """
        found = _FIRST_NAME.match(self.text)
        return found and (found["name"] or found["quoted"])

    @property
    def may_read_anything(self) -> bool:
        """Whether the path may read any part of the record."""
        return not self.level and self.first_name is None


class Place(NamedTuple):
    """The place of the record, or of an object around it, in its list."""

    level: int = 0

    def __str__(self) -> str:
        return "^" * self.level + "#"


class Sum(NamedTuple):
    """A time of two values: seconds and nanoseconds."""

    seconds: Steps
    nanoseconds: Steps

    @property
    def level(self) -> int:
        return max(self.seconds.level, self.nanoseconds.level)

    def __str__(self) -> str:
        return f"{self.seconds} + {self.nanoseconds}"


Path = Steps | Query | Place | Sum

# Matches the first name of a JSONPath. A quoted name with an escape in it does not match.
_FIRST_NAME = re.compile(r"""\$(?:\.(?P<name>[^\W\d]\w*)|\[(?P<quote>["'])(?P<quoted>[^"'\\]+)(?P=quote)\])""")

_STEP = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<place>-?[0-9]{1,9}|\*)\]|(?P<dot>\.)?(?P<name>[^.\[\]]+)')


def parse_path(text: str) -> Path:
    """Parses a path of a mapping file. Raises a ValueError that says what to write instead.

    >>> parse_path('user.id')
    Steps(steps=('user', 'id'), level=0)
    >>> parse_path('^["event.action"][0].name')
    Steps(steps=('event.action', 0, 'name'), level=1)
    """
    rest = text.lstrip("^")
    level = len(text) - len(rest)
    if rest == "#":
        return Place(level)
    if rest.startswith("$"):
        return Query(rest, level)
    if " + " in text and '"' not in text:
        parts = [parse_path(part) for part in text.split(" + ")]
        if len(parts) != 2 or not all(isinstance(part, Steps) for part in parts):
            raise ValueError("a sum is a path of seconds, ` + `, and a path of nanoseconds")
        return Sum(*parts)  # type: ignore[arg-type]
    return Steps(_parse_steps(rest), level)


def parse_names(text: str) -> tuple[str, ...]:
    """Parses a path of names only. Lists on the way are not named. Raises ValueError.

    >>> parse_names("batches.events")
    ('batches', 'events')
    """
    path = parse_path(text)
    if not isinstance(path, Steps) or path.level or not all(isinstance(step, str) for step in path.steps):
        raise ValueError("only names, joined by dots, can stand here; lists on the way are gone through")
    return tuple(map(str, path.steps))


def _parse_steps(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    position = 0
    while position < len(text):
        step = _STEP.match(text, position)
        is_name = step is not None and step["name"] is not None
        if step is None or (is_name and bool(step["dot"]) != bool(steps)):
            raise ValueError('a path is names joined by single dots; [0] is an element, ["a.b"] a name as it is')
        if step["place"] is not None:
            steps.append(None if step["place"] == "*" else int(step["place"]))
        else:
            steps.append(step["name"] if is_name else json.loads(f'"{step["quoted"]}"'))
        position = step.end()
    if not steps or not isinstance(steps[0], str):
        raise ValueError("a path begins with a name")
    return tuple(steps)


def _write_step(step: Step) -> str:
    if not isinstance(step, str):
        return "[*]" if step is None else f"[{step}]"
    # A blank at an end, or an invisible character, would be lost when somebody copies the path from a screen.
    is_shown = step.isprintable() and step == step.strip()
    is_plain = step and is_shown and not re.search(r"[.\[\]]|^[\^#$]", step) and " + " not in step
    return f".{step}" if is_plain else f"[{json.dumps(step, ensure_ascii=not step.isprintable())}]"
