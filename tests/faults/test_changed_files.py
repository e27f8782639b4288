"""Files that are written while they are read: the run names them, loads the others, and leaves them to the next one."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
from tests.faults.harness import STAGING, Job, stopped_while, wait_until
from tests.loading import query
from tests.test_stream import count, stream, stream_until_written


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
LINES, ARRAY = lines(200).encode(), array(200).encode()
# Files that change while they are read, by name: what is in them first, and what happens to them.
CHANGING = {
    "shrinks.jsonl": (LINES, "shrinks"),
    "vanishes.jsonl": (LINES, "vanishes"),
    "shrinks.json": (ARRAY, "shrinks"),
    "grows.json": (ARRAY, "grows"),
    "vanishes.json": (ARRAY, "vanishes"),
    "is replaced.json.gz": (gzip.compress(LINES), "is replaced"),
}
GROWING = "grows.jsonl"


def change_amid_reading(monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]) -> None:
    """The files are looked at before the change, and read behind it."""

    def sniff_and_change(file: InputFile) -> Sniffed:
        sniffed = discovery.sniff(file)
        change(Path(unquote(urlsplit(file.uri).path)))
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


def test_files_that_change_while_they_are_read_are_left_for_the_next_run(
    database_url: str,
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """But the lines that one had when it was listed are loaded, where more are only added to it."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, (content, _) in CHANGING.items():
        (folder / name).write_bytes(content)
    (folder / GROWING).write_bytes(LINES)
    (folder / "steady.json").write_text(record_json(event_id="steady"))

    def change(path: Path) -> None:
        if path.name == GROWING:
            grow_by_half_a_line(path)
        elif path.name in CHANGING:
            CHANGES[CHANGING[path.name][1]][0](path)

    change_amid_reading(monkeypatch, change)
    assert Job(database_url, folder, tmp_path / "data", "--accept-quality").wait() == 0
    shown = capfd.readouterr()
    told = [line for line in shown.out.splitlines() if "the next run reads it" in line]
    assert sorted(line.partition(" changed while it was read (")[0] for line in told) == sorted(
        str(folder / name) for name in CHANGING
    )
    assert [word for word in ("Traceback", "\tat ", "sums", "share of") if word in shown.err] == []
    assert count_records(database_url) == {"steady.json": [1], GROWING: [200]}
    monkeypatch.undo()
    assert Job(database_url, folder, tmp_path / "data", "--accept-quality").wait() == 0
    loaded = count_records(database_url)
    assert sorted(loaded) == sorted({"steady.json", GROWING, *CHANGING} - {"vanishes.json", "vanishes.jsonl"})
    assert (loaded[GROWING], loaded["shrinks.jsonl"]) == ([200, 60], [100])


def count_records(url: str) -> dict[str, list[int]]:
    """How many records of each file were read, by each reading."""
    rows = query(url, "select file_path, records from ops.ingested_files order by file_id")
    counts: dict[str, list[int]] = {}
    for path, records in rows:
        counts.setdefault(unquote(Path(path).name), []).append(records)
    return counts


def test_where_all_files_change_a_stream_goes_on_unless_it_is_to_end_by_itself(
    database_url: str, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path := tmp_path / "in" / "a.json").parent.mkdir()
    path.write_bytes(ARRAY)
    change_amid_reading(monkeypatch, shrink)
    with pytest.raises(ChangedFilesError, match="1 file changed while it was read"):
        stream(database_url, path.parent, tmp_path / "data", "--once")
    assert count(database_url, "ops.ingested_files") == 0
    changes = iter([lines(19)])
    path.write_text(lines(20))
    change_amid_reading(monkeypatch, lambda path: [path.write_text(text) for text in changes])
    said = stream_until_written(
        lambda: wait_until(lambda: count(database_url, "ops.ingested_files") == 1),
        database_url, path.parent, tmp_path / "data", "--interval", "0.2", "--look-again", "0.5",
    )  # fmt: skip
    assert said.startswith("stopped;")
    statuses = [status for (status,) in query(database_url, "select status from ops.pipeline_runs order by run_id")]
    assert statuses == ["failed", "failed", "succeeded"]


def test_behind_the_reading_lines_may_be_added_to_a_file_but_it_may_not_be_rewritten(
    merging: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    path = merging.events / "1.jsonl"
    before = path.read_bytes()
    for change, code, files in ((replace, 3, 1), (grow, 0, 2)):
        path.write_bytes(before)
        with stopped_while(merging.url, STAGING) as wait:
            job = merging.start()
            wait()
            change(path)
        assert job.wait() == code
        assert count(merging.url, "ops.ingested_files") == files
    (error,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert error.startswith(f"error: 1 file changed while it was read, first {path} (")
    ((reason,),) = query(merging.url, "select error from ops.pipeline_runs where status = 'failed'")
    assert reason.startswith("ChangedFilesError: 1 file changed")
    assert count_records(merging.url)["1.jsonl"] == [len(before.splitlines())]
