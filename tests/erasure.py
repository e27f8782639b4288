"""The world of the erasure tests: few ids and people, so that versions of one event meet, and one person to erase."""

import json
import random
from collections.abc import Iterator
from typing import Any

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
"""


def make_lines(count: int, seed: int) -> Iterator[str]:
    """That many records, a few of them refused until the mapping is mended, or for good."""
    chance = random.Random(seed)  # noqa: S311
    for _ in range(count):
        record = _make_record(chance)
        if chance.random() < 0.05:
            record["logged_at"] = record.pop("timestamp")
        if chance.random() < 0.03:
            record["edit_length"] = "many"
        text = json.dumps({key: value for key, value in record.items() if value is not None})
        yield text[:-1] if chance.random() < 0.03 else text


def _make_record(chance: random.Random) -> dict[str, Any]:
    """A record of one of few events, often at the same moment as another version of it."""
    user_id = chance.choice([PERSON, PERSON, "bob", "cleo"])
    event_type = chance.choice(["user_login", "document_edit", "comment_added", "document_shared"])
    record: dict[str, Any] = {
        "event_id": f"e{chance.randrange(120)}",
        "event_type": event_type,
        "timestamp": f"2025-06-{chance.randrange(2, 6):02d}T12:{chance.choice([0, 10, 20, 45]):02d}:00Z",
        "user_id": user_id,
        "content": chance.choice([None, "one", "two words"]),
        "permission": chance.choice([None, "read"]),
    }
    if event_type != "user_login":
        record["document_id"] = f"d{chance.randrange(6)}"
    if event_type == "document_shared":
        record["shared_with_user_id"] = chance.choice([None, PERSON, "bob", "dan"])
    if user_id == PERSON:
        said = {"user_name": NAME, "user_email": EMAIL, **TRACES}
    else:
        said = {"user_name": user_id.title(), "document_title": "Plan", "comment_text": "fine", "device": "desk"}
    return record | {key: value for key, value in said.items() if chance.random() < 0.5}
