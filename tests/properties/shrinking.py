"""The smallest record that still fails. Where Hypothesis needs a Spark job a try, one job judges a round of tries."""

import json
from collections.abc import Callable, Iterator
from typing import Any

_MAX_ROUNDS = 40
_MAX_TRIES = 2000


def shrink(raw: bytes, find_failing: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Cut `raw` down, round by round, to the shortest record among those that `find_failing` gives back."""
    for _ in range(_MAX_ROUNDS):
        tries = [*dict.fromkeys(smaller for smaller in _make_smaller(raw) if len(smaller) < len(raw))]
        failing = find_failing(tries[:_MAX_TRIES])
        if not failing:
            break
        raw = min(failing, key=len)
    return raw


def _make_smaller(raw: bytes) -> Iterator[bytes]:
    """`raw` without some part of its value, then without some bytes, long stretches first."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    for simpler in _simplify(value):
        yield json.dumps(simpler, separators=(",", ":")).encode()
    size = len(raw) // 2
    while size:
        for start in range(0, len(raw), size):
            yield raw[:start] + raw[start + size :]
        size //= 2


def _simplify(value: Any) -> Iterator[Any]:
    """A part of `value`, or `value` with one part less or simpler."""
    if isinstance(value, dict):
        yield from ({}, *value.values())
        for key, part in value.items():
            yield {other: value[other] for other in value if other != key}
            yield from ({**value, key: simpler} for simpler in _simplify(part))
    elif isinstance(value, list):
        yield from ([], *value)
        for place, part in enumerate(value):
            yield value[:place] + value[place + 1 :]
            yield from ([*value[:place], simpler, *value[place + 1 :]] for simpler in _simplify(part))
    elif isinstance(value, str) and len(value) > 1:
        yield from (value[: len(value) // 2], value[len(value) // 2 :])
