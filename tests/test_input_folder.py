"""What a load takes from its input folder: which files are read, what is said of files and folders that are gone."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyspark.sql import SparkSession

from jobs import check
from jobs.pipeline import arg_parser, run
from jobs.storage.errors import UsageError
from tests.builders import ROOT, record_json
from tests.conftest import empty_database
from tests.loading import load, query

EVENT_IDS = "select event_id from events order by 1"
# Below data/ of the folder that the job runs in.
OURS = ("quarantine", "postgres", "runs", "reports", "airflow")
# A name that is not UTF-8, which the JVM can't open.
UNREADABLE = os.fsdecode(b"\xff.json")


class Story(NamedTuple):
    """A folder that was loaded, and then refreshed without one of its files but with a new one."""

    url: str
    folder: Path
    options: tuple[str, ...]
    loaded: str
    files: dict[str, tuple[Any, ...]]
    refreshed: str


def read_files(url: str, folder: Path) -> dict[str, tuple[Any, ...]]:
    """Records, blank, quarantined, accepted and published ones of each file, by its path in the folder."""
    rows = query(url, "select file_path, records, blank, quarantined, accepted, published from ops.ingested_files")
    return {path.removeprefix(f"{folder.as_uri()}/"): tuple(counts) for path, *counts in rows}


@pytest.fixture(scope="module")
def story(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The job runs in its own input folder, and keeps its quarantine there."""
    folder = tmp_path_factory.mktemp("here")
    for name in ("events", "simulated", "my logs", *OURS):
        (folder / "data" / name / "deep").mkdir(parents=True)
        (folder / "data" / name / "deep" / "a.json").write_text(record_json(event_id=name))
    (folder / "data" / "truth.json").write_text(record_json(event_id="truth"))
    for name, text in {"junk": "junk\n", "empty": "", "blank": "\n\n"}.items():
        (folder / f"{name}.json").write_text(text)
    (folder / UNREADABLE).write_text(record_json(event_id="unreadable"))
    options = ("--settings", str(ROOT / "conf" / "pipeline.yml"), "--quarantine", str(folder / "quarantined"))
    options += ("--source", str(ROOT / "conf" / "sources" / "default.yml"))
    with empty_database(server) as url:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            loaded = load(url, folder, folder / "work", *options)
            files = read_files(url, folder)
            (folder / "data" / "my logs" / "deep" / "a.json").rename(folder / "away")
            (folder / "more.json").write_text(record_json(event_id="more"))
            refreshed = load(url, folder, folder / "work", *options, "--full-refresh")
        yield Story(url, folder, options, loaded, files, refreshed)


def test_empty_and_unreadable_files_and_files_of_rejects_are_accounted_for(story: Story) -> None:
    event = (1, 0, 0, 1, 1)
    assert story.files == {
        **{f"data/{name}/deep/a.json": event for name in ("events", "simulated", "my%20logs")},
        "junk.json": (1, 0, 1, 0, 0),
        "empty.json": (0, 0, 0, 0, 0),
        "blank.json": (2, 2, 0, 0, 0),
        "%FF.json": (1, 0, 1, 0, 0),
    }
    reasons = "select distinct reasons from ops.quarantined_records order by 1"
    assert query(story.url, reasons) == [(["malformed_json"],), (["unreadable_file"],)]


def test_the_folders_of_this_tool_are_never_input(story: Story) -> None:
    """Those of --data and --quarantine, and those of the folder that the job runs in."""
    assert "written by this tool" in story.loaded
    assert "7 files read" in story.loaded
    # The first load has written files of its own below the folder.
    assert "7 files read" in story.refreshed


@pytest.mark.parametrize("place", ["data/quarantine", "data/postgres", "data/runs/deep", "quarantined", "work/runs"])
def test_a_folder_of_this_tool_is_rejected_as_input(story: Story, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(story.folder)
    with pytest.raises(UsageError, match="where this tool writes its own files"):
        load(story.url, story.folder / place, story.folder / "work", *story.options)


def test_a_refresh_keeps_what_a_file_held_that_is_gone(story: Story) -> None:
    gone = story.folder / "data" / "my logs" / "deep" / "a.json"
    assert f"files that are gone, first {gone}: 1; their records are kept" in story.refreshed.splitlines()
    assert query(story.url, EVENT_IDS) == [("events",), ("more",), ("my logs",), ("simulated",)]


def test_an_input_folder_in_which_nothing_is_found_is_told_until_files_are_there_again(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, other = (story.folder / "data" / name for name in ("my logs", "events"))
    monkeypatch.setenv("DATABASE_URL", story.url)

    def look() -> tuple[list[tuple[Any, ...]], int, list[str]]:
        """What the database remembers, what ops.health counts, what `make check` warns of."""
        assert check.main([]) == 0
        warnings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning empty_input")]
        (counted,) = query(story.url, "select empty_input_folders from ops.health")
        return query(story.url, "select folder from ops.empty_input_folders"), counted[0], warnings

    def load_again(folder: Path) -> str:
        return load(story.url, folder, story.folder / "work")

    told = f"warning: nothing was found in {empty}, though 8 files were loaded before; a mount may be lost"
    args = ["--input", str(empty), "--data", str(story.folder / "work")]
    assert run(arg_parser().parse_args([*args, "--plan"]), story.url).startswith(told)
    assert look() == ([], 0, [])
    for _ in range(2):
        assert load_again(empty).startswith(told)
        assert load_again(other).startswith("nothing new: 1 files found")
        assert look() == ([(empty.as_uri(),)], 1, ["warning empty_input_folders: 1 row"])
    (story.folder / "away").rename(empty / "deep" / "a.json")
    assert load_again(empty).startswith("nothing new: 1 files found")
    assert look() == ([], 0, [])


def test_a_folder_without_event_files_is_rejected_as_long_as_nothing_is_loaded(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no events")
    with pytest.raises(UsageError, match=r"holds no file .* 1 skipped, such as .*notes\.txt"):
        load(database_url, tmp_path, tmp_path / "data")
