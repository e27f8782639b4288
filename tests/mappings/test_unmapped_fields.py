"""The table of fields that no path of a mapping reads: they are new once, and counted until a mapping reads them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.storage.config.settings import read_settings
from jobs.storage.config.sources import read_source_text
from jobs.storage.database.migrations import prepare_database
from jobs.storage.runs.mappings import FoundNames, NewNames, enter_unmapped_fields
from jobs.storage.runs.run import Run, RunKind, enter_run
from jobs.storage.wording import describe_new_fields, name_new_fields
from tests.builders import ROOT
from tests.mappings.story import FIELDS

ROWS = "select source, name, records, first_run_id, last_run_id from ops.unmapped_fields order by name"


class Table:
    """The table of the names, and runs that enter what they have found."""

    def __init__(self, cursor: Any) -> None:
        self._cursor, self._run_id = cursor, 0
        prepare_database(cursor)

    def enter(self, records: dict[str, int], kind: RunKind = "load", more: str = "", unnamed: int = 0) -> NewNames:
        """Enter what the next run has found by the mapping and these lines. Returns the names that are new."""
        self._run_id += 1
        settings = read_settings(ROOT / "conf" / "pipeline.yml")
        run = Run(self._run_id, datetime(2025, 6, 2, tzinfo=UTC), kind, merges=True, settings=settings)
        enter_run(self._cursor, run, settings)
        source = read_source_text(FIELDS + more, "m.yml")
        new = enter_unmapped_fields(self._cursor, run, [FoundNames(source, records, unnamed)])
        return new.get("m", NewNames({}))

    def read(self) -> list[tuple[Any, ...]]:
        """(source, name, records, first run, last run) of each row."""
        self._cursor.execute(ROWS)
        return list(self._cursor.fetchall())


@pytest.fixture
def table(database: Any) -> Table:
    return Table(database.cursor())


def test_names_are_new_once_and_counted_on(table: Table) -> None:
    assert table.enter({"plan": 2, "client": 1}) == NewNames({"plan": 2, "client": 1})
    assert table.enter({"plan": 2, "region": 1}) == NewNames({"region": 1})
    assert table.read() == [("m", "client", 1, 1, 1), ("m", "plan", 4, 1, 2), ("m", "region", 1, 2, 2)]


def test_a_full_refresh_counts_anew_and_tells_no_known_name(table: Table) -> None:
    table.enter({"plan": 2, "client": 1})
    assert table.enter({"plan": 3}, "full_refresh") == NewNames({})
    assert table.read() == [("m", "plan", 3, 2, 2)]


@pytest.mark.parametrize(("more", "left"), [("properties: [plan, client.os]\n", ["other"]), ("properties: all\n", [])])
def test_a_name_that_is_read_now_leaves(table: Table, more: str, left: list[str]) -> None:
    table.enter({"plan": 1, "client": 1, "other": 1})
    table.enter({}, more=more)
    assert table.read() == [("m", name, 1, 1, 1) for name in left]


def test_a_replay_counts_on_and_names_nothing_new(table: Table) -> None:
    table.enter({"plan": 31})
    assert table.enter({"plan": 1, "region": 1}, "replay", more="properties: [plan]\n") == NewNames({})
    assert table.read() == [("m", "plan", 32, 1, 2)]


def test_of_very_many_names_the_most_frequent_are_kept(table: Table) -> None:
    new = table.enter({"plan": 300} | {f"key {n:03}": 1 for n in range(250)}, unnamed=50)
    assert (len(new.records), new.unnamed) == (200, 50 + 51)
    assert table.enter({"region": 2, "key x": 1}) == NewNames({"region": 2}, unnamed=1)
    rows = table.read()
    assert len(rows) == 200
    assert [row for row in rows if "key" not in row[1]] == [("m", "plan", 300, 1, 1), ("m", "region", 2, 2, 2)]


def test_new_names_are_told_in_lines() -> None:
    records = {'["a.b"]': 3} | {f"k{n}": 1 for n in range(12)}
    lines = list(describe_new_fields({"m": {"records": records, "unnamed": 101}}))
    assert lines[1] == '  ["a.b"]                      3'
    assert lines[11:13] == [
        "  and 3 more",
        "  beside these 101 values of further fields, too many to count each by its name",
    ]
    assert """`properties: ['["a.b"]']`""" in lines[-1]  # quoted, since YAML needs it
    del records['["a.b"]']
    assert name_new_fields({"m": {"records": records, "unnamed": 0}}) == [
        "new fields that no path of m.yml reads: k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more"
    ]
