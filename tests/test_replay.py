"""Replay: quarantined records, by today's mapping and rules, through the same path."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from jobs.quarantine import summarize
from jobs.replay import arg_parser, run
from jobs.storage.database.postgres import SQL, read_only
from jobs.storage.database.queries import query_file
from tests.builders import at, error_checks, record_json
from tests.conftest import empty_database
from tests.test_pipeline import fingerprint, load, query

pytestmark = pytest.mark.usefixtures("spark")

MAPPING = """
fields:
  event_id: event_id
  event_type: event_type
  event_at: {event_at}
  user_id: user_id
  edit_length: edit_length
"""
OPEN = "select count(*) from ops.open_quarantined_records"


def replay(url: str, data: Path, *options: str) -> str:
    return run(arg_parser().parse_args(["--data", str(data), *options]), url)


@pytest.fixture
def source(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the source file; `event_at` says where the time is."""

    def write(event_at: str) -> Path:
        path = tmp_path / "source.yml"
        path.write_text(MAPPING.format(event_at=event_at))
        return path

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files: some records have their time where a wrong mapping does not look, some are bad for good."""
    folder = tmp_path / "in put [1]"
    folder.mkdir()
    moved = [record_json(event_id=f"w{n}", timestamp=None, when=f"2025-06-02T12:{n}0:00Z") for n in range(3)]
    (folder / "a.jsonl").write_text("\n".join([at(0), *moved, "junk", at(5, edit_length="many")]) + "\n")
    (folder / "b.jsonl").write_text("\n".join([moved[0], at(45), "x" * 70_000]) + "\n")
    return folder


def test_bad_then_fixed_then_replayed_equals_never_bad(
    server: str, database_url: str, folder: Path, source: Callable[[str], Path], tmp_path: Path
) -> None:
    options = ("--source", str(source("timestamp")), "--accept-quality")
    load(database_url, folder, tmp_path / "data", *options)
    assert query(database_url, OPEN) == [(7,)]
    source("[timestamp, when]")
    output = replay(database_url, tmp_path / "data")
    assert output.splitlines()[0].endswith("2 files whose mapping has changed are read again whole")
    assert "  recovered                    4" in output.splitlines()
    assert "  still open                   3" in output.splitlines()
    assert query(database_url, OPEN) == [(3,)]
    with empty_database(server) as other:
        load(other, folder, tmp_path / "other", *options)
        assert fingerprint(database_url) == fingerprint(other)
    read_again = (
        "select accepted, published, exact_duplicates from ops.ingested_files where is_current order by file_path"
    )
    assert query(database_url, read_again) == [(4, 3, 1), (2, 0, 2)]
    places = "select event_id, record_number, file_path from events join ops.ingested_files using (file_id) order by 1"
    assert [(event, number, path[-7:]) for event, number, path in query(database_url, places)][-3:] == [
        ("w0", 2, "a.jsonl"),
        ("w1", 3, "a.jsonl"),
        ("w2", 4, "a.jsonl"),
    ]
    for check in error_checks():
        assert query(database_url, check.query) == [], check.name


def test_what_stays_refused_stays_open_with_its_history(
    database_url: str, folder: Path, source: Callable[[str], Path], tmp_path: Path
) -> None:
    load(database_url, folder, tmp_path / "data", "--source", str(source("timestamp")), "--accept-quality")
    before = query(database_url, "select * from ops.quarantined_records order by 1, 2")
    output = replay(database_url, tmp_path / "data")
    assert "still open                   7" in output
    assert query(database_url, "select * from ops.quarantined_records order by 1, 2") == before
    assert query(database_url, "select kind, status, records from ops.pipeline_runs order by run_id") == [
        ("load", "succeeded", 9),
        ("replay", "succeeded", 0),
    ]


@pytest.mark.parametrize(
    ("options", "recovered"),
    [
        (["--reason", "missing_field"], 4),
        (["--reason", "malformed_json"], 4),
        (["--file", "b.jsonl"], 1),
        (["--file", "in put [1]/a.jsonl"], 3),
        (["--run", "1"], 0),
    ],
)
def test_some_are_selected(
    database_url: str,
    folder: Path,
    source: Callable[[str], Path],
    tmp_path: Path,
    options: list[str],
    recovered: int,
) -> None:
    load(database_url, folder, tmp_path / "data", "--source", str(source("timestamp")), "--accept-quality")
    source("[timestamp, when]")
    replay(database_url, tmp_path / "data", *options)
    assert query(database_url, OPEN) == [(7 - recovered,)]


@pytest.mark.parametrize("gone", ["quarantine", "input"])
def test_one_of_quarantine_and_input_is_enough(
    database_url: str, folder: Path, source: Callable[[str], Path], tmp_path: Path, gone: str
) -> None:
    load(database_url, folder, tmp_path / "data", "--source", str(source("timestamp")), "--accept-quality")
    source("[timestamp, when]")
    shutil.rmtree(tmp_path / "data" / "quarantine" if gone == "quarantine" else folder)
    replay(database_url, tmp_path / "data")
    assert query(database_url, OPEN) == [(3,)]


def test_records_whose_text_is_gone_are_told_and_stay_open(
    database_url: str, folder: Path, source: Callable[[str], Path], tmp_path: Path
) -> None:
    load(database_url, folder, tmp_path / "data", "--source", str(source("timestamp")), "--accept-quality")
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        # As an erasure leaves a record that named the person.
        cursor.execute("update ops.quarantined_records set raw_sha256 = null where record_number = 5")
    shutil.rmtree(tmp_path / "data" / "quarantine")
    (folder / "b.jsonl").unlink()
    told = replay(database_url, tmp_path / "data").splitlines()
    assert told[0].endswith("4 quarantined records of 2 files replayed")
    assert "  still open                   7" in told
    assert "    not tried, without text    3" in told
    assert query(database_url, OPEN) == [(7,)]
    told = replay(database_url, tmp_path / "data", "--file", "b.jsonl").splitlines()
    assert "    not tried, without text    2" in told
    shutil.rmtree(folder)
    told = replay(database_url, tmp_path / "data", "--reason", "malformed_json", "--file", "a.jsonl")
    assert told.startswith("nothing to replay: 1 open record is selected, but its text was not kept")


def test_text_that_was_changed_in_the_quarantine_is_not_taken(
    database_url: str, folder: Path, source: Callable[[str], Path], tmp_path: Path
) -> None:
    load(database_url, folder, tmp_path / "data", "--source", str(source("timestamp")), "--accept-quality")
    for path in (tmp_path / "data" / "quarantine").glob("*/*.json"):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            line["raw"] = line["raw"].replace("w1", "forged").replace("junk", at(7, "forged too"))
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        path.with_name(f".{path.name}.crc").unlink(missing_ok=True)
    source("[timestamp, when]")
    replay(database_url, tmp_path / "data")
    assert query(database_url, "select event_id from events where event_id like 'w%' or event_id like 'f%'") == [
        ("w0",),
        ("w1",),  # from the file itself
        ("w2",),
    ]


def test_open_quarantine_is_shown_with_examples(
    database_url: str, folder: Path, source: Callable[[str], Path], tmp_path: Path
) -> None:
    load(database_url, folder, tmp_path / "data", "--source", str(source("timestamp")), "--accept-quality")
    shown = summarize(database_url, tmp_path / "data" / "quarantine", 20)
    assert [row[:3] for row in shown.rows] == [
        ("missing_field", "event_at", 3),
        ("bad_value", "edit_length", 1),
        ("malformed_json", "", 1),
        ("malformed_json", "", 1),
        ("missing_field", "event_at", 1),
    ]
    assert shown.rows[0][3].endswith("in put [1]/a.jsonl:2")
    assert shown.rows[0][4].startswith('{"event_id": "w0"')
    assert shown.rows[3][4] == "x" * 60 + "..."


def test_two_problems_of_one_record_are_shown_as_two(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text(record_json(edit_length="lots", timestamp="never"))
    load(database_url, tmp_path / "in", tmp_path / "data")
    shown = summarize(database_url, tmp_path / "data" / "quarantine", 20)
    expected = [("bad_timestamp", "event_at", 1), ("bad_value", "edit_length", 1)]
    assert [row[:3] for row in shown.rows] == expected
    with read_only(database_url, "test") as cursor:
        report = query_file(cursor, SQL / "report" / "quarantine.sql")
    assert [row[:3] for row in report.rows] == expected
    assert query(database_url, "select file_id, reason, field from ops.quarantine_problems order by reason") == [
        (query(database_url, "select file_id from ops.ingested_files")[0][0], reason, field)
        for reason, field, _ in expected
    ]


def test_nothing_to_replay_is_said(database_url: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "a.jsonl").write_text(at(0))
    load(database_url, tmp_path / "good", tmp_path / "data")
    assert replay(database_url, tmp_path / "data").startswith("nothing to replay")
