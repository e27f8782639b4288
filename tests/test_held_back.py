"""One bad file among good ones is held back by itself: nothing of it counts until it is fixed or accepted."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import accept, trace
from jobs.pipeline import arg_parser, run
from jobs.storage.errors import QualityError, UsageError
from tests.builders import ROOT, at, default_source, error_checks, record_json
from tests.conftest import empty_database
from tests.erasure.test_erase import erase
from tests.test_pipeline import fingerprint, load, query
from tests.test_plan import read_everything

pytestmark = pytest.mark.usefixtures("spark")

MAY_HOLD = "input files that may hold the person: they repeat records, or are held back"
HELD_BACK = "select file_path, records, quarantined, why from ops.held_back_files order by 1"
CURRENT = "select file_path, quarantined from ops.ingested_files where is_current order by 1"
# 20 records, of which 5 are quarantined; x comes earlier than the x of a good file and would win.
BAD = [record_json(event_id="x", timestamp="2025-06-01T00:00:00Z", user_id="mallory")]
BAD += [at(minute) for minute in range(100, 114)] + [record_json(event_id=f"b{n}", timestamp="soon") for n in range(5)]
WHY = "5 of 20 records are quarantined: bad_timestamp 5 (such as record 16)"


def lines(*texts: str) -> str:
    return "\n".join(texts) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good files, and a bad one between them."""
    folder = tmp_path / "in put [1]"
    folder.mkdir()
    (folder / "a.jsonl").write_text(lines(at(0), at(10), "junk"))
    (folder / "bad.jsonl").write_text(lines(*BAD))
    (folder / "c.jsonl").write_text(lines(at(40, event_id="x"), at(0)))
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def loading(database_url: str, folder: Path, data: Path) -> Callable[..., str]:
    """Loads the folder, with the options that are given."""
    return lambda *options: load(database_url, folder, data, *options)


def accept_file(url: str, data: Path, *options: str) -> str:
    return accept.run(accept.arg_parser().parse_args(["--data", str(data), *options]), url)


def without(folder: Path, server: str, data: Path, name: str = "bad.jsonl") -> list[tuple[Any, ...]]:
    """The fingerprint of one load of the folder without that file."""
    hidden = folder / f"_{name}"
    (folder / name).rename(hidden)
    with empty_database(server) as url:
        load(url, folder, data)
        found = fingerprint(url)
    hidden.rename(folder / name)
    return found


def test_nothing_of_it_counts_and_it_stands_everywhere(
    loading: Callable[..., str], server: str, database_url: str, folder: Path, data: Path, tmp_path: Path
) -> None:
    told = loading()
    bad = folder / "bad.jsonl"
    assert fingerprint(database_url) == without(folder, server, tmp_path / "other")
    assert query(database_url, HELD_BACK) == [(bad.as_uri(), 20, 5, WHY)]
    status, source = bad.stat(), default_source()
    (row,) = query(
        database_url,
        "select size_bytes, extract(epoch from modified_at)::float, source, mapping_hash, held_back_at > modified_at,"
        " run_id = (select run_id from ops.pipeline_runs) from ops.held_back_files",
    )
    assert row == (status.st_size, pytest.approx(status.st_mtime), source.name, source.mapping_hash, True, True)
    assert [path for path, _ in query(database_url, CURRENT)] == [(folder / f"{x}.jsonl").as_uri() for x in "ac"]
    assert query(database_url, "select status, records, quarantined from ops.pipeline_runs") == [("succeeded", 5, 1)]
    assert query(database_url, "select held_back_files from ops.health") == [(1,)]
    assert query(database_url, "select findings from ops.check_results where check_name = 'held_back_files'") == [(1,)]
    for check in error_checks():
        assert query(database_url, check.query) == [], check.name
    kept = [line for path in (data / "quarantine").rglob("*.json") for line in path.read_text().splitlines()]
    assert [json.loads(line)["raw"] for line in kept] == ["junk"]
    assert "2 files read" in told
    assert f"  {bad}: {WHY}" in told.splitlines()
    assert f"make accept FILE='{bad}'" in told
    (summary,) = (data / "runs").glob("2*.json")
    assert [held["why"] for held in json.loads(summary.read_text())["held_back"]] == [WHY]


def test_it_is_not_read_again_until_it_or_its_mapping_changes(
    loading: Callable[..., str], database_url: str, folder: Path, tmp_path: Path
) -> None:
    loading()
    told = loading()
    assert told.startswith("nothing new: 3 files found, 1 of them held back, the others among the 2 that are loaded")
    assert f"  {folder / 'bad.jsonl'}: {WHY}" in told.splitlines()
    (folder / "d.jsonl").write_text(at(50))
    assert f"  {folder / 'bad.jsonl'}: {WHY}" in loading().splitlines()
    source = tmp_path / "other.yml"
    source.write_text((ROOT / "conf" / "sources" / "default.yml").read_text() + "  # changed\n")
    (folder / "e.jsonl").write_text(at(60))
    loading("--source", str(source))
    assert query(database_url, "select source from ops.held_back_files") == [("other",)]
    (folder / "bad.jsonl").write_text(lines(*BAD[:15]))
    assert "held back" not in loading()
    assert query(database_url, HELD_BACK) == []
    assert query(database_url, "select user_id from events where event_id = 'x'") == [("mallory",)]
    assert query(database_url, "select held_back_files from ops.health") == [(0,)]


def test_a_former_reading_of_it_stays(loading: Callable[..., str], database_url: str, folder: Path) -> None:
    bad = folder / "bad.jsonl"
    bad.write_text(lines(*BAD[:15]))
    loading()
    status, before = bad.stat(), fingerprint(database_url)
    bad.write_text(lines(*BAD))
    (folder / "d.jsonl").write_text(at(0))
    loading()
    assert fingerprint(database_url) == before
    assert (bad.as_uri(), 0) in query(database_url, CURRENT)
    assert [row[0] for row in query(database_url, HELD_BACK)] == [bad.as_uri()]
    # As it was when it was loaded: nothing of it waits any more.
    bad.write_text(lines(*BAD[:15]))
    os.utime(bad, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert "held back" not in loading()
    assert query(database_url, HELD_BACK) == []


def test_a_held_back_file_that_is_gone_is_forgotten(
    loading: Callable[..., str], database_url: str, folder: Path, data: Path
) -> None:
    loading()
    (folder / "bad.jsonl").unlink()
    with pytest.raises(UsageError, match=r"bad\.jsonl: was held back and is gone; .*`make pipeline`"):
        accept_file(database_url, data, "--file", "bad.jsonl")
    assert "held back" not in loading()
    assert query(database_url, HELD_BACK) == []


def test_accepted_it_is_loaded_as_it_is_now(
    loading: Callable[..., str], server: str, database_url: str, folder: Path, data: Path, tmp_path: Path
) -> None:
    loading()
    (folder / "d.jsonl").write_text(at(50))
    with pytest.raises(UsageError, match=r"^d\.jsonl: .*held back: .*in put \[1\]/bad\.jsonl"):
        accept_file(database_url, data, "--file", "d.jsonl")
    with pytest.raises(UsageError, match=r"^name the file: make accept FILE=.*in put \[1\]/bad\.jsonl"):
        accept_file(database_url, data)
    (folder / "bad.jsonl").write_text(lines(*BAD, at(3)))
    told = accept_file(database_url, data, "--file", "in put [1]/bad.jsonl")
    assert "1 files read" in told
    assert query(database_url, HELD_BACK) == []
    assert query(database_url, "select quarantined from ops.ingested_files where records = 21") == [(5,)]
    assert "quarantined                  5" in told
    loading()
    assert query(database_url, "select count(*) from events where event_id = 'm3'") == [(1,)]
    with empty_database(server) as url:
        load(url, folder, tmp_path / "other", "--accept-quality")
        assert fingerprint(database_url) == fingerprint(url)


def test_accept_quality_takes_what_was_held_back_before(
    loading: Callable[..., str], database_url: str, folder: Path
) -> None:
    loading()
    loading("--accept-quality")
    assert query(database_url, HELD_BACK) == []
    assert ((folder / "bad.jsonl").as_uri(), 5) in query(database_url, CURRENT)


def test_a_full_refresh_leaves_it_out_and_keeps_what_was_accepted(
    loading: Callable[..., str], database_url: str, folder: Path, data: Path
) -> None:
    loading()
    loading("--full-refresh")
    assert [row[0] for row in query(database_url, HELD_BACK)] == [(folder / "bad.jsonl").as_uri()]
    accept_file(database_url, data, "--file", "bad.jsonl")
    before = fingerprint(database_url)
    assert "held back" not in loading("--full-refresh")
    assert fingerprint(database_url) == before
    (folder / "bad.jsonl").write_text(lines(*BAD, "junk"))
    assert "held back" in loading("--full-refresh")
    assert fingerprint(database_url) == before
    # To hold it back and drop what is missing would lose the events of its former reading.
    with pytest.raises(QualityError, match=r"DROP_MISSING=1 can't hold back .*bad\.jsonl"):
        loading("--full-refresh", "--drop-missing")
    assert fingerprint(database_url) == before


def test_the_plan_tells_what_the_run_then_does(
    loading: Callable[..., str], database_url: str, folder: Path, data: Path
) -> None:
    args = arg_parser().parse_args(["--input", str(folder), "--data", str(data), "--plan"])
    before = read_everything(database_url, data)
    told = run(args, database_url)
    assert read_everything(database_url, data) == before
    assert told.startswith("plan: 2 files would be read, 0 of them again")
    assert f"  {folder / 'bad.jsonl'}: {WHY}" in told.splitlines()
    assert f"  {folder / 'bad.jsonl'}: {WHY}" in loading().splitlines()


def test_a_bad_file_with_nothing_good_beside_it_stops_the_run(
    loading: Callable[..., str], database_url: str, folder: Path
) -> None:
    for name in "ac":
        (folder / f"{name}.jsonl").rename(folder / f"_{name}.jsonl")
    with pytest.raises(QualityError, match=r"5 of 20 records .*bad\.jsonl"):
        loading()
    assert query(database_url, HELD_BACK) == []
    (folder / "_a.jsonl").rename(folder / "a.jsonl")
    (folder / "bad.jsonl").rename(folder / "_bad.jsonl")
    loading()
    (folder / "_bad.jsonl").rename(folder / "bad.jsonl")
    with pytest.raises(QualityError, match=r"5 of 20 records .*bad\.jsonl"):
        loading()
    (folder / "_c.jsonl").rename(folder / "c.jsonl")
    loading()
    assert [row[0] for row in query(database_url, HELD_BACK)] == [(folder / "bad.jsonl").as_uri()]


def test_an_erasure_names_it_as_a_file_that_may_hold_the_person(
    loading: Callable[..., str], database_url: str, folder: Path, data: Path
) -> None:
    loading()
    told = erase(database_url, data, "ann").splitlines()
    assert f"  {folder / 'bad.jsonl'}" in told[told.index(MAY_HOLD) :]


def test_a_trace_says_that_it_is_held_back(
    loading: Callable[..., str], database_url: str, folder: Path, data: Path
) -> None:
    loading()
    args = trace.arg_parser().parse_args(["--file", "bad.jsonl", "--record", "2"])
    with pytest.raises(UsageError, match=r"bad\.jsonl is held back, .* 5 of 20 records are quarantined"):
        trace.trace(database_url, args)
