"""No bytes crash the reader. Every record has one verdict, and it is the verdict of the oracle.

The suite validates the same records each time, so that a failure comes from the latest change. RANDOM_RECORDS=20000 in
the environment validates that many random records of each kind.
"""

import json
import os
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.records import Event, RecordReader
from schemas.fields import FIELDS
from schemas.reasons import REASONS
from tests.builders import LIMITS, default_source, record_json
from tests.properties.oracle import RUN_AT, TIMESTAMPS, WHOLE_NUMBERS, Problem, validate_text

SOURCE = default_source()
READER = RecordReader(SOURCE, replace(LIMITS, run_at=RUN_AT))
FIXED_RECORDS = 750
RANDOM_RECORDS = int(os.environ.get("RANDOM_RECORDS", "0"))

TEXT = st.text(st.characters() | st.sampled_from('\0\ud800\udc00\\"/{}[]\n\u2028\u202e\u0301\U0001f600u'), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
BY_KIND = {
    "id": st.sampled_from(["u1", " u1\u00a0", "user_login", "document_edit", "comment_added", "x" * 2001]) | VALUES,
    "text": VALUES,
    "timestamp": st.sampled_from([*TIMESTAMPS]) | st.sampled_from([None, True, False, " ", {}, [1], {"at": "\0"}]),
    "integer": st.sampled_from([*WHOLE_NUMBERS])
    | st.integers()
    | st.floats(-1e17, 1e17)
    | st.sampled_from([{}, [7], ""]),
}
BY_KIND["count"] = BY_KIND["integer"]
PEOPLE = BY_KIND["id"] | st.sampled_from([None, "u1, u2;u3", "u1;" + "x" * 2001])
BY_KIND["ids"] = PEOPLE | st.lists(PEOPLE | PEOPLE.map(lambda value: {"id": value}), max_size=3)
# Tokens that are inserted anywhere into a valid record.
TOKENS = [
    *'{}[]:,"\\ \t\n\0\x0b\x0c\x1f\x7f\u00a0\ufeff\u2028\u0663-+.0e1',
    *[
        "//x",
        "/**/",
        "NaN",
        "Infinity",
        "null",
        "tru",
        "'",
        "01",
        "1.",
        "0x1",
        "1e400",
        '""',
        "{}",
        "[]",
        "{,}",
        '"\\x',
    ],
    *[
        "\\u0000",
        "\\ud800",
        "\\udc00",
        "\\ud83d\\ude00",
        "\\\\ud800",
        "\\u12",
        "\\U0041",
        '"a":1,',
        '"user_id":',
        "]}",
        "],[",
    ],
]
OF_TIME = {(reason, "event_at") for reason in ("bad_timestamp", "timestamp_out_of_range", "timestamp_in_future")}
VALID = record_json(device={"os": ["x", 1.5]}, user={"name": "Ann \\ \u00e9"}, comment_text='say "]"')


@st.composite
def any_record(draw: st.DrawFn) -> bytes:
    """Draws a record of our fields, each under one of its names, with any value."""
    record: dict[str, Any] = json.loads(record_json()) if draw(st.booleans()) else {}
    for name in draw(st.lists(st.sampled_from([*SOURCE.fields]), max_size=6)):
        path = draw(st.sampled_from(SOURCE.fields[name]))
        value = draw(BY_KIND[FIELDS[name].kind])
        first, *inner = str(path).replace("[*].id", "").split(".")
        if inner:
            parent = record.get(first)
            record[first] = {**(parent if isinstance(parent, dict) else {}), inner[0]: value}
        else:
            record[first] = value
    record |= draw(st.dictionaries(TEXT, VALUES, max_size=1))
    return _write(record, draw(st.booleans()))


@st.composite
def any_mutant(draw: st.DrawFn) -> bytes:
    """Draws a valid record with one to three cuts and insertions."""
    text = VALID
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.sampled_from([0, 0, 0, 1, 2, 8]))
        text = text[:start] + draw(st.sampled_from(TOKENS)) + text[end:]
    return text.encode()


def _write(value: Any, escape: bool) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=escape).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


STRATEGIES = {
    "bytes": st.binary(max_size=40) | st.binary(max_size=6).map(lambda part: b'{"device":"' + part + b'"}'),
    "json": st.builds(_write, VALUES, st.booleans()),
    "records": any_record(),
    "mutants": any_mutant(),
}


@pytest.mark.parametrize("kind", STRATEGIES)
def test_every_record_has_the_verdict_of_the_oracle(kind: str) -> None:
    # The oracle has a list of known timestamps, and a mutant may have any other.
    ignored = OF_TIME if kind == "mutants" else set()

    @settings(
        max_examples=RANDOM_RECORDS or FIXED_RECORDS,
        derandomize=not RANDOM_RECORDS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(STRATEGIES[kind])
    def check(raw: bytes) -> None:
        assert validate(raw) - ignored == validate_text(raw, SOURCE) - ignored

    check()


def validate(raw: bytes) -> set[Problem]:
    """Returns the problems of the record, and checks that a quarantined one keeps its text."""
    found = READER.read(raw)
    if isinstance(found, Event):
        return set()
    problems = [(problem.reason, problem.field) for problem in found.problems]
    assert 0 < len(set(problems)) == len(problems)
    assert {reason for reason, _ in problems} <= set(REASONS)
    assert raw == (found.raw.encode() if found.raw is not None else b64decode(found.raw_base64 or ""))
    return set(problems)
