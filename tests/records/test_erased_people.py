"""Erased people become pseudonyms while records are read."""

import base64
import gzip
import hashlib
import hmac
import json
import time
from dataclasses import replace

import pytest

from jobs.records import Event, Quarantined, RecordReader
from jobs.records.erased_people import PERSONAL, Erased
from jobs.storage.erasure.tombstones import Tombstones
from tests.builders import LIMITS, NOON, record_json
from tests.records.helpers import SOURCE, accept, quarantine

KEY = bytes(range(32))
NOBODY = Erased(KEY)
ANN = Erased(KEY, frozenset({NOBODY.hash("ann")}), frozenset({NOBODY.hash("Ann Lee")}))
READER = RecordReader(SOURCE, LIMITS, ANN)
SAID = {"comment_text": "c", "device": "d", "ip_address": "i", "user_name": "n", "user_email": "e", "title": "t"}


def test_hash_is_hmac_sha256_cut_to_128_bits() -> None:
    assert NOBODY.hash("\u00e9") == hmac.new(KEY, "\u00e9".encode(), hashlib.sha256).hexdigest()[:32]


def test_an_erased_user_becomes_a_pseudonym_and_the_action_stays() -> None:
    text = record_json(**SAID, document_id="d1", permission="read", shared_with="bob", content="two words")
    before, after = accept(text), READER.read(text.encode())
    assert isinstance(after, Event)
    expected = before._asdict() | dict.fromkeys(PERSONAL)
    expected |= {
        "user_id": f"erased:{NOBODY.hash('ann')}",
        "content_fingerprint": NOBODY.hash(before.content_fingerprint),
    }
    assert after._asdict() == expected


def test_an_erased_recipient_becomes_a_pseudonym_and_the_senders_text_stays() -> None:
    text = record_json(**SAID, user_id="bob", shared_with=["zoe", "ann"])
    before, after = accept(text), READER.read(text.encode())
    assert after == before._replace(
        recipients=(f"erased:{NOBODY.hash('ann')}", "zoe"),
        content_fingerprint=NOBODY.hash(before.content_fingerprint),
    )


@pytest.mark.parametrize("user_id", ["bob", "Ann", "anna", f"erased:{NOBODY.hash('ann')}", NOBODY.hash("ann")])
def test_other_people_and_pseudonyms_are_unchanged(user_id: str) -> None:
    text = record_json(**SAID, user_id=user_id)
    assert READER.read(text.encode()) == accept(text)


def test_the_result_does_not_depend_on_who_of_two_people_is_erased_first() -> None:
    both = Erased(KEY, ANN.ids | {NOBODY.hash("bob")})
    event = accept(record_json(user_id="ann", shared_with=["bob", "cleo"]))
    assert both.pseudonymize(ANN.pseudonymize(event)) == both.pseudonymize(event)


def test_a_quarantined_record_that_mentions_the_person_keeps_only_its_reasons() -> None:
    text = record_json(timestamp="never", edit_length="many")
    before, after = quarantine(text), READER.read(text.encode())
    assert isinstance(after, Quarantined)
    assert [(problem.reason, problem.field, problem.value) for problem in after.problems] == [
        (problem.reason, problem.field, None) for problem in before.problems
    ]
    assert (after.fields, after.raw, after.raw_base64, after.raw_sha256) == (None, None, None, None)
    assert (after.raw_bytes, after.is_redacted) == (len(text), True)
    assert ANN.redact(after) == after == Erased(b"", frozenset()).redact(after)


def test_a_name_identifies_the_person_unless_the_record_states_another_user() -> None:
    for text, is_redacted in (
        (record_json(user_id=None, user_name="Ann Lee"), True),
        (record_json(user_id="bob", user_name="Ann Lee", timestamp="never"), None),
    ):
        found = READER.read(text.encode())
        assert isinstance(found, Quarantined)
        assert found.is_redacted is is_redacted


def test_names_are_those_of_the_persons_own_records() -> None:
    fields = {"user_name": "Ann", "user_email": "ann@example.org", "device": "x"}
    assert ANN.find_names({**fields, "user_id": "ann"}) == {"Ann", "ann@example.org"}
    assert ANN.find_names({**fields, "user_id": "bob"}) == ANN.find_names(fields) == set()


def test_repr_shows_neither_key_nor_hashes() -> None:
    assert repr(ANN) == "Erased()"


def test_a_record_that_mentions_an_erased_person_is_never_due() -> None:
    text = record_json(timestamp="2099-01-01T00:00:00Z").encode()
    found = RecordReader(SOURCE, replace(LIMITS, run_at=NOON), ANN).read(text)
    assert isinstance(found, Quarantined)
    assert (found.is_redacted, found.due_at_micros) == (True, None)


def pack(value: object) -> str:
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


STRINGS = {
    "a string": lambda who: json.dumps({"log": json.dumps({"who": who, "note": 1})}),
    "base64": lambda who: json.dumps({"data": base64.b64encode(json.dumps({"who": who}).encode()).decode()}),
    "a string within gzip": lambda who: json.dumps({"data": pack({"list": [{"message": json.dumps({"who": who})}]})}),
    "gzip within gzip": lambda who: json.dumps({"data": pack({"list": [{"data": pack([who])}]})}),
}


@pytest.mark.parametrize("packed", STRINGS)
def test_a_person_is_found_in_strings_that_hold_json(packed: str) -> None:
    erased = Tombstones(KEY).add("ann of x", []).erased
    assert erased.redact(quarantine(STRINGS[packed]("ann of x"))).is_redacted
    assert not erased.redact(quarantine(STRINGS[packed]("bo of x"))).is_redacted


def test_a_person_is_found_in_surrounding_objects() -> None:
    erased = Tombstones(KEY).add("ann", []).erased
    record = replace(quarantine("{}"), around='{"objects":[{"account":"ann"}],"places":[0]}')
    redacted = erased.redact(record)
    assert (redacted.is_redacted, redacted.around, redacted.raw) == (True, None, None)


def test_an_id_is_found_in_every_notation_and_in_another_case_if_no_user_is_stated() -> None:
    erased = Tombstones(KEY).add("1234", []).add("ann@x.example", []).erased
    for text in ('{"u": 1234.0}', '{"u": 1.234e3}', '{"u": "1234"}', '{"u": "Ann@X.example"}'):
        assert erased.redact(quarantine(text)).is_redacted, text
    others = record_json(user_id="bo", comment_text="ANN@x.example", timestamp=None)
    assert not erased.redact(quarantine(others)).is_redacted
    assert not erased.redact(quarantine('{"u": 12345.0}')).is_redacted


def test_hostile_text_is_searched_within_seconds() -> None:
    erased = Tombstones(KEY).add("ann", []).erased
    bomb = base64.b64encode(gzip.compress(b'["' + b"a" * 50_000_000 + b'"]')).decode()
    start = time.process_time()
    for text in (f'{{"a": "{bomb}"}}'[:65000], '{"a": "' + '\\"' * 30_000, '["aaaaaaaa",' * 5000):
        erased.redact(quarantine(text))
    assert time.process_time() - start < 3
