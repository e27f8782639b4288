"""Producers in one database, by a mapping each: namespaces, erasure by whatever spelling, what is around records."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.pipeline import arg_parser
from jobs.steps.load_folder import describe_load, load_folder
from jobs.storage.errors import UsageError
from tests.conftest import empty_database
from tests.erasure.test_erase import erase
from tests.loading import find_broken, load, query
from tests.records.logs import read_log

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


def write_log(path: Path, *records: dict[str, Any] | str) -> Path:
    """Write a file of lines; a record given as text is a line as it stands. Returns its folder."""
    path.parent.mkdir(exist_ok=True, parents=True)
    texts = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{text}\n" for text in texts))
    return path.parent


def write_mapping(folder: Path, text: str, name: str) -> str:
    (folder / f"{name}.yml").write_text(text)
    return str(folder / f"{name}.yml")


def edits(person: str, title: str, *minutes: int) -> list[dict[str, Any]]:
    shared = {"t": "document_edit", "user": {"id": 17, "name": person}, "doc": {"id": 4, "title": title}}
    return [{**shared, "id": place, "at": NOON.format(minute)} for place, minute in enumerate(minutes)]


# One id in four spellings: of an event, and of records that are quarantined. The last line has another id.
SPELLINGS: list[dict[str, Any] | str] = [
    {"t": "user_login", "id": "s", "at": NOON.format(0), "user": {"id": 12345678.0}},
    '{"t": "user_login", "id": "s1", "user": {"id": 12345678.0}, "note": "no time"}',
    '{"t": "x", "id": "s2", "at": 1748865600, "people": [1.2345678e7], "user": {"id": ""}}',
    '{"user": {"id": "12345678"}, broken',
    '{"t": "x", "id": "s3", "user": {"id": 123456789.0}}',
]
# Each id of the first four is that of a request of two people.
REQUESTS: list[dict[str, Any] | str] = [
    *({"id": f"r{n // 2}", "t": "x", "at": NOON.format(n), "user": {"id": f"u{n}"}} for n in range(4)),
    {"id": "r2", "t": "x", "at": NOON.format(5), "user": {"id": 18}},
]


def read_error(call: Callable[[], str]) -> str:
    with pytest.raises(UsageError) as caught:
        call()
    return str(caught.value)


@pytest.fixture(scope="module")
def producers(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What was told and what was there, step by step, in a database that two producers share.

    The second one has a namespace. Two people of the first one are erased, before it gets a namespace too. At the end
    another mapping reads the files of the second one.
    """
    root = tmp_path_factory.mktemp("producers")
    data = root / "data"
    a, b = (root / name / "log.jsonl" for name in "ab")
    write_log(a, *edits("Ann", "Doc of a", 1, 2), *SPELLINGS)
    write_log(
        b, *edits("Bo", "Doc of b", 3, 4), *REQUESTS, {"t": "x", "id": "c", "at": NOON.format(5), "user": {"id": 18}}
    )
    plain, named = write_mapping(root, FIELDS, "crm"), write_mapping(root, f"namespace: b\n{FIELDS}", "b")
    second = write_mapping(root, f"namespace: b\n{FIELDS}  device: id\n", "second")
    with empty_database(server) as url:
        told: dict[str, Any] = {}

        def load_by(source: str, log: Path, *options: str) -> str:
            return load(url, log.parent, data, "--source", source, *options)

        def erase_user(user_id: str, *options: str) -> str:
            return erase(url, data, user_id, *options)

        def read_people() -> list[tuple[Any, ...]]:
            return query(url, "select user_id, name from users where user_id ~ '17|erased' order by name, user_id")

        load_by(plain, a)
        told["requests"] = load_by(named, b)
        told["people"] = read_people()
        told["documents"] = query(url, "select document_id, title from documents order by 1")
        told["durations"] = query(
            url, "select user_id, session_duration_seconds::int from sessions where user_id ~ '17' order by 1"
        )
        told["another source"] = [load_by(second, b, *more) for more in ([], ["--remap"])]
        told["unknown"] = [read_error(lambda each=each: erase_user(each)) for each in ("18", "12345678.5")]
        erase_user("17", "--confirm")
        told["people without 17"] = read_people()
        erase_user("1.2345678e7", "--confirm")
        told["pseudonyms"] = query(url, "select count(*) from users where user_id like 'erased:%'")
        told["quarantine"] = "".join(path.read_text() for path in (data / "quarantine").rglob("*.json"))
        write_mapping(root, f"namespace: crm\n{FIELDS}", "crm")
        told["other ids"] = [
            read_error(lambda: load_by(plain, a, "--remap")),
            read_error(lambda: erase_user("crm:17", "--confirm")),
        ]
        erase_user("crm:17", "--confirm", "--unknown")
        told["another source"].append(load_by(second, b, "--full-refresh"))  # reads by today's mapping, too
        told["people by new ids"] = read_people()
        os.utime(b)
        told["touched"] = load_by(second, b)
        told["devices"] = query(url, "select device from events where user_id = 'b:17' order by 1")
        yield told


def test_two_producers_share_a_database(producers: dict[str, Any]) -> None:
    assert producers["people"] == [("17", "Ann"), ("b:17", "Bo")]
    assert producers["documents"] == [("4", "Doc of a"), ("b:4", "Doc of b")]
    assert producers["durations"] == [("17", 60), ("b:17", 60)]


def test_an_erasure_tells_the_known_ids_that_are_like_an_unknown_one(producers: dict[str, Any]) -> None:
    similar, none = producers["unknown"]
    assert similar.startswith("'18' is unknown: ")
    assert similar.endswith("; did you mean 'b:18'?")
    assert none.startswith("'12345678.5' is unknown: ")


def test_an_erasure_leaves_the_same_id_of_another_producer(producers: dict[str, Any]) -> None:
    assert [name for _, name in producers["people without 17"]] == ["Bo", None]


def test_an_erasure_finds_every_spelling_of_an_id(producers: dict[str, Any]) -> None:
    assert producers["pseudonyms"] == [(2,)]
    kept = producers["quarantine"]
    assert "123456789.0" in kept
    assert all(text not in kept for text in ("12345678.0", "1.2345678e7", '12345678\\"'))


def test_an_erased_person_does_not_come_back_under_another_id(producers: dict[str, Any]) -> None:
    by_mapping, unknown = producers["other ids"]
    assert "crm.yml makes user ids in another way" in by_mapping
    assert "UNKNOWN=1 CONFIRM=1" in by_mapping
    assert unknown.startswith("'crm:17' is unknown")
    assert [name for _, name in producers["people by new ids"]] == ["Bo", None]


def test_an_event_id_of_several_people_is_told(producers: dict[str, Any]) -> None:
    told = "event ids that stand for several people in one file: 2, such as 'b:r0'; is event_id mapped"
    assert told in producers["requests"]


def test_files_that_another_source_has_read_are_told(producers: dict[str, Any]) -> None:
    title = "files found that another source has read; touch them, and the next run reads them with second"
    for told in map(str.splitlines, producers["another source"]):
        assert told[told.index(title) + 1].split() == ["b", "1"]
    assert "another source" not in producers["requests"] + producers["touched"]
    assert producers["devices"] == [("0",), ("1",)]


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
IN_TIME, AHEAD = 1748865600, 1750400000


def make_batches(account: str, batch: str, device: str, *events: tuple[str, int]) -> dict[str, Any]:
    """One line with a batch of events and an empty batch."""
    batches = [{"id": batch, "device": device, "events": [{"t": t, "at": at} for t, at in events]}, {"id": f"{batch}0"}]
    return {"account": account, "batches": batches}


def test_what_is_around_a_quarantined_record_is_kept_with_it(
    database_url: str, spark: SparkSession, tmp_path: Path
) -> None:
    """The file is gone once the time of its event in the future has come.

    In another file, two lines have batches of the same id, so that `identity` makes one id of two records.
    """
    events = [("heartbeat", 0), ("user_login", IN_TIME), ("user_login", AHEAD)]
    lines = [make_batches("ann", "b1", "ios", *events), {"account": "bo", "batches": []}]
    folder = write_log(tmp_path / "in" / "log.jsonl", *lines)
    twice = [make_batches(account, "b2", "web", ("user_login", IN_TIME)) for account in ("cleo", "dora")]
    write_log(folder / "twice.jsonl", *twice)
    mapping = write_mapping(tmp_path, BATCHES, "batches")

    def load_at(moment: datetime) -> list[str]:
        args = arg_parser().parse_args(["--input", str(folder), "--data", str(tmp_path / "data"), "--source", mapping])
        return describe_load(args, load_folder(args, database_url, now=moment)).splitlines()

    told = load_at(datetime(2025, 6, 10, tzinfo=UTC))
    counts = "select records, ignored, quarantined, accepted from ops.ingested_files order by file_path"
    assert query(database_url, counts) == [(4, 2, 1, 1), (2, 0, 0, 2)]
    (line,) = [line for line in told if "identity" in line]
    assert line.startswith("ids made by identity that stand for several different records in one file: 1, such as '")
    assert '"#" begins again in each list, so that ^# or an id of the object around must stand beside it' in line
    assert "several people" not in "".join(told)

    log = read_log(tmp_path, (folder / "log.jsonl").read_text(), BATCHES)
    (folder / "log.jsonl").unlink()
    told = load_at(datetime(2025, 7, 1, tzinfo=UTC))
    assert "identity" not in "".join(told)
    events_of_ann = "select event_id, user_id, device from events where user_id = 'ann' order by event_at"
    assert query(database_url, events_of_ann) == log.take("event_id", "user_id", "device")
    assert [device for *_, device in log.take("event_id", "user_id", "device")] == ["ios", "ios"]
    assert find_broken(database_url) == []
