"""Events from the future: quarantined, tried again by each run once their time has come, and never published before."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jobs import erase, replay
from jobs.pipeline import arg_parser
from jobs.steps.load_folder import describe_load, load_folder
from jobs.storage.errors import QualityError
from tests.builders import record_json
from tests.conftest import empty_database
from tests.test_pipeline import fingerprint, query
from tests.test_stream import count, stream, stream_until_written, wait_until

pytestmark = pytest.mark.usefixtures("spark")

NOW = datetime(2025, 6, 10, tzinfo=UTC)
LATER = datetime(2025, 7, 1, tzinfo=UTC)
DUE = "select count(*) from ops.quarantined_records where due_at is not null"
Load = Callable[..., dict[str, Any]]


def edit(event_id: str, day: datetime, **fields: Any) -> str:
    """An edit of the same document by ann, who is called and titles it as the time says."""
    stated = {"user_name": f"Ann {day:%d.%m.}", "title": f"Plan {day:%d.%m.}", **fields}
    return record_json(
        event_id=event_id, event_type="document_edit", document_id="d", timestamp=day.isoformat(), **stated
    )


GOOD = [edit(f"e{number}", NOW - timedelta(days=number)) for number in range(3)]
AHEAD = edit("ahead", datetime(2025, 6, 20, tzinfo=UTC))
FAR = edit("far", datetime(2099, 1, 1, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "first.jsonl").write_text("\n".join([*GOOD, AHEAD, FAR]) + "\n")
    return folder


@pytest.fixture
def load(database_url: str, folder: Path, tmp_path: Path) -> Load:
    """Loads the folder at a moment."""

    def load_at(now: datetime, *options: str, url: str = database_url) -> dict[str, Any]:
        args = arg_parser().parse_args(["--input", str(folder), "--data", str(tmp_path / url[-8:]), *options])
        summary = load_folder(args, url, now=now)
        summary["told"] = describe_load(args, summary)
        return summary

    return load_at


def latest(url: str) -> list[tuple[Any, ...]]:
    """(title, name) of the only document and user."""
    return query(url, "select title, name from documents cross join users")


def test_an_edit_of_2099_moves_nothing_and_stays_visible(database_url: str, load: Load, folder: Path) -> None:
    summary = load(NOW)
    assert summary["quarantined_by_reason"] == {"timestamp_in_future": 2}
    (folder / "second.jsonl").write_text(edit("july", LATER) + "\n")
    load(LATER)
    assert latest(database_url) == [("Plan 01.07.", "Ann 01.07.")]
    assert query(database_url, "select newest_event_at from ops.health") == [(LATER,)]
    left = "select record_number, reasons from ops.open_quarantined_records"
    assert query(database_url, left) == [(5, ["timestamp_in_future"])]


def test_a_record_whose_time_has_come_is_published_as_one_load_would(
    server: str, database_url: str, load: Load
) -> None:
    load(NOW)
    assert query(database_url, DUE) == [(2,)]
    assert load(datetime(2025, 6, 18, 23, 59, 59, tzinfo=UTC))["due"] == {"waiting": 0, "tried": 0, "published": 0}
    summary = load(datetime(2025, 6, 19, tzinfo=UTC))
    assert summary["due"] == {"waiting": 0, "tried": 1, "published": 1}
    assert "quarantined records whose time has come: 1 tried again, 1 published" in summary["told"].splitlines()
    assert latest(database_url) == [("Plan 20.06.", "Ann 20.06.")]
    with empty_database(server) as other:
        load(datetime(2025, 6, 19, tzinfo=UTC), url=other)
        assert fingerprint(database_url) == fingerprint(other)
    assert query(database_url, DUE) == [(1,)]
    assert load(LATER)["due"] == {"waiting": 0, "tried": 0, "published": 0}


def test_a_full_refresh_and_new_files_go_with_what_is_due(database_url: str, load: Load, folder: Path) -> None:
    load(NOW)
    (folder / "second.jsonl").write_text(edit("july", LATER) + "\n")
    summary = load(LATER)
    assert (summary["due"], summary["files"]) == ({"waiting": 0, "tried": 1, "published": 1}, 1)
    assert load(LATER, "--full-refresh")["due"] == {"waiting": 0, "tried": 0, "published": 0}
    assert query(database_url, "select count(*) from events") == [(5,)]


def test_a_full_refresh_tries_what_waits_in_files_that_are_gone(database_url: str, load: Load, folder: Path) -> None:
    load(NOW)
    (folder / "first.jsonl").unlink()
    (folder / "second.jsonl").write_text(edit("july", LATER) + "\n")
    assert load(LATER, "--full-refresh")["due"] == {"waiting": 0, "tried": 1, "published": 1}
    assert latest(database_url) == [("Plan 01.07.", "Ann 01.07.")]


def test_what_is_due_is_tried_once(database_url: str, load: Load, folder: Path, tmp_path: Path) -> None:
    load(NOW)
    (folder / "first.jsonl").unlink()
    for path in tmp_path.rglob("quarantine/run_id=*/*.json"):
        path.unlink()
    assert load(LATER)["due"] == {"waiting": 0, "tried": 1, "published": 0}
    assert load(LATER)["due"] == {"waiting": 0, "tried": 0, "published": 0}
    open_records = "select count(*) from ops.open_quarantined_records"
    assert query(database_url, open_records) == [(2,)]


def test_a_record_is_tried_by_the_mapping_of_its_file(
    database_url: str, load: Load, folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source.yml"
    fields = "{event_id: event_id, event_type: event_type, event_at: timestamp, user_id: user_id"
    source.write_text(f"fields: {fields}, document_id: document_id, document_title: title}}\n")
    load(NOW, "--source", str(source))
    source.write_text(f"fields: {fields}, document_id: document_id}}\n")
    summary = load(LATER, "--source", str(source))
    assert (summary["due"], summary["files"]) == ({"waiting": 0, "tried": 1, "published": 1}, 0)
    assert query(database_url, "select title from documents") == [("Plan 20.06.",)]


def test_what_waits_of_an_erased_person_is_never_tried(
    database_url: str, load: Load, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = edit("of-bob", datetime(2025, 6, 20, tzinfo=UTC), user_id="bob")
    (folder / "first.jsonl").write_text("\n".join([*GOOD, AHEAD, waiting]) + "\n")
    load(NOW)
    assert query(database_url, DUE) == [(2,)]
    monkeypatch.setenv("ERASE_USER", "bob")
    data = str(tmp_path / database_url[-8:])
    erase.run(erase.arg_parser().parse_args(["--data", data, "--confirm"]), database_url)
    assert query(database_url, DUE) == [(1,)]
    assert load(LATER)["due"] == {"waiting": 0, "tried": 1, "published": 1}
    assert query(database_url, "select record_number from ops.open_quarantined_records") == [(5,)]


def test_a_stream_tries_what_is_due_though_nothing_is_new(
    database_url: str, load: Load, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(NOW)
    data = tmp_path / database_url[-8:]
    options = ("--interval", "86400", "--look-again", "0.5")
    wait = partial(wait_until, lambda: count(database_url, "events") == 4)
    stream_until_written(wait, database_url, folder, data, *options)
    assert "quarantined records whose time has come: 1 tried again, 1 published" in capsys.readouterr().out
    assert stream(database_url, folder, data, "--once").startswith("nothing new")


def test_a_replay_by_hand_goes_by_the_same_clock(database_url: str, load: Load, tmp_path: Path) -> None:
    load(NOW)
    args = replay.arg_parser().parse_args(["--data", str(tmp_path / database_url[-8:])])
    assert "  recovered                    0" in replay.run(args, database_url, NOW).splitlines()
    assert "  recovered                    1" in replay.run(args, database_url, LATER).splitlines()
    assert load(LATER)["due"] == {"waiting": 0, "tried": 0, "published": 0}


def test_a_plan_only_says_how_many_are_due(database_url: str, load: Load) -> None:
    load(NOW)
    told = load(LATER, "--plan")["told"]
    assert "quarantined records whose time has come, which the next run tries again: 1" in told.splitlines()
    assert query(database_url, "select count(*) from events") == [(3,)]
    assert query(database_url, DUE) == [(2,)]


def test_a_clock_that_is_years_behind_is_asked_about(database_url: str, load: Load, tmp_path: Path) -> None:
    with pytest.raises(QualityError) as error:
        load(datetime(2015, 1, 1, tzinfo=UTC))
    assert str(error.value) == (
        "5 of 5 records are in the future; is this machine's clock right? Nothing was published."
        " Set the clock, or set ACCEPT_QUALITY=1"
    )
    assert query(database_url, "select to_regclass('public.events')") == [(None,)]
    assert query(database_url, "select count(*) from ops.ingested_files") == [(0,)]
    load(NOW)
    assert query(database_url, "select count(*) from events") == [(3,)]


def test_a_few_records_of_the_future_stop_no_later_load(database_url: str, load: Load, folder: Path) -> None:
    load(NOW)
    (folder / "second.jsonl").write_text(FAR.replace("far", "far-2") + "\n")
    assert load(NOW)["quarantined_by_reason"] == {"timestamp_in_future": 1}


def test_many_records_of_the_future_alone_stop_a_later_load(load: Load, folder: Path) -> None:
    load(NOW)
    many = [edit(f"far-{number}", datetime(2099, 1, 1, tzinfo=UTC)) for number in range(100)]
    (folder / "second.jsonl").write_text("\n".join(many) + "\n")
    with pytest.raises(QualityError, match=r"^100 of 100 records are in the future; is this machine's clock right\?"):
        load(NOW)


def test_a_stop_for_which_the_future_is_the_commonest_reason_asks_too(load: Load, folder: Path) -> None:
    load(NOW)
    mixed = [edit(f"far-{number}", datetime(2099, 1, 1, tzinfo=UTC)) for number in range(99)]
    (folder / "first.jsonl").unlink()
    (folder / "second.jsonl").write_text("\n".join([*mixed, GOOD[0]]) + "\n")
    (folder / "third.jsonl").write_text("\n".join([*mixed, GOOD[1]]) + "\n")
    (folder / "fourth.jsonl").write_text("\n".join([*mixed, GOOD[1]]) + "\n")
    question = r"ACCEPT_QUALITY=1\. 297 of 300 records are in the future; is this machine's clock right\?$"
    with pytest.raises(QualityError, match=question):
        load(NOW)


def test_the_summary_keeps_what_was_tried(load: Load, folder: Path, tmp_path: Path, database_url: str) -> None:
    load(NOW)
    (folder / "second.jsonl").write_text(edit("july", LATER) + "\n")
    run_id = load(LATER)["run_id"]
    written = json.loads((tmp_path / database_url[-8:] / "runs" / f"{run_id}.json").read_text())
    assert written["due"] == {"waiting": 0, "tried": 1, "published": 1}
