"""Ids, times and rich text as real products write them. A docstring names the report in which a case was seen."""

import json
from pathlib import Path

import pytest

from tests.records.logs import lines, read_log


def test_a_whole_number_is_the_same_id_in_every_notation(tmp_path: Path) -> None:
    """pandas-dev/pandas#57224: a column of whole numbers with one null is written with `.0`."""
    base = '{"event_type":"user_login","timestamp":"2025-06-02T12:00:00Z",'
    spelled = [("1", "1234"), ("2", "1234.0"), ("3", "12345678"), ("4", "12345678.0"), ("5.0", '"x"'), ("5", '"x"')]
    content = "".join(f'{base}"event_id":{event_id},"user_id":{user_id}}}\n' for event_id, user_id in spelled)
    log = read_log(tmp_path, content)
    assert [user_id for (user_id,) in log.take("user_id")] == ["1234", "1234", "12345678", "12345678", "x", "x"]
    *_, fifth, sixth = log.events
    assert fifth == sixth


NOBODY = ["null", "undefined", "[object Object]", False, "NaN", "None", "--", "(null)", 0, "N/A", True]


def test_missing_values_of_the_mapping_are_not_taken_for_ids(tmp_path: Path) -> None:
    """PostHog/posthog#876, allinurl/goaccess#2159."""
    content = lines(
        *[
            {"id": number, "type": "user_login", "at": 1748865600, "user": user, "document": {"words": 0}}
            for number, user in enumerate(NOBODY, 1)
        ]
    )
    mapping = "fields: {event_id: id, event_type: type, event_at: at, user_id: user, word_count: document.words}\n"
    plain = read_log(tmp_path, content, mapping)
    assert (len(plain.events), plain.reasons) == (9, [["bad_value"], ["bad_value"]])
    texts = ["null", "undefined", '"[object Object]"', "NaN", "None", '"--"', '"(null)"', "0", "N/A"]
    excluded = read_log(tmp_path, content, mapping + f"missing_values: [{', '.join(texts)}]\n")
    assert excluded.events == []
    assert sorted(excluded.reasons) == [["bad_value"]] * 2 + [["missing_field"]] * 9
    with_fallback = read_log(
        tmp_path, content, mapping + f"missing_values: [{', '.join(texts[:-2])}]\nconstants: {{user_id: nobody}}\n"
    )
    assert [user_id for (user_id,) in with_fallback.take("user_id")] == [*["nobody"] * 7, "0", "N/A"]


def test_an_impossible_time_falls_back_to_the_next_path(tmp_path: Path) -> None:
    """transferwise/pipelinewise-tap-mysql#136, dimitri/pgloader#252."""
    mapping = "fields: {event_id: id, event_type: t, event_at: [client_time, server_time], user_id: u}\n"
    placeholders = ["0000-00-00 00:00:00", "0001-01-01T00:00:00", 0, None, "soon", {"a": 1}, ""]
    content = lines(
        *[
            {"id": place, "t": "x", "client_time": time, "server_time": f"2025-06-02T12:0{place}:00Z", "u": "ann"}
            for place, time in enumerate(placeholders)
        ],
        {"id": 8, "t": "x", "client_time": "2025-06-02T11:00:00Z", "server_time": "2025-06-02T12:00:00Z", "u": "ann"},
        {"id": 9, "t": "x", "client_time": "never", "server_time": 0, "u": "ann"},
    )
    log = read_log(tmp_path, content, mapping)
    times = [f"2025-06-02T12:0{place}:00+00:00" for place in range(7)]
    assert [at for (at,) in log.take("at")] == [*times, "2025-06-02T11:00:00+00:00"]
    assert [(problem.reason, problem.value) for problem in log.quarantined[0].problems] == [("bad_timestamp", "never")]


def test_a_namespace_separates_equal_ids_of_two_producers(tmp_path: Path) -> None:
    """fivetran/dbt_stripe_source#33."""
    record = {"id": 1, "t": "document_edit", "at": 1748865600, "u": 17, "d": 4, "with": 5}
    fields = (
        "fields: {event_id: id, event_type: t, event_at: at, user_id: u, document_id: d, shared_with_user_id: with}\n"
    )
    found = [
        read_log(tmp_path, lines(record), fields + f"namespace: {name}\n").take(
            "event_id", "user_id", "document_id", "recipients", "event_type"
        )
        for name in ("a", "b")
    ]
    assert found == [
        [("a:1", "a:17", "a:4", ("a:5",), "document_edit")],
        [("b:1", "b:17", "b:4", ("b:5",), "document_edit")],
    ]


def test_mediawiki_records_get_ids_from_their_identity_fields(tmp_path: Path) -> None:
    mapping = "identity: [wiki, rcid]\nfields: {event_type: t, event_at: at, user_id: u, device: d}\n"
    record = {"wiki": "dewiki", "rcid": 1, "t": "edit", "at": 1748865600, "u": "ann"}
    others = [{**record, "d": "x"}, {**record, "rcid": 2}, {**record, "wiki": "enwiki"}]
    log = read_log(tmp_path, lines(record, *others, {**record, "wiki": None}, {**record, "rcid": ""}), mapping)
    first, again, *different = [event.event_id for event in log.events]
    assert first == again
    assert len({first, *different}) == 3
    assert [problem.field for record in log.quarantined for problem in record.problems] == ["event_id"] * 2


def test_a_derived_id_does_not_depend_on_the_order_of_the_mapping(tmp_path: Path) -> None:
    fields = {"event_type": "t", "event_at": "at", "user_id": "^user", "device": "^device"}
    content = lines({"user": "ann", "device": "ios", "list": [{"t": "x", "at": 1748865600}]})
    found = [
        read_log(tmp_path, content, json.dumps({"record_path": "list", "fields": dict(items)})).take("event_id")
        for items in (fields.items(), reversed(fields.items()))
    ]
    assert found[0] == found[1]
    other = read_log(tmp_path, content.replace("ios", "web"), json.dumps({"record_path": "list", "fields": fields}))
    assert other.take("event_id") != found[0]


def test_messages_of_singer_taps_other_than_records_are_ignored(tmp_path: Path) -> None:
    """https://hub.meltano.com: a tap writes SCHEMA and STATE messages between the records."""
    mapping = """
ignore: {type: [SCHEMA, STATE]}
fields: {event_id: record.id, event_type: record.kind, event_at: record.at, user_id: record.who}
"""
    record = {"type": "RECORD", "record": {"id": 1, "kind": "user_login", "at": 1748865600, "who": "ann"}}
    log = read_log(tmp_path, lines({"type": "SCHEMA", "schema": {}}, record, {"type": "STATE", "value": {}}), mapping)
    assert (len(log.events), log.ignored, log.quarantined) == (1, 2, [])


@pytest.mark.parametrize(
    ("mapping", "users"),
    [("", ["Ann@Example.org", "ann@example.org", "STRASSE", "Stra\u00dfe", "e\u0301", "\u00e9"]),
     ("fold_case: [user_id]\n", ["ann@example.org"] * 2 + ["strasse"] * 2 + ["\u00e9"] * 2)],
    ids=["as written", "folded"],
)  # fmt: skip
def test_fold_case_unites_ids_that_differ_in_case(tmp_path: Path, mapping: str, users: list[str]) -> None:
    written = ["Ann@Example.org", "ann@example.org", "STRASSE", "Stra\u00dfe", "e\u0301", "\u00e9"]
    content = lines(*[{"id": n, "t": "x", "at": 1748865600, "u": user, "w": user} for n, user in enumerate(written)])
    fields = "fields: {event_id: id, event_type: t, event_at: at, user_id: u, shared_with_user_id: w}\n"
    log = read_log(tmp_path, content, fields + mapping)
    assert log.take("user_id", "recipients") == [(user, (user,)) for user in users]


RICH_MAPPING = """
decode: {body: json}
fields:
  event_id: id
  event_type: t
  event_at: at
  user_id: u
  document_id: d
  content: ["$.body.ops[*].insert", "$.body..text", "$.body[*].plain_text", body]
"""
RICH = {
    "Quill": {"ops": [{"insert": "Hello "}, {"insert": "brave world", "attributes": {"bold": True}}, {"insert": "\n"}]},
    "Quill with a picture": {"ops": [{"insert": "Hello brave world"}, {"insert": {"image": "a.png"}}]},
    "Quill as a text": json.dumps({"ops": [{"insert": "Hello brave world\n"}]}),
    "ProseMirror": {
        "type": "doc",
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "Hello brave"}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "world"}]},
        ],
    },
    "Notion": [{"type": "text", "plain_text": "Hello brave", "href": None}, {"type": "text", "plain_text": "world"}],
    "text": "Hello brave world",
}


@pytest.mark.parametrize("product", RICH)
def test_a_jsonpath_collects_the_words_of_rich_text(tmp_path: Path, product: str) -> None:
    """KillerCodeMonkey/ngx-quill#974, standardnotes/bounties#40."""
    record = {"id": 1, "t": "document_edit", "at": 1748865600, "u": "ann", "d": "d1", "body": RICH[product]}
    log = read_log(tmp_path, lines(record), RICH_MAPPING)
    assert log.take("document_word_count") == [(3,)]
    assert log.observed.unread_content == 0


def test_an_object_as_content_has_no_word_count(tmp_path: Path) -> None:
    record = {"event_type": "document_edit", "timestamp": 1748865600, "user_id": "ann", "document_id": "d1"}
    contents = [{"ops": []}, ["Hello", "world"], "Hello world"]
    log = read_log(tmp_path, lines(*[{**record, "event_id": n, "content": c} for n, c in enumerate(contents)]))
    assert log.take("document_word_count") == [(None,), (None,), (2,)]
    assert "2 records have an object, a list or endless HTML as content" in log.slips[0]


def test_words_of_html_are_counted_as_a_reader_sees_them(tmp_path: Path) -> None:
    mapping = "content_format: html\nfields: {event_id: id, event_type: t, event_at: at, user_id: u, content: c}\n"
    pages = ["<p>Hello <strong>bra</strong>ve world</p>", "<p>Hello</p><p>brave&nbsp;world</p>", "Hello brave world"]
    content = lines(*[{"id": n, "t": "x", "at": 1748865600, "u": "ann", "c": page} for n, page in enumerate(pages)])
    assert read_log(tmp_path, content, mapping).take("document_word_count") == [(3,), (3,), (3,)]
