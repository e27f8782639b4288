"""What a file says again replaces what it said before, and what it does not say any more stays."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from pyspark.sql import SparkSession

from jobs.storage.errors import UsageError
from tests.builders import ROOT, error_checks
from tests.conftest import empty_database
from tests.test_pipeline import load, query

MAPPING = """
fields: {event_id: id, event_type: type, event_at: at, user_id: user, document_id: doc, document_title: title,
  revision: rev}
"""


def line(event_id: str, user: str = "ann", minute: int = 0, **others: Any) -> str:
    """An edit on 2 June 2025, so many minutes after noon."""
    record = {"id": event_id, "type": "document_edit", "at": f"2025-06-02T12:{minute:02}:00Z", "user": user, "doc": "d"}
    return json.dumps(record | others) + "\n"


class Folder:
    """An input folder and the database into which it is loaded."""

    def __init__(self, url: str, path: Path) -> None:
        self.url, self.path = url, path
        (path / "in").mkdir()
        self.mapping = path / "m.yml"
        self.mapping.write_text(MAPPING)

    def write(self, name: str, *lines: str) -> None:
        (self.path / "in" / name).write_text("".join(lines))

    def append(self, name: str, *lines: str) -> None:
        with (self.path / "in" / name).open("a") as file:
            file.write("".join(lines))

    def load(self, *options: str) -> str:
        told = load(self.url, self.path / "in", self.path / "data", "--source", str(self.mapping), *options)
        for check in error_checks():
            assert query(self.url, check.query) == [], check.name
        return told

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        return query(self.url, statement)

    def titles(self) -> dict[str, str]:
        return dict(self.query("select event_id, reported_document_title from events"))

    def superseded(self) -> list[tuple[Any, ...]]:
        return self.query(
            "select event_id, reported_document_title, is_current from ops.superseded_records order by 1, 2"
        )

    def last_counts(self) -> tuple[Any, ...]:
        """records, quarantined, exact duplicates, superseded, published, replaced of the latest run."""
        (row,) = self.query(
            "select records, quarantined, exact_duplicates, superseded, published, replaced from ops.pipeline_runs"
            " order by run_id desc limit 1"
        )
        return row


@pytest.fixture
def folder(server: str, spark: SparkSession, tmp_path: Path) -> Iterator[Folder]:
    with empty_database(server) as url:
        yield Folder(url, tmp_path)


def test_a_mended_line_wins_whatever_its_hash(folder: Folder) -> None:
    ids = [f"e{number}" for number in range(8)]
    folder.write("a.jsonl", *(line(each, title="Plna") for each in ids), line("a", title="Same"))
    folder.load()
    folder.write("a.jsonl", *(line(each, title="Plan") for each in ids), line("a", title="Same"))
    folder.load()
    assert folder.titles() == dict.fromkeys(ids, "Plan") | {"a": "Same"}
    assert folder.superseded() == [(each, "Plna", False) for each in ids]
    assert folder.last_counts() == (9, 0, 1, 0, 8, 8)
    assert folder.query("select title from documents") == [("Plan",)]


def test_a_completed_mapping_takes_effect_when_the_file_is_touched(folder: Folder) -> None:
    folder.mapping.write_text(MAPPING.replace(" document_title: title,", ""))
    folder.write("a.jsonl", *(line(f"e{number}", title="Plan") for number in range(8)))
    folder.load()
    folder.mapping.write_text(MAPPING)
    os.utime(folder.path / "in" / "a.jsonl")
    folder.load()
    assert set(folder.titles().values()) == {"Plan"}
    assert folder.superseded() == []
    assert folder.last_counts() == (8, 0, 0, 0, 8, 8)


def test_remap_reads_exactly_the_files_whose_mapping_has_changed(folder: Folder) -> None:
    other = folder.path / "other.yml"
    other.write_text(MAPPING)
    folder.write("b.jsonl", line("b", title="B"))
    folder.load("--source", str(other))
    folder.mapping.write_text(MAPPING.replace("title: title", "title: tilte"))
    folder.write("a.jsonl", line("e1", title="Plan"), line("e2"))
    folder.load()
    folder.mapping.write_text(MAPPING)
    folder.write("c.jsonl", line("c"))
    assert "m                            1" in folder.load()
    told = folder.load("--remap")
    assert "1 files read" in told
    assert "REMAP" not in told
    assert folder.titles() == {"b": "B", "e1": "Plan", "e2": None, "c": None}
    assert folder.last_counts() == (2, 0, 1, 0, 1, 1)
    assert folder.superseded() == []


def test_what_a_remapped_file_holds_no_more_is_quarantined_and_goes(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"), line("e2", words="many"))
    folder.write("b.jsonl", line("e1"))
    folder.load()
    folder.mapping.write_text(MAPPING.replace("revision: rev", "revision: rev, word_count: words"))
    folder.load("--remap", "--accept-quality")
    assert folder.titles() == {"e1": None}
    assert folder.last_counts() == (3, 1, 2, 0, 0, 1)
    folder.mapping.write_text(MAPPING)
    folder.load("--remap")
    assert folder.titles() == {"e1": None, "e2": None}
    assert folder.query("select count(*) from ops.open_quarantined_records") == [(0,)]


def test_a_file_that_grew_is_continued(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"), "junk\n", line("e2"), line("e3"))
    folder.load("--accept-quality")
    folder.append("a.jsonl", line("e4"), line("e1"), "more junk\n", '{"id": "e5", "type"')
    told = folder.load("--accept-quality")
    assert folder.last_counts() == (3, 1, 1, 0, 1, 0)
    assert "files that end within an unfinished line, which waits for the next run: 1" in told
    assert folder.query("select record_number from ops.open_quarantined_records order by 1") == [(2,), (7,)]
    assert folder.query("select record_number from events where event_id = 'e4'") == [(5,)]
    assert folder.query("select record_number from ops.duplicate_records") == [(6,)]
    rest = line("e5").removeprefix('{"id": "e5", "type"')
    folder.append("a.jsonl", rest)
    assert "within a line" not in folder.load()
    assert folder.last_counts() == (1, 0, 0, 0, 1, 0)
    assert folder.query("select record_number from events where event_id = 'e5'") == [(8,)]
    assert "nothing new" in folder.load()


def test_an_open_line_is_read_by_the_run_after_next_if_nothing_is_added(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"), line("e2"), '{"id": "e3", "type"')
    folder.load()
    folder.load("--accept-quality")
    assert folder.last_counts() == (1, 1, 0, 0, 0, 0)
    assert "nothing new" in folder.load()


def test_a_last_line_that_is_complete_is_read_without_a_line_feed(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"), line("e2").rstrip())
    folder.load()
    assert folder.last_counts() == (2, 0, 0, 0, 2, 0)
    folder.append("a.jsonl", "\n", line("e3"))
    folder.load()
    assert folder.last_counts() == (1, 0, 0, 0, 1, 0)
    assert folder.query("select record_number from events order by 1") == [(1,), (2,), (3,)]


def test_a_touched_file_is_not_read(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"))
    folder.load()
    os.utime(folder.path / "in" / "a.jsonl")
    assert "nothing new" in folder.load()


def test_a_file_that_shrank_loses_nothing_until_it_is_dropped(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"), line("e2", user="bob"), line("e3"))
    folder.load()
    folder.write("a.jsonl", line("e1"))
    told = folder.load()
    assert folder.query("select event_id, is_current from events order by 1") == [
        ("e1", True),
        ("e2", False),
        ("e3", False),
    ]
    assert "published records that no current reading holds" in told
    assert f"{folder.path}/in/a.jsonl" in told
    assert folder.query("select records from ops.missing_records") == [(2,)]
    folder.load("--full-refresh")
    assert folder.query("select count(*), count(*) filter (where is_current) from events") == [(3, 1)]
    folder.load("--full-refresh", "--drop-missing")
    assert folder.query("select event_id from events") == [("e1",)]
    assert folder.query("select user_id from users") == [("ann",)]


@pytest.mark.parametrize("is_continued", [False, True])
def test_a_file_that_shrank_to_what_it_began_with_holds_what_it_held(folder: Folder, is_continued: bool) -> None:
    """However its lines were cut into runs: what was read is one reading, and not all of it is read again."""
    folder.write("a.jsonl", line("e1"), line("e2", words="many"))
    if is_continued:
        folder.load()
    folder.append("a.jsonl", line("e3"))
    folder.load()
    folder.write("a.jsonl", line("e1"), line("e2", words="many"))
    folder.mapping.write_text(MAPPING.replace("revision: rev", "revision: rev, word_count: words"))
    folder.load("--accept-quality")
    currency = folder.query("select event_id, is_current from events order by 1")
    assert currency == [("e1", True), ("e2", False), ("e3", False)]


def test_a_full_refresh_keeps_the_readings_of_files_that_are_gone(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"), line("e2"))
    folder.write("b.jsonl", line("e2"), line("e3", user="bob"), line("e4", title="Plna"))
    folder.load()
    (folder.path / "in" / "b.jsonl").unlink()
    folder.write("a.jsonl", line("e1"), line("e2"), line("e4", title="Plan"))
    told = folder.load("--full-refresh")
    assert "files that are gone" in told
    assert folder.query("select event_id, is_current from events order by 1") == [(f"e{n}", True) for n in (1, 2, 3, 4)]
    assert folder.query("select count(*) from ops.superseded_records where is_current") == [(1,)]
    folder.load("--full-refresh", "--drop-missing")
    assert folder.titles() == {"e1": None, "e2": None, "e4": "Plan"}
    assert folder.superseded() == []


def test_a_superseded_version_that_wins_again_comes_back_with_all_that_hangs_on_it(folder: Folder) -> None:
    folder.write("a.jsonl", line("x", user="ann", minute=1, title="A"), line("y"))
    folder.write("b.jsonl", line("x", user="bob", minute=50, title="B"))
    folder.write("c.jsonl", line("z", user="bob", minute=40))
    folder.load()
    assert folder.titles()["x"] == "A"
    folder.write("a.jsonl", line("y"))
    folder.load()
    assert folder.titles()["x"] == "B"
    assert folder.superseded() == [("x", "A", False)]
    assert folder.query("select user_id, event_count from sessions order by 1") == [("ann", 1), ("bob", 2)]
    assert folder.query("select title, last_edited_by from documents") == [("B", "bob")]
    folder.write("a.jsonl", line("y"), line("x", user="ann", minute=1, title="A"))
    folder.load()
    assert folder.titles()["x"] == "A"
    assert folder.query("select user_id, event_count from sessions order by 1") == [("ann", 2), ("bob", 1)]


def test_the_largest_revision_wins_before_time(folder: Folder) -> None:
    folder.write("a.jsonl", line("x", minute=1, title="none"), line("x", minute=3, rev=9, title="nine"))
    folder.write(
        "b.jsonl",
        line("x", minute=2, rev=10, title="ten"),
        line("y", rev="soon"),
        line("z", rev="2025-06-02T00:00:00Z"),
    )
    folder.load("--accept-quality")
    assert folder.titles() == {"x": "ten", "z": None}
    assert folder.query("select revision from events order by 1") == [(10,), (1748822400000000,)]
    assert folder.query("select reasons, fields from ops.quarantined_records") == [(["bad_value"], ["revision"])]


def test_a_version_that_was_read_again_stays_where_else_it_stands(folder: Folder) -> None:
    """The reading that brought it finds something else now; another file still holds it, by its own mapping."""
    other = folder.path / "other.yml"
    other.write_text(MAPPING)
    folder.write("a.jsonl", line("x", title="Plan", note="P"))
    folder.load()
    folder.write("b.jsonl", line("x", title="Plan", note="P"))
    folder.load("--source", str(other))
    folder.mapping.write_text(MAPPING.replace("title: title", "title: note"))
    folder.load("--remap")
    assert {
        title
        for title, *_ in folder.query(
            "select reported_document_title from events union all select"
            " reported_document_title from ops.superseded_records"
        )
    } == {"P", "Plan"}
    (folder.path / "in" / "b.jsonl").write_text(line("y"))
    folder.load("--source", str(other))
    assert folder.titles()["x"] == "P"
    assert folder.superseded() == [("x", "Plan", False)]


def test_mappings_are_kept_by_name_and_text(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"))
    folder.load()
    assert folder.query("select source from ops.ingested_files") == [("m",)]
    assert folder.query("select name, text, location from ops.mappings") == [("m", MAPPING, str(folder.mapping))]
    folder.mapping.unlink()
    told = load(folder.url, folder.path / "in", folder.path / "data", "--full-refresh")
    assert "1 files read" in told
    assert ROOT.joinpath("conf/sources/default.yml").exists()


def test_a_plan_shows_what_would_be_dropped_and_drops_nothing(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"))
    folder.write("b.jsonl", line("e2"), line("e3"))
    folder.load()
    (folder.path / "in" / "b.jsonl").unlink()
    told = folder.load("--plan", "--full-refresh", "--drop-missing")
    assert f"files that are gone, first {folder.path}/in/b.jsonl: 1; their records are dropped" in told
    assert [row.split() for row in told.splitlines() if row.startswith("  events ")] == [["events", "0", "0", "2"]]
    assert folder.query("select count(*), count(*) filter (where is_current) from events") == [(3, 3)]


def test_a_database_with_fingerprints_of_another_version_is_told_once(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"))
    folder.load()
    with closing(psycopg2.connect(folder.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("update ops.pipeline_runs set identity_version = 1")
    hint = "by identity version 1, this is 2: FULL_REFRESH=1 when convenient"
    folder.write("b.jsonl", line("e2"))
    assert hint in folder.load()
    folder.write("c.jsonl", line("e3"))
    assert hint not in folder.load()


def test_new_lines_are_judged_with_the_file_that_they_were_added_to(folder: Folder) -> None:
    folder.write("good.jsonl", line("g"))
    folder.write("a.jsonl", *(line(f"e{number}") for number in range(40)))
    folder.load()
    folder.append("a.jsonl", *["junk\n"] * 5)
    assert "held back" not in folder.load()
    assert folder.last_counts() == (5, 5, 0, 0, 0, 0)
    folder.append("a.jsonl", *["junk\n"] * 20, line("e40"))
    folder.write("other.jsonl", line("h"))
    assert f"{folder.path}/in/a.jsonl: 25 of 66 records are quarantined" in folder.load()
    assert folder.query("select count(*) from events") == [(42,)]


def test_records_that_move_to_another_file_stay_current(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"), line("e2"))
    folder.load()
    folder.write("b.jsonl", line("e1"), line("e2"))
    folder.write("a.jsonl", line("e3"))
    folder.load()
    assert folder.query("select event_id, is_current from events order by 1") == [(f"e{n}", True) for n in (1, 2, 3)]
    assert folder.query("select records from ops.missing_records") == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--drop-missing"], r"DROP_MISSING=1 \(--drop-missing\) goes with FULL_REFRESH=1"),
        (["--remap", "--full-refresh"], r"leave out REMAP=1"),
    ],
)
def test_options_that_do_not_go_together_are_told(folder: Folder, options: list[str], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        folder.load(*options)


def test_a_file_that_can_not_be_looked_at_is_not_gone(folder: Folder) -> None:
    folder.write("a.jsonl", line("e1"))
    folder.write("b.jsonl", line("e2"))
    folder.load()
    # A name that is longer than any file system takes: under root there is no missing right to test with.
    with closing(psycopg2.connect(folder.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("update ops.ingested_files set file_path = file_path || repeat('x', 300) where file_id = 2")
    with pytest.raises(
        UsageError, match=r"b\.jsonlx+: was loaded before and can't be looked at \(File name too long\)"
    ):
        folder.load("--full-refresh", "--drop-missing")
