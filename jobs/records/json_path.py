"""Evaluates JSONPaths within a bound, because a producer's record could otherwise make a path run for hours.

Each evaluation may look at a limited number of values, and patterns take linear time. The bound counts values instead
of seconds, so that every load of the same files gives the same tables.
"""

import re
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from iregexp_check import check
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError
from jsonpath_rfc9535.filter_expressions import ComparisonExpression, Expression, FunctionExtension, StringLiteral
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.node import JSONPathNode, JSONPathNodeList
from jsonpath_rfc9535.parse import Parser
from jsonpath_rfc9535.segments import JSONPathChildSegment, JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import IndexSelector, NameSelector

from jobs.records.values.strict_json import MAX_NESTING

# A path may look at 100,000 values, or at ten times as many as the record has, whichever is more.
_LEAST_VALUES = 100_000
_TIMES_ITS_VALUES = 10
# This many characters of a text count as one value.
_CHARACTERS_A_VALUE = 100
_MAX_PATTERN_CHARACTERS = 1_000
# Finds the dots of a pattern that stand for any character. A dot in a class (`[.]`) or after a backslash is only a dot.
_PATTERN_PART = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\.", re.DOTALL)


class BudgetError(JSONPathError):
    """A JSONPath would look at more values than the bound allows."""


class BoundedQuery:
    """A JSONPath. Raises JSONPathError where the text is not one.

    >>> BoundedQuery("$.tags[?@.name == 'doc'].id").find({"tags": [{"name": "doc", "id": 7}, {"name": "x"}]})
    [7]
    """

    def __init__(self, text: str) -> None:
        self._environment = _Environment()
        self._query = self._environment.compile(text)

    def find(self, value: Any) -> list[Any]:
        """Returns all values that the path leads to. Raises JSONPathError or RecursionError where it can't end."""
        self._environment.budget.start(value)
        return [node.value for node in self._query.finditer(value)]


class _Budget:
    """How many values the current evaluation may still look at."""

    def __init__(self) -> None:
        self._left, self._value = 0, None

    def start(self, value: Any) -> None:
        self._left, self._value = _LEAST_VALUES, value

    def spend(self, values: int) -> None:
        """Counts values that were looked at. Raises BudgetError once they are too many."""
        self._left -= values
        if self._left < 0 and self._value is not None:
            # We measure the record only now, because most evaluations end long before.
            self._left += max(0, _TIMES_ITS_VALUES * _measure(self._value) - _LEAST_VALUES)
            self._value = None
        if self._left < 0:
            raise BudgetError("the path looks at too many values", token=None)


class _Parser(Parser):
    """Makes paths whose parts count the values that they look at."""

    env: "_Environment"

    def parse_query(self, stream: Any, *, in_filter: bool = False) -> Iterable[JSONPathSegment]:
        for segment in super().parse_query(stream, in_filter=in_filter):
            make = _Descent if isinstance(segment, JSONPathRecursiveDescentSegment) else _Child
            yield make(env=self.env, token=segment.token, selectors=segment.selectors)

    def parse_infix_expression(self, stream: Any, left: Expression) -> Expression:
        found = super().parse_infix_expression(stream, left)
        if isinstance(found, ComparisonExpression):
            found.left = _Compared(found.left, self.env.budget)
        return found

    def parse_function_extension(self, stream: Any) -> Expression:
        found = super().parse_function_extension(stream)
        if isinstance(found, FunctionExtension) and found.name in ("match", "search"):
            pattern = found.args[1]
            if isinstance(pattern, StringLiteral) and not _is_pattern(pattern.value):
                raise JSONPathError(
                    f"{pattern.value!r} is no pattern of RFC 9485 of up to {_MAX_PATTERN_CHARACTERS} characters"
                    " (a digit is [0-9])",
                    token=pattern.token,
                )
        return found


class _Child(JSONPathChildSegment):
    env: "_Environment"

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._several = _count_several(self.selectors)

    def resolve(self, nodes: Iterable[JSONPathNode]) -> Iterable[JSONPathNode]:
        spend, selectors, several = self.env.budget.spend, self.selectors, self._several
        for node in nodes:
            spend(len(selectors) + several * _count_inner(node.value))
            for selector in selectors:
                yield from selector.resolve(node)


class _Descent(JSONPathRecursiveDescentSegment):
    env: "_Environment"

    def resolve(self, nodes: Iterable[JSONPathNode]) -> Iterable[JSONPathNode]:
        spend, selectors = self.env.budget.spend, self.selectors
        # The descent itself also looks at all that is in a value.
        several = 1 + _count_several(selectors)
        for node in (found for start in nodes for found in self._visit(start)):
            spend(len(selectors) + several * _count_inner(node.value))
            for selector in selectors:
                yield from selector.resolve(node)


class _Compared(Expression):
    """The left side of a comparison. It counts the values of an object or list, because each of them is compared."""

    __slots__ = ("_budget", "_inner")

    def __init__(self, inner: Expression, budget: _Budget) -> None:
        super().__init__(inner.token)
        self._inner, self._budget = inner, budget

    def __str__(self) -> str:
        return str(self._inner)

    def evaluate(self, context: Any) -> object:
        found = self._inner.evaluate(context)
        if isinstance(found, JSONPathNodeList):
            for node in found:
                if isinstance(node.value, dict | list | str):
                    self._budget.spend(_measure(node.value))
        return found


class _Pattern(FilterFunction):
    """The function `match` or `search`. Its library takes linear time for every pattern."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - as the library declares it
    return_type = ExpressionType.LOGICAL

    def __init__(self, budget: _Budget, form: str) -> None:
        self._budget, self._form = budget, form

    def __call__(self, text: object, pattern: object) -> bool:
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        self._budget.spend(_measure(text) + _measure(pattern))
        return _is_pattern(pattern) and _find(self._form.format(_write_dots(pattern)), text)


class _Environment(JSONPathEnvironment):
    max_recursion_depth = MAX_NESTING + 2
    parser_class = _Parser

    def __init__(self) -> None:
        self.budget = _Budget()
        super().__init__()

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _Pattern(self.budget, r"\A(?:{})\z")
        self.function_extensions["search"] = _Pattern(self.budget, "{}")


def _count_several(selectors: Iterable[Any]) -> int:
    """Counts the selectors that look at all that is in a value."""
    return sum(not isinstance(selector, NameSelector | IndexSelector) for selector in selectors)


def _count_inner(value: Any) -> int:
    return len(value) if isinstance(value, dict | list) else 0


def _measure(value: Any) -> int:
    """Counts a value and all values in it. A long text counts as several."""
    if isinstance(value, str):
        return 1 + len(value) // _CHARACTERS_A_VALUE
    count, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        count += 1
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, str):
            count += len(each) // _CHARACTERS_A_VALUE
    return count


def _is_pattern(pattern: str) -> bool:
    """Whether the pattern is an I-Regexp (RFC 9485) that the library can search for."""
    if len(pattern) > _MAX_PATTERN_CHARACTERS or not check(pattern):
        return False
    try:
        _find(_write_dots(pattern), "")
    except pa.ArrowInvalid:
        return False
    return True


def _write_dots(pattern: str) -> str:
    return _PATTERN_PART.sub(lambda part: r"[^\r\n]" if part[0] == "." else part[0], pattern)


def _find(pattern: str, text: str) -> bool:
    return bool(pc.match_substring_regex(pa.scalar(text), pattern).as_py())
