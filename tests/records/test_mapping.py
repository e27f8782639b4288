"""In which place of a record each field is found."""

import json
from dataclasses import replace
from typing import Any

import pytest

from jobs.records.mapping import make_finder
from schemas.paths import Path, Steps, parse_path
from tests.builders import record_json
from tests.records.helpers import SOURCE, accept, quarantine

USER = tuple(map(parse_path, ("user_id", "userId", "user.id")))


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ({"user_id": "a", "userId": "b", "user": {"id": "c"}}, "a"),
        ({"user_id": " ", "userId": "b", "user": {"id": "c"}}, "b"),
        ({"user_id": "", "user": {"id": "c"}}, "c"),
        ({"user_id": None, "user": {"id": "c"}}, "c"),
        ({"user_id": 0, "userId": "b"}, 0),
        ({"user_id": False, "userId": "b"}, False),
        ({"user_id": [], "userId": "b"}, []),
        ({"user_id": {}, "userId": "b"}, {}),
        ({"user_id": None, "user": "no object"}, None),
        ({"user": [{"id": "in a list"}]}, None),
        ({"user": {"id": "\u3000"}}, None),
        ({"user": '{"id": "in a text"}'}, None),
        ({"User_Id": "eve", "USER": {"id": "eve"}, "user": {"ID": "eve"}}, None),
        ({}, None),
    ],
)
def test_first_filled_alternative_wins(record: dict[str, Any], value: Any) -> None:
    assert make_finder(USER)(record, None) == value


def test_blank_content_counts_as_content_unless_a_later_path_has_text() -> None:
    find = make_finder((parse_path("content"), parse_path("document.content")), takes_blank=True)
    assert find({"content": " ", "document": {"content": "x"}}, None) == "x"
    assert find({"content": " ", "document": {"content": ""}}, None) == " "
    assert find({"content": None, "document": {"content": ""}}, None) == ""
    assert find({"content": None, "document": 1}, None) is None


def test_dots_slashes_and_quotes_are_parts_of_a_key() -> None:
    paths: dict[str, tuple[Path, ...]] = {"document_id": (Steps(("a/b", "c")),), "device": (Steps(("a'", "c.d")),)}
    text = record_json(**{"a/b": {"c": "2"}, "a'": {"c.d": "3"}})
    event = accept(text, replace(SOURCE, fields=SOURCE.fields | paths))
    assert (event.document_id, event.device) == ("2", "3")


def test_only_white_space_that_python_strips_is_blank() -> None:
    find = make_finder((parse_path("x"),))
    for point in [*range(1, 0xD800), *range(0xE000, 0x10000)]:
        assert (find({"x": chr(point)}, None) is None) == (chr(point).strip() == ""), hex(point)


def test_ids_are_stripped_and_other_text_is_not() -> None:
    event = accept(record_json(user_id="\u00a0\u3000ann\t\n", comment_text="  two words ", device="   "))
    assert (event.user_id, event.comment_text, event.device) == ("ann", "  two words ", None)


def test_constants_prefix_and_type_map_apply() -> None:
    source = replace(
        SOURCE,
        constants={"permission": "edit"},
        fields={name: paths for name, paths in SOURCE.fields.items() if name != "permission"},
        event_types={"user_login": "login"},
        namespace="crm",
    )
    event = accept(record_json(event_id=" e1 ", event_type=" user_login ", permission="read"), source)
    assert (event.event_id, event.event_type, event.permission) == ("crm:e1", "login", "edit")
    assert accept(record_json(event_type="other"), source).event_type == "other"


def test_a_quarantined_record_shows_its_fields_stripped_and_with_namespace() -> None:
    found = quarantine(record_json(user_id=None, timestamp=" never "), replace(SOURCE, namespace="crm"))
    assert found.fields == {"event_id": "crm:e1", "event_type": "user_login", "event_at": "never"}


def test_a_field_without_a_path_is_null() -> None:
    fields = {name: paths for name, paths in SOURCE.fields.items() if name != "device"}
    assert (
        accept(json.dumps({**json.loads(record_json()), "device": "x"}), replace(SOURCE, fields=fields)).device is None
    )
