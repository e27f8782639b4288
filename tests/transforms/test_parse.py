"""Record text -> fields: which text is one JSON object, and where each field is found."""

import json
from dataclasses import replace

import pytest
from chispa import assert_df_equality
from jobs.transforms.parse import parse
from pyspark.sql import SparkSession

from tests.builders import default_source, record_json, records

# text, is_json, is_object
SHAPES = [
    ('{"a":1}', True, True),
    ("{}", True, True),
    (' {"a":1} ', True, True),
    ('{"a":[1,{"b":"]}"}]}', True, True),
    ('{"a":1,"a":2}', True, True),
    ("[1]", True, False),
    ('[{"a":1}]', True, False),
    ("5", True, False),
    ('"x"', True, False),
    ("null", True, False),
    ('{"a":1}{"a":2}', False, False),
    ('{"a":1},{"a":2}', False, False),
    ('{"a":1} junk', False, False),
    ('{"a":1}] junk}', False, False),
    ('{"a":1}]', False, False),
    ('{"a":1}}', False, False),
    ('{"a":1},[2', False, False),
    ('{"a":1} // comment', False, False),
    ('{"a":1,}', False, False),
    ('{"a":NaN}', False, False),
    ('{"a":01}', False, False),
    ("{'a':1}", False, False),
    ('{"a":1', False, False),
    ("junk", False, False),
]


@pytest.fixture(scope="module")
def shapes(spark: SparkSession) -> list[tuple[bool, bool]]:
    parsed = parse(records(spark, *[text for text, *_ in SHAPES]), default_source())
    return [(row.is_json, row.is_object) for row in parsed.orderBy("record_number").collect()]


@pytest.mark.parametrize("case", range(len(SHAPES)), ids=[text for text, *_ in SHAPES])
def test_only_one_whole_object_counts_as_a_record(shapes: list[tuple[bool, bool]], case: int) -> None:
    assert shapes[case] == SHAPES[case][1:]


def test_every_record_in_is_one_record_out(spark: SparkSession) -> None:
    texts = [text for text, *_ in SHAPES]
    assert parse(records(spark, *texts), default_source()).count() == len(texts)


def test_a_slash_or_a_quote_in_a_key_is_part_of_the_key(spark: SparkSession) -> None:
    paths = {"user_id": (("a/b", "c"),), "document_id": (("a", "b", "c"),), "device": (("a'", "c"),)}
    text = json.dumps({"a/b": {"c": "1"}, "a": {"b": {"c": "2"}}, "a'": {"c": "3"}})
    row = parse(records(spark, text), replace(default_source(), fields=paths)).first()
    assert row is not None
    assert (row.user_id, row.document_id, row.device) == ("1", "2", "3")


def test_first_filled_alternative_wins(spark: SparkSession) -> None:
    texts = [
        json.dumps({"user_id": "a", "userId": "b", "user": {"id": "c"}}),
        json.dumps({"user_id": " ", "userId": "b", "user": {"id": "c"}}),
        json.dumps({"user_id": None, "user": {"id": "c"}}),
        json.dumps({"user_id": None, "user": "not an object"}),
        json.dumps({"user": [{"id": "in a list"}]}),
    ]
    found = parse(records(spark, *texts), default_source()).select("record_number", "user_id")
    expected = spark.createDataFrame(
        [(1, "a"), (2, "b"), (3, "c"), (4, None), (5, None)], "record_number long, user_id string"
    )
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True)


def test_ids_are_stripped_and_other_text_is_not(spark: SparkSession) -> None:
    text = record_json(user_id="\u00a0\u3000ann\t\n", comment_text="  two words ", device="   ")
    row = parse(records(spark, text), default_source()).first()
    assert (row.user_id, row.comment_text, row.device) == ("ann", "  two words ", None)


def test_blank_content_is_kept_since_it_is_a_document_of_no_words(spark: SparkSession) -> None:
    row = parse(records(spark, record_json(content="")), default_source()).first()
    assert row.content == ""


def test_an_object_where_an_id_belongs_is_told_from_text_that_looks_like_one(spark: SparkSession) -> None:
    texts = [record_json(user_id={"x": 1}), record_json(user_id='{"x":1}'), record_json(device={"os": "x"})]
    rows = parse(records(spark, *texts), default_source()).orderBy("record_number").collect()
    assert [row.containers for row in rows] == ["user_id", "", ""]
    assert rows[2].device == '{"os":"x"}'


def test_half_a_surrogate_pair_becomes_a_nul_and_not_a_question_mark(spark: SparkSession) -> None:
    texts = [
        '{"comment_text":"\\ud800x"}',
        '{"comment_text":"x\\udc00"}',
        '{"comment_text":"\\ud83d\\ude00"}',
        '{"comment_text":"\\\\ud800"}',
    ]
    rows = parse(records(spark, *texts), default_source()).orderBy("record_number").collect()
    assert [row.comment_text for row in rows] == ["\x00x", "x\x00", "\U0001f600", "\\ud800"]


def test_bytes_that_are_no_utf8_are_not_text(spark: SparkSession) -> None:
    row = parse(records(spark, b'{"user_id":"\xff"}'), default_source()).first()
    assert (row.is_text, row.is_object, row.user_id) == (False, False, None)


def test_constants_prefix_and_type_map_apply(spark: SparkSession) -> None:
    source = replace(
        default_source(),
        constants={"permission": "edit"},
        fields={name: paths for name, paths in default_source().fields.items() if name != "permission"},
        event_types={"user_login": "login"},
        id_prefix="crm:",
    )
    row = parse(records(spark, record_json()), source).first()
    assert (row.event_id, row.event_type, row.permission) == ("crm:e1", "login", "edit")


def test_an_unmapped_event_id_is_derived_from_the_content_whatever_its_spelling(spark: SparkSession) -> None:
    fields = {name: paths for name, paths in default_source().fields.items() if name != "event_id"}
    source = replace(default_source(), fields=fields)
    texts = ['{"a":1,"b":2.50}', '{ "b": 2.5, "a": 1 }', '{"a":1,"b":2}']
    ids = [row.event_id for row in parse(records(spark, *texts), source).orderBy("record_number").collect()]
    assert ids[0] == ids[1] != ids[2]
    assert len(ids[0]) == 32
