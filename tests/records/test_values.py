"""Single values: which ones fit a field, the problem of those that do not, and the text that can be stored."""

import json
from dataclasses import replace
from typing import Any

import pytest

from jobs.records import Quarantined, read_record
from tests.builders import record_json
from tests.records.helpers import SOURCE, accept, edit, find_problems, put, quarantine, read

OBJECT, LIST = {"a": 1}, [1, "x"]
# field -> values that are wrong for its type
BAD_VALUES = {
    "user_id": [OBJECT, LIST, {}, []],
    "shared_with_user_id": [OBJECT, ["x", OBJECT], [["x"]], ["x", True]],
    "event_at": [OBJECT, LIST, {}, []],
    "word_count": [OBJECT, LIST, True, False, 1.5, -1, -7.0, 1e300, 2**63, "lots", "1.5", "0x10", "7d", "1e400", {}],
    "edit_length": [OBJECT, LIST, True, 0.5, 1e19, 2**63, -(2**63) - 1, "--1", "1 2", "\u0663", "NaN"],
}
WHOLE = {
    7: 7,
    "7": 7,
    "-7.0": -7,
    12345678.0: 12345678,
    "1e3": 1000,
    1e15: 10**15,
    2.0**53: 2**53,
    2.0**53 + 2: 2**53 + 2,
    9.2e18: 9_200_000_000_000_000_000,
    "9007199254740993.0": 2**53 + 1,
    "-9223372036854775808": -(2**63),
    -0.0: 0,
    " 5 ": 5,
    "+5": 5,
    "007": 7,
    "70e-1": 7,
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD_VALUES.items() for value in values])
def test_bad_value_names_field_value_and_type_and_keeps_the_other_fields(name: str, value: Any) -> None:
    found = quarantine(edit(device="phone", **{"timestamp" if name == "event_at" else name: value}))
    (problem,) = found.problems
    assert (problem.reason, problem.field) == ("bad_value", name)
    written = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    assert problem.value == {"-7.0": "-7", "1e+19": "10000000000000000000", "1e+300": "1e300"}.get(written, written)
    assert problem.expected
    fields = found.fields or {}
    others = {"event_id": "e1", "document_id": "d1", "device": "phone", "user_id": "ann"}
    assert {key: fields.get(key) for key in others if key != name} == {
        key: text for key, text in others.items() if key != name
    }


@pytest.mark.parametrize("value", WHOLE)
def test_a_whole_number_is_read_in_every_notation(value: Any) -> None:
    assert accept(edit(edit_length=value)).edit_length == WHOLE[value]


@pytest.mark.parametrize("value", ["", " ", None])
def test_a_blank_number_is_missing(value: Any) -> None:
    assert accept(edit(edit_length=value)).edit_length is None


@pytest.mark.parametrize(
    "value", ["1_000", "1,000", "5.", ".5", "1e", "1e1000", "9" * 5000, "0." + "1" * 5000, "+-5", "\uff11"]
)
def test_a_text_that_is_no_number_or_too_long_is_a_bad_value(value: str) -> None:
    assert find_problems(edit(edit_length=value)) == [("bad_value", "edit_length")]


@pytest.mark.parametrize("name", ["user_id", "device", "user_name", "timestamp", "word_count"])
@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e1000000000", "-1e999999999999999999999"])
def test_a_number_beyond_double_range_is_quarantined(name: str, number: str) -> None:
    text = record_json(**{name: None})[:-1] + f',"{name}":{number}}}'
    (problem,) = quarantine(text).problems
    field = "event_at" if name == "timestamp" else name
    assert (problem.reason, problem.field) == ("bad_timestamp" if name == "timestamp" else "bad_value", field)
    assert problem.value == number[:200]


def test_a_prefix_does_not_make_a_huge_number_an_id() -> None:
    text = record_json(event_id=None)[:-1] + ',"event_id":1e400}'
    (problem,) = quarantine(text, replace(SOURCE, namespace="crm")).problems
    assert (problem.reason, problem.field, problem.value) == ("bad_value", "event_id", "crm:1e400")


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", ["user_id", "device", "word_count"])
def test_a_whole_number_of_thousands_of_digits_is_quarantined_in_mapped_fields_only(name: str, sign: str) -> None:
    number = sign + "7" * 4301
    (problem,) = quarantine(record_json(**{name: None})[:-1] + f',"{name}":{number}}}').problems
    assert (problem.reason, problem.field, problem.value) == ("bad_value", name, number[:200])
    assert find_problems(put(f'"x":[{number}],"y":"{number}"')) == []


def test_the_word_infinity_is_a_text_like_any_other() -> None:
    for word in ("Infinity", '"Infinity"', "-Infinity", "NaN"):
        assert accept(record_json(user_id=word, device=word)).device == word
        assert accept(record_json(device=[word])).device == json.dumps([word])


HUGE = ['{"size":-1e400}', "[[1e400]]", '{"a":{"b":1E+999},"c":"Infinity"}', '{"I":1e400,"_":1}']
HUGE += ['{"\\u0049":1e400,"I_":1}', '{"a":' * 990 + "1e400" + "}" * 990, f"[{'9' * 4301}]"]
NOT_HUGE = ['{"size":1e300}', '{"word":"Infinity"}', '["-Infinity"]', '"{\\"word\\":\\"Infinity\\"} 1e400"']
NOT_HUGE += [
    '{"a":' * 990 + '"Infinity"' + "}" * 990,
    '{"Infinity":8,"":3e235}',
    '["1e400",0e999]',
    '["\\\\u0049",1e308]',
]


@pytest.mark.parametrize("value", HUGE + NOT_HUGE, ids=lambda value: value[:40])
def test_a_number_beyond_double_range_is_quarantined_in_free_text_too(value: str) -> None:
    expected = [("bad_value", "comment_text")] if value in HUGE else []
    assert find_problems(put(f'"comment_text":{value}')) == expected


SPELLINGS = {
    **{"1.10": "1.1", "1.1": "1.1", "11e-1": "1.1", '"1.10"': "1.10", '"1.1"': "1.1", "0.1": "0.1", "1e-7": "1e-7"},
    **{"7": "7", "7.0": "7", "1234": "1234", "1234.0": "1234", "1.234e3": "1234", '"1234.0"': "1234.0", "-0": "0"},
    **{
        "12345678.0": "12345678",
        "9.87654321E8": "987654321",
        "1e20": "1" + "0" * 20,
        "1e22": "1e22",
        "10.0e21": "1e22",
        "-0.0": "0",
        "12345678.5": "12345678.5",
    },
    **{"9007199254740993": "9007199254740993", "9007199254740993.0": "9007199254740993", "1e308": "1e308"},
    **{"12345678901234567890123": "12345678901234567890123", "1e-400": "0", "0e1000000000": "0"},
    **{"0.99999999999999999999999": "1", "9007199254740993.5": "9007199254740994", "9" * 2000: "9" * 2000},
}


@pytest.mark.parametrize("written", SPELLINGS, ids=lambda written: written[:30])
def test_a_number_has_one_spelling_in_an_id_and_in_a_text(written: str) -> None:
    text = record_json(user_id=None)[:-1] + f',"user_id":{written},"device":{written},"comment_text":[{written}]}}'
    event = accept(text)
    assert (event.user_id, event.device) == (SPELLINGS[written], SPELLINGS[written])
    quote = '"' if written.startswith('"') else ""
    assert event.comment_text == f"[{quote}{SPELLINGS[written]}{quote}]"


def test_an_object_is_its_json_text_in_free_text_and_wrong_in_an_id() -> None:
    value = {"os": "x \U0001f600\x1b", "a": [1.5, None, True, {"b": {}}]}
    text = '{"os":"x \U0001f600\\u001B","a":[1.5,null,true,{"b":{}}]}'
    assert accept(record_json(device=value)).device == text
    assert accept(record_json(device=text, user_id=text)).user_id == text
    assert quarantine(record_json(user_id=value)).problems[0].value == text
    assert accept(put('"device":{"a":1,"a":{"b":2,"b":3}}')).device == '{"a":{"b":3}}'


# Texts that PostgreSQL can store, so that they must be unchanged.
STORABLE = [
    "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c \u2067x\u2069",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea",
    "e\u0301 \u00e9 Z\u0351\u036b\u0343",
    "zero\u200bwidth\u200d\ufeff\u2060",
    "\u0001\u0007\u0008\u001b[31m\u007f\u0085\u2028\u2029",
    "\ufffe\uffff\ufdd0\U0010ffff\ufffd?",
    """'"`\\ \\\\ \\' \\" $$ %s {} \\N \\. --""",
    "'; drop table public.events; --",
    "\\u0000 \\ud800 \\x00",
    '{"os":"\\u0000"}',
    " \t leading and trailing \r\n",
    "null",
    "\u00e9\U0001f600]\\" * 100_000,
]


@pytest.mark.parametrize("text", STORABLE, ids=lambda text: ascii(text)[:40])
def test_storable_text_is_unchanged_in_every_escaping(text: str) -> None:
    record = record_json(comment_text=text, user={"name": text})
    for written in (record, json.dumps(json.loads(record), ensure_ascii=False)):
        event = accept(written)
        assert (event.comment_text, event.reported_user_name) == (text, text)


# end of a text -> whether PostgreSQL can store it
ESCAPES = {
    r"\u0000": False,
    r"\ud800": False,
    r"\udfff": False,
    r"\ud800\ud800": False,
    r"\ude00\ud83d": False,
    r"\ud83d\ude00\ude00": False,
    r"\ud83d\ud83d\ude00": False,
    r"\\\ud800": False,
    r"\\ud800\udc00": False,
    r"\ud800\\udc00": False,
    r"\ud800\n\udc00": False,
    r"\uD83D\uDE00": True,
    r"\\u0000": True,
    r"\\ud800": True,
    r"\\\\ud800\\udc00": True,
}


MAPPED = ['"comment_text":"VALUE"', '"user":{"name":"VALUE"}', '"device":{"os":["VALUE"]}', '"device":{"VALUE":1}']
UNMAPPED = ['"x":"VALUE"', '"VALUE":1', '"user":{"x":"VALUE"}', '"x":[{"VALUE":"VALUE"}]']


@pytest.mark.parametrize("place", MAPPED + UNMAPPED)
@pytest.mark.parametrize("escape", ESCAPES)
def test_nul_and_half_a_surrogate_pair_are_quarantined_in_mapped_fields_only(place: str, escape: str) -> None:
    reasons = {reason for reason, _ in find_problems(put(place.replace("VALUE", "a" + escape)))}
    assert reasons == (set() if place in UNMAPPED or ESCAPES[escape] else {"invalid_text"})


def test_half_a_surrogate_pair_is_shown_as_a_nul_and_not_as_a_question_mark() -> None:
    found = quarantine(put('"device":"x\\ud800","comment_text":"\\udc00\\ud83d\\ude00\\\\ud800"'))
    assert [problem.value for problem in found.problems] == ["\0\U0001f600\\ud800", "x\0"]
    # A Python string can contain half a pair without an escape.
    assert find_problems_in_text('{"x":"\ud800"}') == [("invalid_text", None)]


def find_problems_in_text(text: str) -> list[tuple[str, str | None]]:
    found = read_record(text)
    assert isinstance(found, Quarantined)
    return [(problem.reason, problem.field) for problem in found.problems]


TITLES = [
    record_json(document={"title": "Plan"}, title="no"),
    record_json(document="a text here", title="Plan"),
    record_json(document=["a list"], title="Plan"),
    record_json(document=7, title="Plan"),
    record_json(document='{"title": "no"}', title="Plan"),
    record_json()[:-1] + ',"document":"\\u007b\\u0022title\\u0022:1}","title":"Plan"}',
    record_json(document={"title": "Plan", "x": '{"title": "no"}'}, title="no"),
]


@pytest.mark.parametrize("text", TITLES)
def test_a_path_through_a_scalar_yields_nothing(text: str) -> None:
    assert accept(text).reported_document_title == "Plan"


def test_keys_that_differ_in_case_are_two_keys() -> None:
    assert accept(record_json(User_Id="eve", USER_ID="eve")).user_id == "ann"
    found = read(record_json(user_id=None, USER={"id": "eve"}, user={"ID": "eve"}))
    assert isinstance(found, Quarantined)
    assert [problem.field for problem in found.problems] == ["user_id"]
