"""JSON text that was cut somewhere -> the same without its unfinished end, and closed."""

import re

# A string that is cut goes to the end.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_CLOSING = {"[": "]", "{": "}"}


def close_json(text: str) -> str | None:
    """The text up to its last whole element or member, with all that is open closed; None where there is no such thing.

    The elements of the outermost open list stay whole, since records are elements of lists.

    >>> close_json('{"a": 1, "b": [{"c": 2}, {"c": 3, "d')
    '{"a": 1, "b": [{"c": 2}]}'
    """
    # By depth: the bracket that is open, and where the last comma directly in it stands.
    brackets: list[str] = []
    commas: list[int | None] = []
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in ("[", "{"):
            brackets.append(mark)
            commas.append(None)
        elif mark == "," and brackets:
            commas[-1] = token.start()
        elif mark in ("]", "}"):
            if not brackets or _CLOSING[brackets[-1]] != mark:
                return None
            brackets.pop()
            commas.pop()
    lists = [depth for depth, bracket in enumerate(brackets) if bracket == "[" and commas[depth] is not None]
    depths = lists or [depth for depth, comma in enumerate(commas) if comma is not None]
    if not depths:
        return None
    return text[: commas[depths[0]]] + "".join(_CLOSING[bracket] for bracket in reversed(brackets[: depths[0] + 1]))
