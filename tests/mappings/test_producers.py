"""Mappings in whole loads: namespaces, what is around records, ignored records, and erasure by whatever spelling."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.pipeline import arg_parser
from jobs.steps.load_folder import describe_load, load_folder
from jobs.storage.errors import UsageError
from tests.builders import error_checks, record_json
from tests.conftest import empty_database
from tests.erasure.test_erase import erase
from tests.test_pipeline import fingerprint, load, query

pytestmark = pytest.mark.usefixtures("spark")

FIELDS = """
fields:
  event_id: id
  event_type: t
  event_at: at
  user_id: user.id
  user_name: user.name
  document_id: doc.id
  document_title: doc.title
"""
NOON = "2025-06-02T12:0{}:00Z"


def write_log(folder: Path, *records: Any) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


def write_mapping(folder: Path, text: str, name: str) -> str:
    (folder / f"{name}.yml").write_text(text)
    return str(folder / f"{name}.yml")


def edits(person: str, title: str, *minutes: int) -> list[dict[str, Any]]:
    shared = {"t": "document_edit", "user": {"id": 17, "name": person}, "doc": {"id": 4, "title": title}}
    return [{**shared, "id": place, "at": NOON.format(minute)} for place, minute in enumerate(minutes)]


def test_two_producers_share_a_database(database_url: str, tmp_path: Path) -> None:
    a = write_log(tmp_path / "a", *edits("Ann", "Doc of a", 1, 2))
    b = write_log(tmp_path / "b", *edits("Bo", "Doc of b", 3, 4))
    for name, folder in (("a", a), ("b", b)):
        mapping = write_mapping(tmp_path, f"namespace: {name}\n{FIELDS}", name)
        load(database_url, folder, tmp_path / "data", "--source", mapping)
    assert query(database_url, "select user_id, name from users order by 1") == [("a:17", "Ann"), ("b:17", "Bo")]
    assert query(database_url, "select document_id, title from documents order by 1") == [
        ("a:4", "Doc of a"),
        ("b:4", "Doc of b"),
    ]
    assert query(database_url, "select session_duration_seconds::int from sessions") == [(60,), (60,)]
    with pytest.raises(UsageError, match=r"'17' is unknown: .*; did you mean 'a:17' or 'b:17'"):
        erase(database_url, tmp_path / "data", "17")
    erase(database_url, tmp_path / "data", "a:17", "--confirm")
    assert query(database_url, "select name from users order by 1") == [("Bo",), (None,)]


BATCHES = """
record_path: batches.events
identity: [^id, "#"]
ignore: {t: [heartbeat]}
fields:
  event_type: t
  event_at: at
  user_id: ^^account
  device: ^device
"""


def make_batches(*events: dict[str, Any]) -> dict[str, Any]:
    batches = [{"id": "b1", "device": "ios", "events": list(events)}, {"id": "b2", "device": "web"}]
    return {"account": "ann", "batches": batches}


def test_what_is_around_a_quarantined_record_is_kept_with_it(server: str, database_url: str, tmp_path: Path) -> None:
    now, later = datetime(2025, 6, 10, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    events = [
        {"t": t, "at": at} for t, at in (("heartbeat", 0), ("user_login", 1748865600), ("user_login", 1750400000))
    ]
    folder = write_log(tmp_path / "in", make_batches(*events), {"account": "bo", "batches": []})
    mapping = write_mapping(tmp_path, BATCHES, "batches")

    def load_at(url: str, moment: datetime, data: str) -> str:
        args = arg_parser().parse_args(["--input", str(folder), "--data", str(tmp_path / data), "--source", mapping])
        return describe_load(args, load_folder(args, url, now=moment))

    told = load_at(database_url, now, "data")
    assert "  ignored                      2" in told.splitlines()
    assert query(database_url, "select records, ignored, quarantined, accepted from ops.ingested_files") == [
        (4, 2, 1, 1)
    ]
    with empty_database(server) as other:
        load_at(other, later, "other")
        (folder / "log.jsonl").unlink()
        load_at(database_url, later, "data")
        assert query(database_url, "select user_id, device from events") == [("ann", "ios")] * 2
        assert fingerprint(database_url) == fingerprint(other)
    for check in error_checks():
        assert query(database_url, check.query) == [], check.name


def test_an_event_id_of_several_people_is_told(database_url: str, tmp_path: Path) -> None:
    requests = [{"id": f"r{n // 2}", "t": "x", "at": NOON.format(n), "user": {"id": f"u{n}"}} for n in range(4)]
    folder = write_log(tmp_path / "in", *requests)
    told = load(database_url, folder, tmp_path / "data", "--source", write_mapping(tmp_path, FIELDS, "requests"))
    assert "event ids that stand for several people in one file: 2, such as 'r0'; is event_id mapped" in told


def test_files_that_another_source_has_read_are_told(database_url: str, tmp_path: Path) -> None:
    folder = write_log(tmp_path / "in", *edits("Ann", "Plan", 1))
    first = write_mapping(tmp_path, FIELDS, "first")
    second = write_mapping(tmp_path, f"{FIELDS}  device: id\n", "second")
    assert "another source" not in load(database_url, folder, tmp_path / "data", "--source", first)
    title = "files found that another source has read; touch them, and the next run reads them with second"
    for more in ([], ["--remap"], ["--full-refresh"]):
        told = load(database_url, folder, tmp_path / "data", "--source", second, *more).splitlines()
        assert told[told.index(title) + 1].split() == ["first", "1"], more
    os.utime(folder / "log.jsonl")
    assert "another source" not in load(database_url, folder, tmp_path / "data", "--source", second)
    assert query(database_url, "select device from events") == [("0",)]


PAGES = """
record_path: items.events
identity: {identity}
fields:
  event_type: t
  event_at: at
  user_id: ^user
"""


def test_an_identity_that_stands_for_several_records_is_told(database_url: str, tmp_path: Path) -> None:
    event = {"t": "user_login", "at": NOON.format(1)}
    page = {"id": "p1", "items": [{"user": "ann", "events": [event]}, {"user": "bo", "events": [event]}]}
    folder = write_log(tmp_path / "in", page)
    mapping = write_mapping(tmp_path, PAGES.format(identity='[^^id, "#"]'), "pages")
    told = load(database_url, folder, tmp_path / "data", "--source", mapping)
    (line,) = [line for line in told.splitlines() if "identity" in line]
    assert line.startswith("ids made by identity that stand for several different records in one file: 1, such as '")
    assert '"#" begins again in each list, so that ^# or an id of the object around must stand beside it' in line
    assert "several people" not in told
    write_mapping(tmp_path, PAGES.format(identity='[^^id, "^#", "#"]'), "pages")
    told = load(database_url, folder, tmp_path / "data", "--source", mapping, "--remap")
    assert "identity" not in told
    assert query(database_url, "select user_id from events order by 1") == [("ann",), ("bo",)]


def test_an_erasure_finds_every_spelling_of_an_id(database_url: str, tmp_path: Path) -> None:
    broken = [
        '{"event_type": "user_login", "user_id": 12345678.0, "note": "no time"}',
        '{"event_type": "x", "timestamp": 1748865600, "people": [1.2345678e7], "user_id": ""}',
        '{"user": "12345678", broken',
        '{"event_type": "x", "user_id": 123456789.0}',
    ]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text("\n".join([record_json(user_id=12345678.0), *broken]) + "\n")
    load(database_url, folder, tmp_path / "data")
    with pytest.raises(UsageError, match=r"'12345678.5' is unknown"):
        erase(database_url, tmp_path / "data", "12345678.5")
    erase(database_url, tmp_path / "data", "1.2345678e7", "--confirm")
    assert query(database_url, "select count(*) from users where user_id like 'erased:%'") == [(1,)]
    kept = "".join(path.read_text() for path in (tmp_path / "data" / "quarantine").rglob("*.json"))
    assert "123456789.0" in kept
    assert all(text not in kept for text in ("12345678.0", "1.2345678e7", '12345678\\"'))


def test_an_erased_person_does_not_come_back_under_another_id(database_url: str, tmp_path: Path) -> None:
    folder = write_log(tmp_path / "in", *edits("Ann", "Plan", 1))
    mapping = write_mapping(tmp_path, FIELDS, "crm")
    load(database_url, folder, tmp_path / "data", "--source", mapping)
    erase(database_url, tmp_path / "data", "17", "--confirm")
    write_mapping(tmp_path, f"namespace: crm\n{FIELDS}", "crm")
    with pytest.raises(UsageError, match=r"crm.yml makes user ids in another way.*UNKNOWN=1 CONFIRM=1"):
        load(database_url, folder, tmp_path / "data", "--source", mapping, "--remap")
    with pytest.raises(UsageError, match="'crm:17' is unknown"):
        erase(database_url, tmp_path / "data", "crm:17", "--confirm")
    erase(database_url, tmp_path / "data", "crm:17", "--confirm", "--unknown")
    load(database_url, folder, tmp_path / "data", "--source", mapping, "--remap")
    assert query(database_url, "select count(*), count(name) from users") == [(1, 0)]
    load(database_url, folder, tmp_path / "data", "--source", mapping, "--full-refresh")
    assert query(database_url, "select count(*), count(name) from users") == [(1, 0)]
