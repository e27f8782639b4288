"""Words of messages that several places share."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN_NAMES = 10


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """1 file, 2 files; 1 person, 2 people."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def describe_new_fields(new: Mapping[str, Any]) -> Iterator[str]:
    """What a run has to tell of new names, given by source as in its summary, and how such a field is kept."""
    for source, found in new.items():
        names = sorted(found["records"].items(), key=lambda item: (-item[1], item[0]))
        yield f"new fields that no path of {source}.yml reads, and how many records have them"
        yield from (f"  {name:<24}{records:>6,}" for name, records in names[:_SHOWN_NAMES])
        if (more := len(names) - _SHOWN_NAMES) > 0:
            yield f"  and {more} more"
        if found["unnamed"]:
            yield f"  beside these {found['unnamed']:,} values of further fields, too many to count each by its name"
        yield (
            f"  to keep one, write `properties: [{_quote(names[0][0])}]` into {source}.yml, or map it to a field of"
            " ours in its `fields`; `make fields` shows all that is in the log"
        )


def name_new_fields(new: Mapping[str, Any]) -> list[str]:
    """The same for a stream, in one line for each source."""
    shown = {source: [*found["records"]] for source, found in new.items()}
    return [
        f"new fields that no path of {source}.yml reads: {', '.join(names[:_SHOWN_NAMES])}"
        + (f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else "")
        for source, names in shown.items()
    ]


def _quote(name: str) -> str:
    """The name as an element of a list in YAML."""
    return name if re.fullmatch(r"[A-Za-z_][\w.]*", name, re.ASCII) else "'" + name.replace("'", "''") + "'"
