"""Repairs JSON text that was cut off: removes its unfinished end, and closes what is open."""

import re

# A string that was cut off matches up to the end.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_CLOSING = {"[": "]", "{": "}"}


def close_json(text: str) -> str | None:
    """Returns the text up to its last whole element or member, and closes it there; None where there is no such place.

    We cut in the outermost open list, since records are elements of lists and must stay whole.

    >>> close_json('{"a": 1, "b": [{"c": 2}, {"c": 3, "d')
    '{"a": 1, "b": [{"c": 2}]}'
    """
    # The open brackets, the outermost first, and for each the place of the last comma directly in it.
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
