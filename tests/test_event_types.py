"""Event types that the catalogue does not know come with their first event, are told, and go with the last one."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.storage.runs.mapping_clues import NewEventTypes
from jobs.storage.runs.summary import format_line
from schemas.event_types import EVENT_TYPES
from tests.builders import at
from tests.conftest import empty_database
from tests.test_pipeline import fingerprint, load, query

pytestmark = pytest.mark.usefixtures("spark")

Load = Callable[..., str]
KNOWN = {each.code: (each.description, True, each.requires_document) for each in EVENT_TYPES}
ADVICE = "map them by event_types of the source (conf/README.md), or describe them in schemas/event_types.py"


@pytest.fixture
def load_lines(database_url: str, tmp_path: Path) -> Load:
    """Loads each group of lines in a run of its own, as a new file."""
    folder = tmp_path / "in"
    folder.mkdir()

    def load_groups(*groups: list[str]) -> str:
        output = ""
        for lines in groups:
            path = folder / f"{len(list(folder.iterdir())):03d}.jsonl"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            output = load(database_url, folder, tmp_path / "data")
        return output

    return load_groups


def read_types(url: str) -> dict[str, Any]:
    rows = query(url, "select event_type, description, is_known, requires_document from event_types")
    return {name: tuple(rest) for name, *rest in rows}


def unknown(*names: str) -> dict[str, Any]:
    return KNOWN | dict.fromkeys(names, (None, False, False))


def test_an_unknown_type_comes_with_its_first_event_and_goes_with_its_last(
    server: str,
    database_url: str,
    load_lines: Load,
    tmp_path: Path,
) -> None:
    output = load_lines([at(50, "x", event_type="export"), at(0), at(300, "y", event_type="view")])
    assert read_types(database_url) == unknown("export", "view")
    assert f"event types that are new, with the number of their events: 'export' 1, 'view' 1; {ADVICE}" in output
    # Another version of x is published now.
    output = load_lines([at(40, "x"), *(at(n, event_type="sync") for n in (41, 42)), at(301, event_type="view")])
    assert read_types(database_url) == unknown("sync", "view")
    assert f"number of their events: 'sync' 2; {ADVICE}" in output
    assert [line.split() for line in output.splitlines() if "event_types  " in line] == [["event_types", "1", "0", "1"]]
    with empty_database(server) as other:
        load(other, tmp_path / "in", tmp_path / "other")
        assert fingerprint(database_url) == fingerprint(other)
    (tmp_path / "in" / "001.jsonl").unlink()
    output = load(database_url, tmp_path / "in", tmp_path / "data", "--full-refresh", "--drop-missing")
    assert read_types(database_url) == unknown("export", "view")
    assert f"number of their events: 'export' 1; {ADVICE}" in output


def test_a_mapping_that_is_completed_takes_its_unknown_types_away(database_url: str, tmp_path: Path) -> None:
    folder, source = tmp_path / "in", tmp_path / "mine.yml"
    folder.mkdir()
    lines = [at(n, event_type=f"kind {n}") for n in range(7)]
    (folder / "a.jsonl").write_text("\n".join([*lines, at(8, event_type="Kind-1")]) + "\n")
    fields = "fields: {event_id: event_id, event_type: event_type, event_at: timestamp, user_id: user_id}\n"
    source.write_text(fields)
    output = load(database_url, folder, tmp_path / "data", "--source", str(source))
    named = ", ".join(f"'{name}' 1" for name in ("Kind-1", "kind 0", "kind 1", "kind 2", "kind 3"))
    assert f"the number of their events: {named} and 3 more; {ADVICE}" in output
    # Told, and no reason to fail.
    assert [line.split() for line in output.splitlines() if "similar_event_types" in line] == [
        ["similar_event_types", "1"]
    ]
    assert len(read_types(database_url)) == len(KNOWN) + 8
    (folder / "b.jsonl").write_text(at(20, event_type="kind 5") + "\n")
    assert "similar_event_types" not in load(database_url, folder, tmp_path / "data", "--source", str(source))
    source.write_text(f"{fields}event_types: {json.dumps({f'kind {n}': 'user_login' for n in range(7)})}\n")
    load(database_url, folder, tmp_path / "data", "--source", str(source), "--remap")
    assert read_types(database_url) == unknown("Kind-1")


def test_a_stream_tells_new_types_in_its_line() -> None:
    summary = {
        **{"run_id": 1, "files": 1, "seconds": {}, "held_back": [], "totals": Counter(published=2)},
        "new_fields": {},
        "new_event_types": NewEventTypes(1, (("export", 2),)),
    }
    assert f"; event types that are new, with the number of their events: 'export' 2; {ADVICE}" in format_line(summary)
