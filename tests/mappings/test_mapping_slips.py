"""A mapping that says what no record has is told, line by line."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.records import RecordReader
from jobs.records.validate import Limits
from jobs.steps.mapping_slips import describe_slips
from jobs.storage.config.sources import read_source
from schemas.fields import Source
from tests.builders import default_source, record_json

RECORD = {"id": 1, "type": "on", "at": "2024-03-04T09:00:00Z", "user": "ada", "document": {"id": "d1", "title": "Plan"}}
MAPPING = """
fields:
  event_id: id
  event_type: type
  event_at: at
  user_id: user
"""


def map_fields(tmp_path: Path, more: str) -> Source:
    path = tmp_path / "mine.yml"
    path.write_text(MAPPING + more)
    return read_source(path)


def tell(source: Source, *records: dict[str, Any]) -> list[str]:
    """What is told after a run of these records."""
    reader = RecordReader(source, Limits())
    for record in records:
        reader.read(json.dumps(record).encode())
    return list(describe_slips(source, reader.observed, len(records)))


def test_each_path_that_matches_nothing_is_told_with_the_nearest_key(tmp_path: Path) -> None:
    source = map_fields(tmp_path, "  document_title: document.titel\n  ip_address: client_ip\n  device: [ua, kind]\n")
    (line,) = tell(source, RECORD, {**RECORD, "kind": "web"})
    assert line == (
        "mine: no record of 2 has document_title at document.titel (is it document.title?); ip_address at client_ip;"
        " device at ua; the records have: at, document.id, document.title, id, kind, type, user"
    )


def test_a_path_that_one_record_has_is_not_told(tmp_path: Path) -> None:
    source = map_fields(tmp_path, "  device: client.os\n")
    assert tell(source, *[RECORD] * 30, {**RECORD, "client": {"os": "x"}}, RECORD) == []
    assert len(tell(source, *[{**RECORD, "client": {"os": None}}] * 30)) == 1


def test_a_path_in_the_place_of_a_list_is_told_with_the_elements(tmp_path: Path) -> None:
    source = map_fields(tmp_path, "  document_id: affected.id\n")
    (line,) = tell(source, {**RECORD, "affected": [{"id": "p"}]})
    assert "document_id at affected.id (is it affected[0].id?)" in line


def test_what_only_shares_state_is_not_missed_without_shares(tmp_path: Path) -> None:
    source = map_fields(tmp_path, "  shared_with_user_id: to\n  permission: right\n")
    assert tell(source, RECORD) == []
    shares = map_fields(tmp_path, "  document_id: document.id\n  shared_with_user_id: to\n")
    (line,) = tell(shares, {**RECORD, "type": "document_shared"})
    assert "shared_with_user_id at to" in line


def test_entries_of_event_types_that_never_applied_are_told(tmp_path: Path) -> None:
    source = map_fields(tmp_path, "event_types: {on: user_login, off: user_logout, Edit: document_edit}\n")
    (line,) = tell(source, RECORD, {**RECORD, "type": "edit"})
    assert line == "mine: no record has the event_types off, Edit; the types are: edit, user_login"


@pytest.mark.parametrize("name", ["document_edits", "documents_edit", "Document_Edit", "document-edit", "documentedit"])
def test_an_event_type_that_is_nearly_one_of_ours_is_told(tmp_path: Path, name: str) -> None:
    source = map_fields(tmp_path, f"event_types: {{on: {name}}}\n")
    (line,) = tell(source, RECORD)
    assert line == (
        f"mine: no metric knows the event type {name} (is it document_edit?); the types of ours are: user_login,"
        " document_edit, comment_added, document_shared"
    )


def test_an_event_type_of_its_own_is_not_told(tmp_path: Path) -> None:
    own = (
        "user_logout document_read document_saved document_unshared document_deleted comment_edited view document_edit"
    )
    for name in own.split():
        assert tell(map_fields(tmp_path, f"event_types: {{on: {name}}}\n"), RECORD) == []
    constant = MAPPING.replace("  event_type: type\n", "") + "constants: {event_type: comment_aded}\n"
    (tmp_path / "one.yml").write_text(constant)
    (line,) = tell(read_source(tmp_path / "one.yml"), RECORD)
    assert "comment_aded (is it comment_added?)" in line


def test_content_that_is_no_text_is_counted_and_told(tmp_path: Path) -> None:
    source = map_fields(tmp_path, "  content: body\n")
    (line,) = tell(source, {**RECORD, "body": {"ops": []}}, {**RECORD, "body": ["a"]}, {**RECORD, "body": "x"})
    assert line.startswith("mine: 2 records have an object, a list or endless HTML as content")


def test_one_record_has_and_several_have(tmp_path: Path) -> None:
    (line,) = tell(map_fields(tmp_path, "  content: body\n"), {**RECORD, "body": []})
    assert line.startswith("mine: 1 record has an object, a list or endless HTML as content")


def test_of_the_default_mapping_only_required_fields_are_told() -> None:
    assert tell(default_source(), json.loads(record_json())) == []
    (line,) = tell(default_source(), {"who": "ada", "event_id": "e1"})
    assert line == (
        "default: no record of 1 has event_type at event_type, type; event_at at event_at, timestamp, event_time, ts,"
        " created_at; user_id at user_id, userId, user.id; the records have: event_id, who"
    )


def test_nothing_is_told_of_no_records(tmp_path: Path) -> None:
    assert tell(map_fields(tmp_path, "event_types: {on: user_login}\n")) == []
