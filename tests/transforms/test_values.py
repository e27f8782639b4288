"""Single values: what fits a field, what is said of one that does not, and which text can be stored."""

import json

from pyspark.sql import SparkSession

from tests.builders import record_json
from tests.transforms.test_validate import edit, judge_texts

OBJECT, LIST = {"a": 1}, [1, "x"]
# kind -> values that are wrong for it; each stands in a field of that kind, its text in `value`.
BAD_VALUES = {
    "user_id": [OBJECT, LIST, {}, []],
    "shared_with_user_id": [OBJECT, LIST],
    "event_at": [OBJECT, LIST, {}, []],
    "word_count": [OBJECT, LIST, True, False, 1.5, -1, -7.0, 1e300, 2**63, "lots", "1.5", "0x10", "7d", "1e400", {}],
    "edit_length": [OBJECT, LIST, True, 0.5, 1e19, 2.0**53 + 2, 2**63, -(2**63) - 1, "--1", "1 2", "\u0663", "NaN"],
}
WHOLE = {
    7: 7,
    "7": 7,
    "-7.0": -7,
    12345678.0: 12345678,
    "1e3": 1000,
    1e15: 10**15,
    2.0**53: 2**53,
    -0.0: 0,
    " 5 ": 5,
}


def test_bad_value_names_field_value_and_type_and_the_other_fields_stand(spark: SparkSession) -> None:
    cases = [(name, value) for name, values in BAD_VALUES.items() for value in values]
    texts = [edit(device="phone", **{"timestamp" if name == "event_at" else name: value}) for name, value in cases]
    for (name, value), row in zip(cases, judge_texts(spark, *texts), strict=True):
        (problem,) = row.problems
        assert (problem.reason, problem.field) == ("bad_value", name)
        shown = value if isinstance(value, str) else json.loads(problem.value.lower())
        assert shown == value
        assert problem.value == value or not isinstance(value, str)
        assert problem.expected
        others = {"event_id": "e1", "document_id": "d1", "device": "phone", "user_id": "ann"}
        assert {key: row.fields.get(key) for key in others if key != name} == {
            key: text for key, text in others.items() if key != name
        }


def test_a_whole_number_is_one_however_it_is_spelled(spark: SparkSession) -> None:
    rows = judge_texts(spark, *[edit(edit_length=value) for value in WHOLE])
    assert [(row.problems, row.edit_length) for row in rows] == [(None, number) for number in WHOLE.values()]


def test_a_number_that_no_double_holds_is_refused_and_the_word_is_not(spark: SparkSession) -> None:
    huge = [record_json()[:-1] + f',"{key}":-1e400}}' for key in ("user_id", "device")]
    huge += [record_json()[:-1] + ',"user":{"name":1e400}}']
    words = [record_json(device="Infinity"), record_json(device='"Infinity"'), record_json(user={"name": "-Infinity"})]
    found = [row.problems and [(p.reason, p.field) for p in row.problems] for row in judge_texts(spark, *huge, *words)]
    expected = [[("bad_value", name)] for name in ("user_id", "device", "user_name")]
    assert found == [*expected, None, None, None]


def test_a_number_that_no_double_holds_is_refused_inside_free_text_too(spark: SparkSession) -> None:
    huge = ['{"size":-1e400}', "[[1e400]]", '{"a":{"b":1E+999},"c":"Infinity"}']
    fine = ['{"size":1e300}', '{"word":"Infinity"}', '["-Infinity"]', '"{\\"word\\":\\"Infinity\\"} 1e400"']
    huge += ['{"I":1e400,"_":1}', '{"\\u0049":1e400,"I_":1}']
    huge += ['{"a":' * 990 + "1e400" + "}" * 990]
    fine += ['{"a":' * 990 + '"Infinity"' + "}" * 990]
    fine += ['{"Infinity":8,"":3e235}', '["\\u0049nfinity",1e308,"1e400"]', '["\\\\u0049","Infinity",0e999]']
    texts = [record_json()[:-1] + f',"comment_text":{value}}}' for value in huge + fine]
    found = [row.problems and [(p.reason, p.field) for p in row.problems] for row in judge_texts(spark, *texts)]
    assert found == [[("bad_value", "comment_text")]] * len(huge) + [None] * len(fine)


def test_an_id_that_is_a_number_is_that_number_and_not_its_spelling(spark: SparkSession) -> None:
    spelled = ["1.10", "1.1", "11e-1", '"1.10"', '"1.1"', "7", "7.0", "12345678901234567890123"]
    texts = [record_json(user_id=None)[:-1] + f',"user_id":{value}}}' for value in spelled]
    rows = judge_texts(spark, *texts)
    assert [row.problems for row in rows] == [None] * len(spelled)
    assert [row.user_id for row in rows] == ["1.1", "1.1", "1.1", "1.10", "1.1", "7", "7.0", "12345678901234567890123"]


# What PostgreSQL can store passes as it is.
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


def test_text_that_can_be_stored_passes_untouched_however_it_is_escaped(spark: SparkSession) -> None:
    texts = [record_json(comment_text=text, user={"name": text}) for text in STORABLE]
    texts += [json.dumps(json.loads(text), ensure_ascii=False) for text in texts]
    rows = judge_texts(spark, *texts)
    assert [row.problems for row in rows] == [None] * len(texts)
    assert [row.comment_text for row in rows] == STORABLE * 2
    assert [row.reported_user_name for row in rows] == STORABLE * 2


# What a text ends with, and whether it can be stored.
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


def test_nul_and_half_a_surrogate_pair_are_refused_in_mapped_fields_only(spark: SparkSession) -> None:
    mapped = ['"comment_text":"VALUE"', '"user":{"name":"VALUE"}', '"device":{"os":["VALUE"]}', '"device":{"VALUE":1}']
    others = ['"x":"VALUE"', '"VALUE":1', '"user":{"x":"VALUE"}', '"x":[{"VALUE":"VALUE"}]']
    cases = [(place, escape) for place in mapped + others for escape in ESCAPES]
    rows = judge_texts(
        spark, *[record_json()[:-1] + "," + place.replace("VALUE", "a" + escape) + "}" for place, escape in cases]
    )
    for (place, escape), row in zip(cases, rows, strict=True):
        reasons = {problem.reason for problem in row.problems or []}
        assert reasons == (set() if place in others or ESCAPES[escape] else {"invalid_text"}), (place, escape)


def test_keys_that_differ_in_case_are_two_keys_and_a_path_through_a_scalar_yields_nothing(spark: SparkSession) -> None:
    texts = [
        record_json(User_Id="eve", USER_ID="eve"),
        record_json(user_id=None, USER={"id": "eve"}, user={"ID": "eve"}),
        record_json(user_id=None, user="eve"),
        record_json(document={"title": "Plan"}, title="no"),
        record_json(document="a text here", title="Plan"),
        record_json(document=["a list"], title="Plan"),
        record_json(document=7, title="Plan"),
        record_json(document='{"title": "no"}', title="Plan"),
        record_json()[:-1] + ',"document":"\\u007b\\u0022title\\u0022:1}","title":"Plan"}',
        record_json(document={"title": "Plan", "x": '{"title": "no"}'}, title="no"),
    ]
    rows = judge_texts(spark, *texts)
    assert [row.user_id for row in rows[:3]] == ["ann", None, None]
    assert [row.reported_document_title for row in rows[3:]] == ["Plan"] * 7
