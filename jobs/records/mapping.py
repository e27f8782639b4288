"""Prepares the mapping of a source: for each field, a function that finds its value in a record."""

from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from msgspec import Raw

from jobs.records.files.raw_record import Around
from jobs.records.values.strict_json import encode
from schemas.paths import Path, Place, Query, Step, Steps, Sum

Record = dict[str, Any]
# Takes a record and what is around it. Returns the value, or None where there is none.
Finder = Callable[[Record, Around | None], Any]
# Takes a record and what is around it. Returns all values that a path leads to.
_Getter = Callable[[Record, Around | None], Iterable[Any]]
# Takes the several values that a path finds. Returns those to choose from; often one, made of all of them.
Gather = Callable[[list[Any]], Iterable[Any]]

_LARGEST_SECONDS = 10**11
# The value of a JSONPath that can't be followed to its end. Every field rejects it, so that the record is quarantined.
NO_ANSWER = Raw(b"1e999")
# Marks a list element in which the rest of a path finds nothing.
_LACKING = object()


def make_finder(
    paths: tuple[Path, ...],
    *,
    is_missing: Callable[[Any], bool] | None = None,
    is_usable: Callable[[Any], bool] | None = None,
    gather: Gather | None = None,
    takes_blank: bool = False,
) -> Finder:
    """Returns a function that finds the value of a field in a record, at the first path that has one.

    Values that are null, blank or `is_missing` are skipped. Of the others, the first one that `is_usable` is taken, or
    else the first one. If there is none, the result is None, or the first blank text if the field `takes_blank`.

    >>> find_user = make_finder((Steps(("user", "id")), Steps(("uid",))))
    >>> find_user({"user": {"id": " "}, "uid": "ann"}, None)
    'ann'
    """
    if is_missing is None and not (is_usable and len(paths) > 1) and all(map(_is_simple, paths)):
        return _make_simple_finder([path.steps for path in paths if isinstance(path, Steps)], takes_blank)
    getters = [_make_getter(path, gather or _take_each) for path in paths]

    def find(record: Record, around: Around | None) -> Any:
        blank = unusable = None
        for getter in getters:
            for value in getter(record, around):
                if value is None or (is_missing and is_missing(value)):
                    continue
                if type(value) is str and (not value or value.isspace()):
                    blank = value if blank is None else blank
                elif is_usable is None or is_usable(value):
                    return value
                elif unusable is None:
                    unusable = value
        return unusable if unusable is not None else blank if takes_blank else None

    return find


def may_find(path: Path, names: Collection[str]) -> bool:
    """Whether the path may find something in a record that has only these of the names at which mapped paths begin."""
    return not (isinstance(path, Steps) and path.level == 0) or path.steps[0] in names


def list_first_names(paths: Iterable[Path]) -> frozenset[str]:
    """Returns the names in a record at which the paths begin, such as `user` for `user.id`."""
    ways = (path.steps for path in paths if isinstance(path, Steps) and path.level == 0)
    return frozenset(name for name, *_ in ways if isinstance(name, str))


def make_missing_test(texts: frozenset[str], *, is_id: bool) -> Callable[[Any], bool] | None:
    """Returns a test whether a value is one of the texts that mean "no value". Numbers in ids are tested as text."""
    if not texts:
        return None

    def is_missing(value: Any) -> bool:
        if type(value) is str:
            return value.strip() in texts
        return is_id and isinstance(value, int | float) and encode(value) in texts

    return is_missing


def take_all(values: list[Any]) -> Iterable[Any]:
    """Gathers all values but nulls into one list.

    A list element that lacks the value becomes an empty object, so that it is not lost in silence: no reader of ids
    takes an object. If all elements lack the value, there is no list.
    """
    is_there = [value is not None and value is not _LACKING for value in values]
    if _LACKING in values and not any(is_there):
        return ()
    return [[{} if value is _LACKING else value for value in values if value is not None]] if values else ()


def _take_each(values: list[Any]) -> Iterable[Any]:
    return [value for value in values if value is not _LACKING]


def join_texts(values: list[Any]) -> Iterable[Any]:
    """Gathers the texts among the values into one, joined by blanks."""
    texts = [value for value in values if type(value) is str]
    return [" ".join(texts)] if texts else []


@cache
def compile_query(text: str) -> Any:
    """Makes a `BoundedQuery` of a JSONPath. Raises a ValueError that says what is wrong with it."""
    # We import the library here, so that a source without a JSONPath does not load it.
    from jsonpath_rfc9535 import JSONPathError  # noqa: PLC0415

    from jobs.records.json_path import BoundedQuery  # noqa: PLC0415

    try:
        return BoundedQuery(text)
    except JSONPathError as error:
        raise ValueError(f"it is no JSONPath of RFC 9535: {error}") from error
    except RecursionError as error:
        raise ValueError("it is a JSONPath with too many nested parts") from error


def _is_simple(path: Path) -> bool:
    return isinstance(path, Steps) and path.level == 0 and all(type(step) is str for step in path.steps)


def _make_simple_finder(paths: list[tuple[Step, ...]], takes_blank: bool) -> Finder:
    """Returns the finder for paths of names only. Most mappings have no others, and this takes a third of the time."""
    if len(paths) == 1 and len(paths[0]) == 1:
        return _make_name_finder(str(paths[0][0]), takes_blank)
    steps = [(path[0], path[1:]) for path in paths]

    def find(record: Record, around: Around | None) -> Any:
        blank = None
        for key, inner_path in steps:
            value = record.get(key)  # type: ignore[arg-type]
            if value is None or (inner_path and (value := _follow(value, inner_path)) is None):
                continue
            if type(value) is not str or (value and not value.isspace()):
                return value
            blank = value if blank is None else blank
        return blank if takes_blank else None

    return find


def _make_name_finder(name: str, takes_blank: bool) -> Finder:
    """Returns the finder for one name of the record itself, the most frequent case."""

    def find(record: Record, around: Around | None) -> Any:
        value = record.get(name)
        if type(value) is str and (not value or value.isspace()) and not takes_blank:
            return None
        return value

    return find


def _make_getter(path: Path, gather: Gather) -> _Getter:
    """Returns a function that gives all values that the path leads to."""
    if isinstance(path, Place):
        level = path.level
        return lambda record, around: around.places[level : level + 1] if around else ()
    if isinstance(path, Sum):
        get_seconds, get_nanoseconds = (_make_getter(part, _take_each) for part in (path.seconds, path.nanoseconds))
        return lambda record, around: [
            _add_nanoseconds(seconds, nanoseconds)
            for seconds in get_seconds(record, around)
            for nanoseconds in get_nanoseconds(record, around)
        ]
    level = path.level
    read = _make_query_reader(path.text, gather) if isinstance(path, Query) else _make_step_reader(path.steps, gather)
    if level == 0:
        return lambda record, around: read(record)
    return lambda record, around: read(around.objects[level - 1]) if around and len(around.objects) >= level else ()


def _make_query_reader(text: str, gather: Gather) -> Callable[[Any], Iterable[Any]]:
    from jsonpath_rfc9535 import JSONPathError  # noqa: PLC0415

    query = compile_query(text)

    def read(value: Any) -> Iterable[Any]:
        try:
            return gather(query.find(value))
        except (JSONPathError, RecursionError):
            return (NO_ANSWER,)

    return read


def _make_step_reader(steps: tuple[Step, ...], gather: Gather) -> Callable[[Any], Iterable[Any]]:
    if None not in steps:
        return lambda value: (_follow(value, steps),)
    return lambda value: gather(_follow_each([value], steps))


def _follow_each(values: list[Any], steps: tuple[Step, ...]) -> list[Any]:
    """Follows the steps from each of the values. A null gives None; where a step finds nothing, we put _LACKING."""
    if None not in steps:
        return [_follow_strictly(value, steps) for value in values]
    place = steps.index(None)
    lists = [_follow(value, steps[:place]) for value in values]
    elements = [element for found in lists if type(found) is list for element in found]
    return _follow_each(elements, steps[place + 1 :])


def _follow_strictly(value: Any, steps: tuple[Step, ...]) -> Any:
    """Does the same as `_follow`, but tells a null (None) from a step that finds nothing (_LACKING)."""
    for place, step in enumerate(steps):
        if value is None or (type(step) is str and type(value) is dict and value.get(step, _LACKING) is None):
            return None
        if (value := _follow(value, steps[place : place + 1])) is None:
            return _LACKING
    return value


def _follow(value: Any, steps: tuple[Step, ...]) -> Any:
    """Returns what the steps lead to. None means that a step finds nothing, or no object or list to look into."""
    for step in steps:
        if type(step) is str:
            if type(value) is not dict:
                return None
            value = value.get(step)
        elif type(value) is list and -len(value) <= step < len(value):  # type: ignore[operator]
            value = value[step]  # type: ignore[index]
        else:
            return None
    return value


def _add_nanoseconds(seconds: Any, nanoseconds: Any) -> Any:
    """Returns the sum as a decimal number of seconds. Where the two are not numbers, the result is no valid time."""
    if seconds is None or nanoseconds is None:
        return seconds
    try:
        whole, part = int(str(seconds)), int(str(nanoseconds))
    except ValueError:
        return f"{seconds} + {nanoseconds}"
    if abs(whole) >= _LARGEST_SECONDS or not 0 <= part < 10**9:
        return f"{seconds} + {nanoseconds}"
    return f"{whole + Decimal(part).scaleb(-9):.9f}"
