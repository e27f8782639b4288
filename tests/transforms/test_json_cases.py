"""The classic cases of JSON parser suites, each beside what RFC 8259 says of it.

Each text stands where a value stands: as a record by itself, in a field that is not mapped, in one that is, and behind
a `]`, which only the strict gate can judge. What the RFC leaves open (its "i_" cases) is decided here, by name.
"""

import pytest
from pyspark.sql import SparkSession

from jobs.transforms.parse import parse
from jobs.transforms.validate import judge
from tests.builders import LIMITS, default_source, record_json, records

VALUES = [
    *[
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "1.5",
        "-0.0",
        "0.10",
        "1e5",
        "1E5",
        "1e+5",
        "1E-05",
        "1e00",
        "0e0",
        "123123e-10",
        "1.5e3",
    ],
    *["123456789012345678901234567890", "0." + "0" * 60 + "1", "1e-400", "9" * 1000],
    *["true", "false", "null", '""', '"a"', "{}", "[]", "[[]]", "[1,2]", " 1 ", "\t1", "\r\n1\n"],
    *['{"":0}', '{"":{"":1}}', '{"a":1,"a":2}', '{"a":{"b":1,"b":[]}}', '{"a":[{"a":1,"a":1}]}', '{ "a" : [ 1 , 2 ] }'],
    *[
        '"\\u0041"',
        '"\\u00e9"',
        '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
        '"\\ud83d\\ude00"',
        '"\\uD83D\\uDE00"',
        '"\\uffff"',
        '"\\u2028"',
    ],
    *[
        '"\x7f"',
        '"\u2028"',
        '"\u00e9"',
        '"\U0001f600"',
        '"\ufeff"',
        '"\ufdd0"',
        '"\U0010ffff"',
        '"]"',
        '"}{"',
        '"[,]"',
        '"//"',
    ],
    *[
        '"\\\\u0000"',
        '"\\\\ud800"',
        '"a\\\\"',
        '{"]":"}"}',
        '["]"]',
        '{"k\\u0065y":1}',
        '{"\\u0000":0}',
        '{"\\ud800":0}',
    ],
]
NO_VALUES = [
    *[
        "01",
        "-01",
        "00",
        "-",
        "+1",
        "++1",
        "--1",
        "1.",
        "-1.",
        ".5",
        "-.5",
        "1.e1",
        "1e",
        "1e+",
        "1E-",
        "1ee2",
        "1e1.5",
        "1.2.3",
    ],
    *[
        "0x1",
        "0X1",
        "0b1",
        "0o7",
        "1_000",
        "1,000.0",
        "1 000",
        "1a",
        "1f",
        "1L",
        "1-",
        "1+1",
        "\uff11",
        "\u0663",
        "-\u00b2",
    ],
    *["NaN", "-NaN", "nan", "Infinity", "-Infinity", "+Infinity", "Inf", "inf"],
    *["True", "TRUE", "False", "None", "NULL", "undefined", "nul", "tru", "fals", "nulll", "truex", "true1", "t"],
    *["'a'", "a", '"a', 'a"', "`a`", '"a" "b"', '"a""b"', "\u201ca\u201d", "\\u0031", '\\"a\\"'],
    *[
        '"\\x41"',
        '"\\a"',
        '"\\\'"',
        '"\\0"',
        '"\\u"',
        '"\\u12"',
        '"\\u12g4"',
        '"\\U0041"',
        '"\\u 123"',
        '"\\',
        '"\\"',
        '"\\ud8"',
    ],
    *['"\n"', '"\t"', '"\r"', '"\0"', '"\x1f"', '"a\x0bb"', '"\\\n"', '{"a\n":1}'],
    *[
        "[",
        "]",
        "[1",
        "1]",
        "[1,]",
        "[,1]",
        "[,]",
        "[1,,2]",
        "[1 2]",
        "[1;2]",
        "[1}",
        "[1]]",
        "[[1]",
        '["a"',
        '["a",',
        "[*]",
    ],
    *[
        "{",
        "}",
        "{,}",
        '{"a"}',
        '{"a":}',
        '{"a" 1}',
        '{"a"::1}',
        "{:1}",
        '{"a":1,}',
        '{"a":1,,"b":2}',
        '{,"a":1}',
        '{"a":1',
        '{"a":1]',
    ],
    *[
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{null:1}",
        "{[]:1}",
        '{"a":1 "b":2}',
        '{"a":1;"b":2}',
        '{"a":1}}',
        '{"a"',
        '{"a":',
        "{a}",
    ],
    *["//", "1//c", "/*c*/1", "1/*c*/", "#", "1 #c", "<!--c-->1", "<1>", "1;", "*", "&", "...", "$"],
    *[
        "\u00a01",
        "1\u00a0",
        "\x0c1",
        "1\x0c",
        "\x0b1",
        "\u20281",
        "\u30001",
        "\u0085",
        "\ufeff1",
        "1\ufeff",
        "\0",
        "1\0",
        "\x1a",
    ],
    *["[" * 100_000, '{"a":' * 100_000, "9" * 1001],
    # Spark's parser goes on behind the mistake in these, as if it had not been there.
    *['"\\x,"b":1', '"\t,"b":1', '"\\u,"b":"'],
]

# Where a value can stand.
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
    # text: the reason against it as a whole
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
    **dict.fromkeys([f'{VALID}],"mistake":null,"x":[1', f"{VALID}]}} []", f"],[{VALID}"], "malformed_json"),
    **dict.fromkeys(
        [f"\ufeff{VALID}", f"{VALID}\ufeff", f"\u00a0{VALID}", f"\x0c{VALID}", f"{VALID}\x1a", VALID[:-1], VALID[1:]],
        "malformed_json",
    ),
    # The parser's limits, which the RFC allows: levels, characters of a key (of a number: above).
    '{"a":' * 998 + "1" + "}" * 998: "missing_field",
    '{"a":' * 997 + "[]" + "}" * 997: "missing_field",
    '{"a":' * 999 + "1" + "}" * 999: "malformed_json",
    '{"a":' * 998 + "[]" + "}" * 998: "malformed_json",
    "[" * 998 + "]" * 998: "not_an_object",
    "[" * 999 + "]" * 999: "malformed_json",
    VALID[:-1] + ',"user_id":' + "[" * 990 + "]" * 990 + "}": "bad_value",
    VALID[:-1] + ',"device":' + '{"a":' * 990 + '"\\u0000"' + "}" * 990 + "}": "invalid_text",
    VALID[:-1] + f',"{"k" * 50_000}":1}}': None,
    VALID[:-1] + f',"{"k" * 50_001}":1}}': "malformed_json",
}


@pytest.fixture(scope="module")
def reasons(spark: SparkSession) -> dict[str, set[str]]:
    """text -> the reasons against it."""
    placed = [place.replace("VALUE", value) for place in PLACES.values() for value in VALUES + NO_VALUES]
    texts = [*dict.fromkeys([*placed, *RECORDS])]
    judged = judge(parse(records(spark, *texts), default_source()), default_source(), LIMITS)
    rows = judged.select("record_number", "problems.reason").orderBy("record_number").collect()
    return {text: set(row.reason or ()) for text, row in zip(texts, rows, strict=True)}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_json_is_accepted(reasons: dict[str, set[str]], value: str, place: str) -> None:
    assert reasons[PLACES[place].replace("VALUE", value)] <= {"invalid_text"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", NO_VALUES, ids=lambda value: repr(value)[:40])
def test_what_is_no_json_is_malformed(reasons: dict[str, set[str]], value: str, place: str) -> None:
    assert reasons[PLACES[place].replace("VALUE", value)] == {"malformed_json"}


@pytest.mark.parametrize("text", RECORDS, ids=lambda text: repr(text.replace(VALID, "VALID"))[:40])
def test_record_as_a_whole(reasons: dict[str, set[str]], text: str) -> None:
    assert reasons[text] == ({RECORDS[text]} if RECORDS[text] else set())
