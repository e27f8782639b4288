"""Which published daily numbers each run changed, and why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.replay import arg_parser, run
from tests.builders import record_json
from tests.conftest import empty_database
from tests.loading import load, query

NOW = datetime.now(UTC)
EDIT = {"event_type": "document_edit", "document_id": "d"}
MAPPING = """
fields: {{event_id: event_id, event_type: event_type, event_at: {}, user_id: user_id, document_id: document_id}}
"""


def at(event_id: str, time: str, **fields: Any) -> str:
    """An event of June 2025, such as '02 23:50'."""
    return record_json(event_id=event_id, timestamp=f"2025-06-{time.replace(' ', 'T')}:00Z", **fields)


def ahead(event_id: str, days: int) -> str:
    """An event of a day that is not over while this test runs."""
    return record_json(event_id=event_id, timestamp=(NOW + timedelta(days=days)).isoformat())


FIRST = [
    at("a", "02 12:00"),
    at("b", "04 00:10"),
    at("c", "05 12:00", **EDIT),
    at("w", "15 12:00"),
    at("x", "16 12:00", user_id="bob"),
    at("y", "18 12:00"),
    ahead("wrong-clock", days=30),
    record_json(event_id="elsewhere", timestamp=None, when="2025-06-02T13:00:00Z", user_id="cleo"),
]
# One on a day that had none, which joins the session of the day after; one beside a known session; new days before
# and after all others, of which no number was published; one that opens a session.
LATE = [
    at("late-1", "03 23:50"),
    at("late-2", "05 12:01", **EDIT),
    at("before", "01 12:00"),
    at("after", "19 12:00"),
    at("late-3", "18 18:00"),
    ahead("tomorrow-1", days=1),
]
# The same id with an earlier time is the winner: it moves from one day to another.
WINNER = at("x", "15 18:00", user_id="bob")


@pytest.fixture(scope="module")
def restated(
    server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """What each run of a small history has restated: (metric, day of June, old, new, cause)."""
    folder, data = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("data")
    source = folder / "source.yml"
    source.write_text(MAPPING.format("timestamp"))
    options = ("--source", str(source), "--accept-quality")
    with empty_database(server) as url:
        for name, lines in {"first": FIRST, "late": [*LATE, WINNER]}.items():
            (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
            load(url, folder, data, *options)
        source.write_text(MAPPING.format("[timestamp, when]"))
        run(arg_parser().parse_args(["--data", str(data)]), url)
        (folder / "late.jsonl").write_text("\n".join([*LATE[1:], WINNER, ahead("tomorrow-2", days=1)]) + "\n")
        load(url, folder, data, *options, "--full-refresh", "--drop-missing")
        yield read_restatements(url)


def read_restatements(url: str) -> dict[str, list[tuple[Any, ...]]]:
    names = ("first", "late", "replay", "refresh")
    run_ids = [run_id for (run_id,) in query(url, "select run_id from ops.pipeline_runs order by run_id")]
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in names}
    rows = query(
        url,
        "select run_id, metric, to_char(activity_date, 'DD'), old_value, new_value, cause"
        " from ops.metric_restatements order by activity_date, metric",
    )
    for run_id, *row in rows:
        found[names[run_ids.index(run_id)]].append(tuple(row))
    return found


def test_the_first_load_restates_nothing(restated: dict[str, Any]) -> None:
    assert restated["first"] == []


def test_late_events_restate_their_days_and_the_sessions_beside_them(restated: dict[str, Any]) -> None:
    assert [row for row in restated["late"] if row[1] not in ("15", "16")] == [
        ("daily_active_users", "03", 0, 1, "late"),
        ("events", "03", 0, 1, "late"),
        ("sessions", "03", 0, 1, "late"),
        ("sessions", "04", 1, 0, "late"),
        ("edits", "05", 1, 2, "late"),
        ("events", "05", 1, 2, "late"),
        ("events", "18", 1, 2, "late"),
        ("sessions", "18", 1, 2, "late"),
    ]


def test_a_replaced_event_restates_the_day_it_leaves_and_the_day_it_comes_to(restated: dict[str, Any]) -> None:
    assert [row for row in restated["late"] if row[1] in ("15", "16")] == [
        ("daily_active_users", "15", 1, 2, "superseded"),
        ("events", "15", 1, 2, "superseded"),
        ("sessions", "15", 1, 2, "superseded"),
        ("daily_active_users", "16", 1, 0, "superseded"),
        ("events", "16", 1, 0, "superseded"),
        ("sessions", "16", 1, 0, "superseded"),
    ]


def test_a_record_that_another_mapping_recovers_restates_as_remapped(restated: dict[str, Any]) -> None:
    assert restated["replay"] == [
        ("daily_active_users", "02", 1, 2, "remapped"),
        ("events", "02", 1, 2, "remapped"),
        ("sessions", "02", 1, 2, "remapped"),
    ]


def test_what_a_full_refresh_drops_is_refreshed(restated: dict[str, Any]) -> None:
    assert restated["refresh"] == [
        ("daily_active_users", "03", 1, 0, "refreshed"),
        ("events", "03", 1, 0, "refreshed"),
        ("sessions", "03", 1, 0, "refreshed"),
        ("sessions", "04", 0, 1, "refreshed"),
    ]
