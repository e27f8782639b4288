"""The recipients of a share: one person, several, or nobody."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import default_source
from tests.records.helpers import accept, edit, quarantine
from tests.records.logs import lines, read_log

MAPPING = "fields: {event_id: id, event_type: t, event_at: at, user_id: u, shared_with_user_id: %s}\n"
SHARE = {"t": "document_shared_mail", "at": 1748865600, "u": "ann"}

# value of `shared_with` -> recipients that the default mapping finds
WRITTEN: list[tuple[Any, tuple[str, ...] | None]] = [
    (["bob", "cleo"], ("bob", "cleo")),
    (["cleo", "bob", "cleo", " bob "], ("bob", "cleo")),
    (["bob"], ("bob",)),
    ("bob", ("bob",)),
    (7, ("7",)),
    ([7, 7.0, "7"], ("7",)),
    ("a@example.org, b@example.org", ("a@example.org", "b@example.org")),
    ("bob;cleo;", ("bob", "cleo")),
    ([], None),
    (None, None),
    ("", None),
    ([None, "", " "], None),
    ([None, "bob"], ("bob",)),
    ([{"id": "bob"}, {"id": "cleo", "name": "Cleo"}], ("bob", "cleo")),
    ({"id": "bob"}, ("bob",)),
    ([{"id": None}], None),
    ([None, {"id": "bob"}, {"id": None}], ("bob",)),
    (["\u00e9", "z", "\U0001f600", "\uffff"], ("z", "\u00e9", "\uffff", "\U0001f600")),
]
WRONG = [
    [{"name": "Bob"}],
    [{"id": "bob"}, {"name": "Cleo"}],
    [{"id": "bob"}, "cleo"],
    ["bob", {"id": "cleo"}],
    ["bob", True],
    {"name": "Bob"},
    [["bob"]],
]


@pytest.mark.parametrize(("written", "found"), WRITTEN, ids=json.dumps)
def test_each_person_that_a_share_names_is_a_recipient(written: Any, found: tuple[str, ...] | None) -> None:
    assert accept(edit(shared_with=written)).recipients == found


@pytest.mark.parametrize("written", WRONG, ids=json.dumps)
def test_one_element_without_a_person_quarantines_the_record(written: Any) -> None:
    assert [(p.reason, p.field) for p in quarantine(edit(shared_with=written)).problems] == [
        ("bad_value", "shared_with_user_id")
    ]


def test_too_long_an_id_and_too_many_people_quarantine_the_record() -> None:
    for written in (["bob", "x" * 2001], [f"user_{number}" for number in range(10_001)]):
        assert [p.reason for p in quarantine(edit(shared_with=written)).problems] == ["value_too_long"]
    assert len(accept(edit(shared_with=[f"user_{n}" for n in range(10_000)])).recipients or ()) == 10_000


def test_several_people_in_one_text_are_quarantined_unless_the_mapping_has_a_separator(tmp_path: Path) -> None:
    content = lines(*[{**SHARE, "id": number, "to": text} for number, text in enumerate(["bob, cleo", "dan,", "eve"])])
    unsaid = read_log(tmp_path, content, MAPPING % "to")
    assert unsaid.take("recipients") == [(("dan,",),), (("eve",),)]
    (problem,) = unsaid.quarantined[0].problems
    assert (problem.reason, problem.value) == ("bad_value", "bob, cleo")
    assert "shared_with_separator" in problem.expected
    said = read_log(tmp_path, content, MAPPING % "to" + "shared_with_separator: ','\n")
    assert said.take("recipients") == [(("bob", "cleo"),), (("dan",),), (("eve",),)]
    never = read_log(tmp_path, content, MAPPING % "to" + "shared_with_separator: []\n")
    assert never.take("recipients") == [(("bob, cleo",),), (("dan,",),), (("eve",),)]


def test_namespace_and_fold_case_apply_to_recipients(tmp_path: Path) -> None:
    mapping = MAPPING % "'to[*].mail'" + "namespace: crm\nfold_case: [user_id]\nmissing_values: [nobody]\n"
    content = lines({**SHARE, "id": 1, "to": [{"mail": "Bob"}, {"mail": "bob"}, {"mail": "nobody"}]})
    assert read_log(tmp_path, content, mapping).take("recipients", "user_id") == [(("crm:bob",), "crm:ann")]


def test_a_jsonpath_finds_all_people(tmp_path: Path) -> None:
    to = [{"kind": "user", "who": "cleo"}, {"kind": "group", "who": "all"}, {"kind": "user", "who": "bob"}]
    log = read_log(tmp_path, lines({**SHARE, "id": 1, "to": to}), MAPPING % "\"$.to[?@.kind == 'user'].who\"")
    assert log.take("recipients") == [(("bob", "cleo"),)]


def test_fields_other_than_recipients_take_the_first_element(tmp_path: Path) -> None:
    mapping = "fields: {event_id: id, event_type: t, event_at: at, user_id: 'who[*].id'}\n"
    content = lines({**SHARE, "id": 1, "who": [{"name": "Ann"}, {"id": None}, {"id": "ann"}, {"id": "bob"}]})
    assert read_log(tmp_path, content, mapping).take("user_id") == [("ann",)]


def test_the_fingerprint_depends_on_the_set_of_recipients_and_not_on_notation() -> None:
    def take(written: Any) -> str:
        return accept(edit(shared_with=written), default_source()).content_fingerprint

    assert take("bob") == take(["bob"]) == take(["bob", "bob"]) == take({"id": "bob"})
    assert take(["bob", "cleo"]) == take("cleo,bob") != take("bob")
    assert take([]) == take(None) == accept(edit()).content_fingerprint
