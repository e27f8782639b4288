"""Each of several JSON values on a line is a record. A byte order mark before a value is not part of it."""

from io import BytesIO

import pytest

from jobs.records.files.content import Content
from jobs.records.files.line_values import split_values
from jobs.records.files.split_records import split_records

DEEP = '{"a":' * 50_000 + "1" + "}" * 50_000


def texts(content: str) -> list[str]:
    return [(raw or b"").decode() for _, raw, *_ in split_records(Content(BytesIO(content.encode())), "json_lines")]


LINE_VALUES = {
    "several objects": ('{"a":1}{"b":2} \t{"c":3}', ['{"a":1}', '{"b":2}', '{"c":3}']),
    "objects and lists": ('[1] {"a":[2]}[3]', ["[1]", '{"a":[2]}', "[3]"]),
    "carriage returns between them": ('{"a":1}\r{"b":2}\r', ['{"a":1}', '{"b":2}']),
    "marks": ('\ufeff{"a":1}\ufeff\x1e{"b":2}\x1e', ['{"a":1}', '{"b":2}']),
    "a mark alone": ("\x1e", [""]),
    "a mark before a broken value": ('\x1e {"a":', ['{"a":']),
    "a mark in a text": ('{"a":"\ufeff}{"}', ['{"a":"\ufeff}{"}']),
    "text behind": ('{"a":1}{"b":2} x', ['{"a":1}{"b":2} x']),
    "text before": ('x {"a":1}{"b":2}', ['x {"a":1}{"b":2}']),
    "a number between": ('{"a":1} 2 {"b":2}', ['{"a":1} 2 {"b":2}']),
    "a comma between": ('{"a":1},{"b":2}', ['{"a":1},{"b":2}']),
    "one that is broken": ('{"a":1}{"b":', ['{"a":1}{"b":']),
    "numbers": ("1 2 3", ["1 2 3"]),
    "one with blanks around": (' {"a":1} ', [' {"a":1} ']),
    "too deep for the parser": (DEEP + "{}", [DEEP + "{}"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LINE_VALUES)
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_values_on_one_line_are_split(name: str, ending: str) -> None:
    line, expected = LINE_VALUES[name]
    plain = '{"x":1}'
    # The line alone, and then among ordinary lines, because ordinary lines of a chunk are recognized together.
    assert texts(line + ending) == [text.removesuffix("\r") for text in expected]
    if ending:
        content = f"{plain}{ending}{plain}{ending}{line}{ending}{plain}{ending}"
        assert texts(content) == [plain, plain, *expected, plain]


def test_invalid_utf8_spoils_only_its_own_value_on_a_line() -> None:
    assert split_values(b'{"a":"\xff"}{"b":1}') == [b'{"a":"\xff"}', b'{"b":1}']
