"""Our additions to the JSON parser, and our limits: hostile numbers, nesting and escapes crash nothing."""

import subprocess
import sys
import time
from typing import Any

import pytest
from msgspec import Raw

from jobs.records import Quarantined, RecordReader
from jobs.records.erased_people import Erased
from jobs.records.values.strict_json import MAX_NESTING, decode, encode, has_huge_number, read_number
from tests.builders import LIMITS, ROOT, default_source


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.0", 1234),
        ("1.234e3", 1234),
        ("0.5", 0.5),
        ("-0.0", 0),
        ("1e20", 10**20),
        ("1e21", 1e21),
        ("1e-400", 0),
        ("0e1000000000", 0),
        ("5e-324", 5e-324),
    ],
)
def test_whole_numbers_are_int_and_all_others_float(text: str, number: float) -> None:
    found = read_number(text)
    assert (found, type(found)) == (number, type(number))
    assert decode(text.encode()) == number


@pytest.mark.parametrize("text", ["1e400", "-1e400", "1e1000000000", "1E+999999999999999999999", "9" * 5000 + "e0"])
def test_a_number_beyond_double_range_stays_text(text: str) -> None:
    found = decode(text.encode())
    assert isinstance(found, Raw)
    assert encode({"a": [found]}) == encode({"a": [found]}, is_sorted=True) == f'{{"a":[{text}]}}'
    assert has_huge_number(f'{{"a":[{text}]}}')
    assert not has_huge_number(f'{{"{text}":["{text}"]}}')


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e-1" + "0" * 5000, 0),
        ("1." + "0" * 5000, 1),
        ("0." + "0" * 5000 + "1", 0),
        ("0." + "3" * 5000, 1 / 3),
        ("1" + "0" * 300 + "." + "0" * 5000, 10**300),
        ("0." + "0" * 300 + "7" * 5000 + "e300", 0.7777777777777778),
    ],
    ids=lambda value: str(value)[:20],
)
def test_very_long_numbers_are_read(text: str, number: float) -> None:
    assert decode(text.encode()) == number
    assert type(decode(text.encode())) is type(number)


def test_a_very_long_integer_is_distinguished_from_digits_in_texts_and_fractions() -> None:
    digits = "8" * 4301
    values = [f"-{digits}", f'"{digits}"', f'"\\"{digits}"', f'{{"{digits}":{digits}}}', f"0.{digits}", f"1e-{digits}"]
    found = decode(f"[{','.join(values)}, {digits[1:]}]".encode())
    assert found[1:3] + found[4:] == [digits, f'"{digits}', 0.8888888888888888, 0, int(digits[1:])]
    assert [encode(found[0]), encode(found[3])] == [f"-{digits}e0", f'{{"{digits}":{digits}e0}}']


@pytest.mark.parametrize(
    "text", [f"[{'9' * 5000}", f"{'9' * 5000} 1", '"\\ud800', '"\\ud800"x', f"-{'0' * 5000}", '{"a":"\\ud800",}']
)
def test_our_additions_to_the_parser_make_no_invalid_json_valid(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text.encode())


DEEP: dict[str, tuple[str, bool]] = {
    "at the limit": ("[" * MAX_NESTING + "]" * MAX_NESTING, True),
    "one more": ("[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1), False),
    "objects and lists": ('{"a":[' * (MAX_NESTING // 2) + "]}" * (MAX_NESTING // 2), True),
    "brackets in texts": ('["' + "[{" * 100_000 + '"]', True),
    "behind an escaped quote": ('["\\"' + "[{" * 100_000 + '"]', True),
    "side by side": ("[" + ",".join(["[{}]"] * 100_000) + "]", True),
    "100,000 levels": ("[" * 100_000 + "]" * 100_000, False),
    "100,000 open levels": ('{"a":' * 100_000, False),
    "4 million open brackets": ("[" * 4_000_000, False),
    "closing first": ("]" * 100_000 + "[" * 100_000, False),
    "an open text": ('["' + "[" * 100_000, False),
    "backslashes": ('["' + "\\\\" * 1_000_000 + '"]', True),
    "quotes": ('"' * 1_000_001, False),
}


@pytest.mark.parametrize("case", DEEP)
def test_nesting_has_a_limit_of_our_own(case: str) -> None:
    text, is_json = DEEP[case]
    started = time.process_time()
    try:
        value: Any = decode(text.encode())
    except ValueError:
        value = None
    assert (value is not None) == is_json
    if is_json:
        assert encode(value) == text == encode(value, is_sorted=True)
    assert time.process_time() - started < 2  # seconds; quadratic time would take minutes


HOSTILE = {
    "runs of digits": '["\\ud800",' + "9" * 4299 + f",{'9' * 4299}" * 500 + "]",
    "an open text with quotes": '["\\ud800' + "[" * 1000 + '\\"' * 1_000_000,
    "a text of backslashes": '{"device":["' + "\\\\" * 1_000_000 + '\\u0000"]}',
    "halves of surrogate pairs": '{"device":["' + "\\ud800" * 300_000 + '"]}',
    "numbers with an exponent": '{"device":[' + "1e308," * 300_000 + "1e20]}",
    "control characters": '{"device":["' + "\\u001b" * 300_000 + '"]}',
}


@pytest.mark.parametrize("case", HOSTILE)
def test_two_megabytes_of_hostile_json_are_read_within_seconds(case: str) -> None:
    raw = HOSTILE[case].encode()
    reader = RecordReader(default_source(), LIMITS, Erased(b"k" * 32, frozenset({"somebody"})))
    started = time.process_time()
    found = reader.read(raw)
    assert time.process_time() - started < 3  # seconds; quadratic time would take minutes
    assert isinstance(found, Quarantined)
    assert len(str(found.fields)) < 4 * len(raw)


def test_the_limit_does_not_depend_on_the_stack_that_is_left() -> None:
    program = f"""
from jobs.records import Quarantined, RecordReader
from jobs.records.erased_people import Erased
from jobs.records.values.strict_json import decode, encode
def call(depth):
    return encode(decode(b"[" * {MAX_NESTING} + b"]" * {MAX_NESTING})) if depth == 0 else call(depth - 1)
print(len(call(900)))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(2 * MAX_NESTING)
