"""Parts of messages that several modules share."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN_NAMES = 10


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return the count with its noun: `1 file`, `2 files`, or with a plural of its own `2 people`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def describe_new_fields(new: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines about the new names that a run has found, and how to keep such a field.

    `new` holds the names by source, as the run's summary does.
    """
    for source, found in new.items():
        names = sorted(found["records"].items(), key=lambda item: (-item[1], item[0]))
        yield f"new fields that no path of {source}.yml reads, with the number of records that have them"
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
    """Return one line about the new names of each source, for a stream."""
    shown = {source: [*found["records"]] for source, found in new.items()}
    return [
        f"new fields that no path of {source}.yml reads: {', '.join(names[:_SHOWN_NAMES])}"
        + (f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else "")
        for source, names in shown.items()
    ]


def _quote(name: str) -> str:
    """Write the name as an element of a list in YAML."""
    return name if re.fullmatch(r"[A-Za-z_][\w.]*", name, re.ASCII) else "'" + name.replace("'", "''") + "'"
