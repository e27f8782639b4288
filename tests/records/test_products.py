"""Logs of real products, which need nothing but a mapping. A docstring names the place where a format was seen."""

import json
from pathlib import Path
from typing import Any

from tests.records.logs import lines, read_log


def parameters(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


DRIVE_PAGE = {
    "kind": "admin#reports#activities",
    "items": [
        {
            "id": {"time": "2025-06-02T12:00:00.100Z", "uniqueQualifier": "-7"},
            "actor": {"email": "ann@example.org", "profileId": "11"},
            "events": [
                {"name": "edit", "parameters": parameters(doc_id="D1", doc_title="Plan")},
                {"name": "rename", "parameters": parameters(doc_id="D1", doc_title="Plan B")},
                {
                    "name": "change_user_access",
                    "parameters": parameters(doc_id="D1", doc_title="Plan B", target_user="bo@example.org"),
                },
            ],
        },
        {
            "id": {"time": "2025-06-02T12:05:00.200Z", "uniqueQualifier": "8"},
            "actor": {"callerType": "KEY", "key": "anonymous"},
            "events": [{"name": "view", "parameters": parameters(doc_id="D1")}],
        },
    ],
}
DRIVE_MAPPING = """
record_path: items.events
identity: [^id.uniqueQualifier, "#"]
fields:
  event_type: name
  event_at: ^id.time
  user_id: [^actor.profileId, ^actor.email, ^actor.key]
  user_email: ^actor.email
  document_id: $.parameters[?@.name == 'doc_id'].value
  document_title: $.parameters[?@.name == 'doc_title'].value
  shared_with_user_id: $.parameters[?@.name == 'target_user'].value
event_types:
  edit: document_edit
  change_user_access: document_shared
"""


def test_google_workspace_events_in_activities_in_pages(tmp_path: Path) -> None:
    """Azure/Azure-Sentinel#2792."""
    log = read_log(tmp_path, json.dumps(DRIVE_PAGE, indent=1), DRIVE_MAPPING)
    first, second = "2025-06-02T12:00:00.100000+00:00", "2025-06-02T12:05:00.200000+00:00"
    assert log.take("event_type", "at", "user_id", "document_id", "recipients", "reported_document_title") == [
        ("document_edit", first, "11", "D1", None, "Plan"),
        ("rename", first, "11", "D1", None, "Plan B"),
        ("document_shared", first, "11", "D1", ("bo@example.org",), "Plan B"),
        ("view", second, "anonymous", "D1", None, None),
    ]
    assert len({event.event_id for event in log.events}) == 4
    assert (log.quarantined, log.ignored, log.slips) == ([], 0, [])


def test_pages_without_results_hold_no_records(tmp_path: Path) -> None:
    """langchain-ai/langchain#1118: the list is absent from a page without results."""
    mapping = "record_path: items\nfields: {event_id: id, event_type: t, event_at: at, user_id: u}\n"
    record = {"id": 1, "t": "x", "at": 1748865600, "u": "ann"}
    pages = [{"items": [record]}, {"kind": "page"}, {"items": []}, {"items": None}, {"items": "x"}, {"items": [record]}]
    log = read_log(tmp_path, lines(*pages), mapping)
    assert (len(log.events), log.ignored, len(log.quarantined)) == (2, 3, 1)


CONFLUENCE_MAPPING = """
fields:
  event_type: auditType.actionI18nKey
  event_at: timestamp.epochSecond + timestamp.nano
  user_id: author.id
  user_name: author.name
  document_id: $.affectedObjects[?@.type == 'Page'].id
  document_title: $.affectedObjects[?@.type == 'Page'].name
  ip_address: source
event_types: {audit.page.edited: document_edit, audit.login: user_login}
"""


def confluence(
    action: str, second: int, nano: int, *affected: tuple[str, str], author: str = "u-ann"
) -> dict[str, Any]:
    return {
        "affectedObjects": [{"id": each_id, "name": "Plan", "type": kind} for kind, each_id in affected],
        "auditType": {"action": action, "actionI18nKey": f"audit.{action}"},
        "author": {"id": author, "name": author, "type": "user"},
        "source": "192.0.2.7",
        "timestamp": {"epochSecond": second, "nano": nano},
    }


def test_confluence_seconds_with_nanoseconds_and_a_list_of_affected_objects(tmp_path: Path) -> None:
    """elastic/integrations, atlassian_confluence, test-audit-files.log."""
    content = lines(
        confluence("page.edited", 1748865600, 332000000, ("Space", "7"), ("Page", "98305")),
        confluence("page.viewed", 1748865600, 791000000, ("Page", "98305")),
        confluence("page.edited", 1748867400, 700000000, ("Page", "98305")),
        confluence("login", 1748867401, 0, ("User", "u-bo"), author="-2"),
    )
    log = read_log(tmp_path, content, CONFLUENCE_MAPPING)
    assert log.take("event_type", "at", "user_id", "document_id") == [
        ("document_edit", "2025-06-02T12:00:00.332000+00:00", "u-ann", "98305"),
        ("audit.page.viewed", "2025-06-02T12:00:00.791000+00:00", "u-ann", "98305"),
        ("document_edit", "2025-06-02T12:30:00.700000+00:00", "u-ann", "98305"),
        ("user_login", "2025-06-02T12:30:01+00:00", "-2", None),
    ]
    assert (log.quarantined, log.slips) == ([], [])


DOCKER_MAPPING = """
decode: {log: json}
fields:
  event_id: log.event_id
  event_type: log.event_type
  event_at: log.timestamp
  user_id: log.user_id
  document_id: log.document_id
  word_count: log.word_count
"""


def test_docker_json_in_strings_beside_plain_lines(tmp_path: Path) -> None:
    """fluent/fluent-bit#278: the application's record is a string."""
    login = {"event_id": "k1", "event_type": "user_login", "timestamp": "2025-06-02T12:00:00Z", "user_id": "ann"}
    edit = {**login, "event_id": "k2", "event_type": "document_edit", "document_id": "d1", "word_count": 3}
    texts = [json.dumps(login) + "\n", "starting server on :8080\n", json.dumps(edit) + "\n"]
    content = lines(*[{"log": text, "stream": "stdout", "time": "2025-06-02T12:00:01.572091825Z"} for text in texts])
    log = read_log(tmp_path, content, DOCKER_MAPPING)
    assert log.take("event_id", "event_type", "user_id", "document_word_count") == [
        ("k1", "user_login", "ann", None),
        ("k2", "document_edit", "ann", 3),
    ]
    assert log.reasons == [["missing_field"] * 4]
    assert "starting server" in str(log.quarantined[0].raw)


def test_elasticsearch_names_with_dots(tmp_path: Path) -> None:
    """elastic/integrations, elasticsearch, test-audit-logs.log."""
    mapping = """
fields:
  event_id: '["request.id"]'
  event_type: '["event.action"]'
  event_at: timestamp
  user_id: '["user.name"]'
  ip_address: '["origin.address"]'
event_types: {authentication_success: user_login}
"""
    entry = {"timestamp": "2025-06-02T12:00:00,028+0000", "event.type": "rest", "origin.address": "192.0.2.3:48524"}
    content = lines(
        {**entry, "event.action": "authentication_success", "user.name": "ann", "request.id": "q1"},
        {**entry, "event.action": "access_granted", "user.name": "ann", "request.id": "q2"},
        {**entry, "event.action": "anonymous_access_denied", "request.id": "q3"},
    )
    log = read_log(tmp_path, content, mapping)
    at = "2025-06-02T12:00:00.028000+00:00"
    assert log.take("event_id", "event_type", "at", "user_id") == [
        ("q1", "user_login", at, "ann"),
        ("q2", "access_granted", at, "ann"),
    ]
    assert [problem.field for problem in log.quarantined[0].problems] == ["user_id"]


def test_sdk_batches_have_the_user_around_the_events(tmp_path: Path) -> None:
    """logstash-plugins/logstash-input-kinesis#3."""
    mapping = """
record_path: events
fields:
  event_id: event_id
  event_type: event_type
  event_at: ts
  user_id: ^user_id
  document_id: document_id
  word_count: word_count
  device: ^device
"""
    first = {"event_id": "e1", "event_type": "user_login", "ts": 1748865600000}
    edit = {**first, "event_id": "e2", "event_type": "document_edit", "document_id": "d1", "word_count": 5}
    content = lines(
        {"user_id": "ann", "device": "ios", "events": [first, edit]},
        {"user_id": "bo", "events": [{**first, "event_id": "e3"}], "device": "web"},
    )
    log = read_log(tmp_path, content, mapping)
    assert log.take("event_id", "user_id", "device", "document_word_count") == [
        ("e1", "ann", "ios", None),
        ("e2", "ann", "ios", 5),
        ("e3", "bo", "web", None),
    ]
    assert log.slips == []
