"""Guesses about an unknown log: where its records are, and which paths are our fields."""

import base64
import gzip
import json
from typing import Any

import pytest

from jobs.profiling.draft import guess_type
from jobs.profiling.found_paths import PathFinder
from jobs.profiling.guesses import guess_fields
from jobs.profiling.opening import open_records
from jobs.profiling.records_place import guess_place
from jobs.profiling.words import is_address, is_time, split_words

AT = "2025-06-02T12:00:00Z"
EVENT = {"id": 1, "action": "edit", "at": AT, "actor": {"id": "ann"}}


def guess(*records: dict[str, Any], record_path: tuple[str, ...] = ()) -> dict[str, list[str]]:
    opened = open_records(list(records), record_path, {})
    finder = PathFinder()
    finder.add(opened)
    fields = guess_fields(finder.list_paths(), opened, record_path).fields
    return {name: [str(path) for path in paths] for name, paths in fields.items()}


def pack(value: Any, *, is_zipped: bool) -> str:
    text = json.dumps(value).encode()
    return base64.b64encode(gzip.compress(text, mtime=0) if is_zipped else text).decode()


@pytest.mark.parametrize(
    ("value", "record_path", "decode"),
    [
        (EVENT, (), {}),
        ({"page": 1, "data": {"rows": [EVENT, EVENT]}}, ("data", "rows"), {}),
        ({"user": "ann", "sent_at": AT, "events": [{"name": "edit"}]}, ("events",), {}),
        ({"kind": "x", "items": [{"id": {"time": AT}, "events": [{"name": "edit"}]}]}, ("items", "events"), {}),
        ({**EVENT, "files": [{"id": 1, "type": "page"}]}, (), {}),
        ({**EVENT, "labels": [{"id": 1, "created_at": AT}]}, (), {}),
        ({"log": json.dumps(EVENT), "time": AT}, (), {("log",): ("json",)}),
        (
            {"logs": {"data": pack({"logEvents": [EVENT]}, is_zipped=True)}},
            ("logs", "data", "logEvents"),
            {("logs", "data"): ("base64", "gzip", "json")},
        ),
        ({"logs": {"data": pack(EVENT, is_zipped=False)}}, (), {("logs", "data"): ("base64", "json")}),
        (
            {"Records": [{"body": json.dumps({"Message": json.dumps(EVENT)}), "sent": AT}]},
            ("Records",),
            {("Records", "body"): ("json",), ("Records", "body", "Message"): ("json",)},
        ),
        ({**EVENT, "content": json.dumps({"ops": [{"insert": "Hello"}]}), "hash": "0123456789abcdef01234567"}, (), {}),
    ],
)
def test_the_record_path_is_guessed(value: Any, record_path: tuple[str, ...], decode: dict[Any, Any]) -> None:
    assert guess_place([json.loads(json.dumps(value)) for _ in range(3)]) == (record_path, decode)


def test_strings_of_which_few_hold_json_stay_strings() -> None:
    values = [{"log": "started"} for _ in range(9)] + [{"log": '{"a": 1}'}]
    assert guess_place(values).decode == {}


@pytest.mark.parametrize(
    ("record", "field", "paths"),
    [
        ({"event": {"action": "x", "type": "y"}}, "event_type", ["event.action"]),
        ({"eventName": "Get", "eventType": "Api"}, "event_type", ["eventType"]),
        ({"operation": "x", "user": {"type": "human"}}, "event_type", ["operation"]),
        ({"created": AT, "user": {"created": AT}}, "event_at", ["created"]),
        ({"at": {"seconds": 1748865600, "nanos": 5}}, "event_at", ["at.seconds + at.nanos"]),
        ({"timestamp": 1748865600123, "size": 1748865600123}, "event_at", ["timestamp"]),
        ({"when": "02.06.2025 12:00:00"}, "event_at", ["when"]),
        ({"actor": {"type": "user", "userId": "ann"}, "device": {"id": "d"}}, "user_id", ["actor.userId"]),
        ({"userIdentity": {"arn": "arn:x"}, "userAgent": "curl"}, "user_id", ["userIdentity.arn"]),
        (
            {"set": [{"name": "doc_id", "value": "d"}, {"name": "owner", "value": "o"}]},
            "document_id",
            ["$.set[?@.name == 'doc_id'].value"],
        ),
        ({"target_user": "bob", "user": "ann"}, "shared_with_user_id", ["target_user"]),
        ({"target": {"item_name": "Plan", "item_id": "d", "job_title": "CEO"}}, "document_title", ["target.item_name"]),
        (
            {"target": {"page_id": "d"}, "page_name": "Plan", "actor": {"page_name": "of Ann"}},
            "document_title",
            ["page_name"],
        ),
        (
            {"e": {"to": {"page_id": "d"}, "page_name": "Plan"}, "x": {"page_name": "Other"}},
            "document_title",
            ["e.page_name"],
        ),
        ({"user": "ann", "invite_email": "bob@x.y", "shared_link_id": "l"}, "shared_with_user_id", ["invite_email"]),
        (
            {"actor": {"id": "ann", "person": {"email": "ann@x.y"}}, "z": {"email": "bob@x.y"}},
            "user_email",
            ["actor.person.email"],
        ),
        (
            {"created_by": {"id": "1", "name": "Ann", "login": "a@x.y"}, "owner": {"name": "Bo"}},
            "user_name",
            ["created_by.name"],
        ),
        ({"client": {"ip": "192.0.2.1:80"}, "host": "a.example"}, "ip_address", ["client.ip"]),
        ({"actor": {"id": "ann", "name": "Ann"}, "owner": {"name": "Bob"}}, "user_name", ["actor.name"]),
    ],
)
def test_a_field_is_found_by_names_and_values(record: dict[str, Any], field: str, paths: list[str]) -> None:
    assert guess(record, record)[field] == paths


def test_surrounding_objects_are_searched_too() -> None:
    batch = {"user_id": "ann", "device": "ios", "events": [{"event_id": "e1", "ts": 1748865600000}]}
    found = guess(batch, record_path=("events",))
    assert (found["user_id"], found["device"], found["event_at"]) == (["^user_id"], ["^device"], ["ts"])


def test_a_second_path_is_for_records_without_the_first() -> None:
    member, robot = {"actor": {"id": "ann"}}, {"actor": {"login": "robot"}}
    assert guess(member, member, robot)["user_id"] == ["actor.id", "actor.login"]
    assert guess(*[{"actor": {"id": "ann", "login": "ann"}}] * 3)["user_id"] == ["actor.id"]
    nobody = {"actor": None, "source": {"login": "bob"}}
    assert guess(member, member, nobody)["user_id"] == ["actor.id"]


def test_an_id_that_comes_again_is_not_that_of_an_event() -> None:
    assert "event_id" not in guess(*[{"id": "batch", "action": "edit"}] * 5)
    assert guess(*[{"id": n, "action": "edit"} for n in range(5)])["event_id"] == ["id"]


def test_a_time_in_another_form_brings_its_format() -> None:
    records = open_records([{"time": "06/13/2025 12:00:00"}, {"time": "06/02/2025 12:00:00"}], (), {})
    finder = PathFinder()
    finder.add(records)
    assert guess_fields(finder.list_paths(), records).time_formats == {"event_at": ("%m/%d/%Y %H:%M:%S",)}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("userIPAddress", ("user", "ip", "address")),
        ("@timestamp", ("timestamp",)),
        ("userid", ("user", "id")),
        ("DOC_ID", ("doc", "id")),
    ],
)
def test_a_name_is_split_into_words(name: str, words: tuple[str, ...]) -> None:
    assert split_words(name) == words


def test_a_number_is_a_time_only_by_its_name() -> None:
    assert is_time("1748865600", ("created", "at"))
    assert not is_time("1748865600", ("push", "id"))
    assert is_time(AT, ("push", "id"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("192.0.2.1", True), ("192.0.2.1:80", True), ("[::1]:80", True), ("::1", True), ("1.2.3", False), ("host", False)],
)
def test_an_address_is_distinguished_from_other_texts(text: str, expected: bool) -> None:
    assert is_address(text) is expected


def test_a_constant_field_is_not_guessed_as_type_and_the_creator_is_the_user() -> None:
    kinds = ["LOGIN", "EDIT", "UPLOAD", "SHARE", "DELETE", "PREVIEW", "COMMENT", "INVITE", "MOVE", "COPY", "LOCK"]
    records = [
        {
            "type": "event",
            "event_type": kind,
            "created_at": AT,
            "created_by": {"type": "user", "id": "1", "login": "a@x.y"},
        }
        for kind in kinds
    ]
    found = guess(*records)
    assert (found["event_type"], found["user_id"]) == (["event_type"], ["created_by.id"])


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("page.permissions.guest_role_added", "document_shared"),
        ("page.permissions.guest_role_updated", "document_shared"),
        ("page.edited", "document_edit"),
        ("FAILED_LOGIN", "?"),
        ("comment.deleted", "?"),
        ("workspace.settings.updated", "?"),
        ("user.settings.login_method.email_updated", "?"),
    ],
)
def test_a_type_of_the_producer_is_mapped_to_ours(theirs: str, ours: str) -> None:
    assert guess_type(theirs) == ours
