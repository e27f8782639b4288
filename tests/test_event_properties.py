"""Event-specific fields in whole loads: they follow the version of an event that is published."""

from pathlib import Path
from typing import Any

import pytest

from tests.builders import minutes, record_json
from tests.test_pipeline import load, query

MAPPING = """
fields: {event_id: event_id, event_type: event_type, event_at: timestamp, user_id: user_id, revision: revision}
properties: [plan, client.version]
"""
PROPERTIES = "select event_id, properties::text from event_properties order by 1"
SUPERSEDED = "select event_id, properties::text from ops.superseded_records order by 1, 2"


class Folder:
    """An input folder that is loaded again and again."""

    def __init__(self, url: str, path: Path) -> None:
        self.url, self.path = url, path
        (path / "in").mkdir()
        (path / "source.yml").write_text(MAPPING)

    def bring(self, name: str, *records: dict[str, Any]) -> None:
        lines = [record_json(timestamp=minutes(0).isoformat(), **record) for record in records]
        (self.path / "in" / name).write_text("".join(f"{line}\n" for line in lines))

    def load(self, *options: str) -> dict[str, Any]:
        source = ("--source", str(self.path / "source.yml"))
        load(self.url, self.path / "in", self.path / "data", *source, *options)
        return {"properties": query(self.url, PROPERTIES), "superseded": query(self.url, SUPERSEDED)}


@pytest.fixture
def folder(database_url: str, tmp_path: Path, spark: Any) -> Folder:
    return Folder(database_url, tmp_path)


def test_properties_follow_the_published_version(folder: Folder) -> None:
    a1, a2 = {"event_id": "a", "plan": "pro"}, {"event_id": "a", "plan": "free", "revision": 2}
    folder.bring("1.jsonl", a1, a1, {"event_id": "b", "client": {"version": 1.50}}, {"event_id": "c"})
    first = folder.load()
    assert first == {"properties": [("a", '{"plan": "pro"}'), ("b", '{"client.version": 1.5}')], "superseded": []}
    assert query(folder.url, "select properties ->> 'plan' from event_details order by event_id") == [
        ("pro",), (None,), (None,)
    ]  # fmt: skip
    folder.bring("2.jsonl", a2)
    second = folder.load()
    assert second["properties"] == [("a", '{"plan": "free"}'), ("b", '{"client.version": 1.5}')]
    assert second["superseded"] == [("a", '{"plan": "pro"}')]
    folder.bring("3.jsonl", {"event_id": "b", "revision": 1})  # the version that wins has none
    third = folder.load()
    assert third["properties"] == [("a", '{"plan": "free"}')]
    assert third["superseded"] == [("a", '{"plan": "pro"}'), ("b", '{"client.version": 1.5}')]
    assert folder.load("--full-refresh") == third
    folder.bring("2.jsonl", {"event_id": "d"})  # its former reading comes behind current ones
    fourth = folder.load()
    assert fourth["properties"] == [("a", '{"plan": "pro"}')]
    assert fourth["superseded"] == [("a", '{"plan": "free"}'), ("b", '{"client.version": 1.5}')]


def test_a_mapping_that_names_properties_later_gives_them_to_what_is_loaded_already(folder: Folder) -> None:
    (folder.path / "source.yml").write_text(MAPPING.partition("properties")[0])
    folder.bring("1.jsonl", {"event_id": "a", "plan": "pro"})
    assert folder.load()["properties"] == []
    (folder.path / "source.yml").write_text(MAPPING)
    assert folder.load("--remap") == {"properties": [("a", '{"plan": "pro"}')], "superseded": []}
