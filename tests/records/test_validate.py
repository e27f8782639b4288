"""A quarantined record has all the reasons against it."""

import hashlib
import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import pytest

from jobs.records import Event, Problem, Quarantined, RecordReader
from jobs.records.validate import Limits
from jobs.records.values.timestamps import to_micros
from schemas.fields import FIELDS
from schemas.reasons import REASONS
from tests.builders import LIMITS, NOON, record_json
from tests.records.helpers import SOURCE, accept, edit, find_problems, quarantine, read

# text -> (reason, field) of every problem
QUARANTINED = {
    "junk": [("malformed_json", None)],
    "[1]": [("not_an_object", None)],
    "{}": [("missing_field", name) for name in ("event_id", "event_type", "event_at", "user_id")],
    record_json(user_id=" "): [("missing_field", "user_id")],
    record_json(Event_ID="x", event_id=None): [("missing_field", "event_id")],
    edit(document_id=None): [("missing_field", "document_id")],
    record_json(event_type=" comment_added "): [("missing_field", "document_id")],
    record_json(timestamp="yesterday"): [("bad_timestamp", "event_at")],
    record_json(timestamp=True): [("bad_timestamp", "event_at")],
    record_json(timestamp={"at": 1}): [("bad_value", "event_at")],
    record_json(timestamp="1999-12-31T23:59:59.999999Z"): [("timestamp_out_of_range", "event_at")],
    record_json(timestamp="2100-01-01T00:00:00Z"): [("timestamp_out_of_range", "event_at")],
    record_json(timestamp="0000-01-01T00:00:00Z"): [("timestamp_out_of_range", "event_at")],
    record_json(timestamp=17488656001234567890): [("timestamp_out_of_range", "event_at")],
    record_json(user_id=["ann"]): [("bad_value", "user_id")],
    record_json(user_id="x" * 2001): [("value_too_long", "user_id")],
    record_json(user_id="\u00e9" * 1001): [("value_too_long", "user_id")],
    record_json(comment_text="a\x00b"): [("invalid_text", "comment_text")],
    record_json(user_id="\x00" * 2001): [("value_too_long", "user_id"), ("invalid_text", "user_id")],
    record_json(timestamp="\x00"): [("bad_timestamp", "event_at"), ("invalid_text", "event_at")],
    '{"event_id":"e","event_type":"t","ts":1748865600,"user_id":"u","device":"\\ud800"}': [("invalid_text", "device")],
    edit(edit_length="lots"): [("bad_value", "edit_length")],
    edit(edit_length=1.5): [("bad_value", "edit_length")],
    edit(edit_length=True): [("bad_value", "edit_length")],
    edit(edit_length=2**63): [("bad_value", "edit_length")],
    edit(edit_length=[1]): [("bad_value", "edit_length")],
    edit(word_count=-1): [("bad_value", "word_count")],
    edit(timestamp="never", edit_length="lots", user_id=None): [
        ("bad_timestamp", "event_at"),
        ("missing_field", "user_id"),
        ("bad_value", "edit_length"),
    ],
}

ACCEPTED = [
    record_json(),
    record_json(timestamp="2000-01-01T00:00:00Z"),
    record_json(timestamp="2099-12-31T23:59:59.999999Z"),
    record_json(event_type="something_new"),
    record_json(user_id="x" * 2000),
    record_json(user_id="\u00e9" * 1000),
    record_json(comment_text="half a \\ud800 as text"),
    record_json(unmapped={"anything": [1, "\x00"]}),
    record_json(event_type="document_shared", document_id="d1"),
    edit(edit_length=-12, word_count=0),
    edit(edit_length="7"),
    edit(edit_length=7.0),
    edit(edit_length=2**63 - 1),
]


@pytest.mark.parametrize("text", QUARANTINED, ids=lambda text: text[:60])
def test_record_is_quarantined_for_all_reasons(text: str) -> None:
    assert find_problems(text) == QUARANTINED[text]


@pytest.mark.parametrize("text", ACCEPTED, ids=lambda text: text[:90])
def test_record_is_accepted(text: str) -> None:
    assert find_problems(text) == []


# field -> a wrong value, and the reason against it
WRONG = {
    "event_id": ("x" * 2001, "value_too_long"),
    "event_type": ({}, "bad_value"),
    "event_at": ("1999-01-01T00:00:00Z", "timestamp_out_of_range"),
    "user_id": ("\x00", "invalid_text"),
    "document_id": ([1], "bad_value"),
    "content": ("\x00", "invalid_text"),
    "word_count": (-1, "bad_value"),
    "edit_length": ("1.5", "bad_value"),
    "comment_text": (["\x00"], "invalid_text"),
    "shared_with_user_id": ({"id": "bob"}, "bad_value"),
}


@pytest.mark.parametrize("count", [1, 2, 3, len(WRONG)])
def test_all_problems_are_found_in_the_order_of_the_fields(count: int) -> None:
    for names in combinations(WRONG, count):
        wrong = {("timestamp" if name == "event_at" else name): WRONG[name][0] for name in names}
        assert find_problems(record_json(**wrong)) == [(WRONG[name][1], name) for name in names]
    assert {reason for _, reason in WRONG.values()} <= set(REASONS)


# record -> its problem, with the found value and the expected text
EXPECTED = {
    '{"event_id":"\xff"}'.encode("latin-1"): Problem("invalid_text", None, None, "UTF-8"),
    b"{": Problem("malformed_json", None, None, "one JSON object"),
    b"7": Problem("not_an_object", None, None, "one JSON object"),
    record_json(user_id=None).encode(): Problem("missing_field", "user_id", None, "a value"),
    record_json(user_id={"a": 1}).encode(): Problem("bad_value", "user_id", '{"a":1}', "text or a number"),
    record_json(user_id=f" {'x' * 3000}").encode(): Problem(
        "value_too_long", "user_id", "x" * 200, "at most 2000 UTF-8 bytes"
    ),
    record_json(device="a\x00").encode(): Problem(
        "invalid_text", "device", "a\x00", "text without NUL or half a surrogate pair"
    ),
    record_json(timestamp="soon").encode(): Problem(
        "bad_timestamp", "event_at", "soon", "an ISO 8601 date and time, or an epoch number"
    ),
    record_json(timestamp=[]).encode(): Problem(
        "bad_value", "event_at", "[]", "an ISO 8601 date and time, or an epoch number"
    ),
    record_json(timestamp=0).encode(): Problem(
        "timestamp_out_of_range",
        "event_at",
        "0",
        "from 2000-01-01T00:00:00+00:00 to 2100-01-01T00:00:00+00:00; the number was read as seconds since 1970",
    ),
    record_json(edit_length="x").encode(): Problem("bad_value", "edit_length", "x", "a whole number"),
    record_json(word_count=-1).encode(): Problem("bad_value", "word_count", "-1", "a whole number, not negative"),
    record_json()[:-1].encode() + b',"device":1e400}': Problem(
        "bad_value", "device", "1e400", "text, or a number below 1.8e308"
    ),
}


@pytest.mark.parametrize("text", EXPECTED, ids=lambda text: repr(text)[:60])
def test_problem_says_what_was_found_and_what_was_expected(text: bytes) -> None:
    assert quarantine(text).problems == [EXPECTED[text]]


def test_limits_are_those_of_the_settings() -> None:
    limits = Limits(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC), max_id_bytes=2)
    text = record_json(event_id="ee", user_id="ann", event_type="t").encode()
    assert [(problem.reason, problem.expected) for problem in RecordReader(SOURCE, limits).read(text).problems] == [
        ("timestamp_out_of_range", "from 2025-01-01T00:00:00+00:00 to 2025-02-01T00:00:00+00:00"),
        ("value_too_long", "at most 2 UTF-8 bytes"),
    ]


def read_at_noon(text: str) -> Event | Quarantined:
    """Reads the record in a run at noon of 2 June 2025."""
    return RecordReader(SOURCE, replace(LIMITS, run_at=NOON)).read(text.encode())


def test_an_event_may_be_dated_a_day_after_the_run_and_not_a_microsecond_more() -> None:
    assert isinstance(read_at_noon(record_json(timestamp="2025-06-03T12:00:00Z")), Event)
    found = read_at_noon(record_json(timestamp="2025-06-03T12:00:00.000001Z"))
    assert isinstance(found, Quarantined)
    expected = "at most a day after the run, which was at 2025-06-02T12:00:00+00:00"
    assert found.problems == [
        Problem("timestamp_in_future", "event_at", "2025-06-03T12:00:00.000001Z", expected),
    ]
    assert found.due_at_micros == to_micros(NOON) + 1


def test_without_a_run_time_nothing_is_in_the_future() -> None:
    assert isinstance(RecordReader(SOURCE, LIMITS).read(record_json(timestamp="2099-12-31T00:00:00Z").encode()), Event)


def test_a_time_out_of_range_is_not_reported_as_in_the_future() -> None:
    found = read_at_noon(record_json(timestamp="2100-01-01T00:00:00Z"))
    assert isinstance(found, Quarantined)
    assert ([problem.reason for problem in found.problems], found.due_at_micros) == (["timestamp_out_of_range"], None)


def test_a_record_of_the_future_with_another_problem_is_never_due() -> None:
    found = read_at_noon(record_json(timestamp="2099-01-01T00:00:00Z", user_id=None))
    assert isinstance(found, Quarantined)
    assert [problem.reason for problem in found.problems] == ["timestamp_in_future", "missing_field"]
    assert found.due_at_micros is None


def test_a_splitting_error_is_the_only_problem_and_the_rest_of_the_text_is_kept() -> None:
    for raw in (b'{"a": 1', None):
        found = RecordReader(SOURCE, Limits()).read(raw, "the file ends in the middle")
        assert found.problems == [Problem("unreadable_file", None, "the file ends in the middle", "a readable file")]
        assert (found.fields, found.raw) == ({}, raw and raw.decode())
        assert (found.raw_bytes, found.raw_sha256) == (raw and len(raw), raw and hashlib.sha256(raw).hexdigest())


def test_a_quarantined_record_keeps_its_text_and_its_readable_fields() -> None:
    text = edit(edit_length="lots", device="phone")
    found = quarantine(text)
    assert (found.raw, found.raw_base64, found.raw_bytes) == (text, None, len(text))
    assert found.raw_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert found.fields == {
        "event_id": "e1",
        "event_type": "document_edit",
        "event_at": "2025-06-02T12:00:00Z",
        "user_id": "ann",
        "document_id": "d1",
        "edit_length": "lots",
        "device": "phone",
    }
    assert list(found.fields) == sorted(found.fields, key=list(FIELDS).index)


def test_bytes_that_are_no_text_are_kept_as_base64() -> None:
    found = quarantine(b"\xff\xfe broken")
    assert (found.raw, b64decode(found.raw_base64 or "")) == (None, b"\xff\xfe broken")


def test_long_text_is_kept_as_its_head_with_length_and_hash() -> None:
    text = "{" + "x" * 65_534 + "\u00e9" + "x" * 100
    found = quarantine(text)
    assert found.raw == text[:65_535] + "\ufffd"
    assert (found.raw_bytes, found.raw_sha256) == (len(text) + 1, hashlib.sha256(text.encode()).hexdigest())


def test_word_count_comes_from_the_content_or_else_from_the_producer() -> None:
    texts = [edit(content="two words", word_count=99), edit(content="", word_count=99), edit(word_count=99), edit()]
    assert [accept(text).document_word_count for text in texts] == [2, 0, 99, None]


def test_content_is_reduced_to_its_count_and_never_passed_on() -> None:
    assert "secret" not in str(read(edit(content="secret")))


def test_no_field_is_read_twice_into_the_event() -> None:
    values = {name: name for name, field in FIELDS.items() if field.paths and field.kind in ("id", "ids", "text")}
    del values["content"]
    event = accept(json.dumps({**values, "event_at": "2025-06-02T12:00:00.5Z", "word_count": 3, "edit_length": -4}))
    assert event.event_at == datetime(2025, 6, 2, 12, 0, 0, 500_000, UTC)
    expected = {**values, "event_at_micros": event.event_at_micros, "document_word_count": 3, "edit_length": -4}
    del expected["shared_with_user_id"]
    expected |= {"revision": None, "properties": None, "recipients": ("shared_with_user_id",)}
    for name in ("user_name", "user_email", "document_title"):
        expected[f"reported_{name}"] = expected.pop(name)
    assert event._asdict() == {**expected, "content_fingerprint": event.content_fingerprint}
