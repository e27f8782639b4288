"""Event-specific fields: the parts of a record that a mapping keeps besides our fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.records.erased_people import Erased
from jobs.storage.config.sources import read_source
from jobs.storage.errors import UsageError
from tests.records.logs import ReadLog, lines, read_log

FIELDS = "fields: {event_id: id, event_type: t, event_at: at, user_id: user.id, content: [content, doc.text]}\n"
EVENT = {"id": 1, "t": "export", "at": 1748865600, "user": {"id": "ann"}}


def read(path: Path, properties: str, **more: Any) -> ReadLog:
    return read_log(path, lines({**EVENT, **more}), FIELDS + f"properties: {properties}\n")


def keep(path: Path, properties: str, **more: Any) -> Any:
    """Returns the properties of a record that must be accepted."""
    (text,) = read(path, properties, **more).take("properties")[0]
    return None if text is None else json.loads(text)


@pytest.mark.parametrize(
    ("properties", "record", "kept"),
    [
        ("[]", {"folder": 7}, None),
        ("[folder, client.version]", {"folder": 7, "client": {"version": "1.2", "os": "x"}, "other": 1},
         {"folder": 7, "client.version": "1.2"}),
        ("[folder, gone]", {"folder": [1, {"b": None, "a": 1.50}]}, {"folder": [1, {"a": 1.5, "b": None}]}),
        ("[a, b, c, d, e]", {"a": None, "b": "", "c": " ", "d": [], "e": {}}, None),
        ("[a, b]", {"a": False, "b": 0}, {"a": False, "b": 0}),
        ("['[\"a.b\"]', '$..x']", {"a.b": 1, "c": {"x": 1, "d": [{"x": 2}]}}, {'["a.b"]': 1, "$..x": [1, 2]}),
        ("['tags[*].name']", {"tags": [{"name": "a"}, {"name": "b"}]}, {"tags[*].name": ["a", "b"]}),
        ("all", {"content": "the text", "plan": "pro", "user": {"id": "ann", "role": "admin"}},
         {"plan": "pro", "user": {"role": "admin"}}),
        ("all", {"doc": {"text": "the text"}, "user": {"id": "ann"}}, None),
        ("all", {"doc": "a text where no path looks"}, {"doc": "a text where no path looks"}),
    ],
)  # fmt: skip
def test_the_mapping_selects_the_properties(tmp_path: Path, properties: str, record: Any, kept: Any) -> None:
    assert keep(tmp_path, properties, **record) == kept


def test_all_properties_exclude_what_jsonpaths_and_list_paths_read(tmp_path: Path) -> None:
    mapping = FIELDS.replace("doc.text", "$.body..text") + "properties: all\n"
    mapping = mapping.replace("user_id: user.id", "user_id: 'users[0].id'")
    record = {**EVENT, "body": {"ops": [{"text": "secret"}]}, "users": [{"id": "ann", "x": 1}], "kept": 1}
    record.pop("user")
    assert read_log(tmp_path, lines(record), mapping).take("properties") == [('{"kept":1}',)]


def test_equal_properties_have_one_text_and_one_fingerprint(tmp_path: Path) -> None:
    def take(**more: Any) -> tuple[Any, ...]:
        return read(tmp_path, "[b, a]", **more).take("properties", "content_fingerprint")[0]

    assert take(a=1.0, b={"y": 1, "x": 2}) == take(b={"x": 2, "y": 1.0}, a=1, c="read by nobody")
    assert take(a=1)[0] == '{"a":1}'
    fingerprints = {take(**more)[1] for more in ({}, {"a": 1}, {"a": 2}, {"a": "1"}, {"b": 1})}
    assert len(fingerprints) == 5
    assert take()[1] == read_log(tmp_path, lines(EVENT), FIELDS).take("content_fingerprint")[0][0]


@pytest.mark.parametrize(
    ("value", "reason"),
    [('"a\\u0000b"', "invalid_text"), ('{"x":["\\ud800"]}', "invalid_text"), ("[1e400]", "bad_value"),
     ('{"a\\u0000":1}', "invalid_text")],
)  # fmt: skip
def test_a_property_that_postgresql_can_not_store_is_a_problem_of_its_path(
    tmp_path: Path, value: str, reason: str
) -> None:
    text = f'{json.dumps(EVENT)[:-1]}, "client": {{"version": {value}}}}}\n'
    for properties, field in (("[client.version]", "client.version"), ("all", "properties")):
        log = read_log(tmp_path, text, FIELDS + f"properties: {properties}\n")
        assert [(p.reason, p.field) for p in log.quarantined[0].problems] == [(reason, field)]


def test_large_properties_are_left_out_and_reported(tmp_path: Path) -> None:
    largest, larger = "x" * 4094, "x" * 4095  # plus two quotation marks
    assert keep(tmp_path, "[a, b]", a=larger, b=largest) == {"b": largest}
    log = read(tmp_path, "[a, b]", a=larger, b=largest)
    assert log.observed.left_out_properties == {"a": 1}
    assert log.slips == [
        "producer: properties leave out values of over 4,096 bytes, which are a 1; of an object name the paths that you"
        " need, such as payload.action"
    ]


@pytest.mark.parametrize(
    ("properties", "complaint"),
    [("everything", "it must be a list of paths, or all"), ("{a: b}", "it must be a list of paths, or all"),
     ("[a..b]", "properties is 'a..b'; a path is"), ("['^a']", "reads from around a record")],
)  # fmt: skip
def test_wrong_properties_are_rejected(tmp_path: Path, properties: str, complaint: str) -> None:
    (tmp_path / "a.yml").write_text(FIELDS + f"properties: {properties}\n")
    with pytest.raises(UsageError, match=complaint.replace("[", r"\[")):
        read_source(tmp_path / "a.yml")


def test_properties_all_is_rejected_beside_a_jsonpath_that_may_read_anything(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(FIELDS.replace("doc.text", "$..text") + "properties: all\n")
    with pytest.raises(UsageError, match=r"properties can't be all, since \$\.\.text may read anything"):
        read_source(tmp_path / "a.yml")


def test_an_erased_person_loses_properties_and_is_a_pseudonym_in_those_of_others(tmp_path: Path) -> None:
    nobody = Erased(b"k" * 32)
    ann = Erased(nobody.key, frozenset({nobody.hash("ann"), nobody.hash("17")}))
    (own,) = read(tmp_path, "[a]", a="x").events
    assert ann.pseudonymize(own).properties is None
    said = {"who": ["ann", 17, "anna", {"ann": 1}]}
    (event,) = read(tmp_path, "[a]", user={"id": "bob"}, a=said).events
    hidden = ann.pseudonymize(event)
    expected = [nobody.pseudonym("ann"), nobody.pseudonym("17"), "anna", {nobody.pseudonym("ann"): 1}]
    assert json.loads(hidden.properties or "") == {"a": {"who": expected}}
    assert hidden.content_fingerprint == nobody.hash(event.content_fingerprint)
    both = Erased(nobody.key, ann.ids | {nobody.hash("bob"), nobody.hash("anna")})
    assert both.pseudonymize(hidden) == both.pseudonymize(event)
    (other,) = read(tmp_path, "[a]", user={"id": "bob"}, a="nobody").events
    assert ann.pseudonymize(other) == other
