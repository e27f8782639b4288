"""Files that are written while they are read: the run names them, loads the others, and leaves them to the next one."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.records.files.formats import Sniffed
from jobs.steps import read_files
from jobs.storage.errors import ChangedFilesError
from jobs.storage.input import discovery
from jobs.storage.input.changed_files import require_unchanged
from jobs.storage.input.discovery import discover
from jobs.storage.input.file_systems import InputFile
from tests.builders import record_json
from tests.faults.conftest import Site
from tests.faults.harness import STAGING, Job, stopped_while
from tests.test_pipeline import query
from tests.test_stream import count, stream, stream_until_written, wait_until


def lines(count: int, first: int = 0) -> str:
    return "".join(record_json(event_id=f"e{number}", content="word " * 40) + "\n" for number in range(first, count))


def array(count: int) -> str:
    return "[" + ",\n".join(lines(count).splitlines()) + "]"


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write(lines(260, 200))


def grow_by_half_a_line(path: Path) -> None:
    with path.open("a") as file:
        file.write(lines(260, 200) + '{"event_id": "ha')


def shrink(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def replace(path: Path) -> None:
    (other := path.with_suffix(".tmp")).write_bytes(b"x" * path.stat().st_size)
    other.rename(path)


CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "grows": (grow, r"from [\d,]+ to [\d,]+ bytes"),
    "grows by half a line": (grow_by_half_a_line, r"from [\d,]+ to [\d,]+ bytes"),
    "shrinks": (shrink, r"from [\d,]+ to [\d,]+ bytes"),
    "vanishes": (Path.unlink, "it is gone"),
    "is replaced": (replace, "it was rewritten"),
}
CONTENTS = {
    "lines.jsonl": lines(200).encode(),
    "array.json": array(200).encode(),
    "packed.json.gz": gzip.compress(lines(200).encode()),
}


def change_amid_reading(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """The files are looked at before the change, and read behind it."""

    def sniff_and_change(file: InputFile) -> Sniffed:
        sniffed = discovery.sniff(file)
        if file.uri.endswith("steady.json"):
            return sniffed
        change()
        return sniffed

    monkeypatch.setattr(read_files, "sniff", sniff_and_change)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_told_with_what_has_changed(tmp_path: Path, kind: str) -> None:
    for name in ("a.jsonl", "b.jsonl", "c.jsonl"):
        (tmp_path / name).write_text(lines(20))
    found, _ = discover(str(tmp_path), ("*.jsonl",))
    require_unchanged(found)
    change, words = CHANGES[kind]
    change(tmp_path / "b.jsonl")
    with pytest.raises(
        ChangedFilesError, match=f"^1 file changed while it was read, first {tmp_path}/b.jsonl .{words}"
    ):
        require_unchanged(found)
    change(tmp_path / "c.jsonl")
    with pytest.raises(
        ChangedFilesError, match=r"^2 files changed while they were read, first .*b.jsonl .*; nothing was"
    ):
        require_unchanged(found)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lines.jsonl", "shrinks"),
        ("lines.jsonl", "vanishes"),
        ("array.json", "shrinks"),
        ("array.json", "grows"),
        ("array.json", "vanishes"),
        ("packed.json.gz", "is replaced"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_named_and_left_for_the_next_run(
    database_url: str,
    spark: SparkSession,
    name: str,
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "steady.json").write_text(record_json(event_id="steady"))
    (folder / name).write_bytes(CONTENTS[name])
    change_amid_reading(monkeypatch, lambda: CHANGES[kind][0](folder / name))
    assert Job(database_url, folder, tmp_path / "data").wait() == 0
    shown = capfd.readouterr()
    (line,) = [line for line in shown.out.splitlines() if "the next run reads it" in line]
    assert line.startswith(f"{folder / name} changed while it was read (")
    assert [word for word in ("Traceback", "\tat ", "sums", "share of") if word in shown.err] == []
    assert query(database_url, "select event_id from events") == [("steady",)]
    assert query(database_url, "select count(*) from ops.ingested_files") == [(1,)]


def test_a_run_of_which_all_files_change_says_so_and_publishes_nothing(
    database_url: str,
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "array.json").write_bytes(CONTENTS["array.json"])
    change_amid_reading(monkeypatch, lambda: shrink(folder / "array.json"))
    assert Job(database_url, folder, tmp_path / "data").wait() == 3
    (error,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error:")]
    assert error.startswith(f"error: 1 file changed while it was read, first {folder / 'array.json'} (")
    ((status, reason),) = query(database_url, "select status, error from ops.pipeline_runs")
    assert (status, reason.startswith("ChangedFilesError: 1 file changed")) == ("failed", True)
    assert query(database_url, "select count(*) from ops.ingested_files") == [(0,)]


def test_lines_that_are_added_while_a_file_is_read_are_left_for_the_next_run(
    database_url: str, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "lines.jsonl").write_bytes(CONTENTS["lines.jsonl"])
    change_amid_reading(monkeypatch, lambda: grow_by_half_a_line(folder / "lines.jsonl"))
    counts = "select records, quarantined from ops.ingested_files order by file_id"
    assert Job(database_url, folder, tmp_path / "data").wait() == 0
    assert query(database_url, counts) == [(200, 0)]
    monkeypatch.undo()
    assert Job(database_url, folder, tmp_path / "data").wait() == 0
    assert query(database_url, counts) == [(200, 0), (60, 0)]


def test_lines_that_are_added_behind_the_reading_do_no_harm(merging: Site) -> None:
    with stopped_while(merging.url, STAGING) as wait:
        job = merging.start()
        wait()
        grow(merging.events / "1.jsonl")
    assert job.wait() == 0
    merging.load()
    merging.assert_as_after_one_load()


def test_a_file_that_is_rewritten_behind_the_reading_stops_the_run(merging: Site) -> None:
    path = merging.events / "1.jsonl"
    before = path.read_bytes()
    with stopped_while(merging.url, STAGING) as wait:
        job = merging.start()
        wait()
        replace(path)
    assert job.wait() == 3
    path.write_bytes(before)  # other tests load this folder, too
    assert query(merging.url, "select count(*) from ops.ingested_files") == [(1,)]


def test_a_stream_goes_on_and_loads_the_file_when_it_is_whole(
    database_url: str, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "lines.jsonl").write_text(lines(20))
    is_changed: list[None] = []

    def change_once() -> None:
        if not is_changed:
            (folder / "lines.jsonl").write_text(lines(19))
            is_changed.append(None)

    change_amid_reading(monkeypatch, change_once)
    said = stream_until_written(
        lambda: wait_until(lambda: count(database_url, "ops.ingested_files") == 1),
        database_url, folder, tmp_path / "data", "--interval", "0.2", "--look-again", "0.5",
    )  # fmt: skip
    assert said.startswith("stopped;")
    assert query(database_url, "select status from ops.pipeline_runs order by run_id") == [("failed",), ("succeeded",)]


def test_a_stream_that_is_to_end_by_itself_ends_with_the_error(
    database_url: str, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "lines.jsonl").write_text(lines(20))
    change_amid_reading(monkeypatch, lambda: shrink(tmp_path / "in" / "lines.jsonl"))
    with pytest.raises(ChangedFilesError, match="1 file changed while it was read"):
        stream(database_url, tmp_path / "in", tmp_path / "data", "--once")
