"""The classic cases of JSON parser suites, each with the verdict of RFC 8259.

We put each text in every place where a value can be: a whole record, a field that is not mapped, a mapped field, and
after a `]`. Cases that the RFC leaves open (the "i_" cases of the suites) have an entry of their own with our verdict.
"""

import pytest

from jobs.records.values.strict_json import MAX_NESTING
from tests.builders import record_json
from tests.records.helpers import find_problems
from tests.records.json_values import NO_VALUES, VALUES

# The places in which a value can be.
PLACES = {
    "in an unmapped field": record_json()[:-1] + ',"x":VALUE}',
    "in a mapped field": record_json()[:-1] + ',"comment_text":VALUE}',
    "in an unmapped object": record_json()[:-1] + ',"x":{"y":VALUE,"z":1}}',
    "in a mapped object": record_json()[:-1] + ',"user":{"name":VALUE,"y":1}}',
    "in a list": record_json()[:-1] + ',"x":[VALUE,1]}',
    "behind a bracket": record_json()[:-1] + ',"x":"]","y":VALUE}',
}

VALID = record_json()
RECORDS = {
    # text -> the reason against it as a whole record
    VALID: None,
    f" \t\r\n{VALID}\r": None,
    f"{VALID} \n": None,
    **dict.fromkeys(
        ["[]", "[{}]", f"[{VALID}]", "1", '"{}"', "null", "true", "-1.5e3", " [ ] ", "[" * 900 + "]" * 900],
        "not_an_object",
    ),
    **dict.fromkeys(
        ["", " ", "\n", "{}}", "{{}", "{} {}", "{}{}", "{},{}", "[]{}", "{}[]", "[],[]", "[][]", "{}]", "{}],[{}"],
        "malformed_json",
    ),
    **dict.fromkeys(
        [VALID + VALID, f"{VALID}\n{VALID}", f"{VALID},", f",{VALID}", f"{VALID};", f"{VALID}//]"], "malformed_json"
    ),
    **dict.fromkeys(
        [f"{VALID} junk", f"{VALID} 1", f"{VALID}null", f'{VALID}"', f"{VALID}#]", f"{VALID}\0", f"\0{VALID}"],
        "malformed_json",
    ),
    **dict.fromkeys(
        [f"{VALID}],[{VALID}", f"{VALID}]}},{{[", f'{VALID}],"objects":[{VALID}', f'{VALID}]}}{{"_":['],
        "malformed_json",
    ),
    **dict.fromkeys(
        [f'null],"objects":[{VALID}', f'],"objects":[{VALID}', f' {{}} ],"objects":[{VALID}'], "malformed_json"
    ),
    **dict.fromkeys([f'{{}}\n\t],"objects":[{VALID}', f'{{}},null],"objects":[{VALID}'], "malformed_json"),
    **dict.fromkeys([f'{VALID}],"mistake":null,"x":[1', f"{VALID}]}} []", f"],[{VALID}"], "malformed_json"),
    **dict.fromkeys(
        [f"\ufeff{VALID}", f"{VALID}\ufeff", f"\u00a0{VALID}", f"\x0c{VALID}", f"{VALID}\x1a", VALID[:-1], VALID[1:]],
        "malformed_json",
    ),
    # The limit of levels, which the RFC allows.
    '{"a":' * MAX_NESTING + "1" + "}" * MAX_NESTING: "missing_field",
    '{"a":' * (MAX_NESTING - 1) + "[]" + "}" * (MAX_NESTING - 1): "missing_field",
    '{"a":' * (MAX_NESTING + 1) + "1" + "}" * (MAX_NESTING + 1): "malformed_json",
    '{"a":' * MAX_NESTING + "[]" + "}" * MAX_NESTING: "malformed_json",
    "[" * MAX_NESTING + "]" * MAX_NESTING: "not_an_object",
    "[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1): "malformed_json",
    VALID[:-1] + ',"x":[' + ",".join(["[]"] * 5000) + "]}": None,
    VALID[:-1] + ',"x":"' + "[" * 5000 + '"}': None,
    VALID[:-1] + ',"x":"\\"' + "[" * 5000 + '"}': None,
    VALID[:-1] + ',"user_id":' + "[" * 990 + "]" * 990 + "}": "bad_value",
    VALID[:-1] + ',"device":' + '{"a":' * 990 + '"\\u0000"' + "}" * 990 + "}": "invalid_text",
    VALID[:-1] + f',"{"k" * 50_001}":1}}': None,
}


def find_reasons(text: str) -> set[str]:
    return {reason for reason, _ in find_problems(text)}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_valid_json_is_accepted(value: str, place: str) -> None:
    assert find_reasons(PLACES[place].replace("VALUE", value)) <= {"invalid_text"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", NO_VALUES, ids=lambda value: repr(value)[:40])
def test_invalid_json_is_malformed(value: str, place: str) -> None:
    assert find_reasons(PLACES[place].replace("VALUE", value)) == {"malformed_json"}


@pytest.mark.parametrize("text", RECORDS, ids=lambda text: repr(text.replace(VALID, "VALID"))[:40])
def test_a_whole_record_has_the_expected_reasons(text: str) -> None:
    assert find_reasons(text) == ({RECORDS[text]} if RECORDS[text] else set())
