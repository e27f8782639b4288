"""An erased person is replaced in logs, summaries and reports."""

import html
import json
from pathlib import Path

import pytest

from jobs.storage.erasure.person_texts import PersonTexts, list_packed_files

NAME = 'Zo\u00eb "Z" Lee'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Key (user_id)=(ann) is not present", "Key (user_id)=(X) is not present"),
        ("ann, anna, hannah, ann-1, ann@x", "X, anna, hannah, ann-1, X@x"),
        (json.dumps({"name": NAME}), '{"name": "X"}'),
        (json.dumps({"message": json.dumps({"name": NAME})}), r'{"message": "{\"name\": \"X\"}"}'),
        (json.dumps({"name": NAME}, ensure_ascii=False), '{"name": "X"}'),
        (f"<td>{html.escape(NAME)}</td>", "<td>X</td>"),
    ],
)
def test_id_and_name_are_replaced_in_every_spelling(text: str, expected: str) -> None:
    assert PersonTexts("ann", [NAME], "X").replace(text)[0] == expected


def test_a_number_is_an_id_only_where_a_text_is_quoted() -> None:
    text = '{"records": 47, "user": "47", "message": "47 s (user_id)=(47)"}'
    assert PersonTexts("47", [], "X").replace(text) == (
        '{"records": 47, "user": "X", "message": "47 s (user_id)=(X)"}',
        2,
    )


def test_a_number_is_an_id_anywhere_in_a_sentence() -> None:
    sentence = "User 47 shared 470 documents, 4.7 are usual."
    assert PersonTexts("47", [], "X").replace_words(sentence) == ("User X shared 470 documents, 4.7 are usual.", 1)


def test_the_rest_of_a_file_stays_unchanged_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "pipeline.log"
    path.parent.mkdir()
    path.write_bytes(b"ann\r\n\xff\xfe ann\n")
    (tmp_path / "other.log").write_bytes(b"ann")
    (tmp_path / "runs" / "events.zstd").write_bytes(b"?")
    texts = PersonTexts("ann", [], "X")
    assert list(texts.find_files(tmp_path)) == [(path, 2)]
    texts.clean_files(tmp_path)
    assert path.read_bytes() == b"X\r\n\xff\xfe X\n"
    assert (tmp_path / "other.log").read_bytes() == b"ann"
    assert list_packed_files(tmp_path) == [tmp_path / "runs" / "events.zstd"]
