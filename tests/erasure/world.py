"""The world of the erasure tests: few ids and people, so that versions of one event meet, and one person to erase."""

import html
import json
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from tests.loading import load

PERSON = "user 47/11"
NAME = 'Zo\u00eb "Z" Quist'
EMAIL = "zoe@quist.example"
# What nobody else's records hold.
TRACES = {
    "document_title": "Quist's diary",
    "comment_text": "written by the person",
    "device": "quist-laptop",
    "ip_address": "203.0.113.47",
}
DOCUMENT_TYPES = ("document_edit", "comment_added", "document_shared")
MAPPING = """
fields:
  event_id: event_id
  event_type: event_type
  event_at: [timestamp{}]
  user_id: user_id
  document_id: document_id
  user_name: user_name
  user_email: user_email
  document_title: document_title
  content: content
  edit_length: edit_length
  comment_text: comment_text
  shared_with_user_id: shared_with_user_id
  permission: permission
  device: device
  ip_address: ip_address
properties: [context]
"""


@dataclass
class World:
    """A folder and its mapping, and databases that load it."""

    root: Path

    def bring(self, name: str, lines: list[str]) -> None:
        (self.root / "in").mkdir(exist_ok=True)
        (self.root / "in" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def map_time(self, more: str) -> None:
        (self.root / "source.yml").write_text(MAPPING.format(more), encoding="utf-8")

    def load(self, url: str, data: Path, *options: str) -> None:
        source = ("--source", str(self.root / "source.yml"))
        load(url, self.root / "in", data, *source, "--accept-quality", *options)


def make_lines(count: int, seed: int) -> Iterator[str]:
    """That many records, a few of them quarantined until the mapping is fixed, or for good."""
    chance = random.Random(seed)
    for number in range(count):
        record = _make_record(chance)
        if chance.random() < 0.05:
            record["logged_at"] = record.pop("timestamp")
        if number % 9 == 0:
            record[PERSON] = "was there"  # a key of which no path knows
        if chance.random() < 0.03:
            record["edit_length"] = "many"
        text = json.dumps({key: value for key, value in record.items() if value is not None})
        yield text[:-1] if chance.random() < 0.03 else text


def _make_record(chance: random.Random) -> dict[str, Any]:
    """A record of one of few events, mostly at the same moment as another version of it, so that hashes rank them."""
    number = chance.randrange(120)
    user_id = chance.choice([PERSON, PERSON, "bob", "cleo"])
    event_type = chance.choice(["user_login", *DOCUMENT_TYPES])
    if event_type == "user_login" and number % 2:
        event_type = f"view {number} of {len(user_id)}"  # has no event where another person's version is published
    record: dict[str, Any] = {
        "event_id": f"e{number}",
        "event_type": event_type,
        "timestamp": f"2025-06-{2 + number % 12:02d}T12:{chance.choice([0, 0, 0, 50]):02d}:00Z",
        "user_id": user_id,
        "content": chance.choice([None, "one", "two words"]),
        "permission": chance.choice([None, "read"]),
    }
    if event_type in DOCUMENT_TYPES:
        record["document_id"] = f"d{chance.randrange(6)}"
    if event_type == "document_shared":
        record["shared_with_user_id"] = chance.choice([None, PERSON, "dan", ["bob", PERSON], ["cleo", "dan"]])
    if chance.random() < 0.3:
        record["context"] = chance.choice([{"owner": PERSON}, {"watchers": ["bob", PERSON]}, {PERSON: 1}, "home"])
    if user_id == PERSON:
        said = {"user_name": NAME, "user_email": EMAIL, **TRACES}
    else:
        said = {"user_name": user_id.title(), "document_title": "Plan", "comment_text": "fine", "device": "desk"}
    return record | {key: value for key, value in said.items() if chance.random() < 0.5}


def leave_traces(url: str, data: Path) -> None:
    """What is found of a person beside records: quoted errors and findings, log, summary, report, a run that died."""
    quoted = json.dumps({"user_id": PERSON, "name": NAME})
    for statement in (
        f"update ops.pipeline_runs set error = 'Key (user_id)=({PERSON}) is not present'",
        f"update ops.check_results set findings = 1, example = '{quoted}' where check_name = 'users_without_name'",
        "insert into ops.findings (kind, subject_type, subject_id, day, first_found_at, last_found_at, severity,"
        " explanation, acknowledged_at, note) values"
        f" ('client_retry', 'user', '{PERSON}', '2025-06-02', now(), now(), 'info', 'The same comment of user {PERSON}"
        f" came 3 times.', now(), 'Zoë \"Z\" Quist was asked'),"
        f" ('past_event', 'event', 'e1', '2025-06-02', now(), now(), 'info', 'Event e1 of user {PERSON}.', null, null)",
        "analyze",
    ):
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
    for path, text in {
        "runs/pipeline.log": json.dumps({"message": f"quarantined: {quoted}"}) + f"\nbatch ('{PERSON}', '{EMAIL}')\n",
        "runs/1.json": json.dumps({"records": 47, "skipped": [f"{PERSON}.txt"]}),
        "reports/1.html": f"<td>{html.escape(NAME)}</td><td>{PERSON}</td>",
        "quarantine/run_id=1/part-0.json": json.dumps(
            {"source_file": "file:///gone", "record_number": 1, "raw": quoted}
        ),
        "quarantine/run_id=2/_temporary/part-0.json": "{",
    }.items():
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        with (data / path).open("a", encoding="utf-8") as file:
            file.write(text)
