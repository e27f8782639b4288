"""`make trace`: where each record of a small history went."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import trace
from tests.builders import at
from tests.conftest import empty_database
from tests.loading import load, query
from tests.test_make import run_make

EDIT = {"event_type": "document_edit", "document_id": "d"}
SHARE = {"event_type": "document_shared", "document_id": "d"}
WINNER = at(0, "x", **EDIT)
LOSER = at(5, "x", user_id="bob")
LINES = [
    at(0, "e1", document_title="Plan", **EDIT),
    "",
    at(0, "e1", document_title="Plan", **EDIT),  # repeats the first
    LOSER,
    at(1, "bad", edit_length="many"),
    '{"event_id": "cut", "user_id": "ann"',
    WINNER,
]
LATER = [
    at(0, "e1", document_title="Plan", **EDIT),
    at(90, "late\x1b[31m"),
    at(91, "s", shared_with=["cleo", "bob"], **SHARE),
]
ADDED = at(300, "added")
CHANGED = [at(200, "same"), at(201, "taken out")], [at(200, "same"), at(202, "put in its place")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tmp_path_factory.mktemp("in put"), tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def url(server: str, spark: SparkSession, folders: tuple[Path, Path]) -> Iterator[str]:
    """Two files of lines. Then one of them has grown, the other has changed, and there is a packed array."""
    folder, data = folders
    with empty_database(server) as found:
        (folder / "a.jsonl").write_text("\n".join(LINES) + "\n")
        (folder / "c.jsonl").write_text("\n".join(CHANGED[0]) + "\n")
        load(found, folder, data, "--accept-quality")
        (folder / "a.jsonl").write_text("\n".join([*LINES, ADDED]) + "\n")
        (folder / "b.json.gz").write_bytes(gzip.compress(f"[{', '.join(LATER)}]".encode()))
        (folder / "c.jsonl").write_text("\n".join(CHANGED[1]) + "\n")
        load(found, folder, data, "--accept-quality")
        yield found


@pytest.fixture
def shown(
    url: str, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> "Shown":
    monkeypatch.setenv("DATABASE_URL", url)
    return Shown(folders[1] / "quarantine", capsys)


class Shown:
    """Runs the command and reads what it prints."""

    def __init__(self, quarantine: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._quarantine, self._capsys = str(quarantine), capsys

    def __call__(self, *arguments: str, code: int = 0) -> list[str]:
        assert trace.main([*arguments, "--quarantine", self._quarantine]) == code
        output = self._capsys.readouterr()
        return (output.err if code else output.out).splitlines()


def places(lines: list[str]) -> list[str]:
    """File and record number of every place shown."""
    return [line.rsplit("/", 1)[1] for line in lines if line.startswith("  file")]


def texts(lines: list[str]) -> list[str]:
    return [line.removeprefix("  text     ") for line in lines if line.startswith("  text")]


def test_an_event_is_shown_with_all_that_it_names(shown: Shown) -> None:
    lines = shown("--event", "s")
    titles = [place for place, line in enumerate(lines) if "its row in share_recipients" in line]
    people = [line.split()[1] for place in titles for line in lines[place : place + 4] if "user_id" in line]
    assert people == ["bob", "cleo"]


def test_a_published_event_has_place_run_text_row_session_and_duplicates(shown: Shown, url: str) -> None:
    lines = shown("--event", "e1")
    run_ids = query(url, "select run_id from ops.pipeline_runs order by run_id")
    assert lines[0] == "published"
    assert places(lines) == ["a.jsonl, record 1", "a.jsonl, record 3", "b.json.gz, record 1"]
    assert lines[2].startswith(f"  run      {run_ids[0][0]}, load, succeeded at 20")
    assert texts(lines) == [LINES[0]]
    assert [line.strip() for line in lines if line.startswith("  ") and "row in" in line] == [
        "row in events",
        "its row in sessions",
        "its row in documents",
        "its row in users",
    ]
    assert "    title                    Plan" in lines
    assert "    event_count              2" in lines  # e1 and x
    assert "exact duplicates: 2" in lines


def test_of_an_id_with_two_contents_both_are_shown(shown: Shown) -> None:
    lines = shown("--event", "x")
    assert [line for line in lines if line.startswith(("published", "superseded"))] == [
        "published",
        "superseded: another version of this event comes first",
    ]
    assert places(lines) == ["a.jsonl, record 7", "a.jsonl, record 4"]
    assert texts(lines) == [WINNER, LOSER]


def test_a_quarantined_record_is_found_by_the_id_it_states(shown: Shown) -> None:
    lines = shown("--event", "bad")
    assert lines[:3] == [
        "quarantined: bad_value",
        "  why      reason bad_value, field edit_length, value many, expected a whole number",
        "  since    open",
    ]
    assert (places(lines), texts(lines)) == (["a.jsonl, record 5"], [LINES[4]])


def test_a_record_that_can_not_be_read_is_found_by_its_text_as_a_guess(shown: Shown) -> None:
    lines = shown("--event", "cut")
    assert lines[0] == "quarantined: malformed_json (perhaps this event: it can't be read, and its text holds the id)"
    assert texts(lines) == [LINES[5]]
    assert len(shown("--event", "cu")) == 1


def test_a_record_of_a_packed_array_has_its_text_and_nothing_that_a_terminal_obeys(shown: Shown) -> None:
    lines = shown("--event", "late\x1b[31m")
    assert places(lines) == ["b.json.gz, record 2"]
    assert json.loads(texts(lines)[0])["event_id"] == "late\x1b[31m"
    assert "\x1b" not in "".join(lines)


def test_an_unknown_id_is_one_line(shown: Shown) -> None:
    assert shown("--event", "nobody") == [
        "event nobody: not known: neither published nor superseded, and in no text of the quarantine folder"
    ]


@pytest.mark.parametrize(
    ("number", "first", "event"),
    [
        (1, "event e1", "published"),
        (2, "blank or ignored", None),
        (3, "an exact duplicate: it repeats a record that came before it", "published"),
        (4, "event x", "published"),
        (5, "quarantined: bad_value", None),
        (8, "event added", "published"),
    ],
)
def test_a_record_is_found_by_its_place(shown: Shown, number: int, first: str, event: str | None) -> None:
    lines = shown("--file", "in put0/a.jsonl", "--record", str(number))
    assert lines[0] == first
    assert ("published" in lines) == (event is not None)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "say which"),
        (["--event", "e1", "--file", "a", "--record", "1"], "say which"),
        (["--file", "a.jsonl"], "say which"),
        (["--file", "a.jsonl", "--record", "0"], "say which"),
        (["--file", "jsonl", "--record", "1"], "no file jsonl has been read"),
        (["--file", "a.jsonl", "--record", "9"], "has 8 records, not 9"),
    ],
)
def test_wrong_usage_is_one_line(shown: Shown, arguments: list[str], reason: str) -> None:
    (line,) = shown(*arguments, code=2)
    assert line.startswith("error: ")
    assert reason in line


def test_what_is_not_kept_is_said(shown: Shown, url: str, folders: tuple[Path, Path], tmp_path: Path) -> None:
    file, moved = folders[0] / "a.jsonl", tmp_path / "a.jsonl"
    status = file.stat()
    file.rename(moved)
    assert texts(shown("--event", "e1")) == ["not kept: the file is no longer as it was read (it is gone)"]
    lines = shown("--file", "a.jsonl", "--record", "3")
    assert lines[0] == "an exact duplicate: it repeats a record that came before it"
    file.write_text("junk")
    lines = shown("--event", "e1")
    size = len("\n".join(LINES)) + 1  # without the line that was added later
    assert texts(lines) == [f"not kept: the file is no longer as it was read (from {size} to 4 bytes)"]
    assert places(lines) == ["a.jsonl, record 1", "a.jsonl, record 3", "b.json.gz, record 1"]
    moved.rename(file)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    quarantine = folders[1] / "quarantine"
    quarantine.rename(tmp_path / "quarantine")
    assert "  text     not found in the quarantine folder" in shown("--file", "a.jsonl", "--record", "5")
    (tmp_path / "quarantine").rename(quarantine)


def test_a_record_is_found_in_a_file_that_has_changed(shown: Shown) -> None:
    lines = shown("--event", "same")
    assert texts(lines)[0].startswith("not kept: the file is no longer as it was read (from ")
    assert places(lines) == ["c.jsonl, record 1; the file holds something else now", "c.jsonl, record 1"]
    assert shown("--file", "c.jsonl", "--record", "2")[:2] == ["event put in its place", "published"]
    assert "  since    no current reading of any file holds it" in shown("--event", "taken out")


def test_make_trace_hands_the_id_over(url: str) -> None:
    done = run_make("trace", "EVENT=e1; echo $(id)", DATABASE_URL=url)
    assert done.stdout.startswith("event e1; echo $(id): not known")


def test_a_record_is_found_in_a_file_that_has_grown_and_was_read_again(
    shown: Shown, url: str, folders: tuple[Path, Path]
) -> None:
    assert texts(shown("--file", "a.jsonl", "--record", "8")) == [ADDED]
    load(url, folders[0], folders[1], "--accept-quality", "--full-refresh")
    lines = shown("--file", "a.jsonl", "--record", "1")
    assert lines[:2] == ["event e1", "published"]
    assert lines[2].endswith("a.jsonl, record 1; the same content has been read again since")
    assert shown("--file", "a.jsonl", "--record", "2")[0] == "blank or ignored"


def test_before_any_load_it_says_what_to_do(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert trace.main(["--event", "e1"]) == 2
    assert "nothing has been loaded yet" in capsys.readouterr().err
