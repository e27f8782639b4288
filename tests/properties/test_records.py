"""Whatever the bytes are: nothing crashes, every record has one verdict, and it is the one of the oracle.

The suite judges the same records each time, so that what fails there was broken by the change at hand;
RANDOM_RECORDS=20000 in the environment judges that many random ones of each kind.
"""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jobs.transforms.parse import parse
from jobs.transforms.validate import judge, split
from pyspark.sql import SparkSession

from schemas.fields import FIELDS, REASONS
from tests.builders import LIMITS, default_source, record_json, records
from tests.properties.oracle import TIMESTAMPS, WHOLE_NUMBERS, Problem, judge_text
from tests.properties.shrinking import shrink

SOURCE = default_source()
# Starting Spark jobs is slow: each strategy's records are gathered first, and one job judges them all.
FIXED_RECORDS = 1500
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
# A token can stand anywhere in the mutants of a valid record.
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
OF_TIME = {("bad_timestamp", "event_at"), ("timestamp_out_of_range", "event_at")}
VALID = record_json(device={"os": ["x", 1.5]}, user={"name": "Ann \\ \u00e9"}, comment_text='say "]"')


@st.composite
def any_record(draw: st.DrawFn) -> bytes:
    """A record of our fields, each under one of its names, with any value."""
    record: dict[str, Any] = json.loads(record_json()) if draw(st.booleans()) else {}
    for name in draw(st.lists(st.sampled_from([*FIELDS]), max_size=6)):
        path = draw(st.sampled_from(SOURCE.fields[name]))
        value = draw(BY_KIND[FIELDS[name]])
        if len(path) == 2:
            parent = record.get(path[0])
            record[path[0]] = {**(parent if isinstance(parent, dict) else {}), path[1]: value}
        else:
            record[path[0]] = value
    record |= draw(st.dictionaries(TEXT, VALUES, max_size=1))
    return _write(record, draw(st.booleans()))


@st.composite
def any_mutant(draw: st.DrawFn) -> bytes:
    """A valid record with one to three cuts and insertions."""
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


def gather(strategy: st.SearchStrategy[bytes]) -> list[bytes]:
    found: dict[bytes, None] = {}

    @settings(
        max_examples=RANDOM_RECORDS or FIXED_RECORDS,
        derandomize=not RANDOM_RECORDS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(raw: bytes) -> None:
        found[raw] = None

    run: Callable[[], None] = collect
    run()
    return list(found)


@pytest.mark.parametrize("kind", STRATEGIES)
def test_every_record_has_the_verdict_of_the_oracle(spark: SparkSession, kind: str) -> None:
    raws = gather(STRATEGIES[kind])
    verdicts = judge_all(spark, raws)
    assert {reason for verdict in verdicts for reason, _ in verdict} <= set(REASONS)
    # The oracle knows some timestamps by heart; a mutant has any.
    ignored = OF_TIME if kind == "mutants" else set()

    def find_wrong(raws: list[bytes]) -> list[bytes]:
        return [raw for raw, verdict in zip(raws, judge_all(spark, raws), strict=True) if is_wrong(raw, verdict)]

    def is_wrong(raw: bytes, verdict: set[Problem]) -> bool:
        return verdict - ignored != judge_text(raw, SOURCE) - ignored

    wrong = [raw for raw, verdict in zip(raws, verdicts, strict=True) if is_wrong(raw, verdict)]
    if wrong:
        smallest = shrink(min(wrong, key=len), find_wrong)
        (verdict,) = judge_all(spark, [smallest])
        pytest.fail(f"{len(wrong)} wrong, such as {smallest!r}: {verdict}; expected {judge_text(smallest, SOURCE)}")


def judge_all(spark: SparkSession, raws: list[bytes]) -> list[set[Problem]]:
    """The problems of each record; every record has one verdict, and a refused one keeps its text."""
    if not raws:
        return []
    accepted, quarantined = split(judge(parse(records(spark, *raws), SOURCE), SOURCE, LIMITS))
    # As bytes: Python can't read text that is no UTF-8.
    refused = {
        row.record_number: row
        for row in quarantined.selectExpr("record_number", "problems", "cast(raw as binary) as raw").collect()
    }
    numbers = [row.record_number for row in accepted.select("record_number").collect()] + list(refused)
    assert sorted(numbers) == list(range(1, len(raws) + 1))
    assert [raw for number, raw in enumerate(raws, 1) if number in refused and refused[number].raw != raw] == []
    found = [refused[number].problems if number in refused else [] for number in range(1, len(raws) + 1)]
    return [{(problem.reason, problem.field) for problem in problems} for problems in found]
