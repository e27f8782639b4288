"""Later loads merge: late, repeated and conflicting records, and full refreshes, each held against one load of all."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.steps import load as load_step
from jobs.storage.errors import UsageError
from tests.builders import ROOT, error_checks, record_json
from tests.conftest import empty_database
from tests.test_pipeline import fingerprint, load, query

pytestmark = pytest.mark.usefixtures("spark")

Load = Callable[..., str]


def at(minute: int, event_id: str | None = None, **fields: Any) -> str:
    """An event that many minutes after noon, named for its minute unless it has a name."""
    time = f"2025-06-02T{12 + minute // 60:02d}:{minute % 60:02d}:00Z"
    return record_json(event_id=event_id or f"m{minute}", timestamp=time, **fields)


@pytest.fixture
def load_lines(database_url: str, tmp_path: Path) -> Load:
    """Loads each group of lines in a run of its own, as a new file."""
    folder = tmp_path / "in"
    folder.mkdir()

    def load_groups(*groups: list[str], options: tuple[str, ...] = ()) -> str:
        output = ""
        for lines in groups:
            path = folder / f"{len(list(folder.iterdir())):03d}.jsonl"
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            output = load(database_url, folder, tmp_path / "data", *options)
        return output

    return load_groups


def sessions(url: str) -> list[tuple[int, int, int]]:
    """(start and end in minutes after noon, events) of each session."""
    minutes = "extract(epoch from {} - '2025-06-02 12:00Z')::int / 60"
    return query(
        url,
        f"select {minutes.format('started_at')}, {minutes.format('ended_at')}, event_count"
        " from sessions order by user_id, started_at",
    )


def assert_equals_one_load(server: str, url: str, tmp_path: Path) -> None:
    """What is in the database is what one load of all files makes, and every check is silent."""
    with empty_database(server) as other:
        load(other, tmp_path / "in", tmp_path / "other-data")
        assert fingerprint(url) == fingerprint(other)
        losers = "select event_id, content_fingerprint, user_id from ops.superseded_records order by 1, 2"
        assert query(url, losers) == query(other, losers)
    for check in error_checks():
        assert query(url, check.query) == [], check.name


LATE = {
    "it lengthens a session at its end": ([0, 10], [25], [(0, 25, 3)]),
    "it lengthens a session at its start": ([10, 20], [0], [(0, 20, 3)]),
    "it joins two sessions": ([0, 60], [30], [(0, 60, 3)]),
    "it lies exactly one gap away": ([0], [30], [(0, 30, 2)]),
    "it lies just over one gap away": ([0], [31], [(0, 0, 1), (31, 31, 1)]),
    "it lies between two and near to none": ([0, 120], [60], [(0, 0, 1), (60, 60, 1), (120, 120, 1)]),
    "several form a bridge": ([0, 120], [90, 60, 30], [(0, 120, 5)]),
    "it falls into a session": ([0, 20], [10], [(0, 20, 3)]),
}


@pytest.mark.parametrize("name", LATE)
def test_a_late_event_and_the_sessions(
    server: str, database_url: str, load_lines: Load, tmp_path: Path, name: str
) -> None:
    first, second, expected = LATE[name]
    load_lines([at(minute) for minute in first], [at(minute) for minute in second])
    assert sessions(database_url) == expected
    assert_equals_one_load(server, database_url, tmp_path)


def test_a_session_that_nothing_touches_is_not_written_again(database_url: str, load_lines: Load) -> None:
    load_lines([at(0), at(300)])
    versions = "select session_id, xmin::text from sessions order by started_at"
    before = query(database_url, versions)
    load_lines([at(310)])
    after = query(database_url, versions)
    assert after[0] == before[0]
    assert [after[1][0], after[1][1] != before[1][1]] == [before[1][0], True]


def test_a_session_of_the_same_length_counts_what_its_events_are_now(
    server: str, database_url: str, load_lines: Load, tmp_path: Path
) -> None:
    edited = at(50, "x", document_id="d1", event_type="document_edit")
    shared = at(40, "x", document_id="d1", event_type="document_shared")
    load_lines([at(30), edited, at(60)], [shared])
    counts = "select event_count, edit_count, comment_count, share_count, document_count from sessions"
    assert query(database_url, counts) == [(3, 0, 0, 1, 1)]
    assert_equals_one_load(server, database_url, tmp_path)


def test_a_winner_that_arrives_later_replaces_and_the_loser_is_kept(
    server: str, database_url: str, load_lines: Load, tmp_path: Path
) -> None:
    loser = at(50, "x", user_id="bob", document_id="d9", event_type="document_edit", user_name="Bob")
    winner = at(40, "x", user_id="cleo", document_id="d8", event_type="document_edit")
    load_lines([loser, at(30, user_id="bob"), at(70, user_id="bob")])
    assert len(sessions(database_url)) == 1
    load_lines([winner])
    assert query(database_url, "select user_id, name from users order by 1") == [("bob", None), ("cleo", None)]
    assert query(database_url, "select document_id from documents") == [("d8",)]
    assert query(database_url, "select event_id, user_id from ops.superseded_records") == [("x", "bob")]
    assert [count for *_, count in sessions(database_url)] == [1, 1, 1]  # bob's session is split, cleo has one
    counts = "select published, replaced, superseded from ops.pipeline_runs order by run_id"
    assert query(database_url, counts) == [(3, 0, 0), (1, 1, 0)]
    assert_equals_one_load(server, database_url, tmp_path)


def test_a_user_whom_a_replaced_event_alone_named_goes(
    server: str, database_url: str, load_lines: Load, tmp_path: Path
) -> None:
    share = {"event_type": "document_shared", "document_id": "d"}
    load_lines([at(50, "x", user_id="bob", shared_with_user_id="dan", **share)], [at(40, "x", user_id="ann")])
    assert query(database_url, "select user_id from users") == [("ann",)]
    assert query(database_url, "select count(*) from documents") == [(0,)]
    assert_equals_one_load(server, database_url, tmp_path)


def test_recipients_follow_the_version_that_is_published(
    server: str, database_url: str, load_lines: Load, tmp_path: Path
) -> None:
    share = {"event_type": "document_shared", "document_id": "d"}
    load_lines([at(50, "x", shared_with=["bob", "cleo"], **share), at(60, "y", shared_with=["bob"], **share)])
    load_lines([at(40, "x", shared_with=["cleo", "dan"], **share)])
    rows = "select event_id, user_id, extract(minute from shared_at)::integer from share_recipients order by 1, 2"
    assert query(database_url, rows) == [("x", "cleo", 40), ("x", "dan", 40), ("y", "bob", 0)]
    seen = "select user_id, extract(minute from first_seen_at)::integer from users order by 1"
    assert query(database_url, seen) == [("ann", 40), ("bob", 0), ("cleo", 40), ("dan", 40)]
    assert query(database_url, "select event_id, recipients from ops.superseded_records") == [("x", ["bob", "cleo"])]
    assert_equals_one_load(server, database_url, tmp_path)


def test_a_loser_that_arrives_later_or_again_changes_nothing(
    server: str, database_url: str, load_lines: Load, tmp_path: Path
) -> None:
    load_lines([at(0, "x")])
    before = fingerprint(database_url)
    loser = at(5, "x", user_id="bob")
    load_lines([loser], [loser, at(0, "x")])
    assert fingerprint(database_url) == before
    counts = "select exact_duplicates, superseded, published from ops.pipeline_runs order by run_id"
    assert query(database_url, counts) == [(0, 0, 1), (0, 1, 0), (2, 0, 0)]
    assert_equals_one_load(server, database_url, tmp_path)


def test_latest_values_follow_late_events(server: str, database_url: str, load_lines: Load, tmp_path: Path) -> None:
    edit = {"event_type": "document_edit", "document_id": "d"}
    load_lines(
        [at(100, user_name="New", document_title="T2", content="one two", **edit)],
        [at(50, user_name="Old", document_title="T1", content="one", **edit), at(200, user_id="eve", **edit)],
    )
    assert query(database_url, "select name from users where user_id = 'ann'") == [("New",)]
    document = "select title, first_seen_by, last_edited_by, word_count from documents"
    assert query(database_url, document) == [("T2", "ann", "eve", 2)]
    assert_equals_one_load(server, database_url, tmp_path)


def test_of_a_file_that_grew_the_new_lines_are_read(database_url: str, load_lines: Load, tmp_path: Path) -> None:
    load_lines([at(0), "junk", at(10)])
    path = tmp_path / "in" / "000.jsonl"
    with path.open("a") as file:
        file.write(at(20) + "\n")
    load(database_url, tmp_path / "in", tmp_path / "data")
    readings = "select records, exact_duplicates, published, is_current from ops.ingested_files order by file_id"
    assert query(database_url, readings) == [(3, 0, 2, True), (1, 0, 1, True)]
    assert query(database_url, "select open_quarantined_records from ops.health") == [(1,)]
    assert sessions(database_url) == [(0, 20, 3)]


def test_a_file_whose_rights_are_mended_is_read(database_url: str, load_lines: Load, tmp_path: Path) -> None:
    # A name that the JVM can't open: under root there is no missing right to test with.
    path = tmp_path / "in" / os.fsdecode(b"\xff.jsonl")
    path.write_text(at(0))
    load(database_url, tmp_path / "in", tmp_path / "data")
    assert query(database_url, "select format from ops.ingested_files") == [("unreadable",)]
    assert load(database_url, tmp_path / "in", tmp_path / "data").startswith("nothing new")


def test_another_session_gap_needs_a_full_refresh(
    server: str, database_url: str, load_lines: Load, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    text = (ROOT / "conf" / "pipeline.yml").read_text()
    settings.write_text(text.replace("session_gap_minutes: 30", "session_gap_minutes: 60"))
    load_lines([at(0), at(50)])
    with pytest.raises(UsageError, match="session_gap_minutes is 60, but the published sessions were cut by 30"):
        load_lines([at(90)], options=("--settings", str(settings)))
    load(database_url, tmp_path / "in", tmp_path / "data", "--settings", str(settings), "--full-refresh")
    assert sessions(database_url) == [(0, 90, 3)]


def test_a_full_refresh_keeps_grants_views_and_untouched_rows(
    server: str, database_url: str, load_lines: Load, tmp_path: Path
) -> None:
    load_lines([at(0), at(10, "x")], [at(40), at(5, "x", user_id="bob"), "junk"])
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("create view public.mine as select user_id, count(*) from public.events group by 1")
        cursor.execute("grant select on public.events to public")
    rows = "select event_id, xmin::text, run_id from events order by 1"
    before = query(database_url, rows)
    load(database_url, tmp_path / "in", tmp_path / "data", "--full-refresh")
    assert query(database_url, rows) == before
    assert query(database_url, "select has_table_privilege('public', 'public.events', 'select')") == [(True,)]
    assert query(database_url, "select sum(count) from public.mine") == [(3,)]
    assert query(database_url, "select is_current, count(*) from ops.ingested_files group by 1 order by 1") == [
        (False, 2),
        (True, 2),
    ]
    assert query(database_url, "select open_quarantined_records from ops.health") == [(1,)]
    assert_equals_one_load(server, database_url, tmp_path)


def test_a_full_refresh_removes_what_the_files_hold_no_more(
    server: str, database_url: str, load_lines: Load, tmp_path: Path
) -> None:
    edit = {"event_type": "document_edit", "document_id": "d"}
    load_lines([at(0), at(10, user_id="bob", shared_with_user_id="dan", **edit)], [at(20), at(5, "x"), at(1, "x")])
    (tmp_path / "in" / "000.jsonl").unlink()
    (tmp_path / "in" / "001.jsonl").write_text(at(20) + "\n" + at(5, "x") + "\n")
    load(database_url, tmp_path / "in", tmp_path / "data", "--full-refresh", "--drop-missing")
    assert query(database_url, "select user_id from users") == [("ann",)]
    assert sessions(database_url) == [(5, 20, 2)]
    assert_equals_one_load(server, database_url, tmp_path)


def test_a_large_load_is_vacuumed(database_url: str, load_lines: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    all_visible = "select relallvisible > 0 from pg_class where oid = 'public.events'::regclass"
    load_lines([at(0)])
    assert query(database_url, all_visible) == [(False,)]
    monkeypatch.setattr(load_step, "_LARGE_LOAD", 1)
    load_lines([at(1)])
    assert query(database_url, all_visible) == [(True,)]
