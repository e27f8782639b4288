"""Text fields -> typed fields, and the reasons against a record, all of them."""

from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.records.validate import Limits
from jobs.transforms.text import count_words
from jobs.transforms.timestamps import parse_timestamp
from jobs.transforms.uncompiled import uncompiled
from schemas.fields import FIELDS, REQUIRED, REQUIRED_BY_TYPE, Source

_EXPECTED = {
    "id": "text",
    "text": "text, or a number below 1.8e308",
    "timestamp": "an ISO 8601 date and time, or an epoch number",
    "integer": "a whole number",
    "count": "a whole number, not negative",
}
_NUL = "\x00"
# In the JSON text of an object; behind an even number of backslashes.
_NUL_ESCAPE = r"(?<!\\)(?:\\\\)*+\\u0000"
# What Spark makes of a number that no double holds; a producer may mean the word.
_INFINITY = ('"Infinity"', '"-Infinity"', "Infinity", "-Infinity")
# However it is escaped. With a mark behind each the word is gone, and keys that differ still do.
_ITS_FIRST_LETTER = r"I|(?<!\\)((?:\\\\)*+)\\u0049"
_SCIENTIFIC = r"^-?\d+(\.\d+)?[eE][+-]?\d{1,3}$"


@dataclass(frozen=True)
class _Problem:
    """One thing that can be wrong; `field` is None where it is the whole record."""

    reason: str
    field: str | None
    holds: Column
    expected: str
    value: str | None = None

    def describe(self) -> Column:
        """The problem as an element of `problems`. In SQL text: a hundred calls into the JVM would take seconds."""
        shown = f"substring({self.value or self.field}, 1, 200)" if self.value or self.field else "cast(null as string)"
        name = f"'{self.field}'" if self.field else "cast(null as string)"
        return F.expr(
            f"named_struct('reason', '{self.reason}', 'field', {name}, 'value', {shown}, 'expected', '{self.expected}')"
        )


def judge(parsed: DataFrame, source: Source, limits: Limits) -> DataFrame:
    """Type every field and collect every reason against the record.

    In: one row per record, as `parse` gives it.
    Out: one row per record: file_id, record_number, the typed business columns (`content` reduced to a word count
    and its share in `content_fingerprint`), `problems` (NULL when accepted, else a list of reason, field, value,
    expected), and, for refused records only, `raw` and `fields` (what could be read).
    """
    typed = parsed.select(
        "*",
        parse_timestamp(F.col("event_at"), source.default_time_zone).alias("event_instant"),
        *[_read_integer(F.col(name)).alias(f"{name}_value") for name in _names("integer", "count")],
        count_words(F.col("content")).alias("words"),
        F.md5("content").alias("content_md5"),
    )
    joined = _join_fields()
    judged = typed.select("*", _refuse(limits, joined).alias("refused")).select(
        "file_id",
        "record_number",
        "event_id",
        "event_type",
        F.col("event_instant").alias("event_at"),
        "user_id",
        "document_id",
        F.coalesce("words", "word_count_value").alias("document_word_count"),
        F.col("edit_length_value").alias("edit_length"),
        "comment_text",
        "shared_with_user_id",
        "permission",
        "device",
        "ip_address",
        F.col("user_name").alias("reported_user_name"),
        F.col("user_email").alias("reported_user_email"),
        F.col("document_title").alias("reported_document_title"),
        # Text that differs in one byte gives another.
        F.md5(joined).alias("content_fingerprint"),
        "refused",
    )
    # A generator is a barrier: without it a filter on `problems` would be pushed below and find them all again.
    columns = [name for name in judged.columns if name != "refused"]
    return judged.select(*columns, F.inline(F.array("refused")))


def _refuse(limits: Limits, joined: Column) -> Column:
    """`problems`, `raw` and `fields` of a refused record, each NULL in an accepted one.

    A look at the whole record tells most that are well; only the others are searched for problems.
    """
    problems = _find_problems(limits)
    described = F.array(*[F.when(problem.holds, problem.describe()) for problem in problems])
    fields = F.create_map(*[part for name in FIELDS for part in (F.lit(name), F.col(name))])
    searched = F.struct(
        F.filter(described, lambda problem: problem.isNotNull()).alias("problems"),
        "raw",
        F.map_filter(fields, lambda _, value: value.isNotNull()).alias("fields"),
    )
    refused = F.filter(F.array(searched), lambda record: F.size(record["problems"]) > 0)
    return F.when(_may_be_refused(limits, joined), uncompiled(F.get(refused, F.lit(0))))


def _may_be_refused(limits: Limits, joined: Column) -> Column:
    """True at least where some problem of `_find_problems` holds: a few conditions in the place of a hundred."""
    instant = F.col("event_instant")
    number = {name: F.col(f"{name}_value") for name in _names("integer", "count")}
    conditions = [
        ~F.col("is_object") | F.col("has_nul") | (F.col("containers") != ""),
        *[F.col(name).isNull() & _is_required(name) for name in _required_names()],
        instant.isNull() | (instant < F.lit(limits.earliest_event_at)) | (instant >= F.lit(limits.latest_event_at)),
        F.greatest(*[F.octet_length(name) for name in _names("id")]) > limits.max_id_bytes,
        *[F.col(name).isNotNull() & value.isNull() for name, value in number.items()],
        *[number[name] < 0 for name in _names("count")],
        joined.contains("Infinity") | F.col("event_id").isin(*_INFINITY) | F.col("content").isin(*_INFINITY),
    ]
    return reduce(or_, [F.coalesce(condition, F.lit(False)) for condition in conditions])


def split(judged: DataFrame) -> tuple[DataFrame, DataFrame]:
    """(accepted, quarantined): every judged record is in exactly one of the two."""
    is_accepted = F.col("problems").isNull()
    accepted = judged.filter(is_accepted).drop("problems", "raw", "fields")
    quarantined = judged.filter(~is_accepted).select("file_id", "record_number", "problems", "raw", "fields")
    return accepted, quarantined


def _find_problems(limits: Limits) -> list[_Problem]:
    is_object = F.col("is_object")
    is_whole = F.col("framing_error").isNull()
    is_json = F.col("is_json") & ~is_object
    not_json = F.col("is_text") & ~F.col("is_json")
    has_huge = _has_huge_number()
    problems = [
        _Problem("unreadable_file", None, ~is_whole, "a readable file", "framing_error"),
        _Problem("invalid_text", None, is_whole & ~F.col("is_text"), "UTF-8"),
        _Problem("malformed_json", None, not_json, "one JSON object"),
        _Problem("not_an_object", None, is_json, "one JSON object"),
    ]
    for name, kind in FIELDS.items():
        text, is_container = F.col(name), _is_container(name)
        if name in _required_names():
            is_missing = is_object & text.isNull() & _is_required(name)
            problems.append(_Problem("missing_field", name, is_missing, "a value"))
        holds_nul = F.col("has_nul") & (text.contains(_NUL) | is_container & text.rlike(_NUL_ESCAPE))
        problems.append(_Problem("invalid_text", name, holds_nul, "text without NUL or half a surrogate pair"))
        if kind == "text":
            problems.append(_Problem("bad_value", name, _is_huge(name, has_huge), _EXPECTED[kind]))
        else:
            is_no_text = is_container | _is_huge(name, has_huge) if kind == "id" else is_container
            problems.append(_Problem("bad_value", name, is_no_text, _EXPECTED[kind]))
        if kind == "id":
            bound = f"at most {limits.max_id_bytes} UTF-8 bytes"
            problems.append(_Problem("value_too_long", name, F.octet_length(text) > limits.max_id_bytes, bound))
        if kind in ("integer", "count"):
            number = F.col(f"{name}_value")
            is_wrong = number.isNull() if kind == "integer" else number.isNull() | (number < 0)
            problems.append(_Problem("bad_value", name, text.isNotNull() & is_wrong & ~is_container, _EXPECTED[kind]))
    return problems + _find_time_problems(limits)


def _find_time_problems(limits: Limits) -> list[_Problem]:
    instant, text = F.col("event_instant"), F.col("event_at")
    is_unread = text.isNotNull() & instant.isNull() & ~_is_container("event_at")
    earliest, latest = F.lit(limits.earliest_event_at), F.lit(limits.latest_event_at)
    is_outside = (instant < earliest) | (instant >= latest)
    expected = f"from {limits.earliest_event_at.isoformat()} to {limits.latest_event_at.isoformat()}"
    return [
        _Problem("bad_timestamp", "event_at", is_unread, _EXPECTED["timestamp"]),
        _Problem("timestamp_out_of_range", "event_at", is_outside, expected),
    ]


def _is_container(name: str) -> Column:
    return (F.col("containers") != "") & (F.find_in_set(F.lit(name), "containers") > 0)


def _is_huge(name: str, has_huge_number: Column) -> Column:
    """True for a number that no double holds, or a JSON text with one in it.

    A `when`, since of a conjunction with NULL both sides are evaluated, and the text of the record is long.
    """
    text = F.col(name)
    is_infinite = text.rlike(f"^({'|'.join(_INFINITY)})$") | _is_container(name) & text.contains('Infinity"')
    return F.when(is_infinite, has_huge_number)


def _has_huge_number() -> Column:
    """True where the record says "Infinity" without its words: every number that no double holds reads so.

    Read as text. A variant is written by recursion, and a thousand objects in each other overflow a cold JVM's stack.
    """
    wordless = F.concat(F.lit('{"_":'), F.regexp_replace("raw", _ITS_FIRST_LETTER, "$1I_"), F.lit("}"))
    return F.from_json(wordless, "_ string").getField("_").contains('Infinity"')


def _required_names() -> list[str]:
    return [name for name in FIELDS if name in {*REQUIRED, *chain(*REQUIRED_BY_TYPE.values())}]


def _is_required(name: str) -> Column:
    if name in REQUIRED:
        return F.lit(True)
    types = [event_type for event_type, names in REQUIRED_BY_TYPE.items() if name in names]
    return F.coalesce(F.col("event_type").isin(types), F.lit(False))


def _read_integer(text: Column) -> Column:
    """The whole number that `text` is, NULL where it is none; 7.0 is 7, as some serialisers write it.

    So is 7e0: Spark spells JSON's 12345678.0 as 1.2345678E7. Such a one is whole for sure up to 2^53 only.
    """
    plain = text.try_cast("bigint")
    return F.when(plain.isNotNull(), plain).when(text.isNotNull(), uncompiled(_read_decimal(text)))


def _read_decimal(text: Column) -> Column:
    whole = F.regexp_replace(text, r"\.0+$", "").try_cast("bigint")
    double = F.when(text.rlike(_SCIENTIFIC), text.try_cast("double"))
    is_whole = (double == F.rint(double)) & (F.abs(double) <= 2**53)
    return F.coalesce(whole, F.when(is_whole, double).try_cast("bigint"))


def _names(*kinds: str) -> list[str]:
    return [name for name, kind in FIELDS.items() if kind in kinds]


def _join_fields() -> Column:
    """All business fields but the id, the content as a hash of its own.

    No accepted text holds a NUL, so that with NUL between the parts and a mark before each value no two records
    read the same.
    """
    values = {
        **{name: F.col(name) for name in FIELDS if name != "event_id"},
        "event_at": F.unix_micros("event_instant").cast("string"),
        "content": F.col("content_md5"),
        **{name: F.col(f"{name}_value").cast("string") for name in _names("integer", "count")},
    }
    marked = [F.coalesce(F.concat(F.lit("="), value), F.lit("")) for value in values.values()]
    return F.concat_ws(_NUL, *marked)
