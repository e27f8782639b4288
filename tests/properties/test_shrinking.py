"""A failing record is cut down to what makes it fail."""

import json

from tests.builders import record_json
from tests.properties.shrinking import shrink


def test_a_record_shrinks_to_the_member_that_fails() -> None:
    raw = record_json(user={"name": "Ann", "tags": [1, {"x": "a\x00b"}]}, device="web").encode()
    asked: list[int] = []

    def find_failing(tries: list[bytes]) -> list[bytes]:
        asked.append(len(tries))
        return [text for text in tries if _is_json(text) and b"\\u0000" in text]

    assert shrink(raw, find_failing) == b'"\\u0000"'
    assert len(asked) < 15


def test_bytes_that_are_no_json_shrink_too() -> None:
    raw = b'{"device": "\xff\xfe and more", "x": 1}'
    assert shrink(raw, lambda tries: [text for text in tries if b"\xff" in text]) == b"\xff"


def test_what_can_not_be_made_smaller_stays() -> None:
    assert shrink(b'{"a":1}', lambda tries: []) == b'{"a":1}'


def _is_json(text: bytes) -> bool:
    try:
        return bool(json.loads(text) or True)
    except ValueError:
        return False
