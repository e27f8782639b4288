"""The fingerprint of a record depends on its values and not on notation. A record without an id gets a derived one."""

import json
from dataclasses import replace

import pytest

from jobs.records.identity import fingerprint, hash_text
from schemas.paths import parse_path
from tests.builders import record_json
from tests.records.helpers import WITHOUT_IDS, accept, edit, put, quarantine

SAME = {
    "key order and white space": json.dumps(dict(reversed(json.loads(edit(device="a")).items())), indent=1),
    "another spelling of the instant": edit(device="a", timestamp="2025-06-02T14:00:00.000+02:00"),
    "unmapped fields": edit(device="a", trace="x"),
    "another id": edit(device="a", event_id="e2"),
}
STORED = {"the producer's word count beside a content": edit(device="a", content="x", word_count=7)}
OTHER = {
    "another value": edit(device="b"),
    "an empty content": edit(device="a", content=""),
    "a value in another field": edit(permission="a"),
    "no value": edit(),
    "a microsecond": edit(device="a", timestamp="2025-06-02T12:00:00.000001Z"),
}


@pytest.mark.parametrize("change", SAME)
def test_fingerprint_does_not_depend_on_notation(change: str) -> None:
    assert accept(SAME[change]).content_fingerprint == accept(edit(device="a")).content_fingerprint


def test_a_new_field_changes_no_fingerprint_of_records_without_it() -> None:
    before = fingerprint(["x", "y"], ["a", None], None)
    assert fingerprint(["x", "y", "z"], ["a", None, None], None) == before
    found = {
        fingerprint(["x", "y", "z"], values, content)
        for values in (["a", None, None], ["a", "b", None], ["a", None, "b"])
        for content in (None, "", "b")
    }
    assert len(found) == 9


def test_fingerprint_depends_on_every_value() -> None:
    found = {accept(text).content_fingerprint for text in [edit(device="a"), *OTHER.values()]}
    assert len(found) == 1 + len(OTHER)


@pytest.mark.parametrize("change", STORED)
def test_fingerprint_does_not_depend_on_values_that_are_not_stored(change: str) -> None:
    stored, same = accept(STORED[change]), accept(edit(device="a", content="x"))
    assert stored == same


def test_fingerprint_is_a_hash_of_the_stored_values_and_of_the_content() -> None:
    said = ["event_type=document_edit", "event_at=1748865600000000", "user_id=ann", "document_id=d1"]
    said += ["document_word_count=2", "edit_length=-3", "shared_with_user_id=bob", "device=x"]
    said += ["reported_document_title=Plan", f"content={hash_text('a b')}"]
    text = edit(title="Plan", content="a b", word_count=9, edit_length=-3, shared_with="bob", device="x")
    assert accept(text).content_fingerprint == hash_text("\0".join(said))


def test_hashes_are_md5() -> None:
    assert hash_text("abc") == "900150983cd24fb0d6963f7d28e17f72"  # RFC 1321


def derive(text: str) -> str:
    return accept(text, WITHOUT_IDS).event_id


def test_a_derived_id_is_a_hash_of_the_content_with_sorted_keys() -> None:
    text = put('"Z":[{"b":"\\u001b\\u0000\\u007f/\\u00e9\\ud83d\\ude00\\n","a":null}],"event_id":true')
    canonical = (
        '{"Z":[{"a":null,"b":"\\u001B\\u0000\x7f/\u00e9\U0001f600\\n"}],"event_id":true,"event_type":"user_login",'
        '"timestamp":"2025-06-02T12:00:00Z","user_id":"ann"}'
    )
    assert derive(text) == hash_text(canonical)


@pytest.mark.parametrize(
    "same",
    [
        ['"a":1,"b":2.50', '"b": 2.5 , "a": 1', '"a":1.0,"b":25e-1', '"b":9,"a":1,"b":2.5'],
        ['"a":1234', '"a":1234.0', '"a":1.234e3', '"a":1234000E-3'],
        ['"a":[0,1]', '"a":[-0.0,1]', '"a":[0e9,10e-1]', '"a":[-0,1.00]'],
        ['"a":"\\u00e9"', '"a":"\u00e9"', '"\\u0061":"\u00e9"'],
        ['"a":123456789012345678901234567890', '"a":123456789012345678901234567890.0'],
    ],
)
def test_a_derived_id_does_not_depend_on_notation(same: list[str]) -> None:
    assert len({derive(put(member)) for member in same}) == 1


def test_a_derived_id_differs_with_the_content() -> None:
    members = ['"a":1', '"a":"1"', '"a":2', '"a":1.5', '"b":1', '"a":[1]', '"a":{}', '"a":null', '"a":9007199254740993']
    members += [
        '"a":9007199254740992',
        '"a":1e400',
        '"a":2e400',
        '"a":-1e400',
        f'"a":{"9" * 5000}',
        f'"a":{"8" * 5000}',
    ]
    assert len({derive(put(member)) for member in members}) == len(members)


def test_an_identity_path_without_a_value_is_reported() -> None:
    source = replace(WITHOUT_IDS, identity=(parse_path("user_id"), parse_path("a.b")), missing_values=frozenset("-"))
    for text in (record_json(event_id=None), record_json(a={"b": "-"}), record_json(a={"b": None})):
        ((reason, field, value, expected),) = [tuple(vars(each).values()) for each in quarantine(text, source).problems]
        assert (reason, field, value) == ("missing_field", "event_id", None)
        assert expected == "a value at a.b, which the identity names"
