"""What records hold and no path of their mapping reads, by name: ops.unmapped_fields."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from jobs.records.unmapped import MAX_NAMES, ReadNames
from jobs.storage.runs.run import Run
from schemas.fields import Source
from schemas.paths import Steps, parse_path

_SHOWN_NAMES = 10


@dataclass(frozen=True)
class FoundNames:
    """By name, how many records of a run have what the mapping of their source does not read.

    `unnamed` says how often there was another name, of which no count is kept.
    """

    source: Source
    records: dict[str, int]
    unnamed: int


@dataclass(frozen=True)
class NewNames:
    """The names that no run before has found in records of a source, as FoundNames has them."""

    records: dict[str, int]
    unnamed: int = 0


@dataclass(frozen=True)
class _Row:
    """A row of the table without its source."""

    name: str
    records: int
    first_run_id: int
    last_run_id: int


def enter_unmapped_fields(cursor: Cursor, run: Run, found: Iterable[FoundNames]) -> dict[str, NewNames]:
    """Count on what a run has found, drop what its mappings read now; the names that are new, by source.

    A full refresh counts anew. A replay reads records again, perhaps by an earlier mapping: it counts what is known.
    Of each source the most frequent names are kept.
    """
    known = _read_rows(cursor)
    if run.kind == "full_refresh":
        cursor.execute("delete from ops.unmapped_fields")
    new = {}
    for source, several in _group(found).items():
        before = known.get(source, {})
        kept = _count_on(run, before, several)
        cursor.execute("delete from ops.unmapped_fields where source = %s", (source,))
        rows = [(source, row.name, row.records, row.first_run_id, row.last_run_id) for row in kept]
        execute_values(cursor, "insert into ops.unmapped_fields values %s", rows)
        if names := {row.name: row.records for row in kept if row.name not in before}:
            new[source] = NewNames(names, _count_unnamed(several, {row.name for row in kept}))
    return new


def read_new_names(cursor: Cursor, run: Run) -> dict[str, NewNames]:
    """The names that a run has found first, by source."""
    rows = {source: rows.values() for source, rows in _read_rows(cursor).items()}
    new = {
        source: {row.name: row.records for row in of if row.first_run_id == run.run_id} for source, of in rows.items()
    }
    return {source: NewNames(names) for source, names in new.items() if names}


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


def _count_on(run: Run, before: dict[str, _Row], several: list[FoundNames]) -> list[_Row]:
    """The rows of a source after the run, the most frequent name first."""
    counts: dict[str, int] = {}
    for each in several:
        for name, records in each.records.items():
            counts[name] = counts.get(name, 0) + records
    if run.kind == "replay":
        counts = {name: records for name, records in counts.items() if name in before}
    rows = {} if run.kind == "full_refresh" else dict(before)
    if run.kind != "replay":
        reads = [ReadNames(each.source) for each in several]
        rows = {name: row for name, row in rows.items() if name in counts or _is_unread(name, reads)}
    for name, records in counts.items():
        row = rows.get(name, _Row(name, 0, run.run_id, run.run_id))
        rows[name] = _Row(name, row.records + records, row.first_run_id, run.run_id)
    kept = sorted(rows.values(), key=lambda row: (-row.records, row.first_run_id, row.name))
    return kept[:MAX_NAMES]


def _count_unnamed(several: list[FoundNames], kept: set[str]) -> int:
    dropped = (records for each in several for name, records in each.records.items() if name not in kept)
    return sum(each.unnamed for each in several) + sum(dropped)


def _is_unread(name: str, reads: list[ReadNames]) -> bool:
    path = parse_path(name)
    return isinstance(path, Steps) and all(each.does_not_read(path) for each in reads)


def _group(found: Iterable[FoundNames]) -> dict[str, list[FoundNames]]:
    groups: dict[str, list[FoundNames]] = {}
    for each in found:
        groups.setdefault(each.source.name, []).append(each)
    return groups


def _read_rows(cursor: Cursor) -> dict[str, dict[str, _Row]]:
    """The rows of the table by source and name."""
    cursor.execute("select source, name, records, first_run_id, last_run_id from ops.unmapped_fields")
    rows: dict[str, dict[str, _Row]] = {}
    for source, name, *others in cursor.fetchall():
        rows.setdefault(source, {})[name] = _Row(name, *others)
    return rows
