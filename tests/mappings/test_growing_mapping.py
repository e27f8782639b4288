"""What whole loads make of a mapping that grows: event types, properties, and fields that it does not read.

An event type that the catalogue does not know comes with its first event, is told, and goes with the last one.
Properties follow the version of an event that is published.
"""

from collections import Counter
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.storage.runs.mapping_clues import NewEventTypes
from jobs.storage.runs.summary import format_line
from schemas.event_types import EVENT_TYPES
from tests.conftest import empty_database
from tests.mappings.story import KINDS, Story, tell

KNOWN = {each.code: (each.description, True, each.requires_document) for each in EVENT_TYPES}
ADVICE = "map them by event_types of the source (conf/README.md), or describe them in schemas/event_types.py"


def unknown(*names: str) -> dict[str, Any]:
    return KNOWN | dict.fromkeys(names, (None, False, False))


@pytest.fixture(scope="module")
def story(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Story:
    with empty_database(server) as url:
        return tell(url, tmp_path_factory.mktemp("mappings"))


def test_a_mapping_that_names_properties_later_gives_them_to_what_is_loaded_already(story: Story) -> None:
    assert story["load"].properties == {}
    remapped = story["remap"]
    assert remapped.properties == {"a": '{"plan": "free"}', "b": '{"client.version": 1.5}', "c": '{"plan": "pro"}'}
    assert remapped.superseded_properties == [("a", '{"plan": "pro"}')]
    assert remapped.plans == {"a": "free", "b": None, "d": None}


def test_properties_follow_the_published_version(story: Story) -> None:
    """Of a an earlier version is published now, of b one without properties, of c a later one."""
    merged = story["merge"]
    assert merged.properties == {"a": '{"plan": "pro"}', "c": '{"plan": "team"}'}
    assert merged.superseded_properties == [
        ("a", '{"plan": "free"}'),
        ("b", '{"client.version": 1.5}'),
        ("c", '{"plan": "pro"}'),
    ]


def test_a_full_refresh_drops_the_properties_of_a_version_that_no_file_holds(story: Story) -> None:
    assert story["refresh"].properties == story["merge"].properties
    assert story["refresh"].superseded_properties == story["merge"].superseded_properties[1:]


def test_an_unknown_type_comes_with_its_first_event_and_goes_with_its_last(story: Story) -> None:
    assert story["load"].types == unknown("export", "view", "Kind-1", *KINDS)
    assert story["merge"].types == unknown("sync", "view", "Kind-1", *KINDS)
    told = [line.split() for line in story["merge"].told if line.startswith("  event_types  ")]
    assert told == [["event_types", "1", "0", "1"]]


def test_a_mapping_that_is_completed_takes_its_unknown_types_away(story: Story) -> None:
    assert story["refresh"].types == unknown("export", "view", "Kind-1")


def test_new_unknown_types_are_told_with_their_counts(story: Story) -> None:
    counts = {
        "load": ["'Kind-1' 1, 'export' 1, 'kind 0' 1, 'kind 1' 1, 'kind 2' 1 and 5 more"],
        "remap": [],
        "merge": ["'sync' 2"],
        "refresh": ["'export' 1"],
    }
    start = "event types that are new, with the number of their events: "
    told = {step: [line for line in story[step].told if line.startswith(start)] for step in counts}
    assert told == {step: [f"{start}{each}; {ADVICE}" for each in expected] for step, expected in counts.items()}


def test_a_new_type_that_resembles_another_is_told_once_and_fails_nothing(story: Story) -> None:
    told = {
        step: [line.split() for line in story[step].told if "similar_event_types" in line]
        for step in ("load", "merge", "refresh")
    }
    assert told == {"load": [["similar_event_types", "1"]], "merge": [], "refresh": []}


def test_a_stream_tells_new_types_in_its_line() -> None:
    summary = {
        **{"run_id": 1, "files": 1, "seconds": {}, "held_back": [], "totals": Counter(published=2)},
        "new_fields": {},
        "new_event_types": NewEventTypes(1, (("export", 2),)),
    }
    assert f"; event types that are new, with the number of their events: 'export' 2; {ADVICE}" in format_line(summary)


def test_a_load_a_replay_and_a_remap_enter_and_tell_what_they_find(story: Story) -> None:
    title = "new fields that no path of mine.yml reads, with the number of records that have them"
    told = story["load"].told
    start = told.index(title)
    assert told[start + 1 : start + 4] == [
        "  plan                         5",
        "  client                       1",
        "  to keep one, write `properties: [plan]` into mine.yml, or map it to a field of ours in its `fields`;"
        " `make fields` shows all that is in the log",
    ]
    assert story["load"].unmapped == {"plan": 5, "client": 1}
    assert story["replay"].unmapped == {"plan": 6, "client": 1}
    told = story["remap"].told
    assert told[told.index(title) + 1].split() == ["client.kind", "1"]
    assert story["remap"].unmapped == {"client.kind": 1}
    assert title not in story["merge"].told + story["refresh"].told
