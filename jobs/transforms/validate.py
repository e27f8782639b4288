"""Text fields -> typed fields, and the reasons against a record, all of them."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.transforms.text import count_words
from jobs.transforms.timestamps import parse_timestamp
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
# What Spark makes of a number that no double holds, and what such a number looks like: a producer may mean the word.
_INFINITY = ('"Infinity"', '"-Infinity"', "Infinity", "-Infinity")
_HUGE_NUMBER = r"\d[eE]\+?\d{3,}|\d{309,}"
_SCIENTIFIC = r"^-?\d+(\.\d+)?[eE][+-]?\d{1,3}$"
_PROBLEMS = "array<struct<reason: string, field: string, value: string, expected: string>>"


@dataclass(frozen=True)
class Limits:
    """What a record's values may be at most; from conf/pipeline.yml."""

    earliest_event_at: datetime
    latest_event_at: datetime
    max_id_bytes: int


def judge(parsed: DataFrame, source: Source, limits: Limits) -> DataFrame:
    """Type every field and collect every reason against the record.

    In: one row per record, as `parse` gives it.
    Out: one row per record: file_id, record_number, the typed business columns (`content` reduced to a word count
    and its share in `content_fingerprint`), `problems` (NULL when accepted, else a list of reason, field, value,
    expected), and, for refused records only, `raw` and `fields` (what could be read).
    """
    timed = parsed.select(
        "*",
        parse_timestamp(F.col("event_at"), source.default_time_zone).alias("event_instant"),
        *[_read_integer(F.col(name)).alias(f"{name}_value") for name in _names("integer", "count")],
    )
    # Joined as text, which costs next to nothing for the many records without a problem; NULL are left out.
    found = F.concat_ws(",", *_find_problems(source, limits))
    judged = timed.select("*", F.inline(F.array(F.struct(found.alias("found")))))
    is_refused = F.col("found") != ""
    problems = F.from_json(F.concat(F.lit("["), F.col("found"), F.lit("]")), _PROBLEMS)
    fields = F.create_map(*[part for name in FIELDS for part in (F.lit(name), F.col(name))])
    known = F.map_filter(fields, lambda _, value: value.isNotNull())
    return judged.select(
        "file_id",
        "record_number",
        "event_id",
        "event_type",
        F.col("event_instant").alias("event_at"),
        "user_id",
        "document_id",
        F.coalesce(count_words(F.col("content")), F.col("word_count_value")).alias("document_word_count"),
        F.col("edit_length_value").alias("edit_length"),
        "comment_text",
        "shared_with_user_id",
        "permission",
        "device",
        "ip_address",
        F.col("user_name").alias("reported_user_name"),
        F.col("user_email").alias("reported_user_email"),
        F.col("document_title").alias("reported_document_title"),
        _fingerprint().alias("content_fingerprint"),
        F.when(is_refused, problems).alias("problems"),
        F.when(is_refused, F.col("raw")).alias("raw"),
        F.when(is_refused, known).alias("fields"),
    )


def split(judged: DataFrame) -> tuple[DataFrame, DataFrame]:
    """(accepted, quarantined): every judged record is in exactly one of the two."""
    is_accepted = F.col("problems").isNull()
    accepted = judged.filter(is_accepted).drop("problems", "raw", "fields")
    quarantined = judged.filter(~is_accepted).select("file_id", "record_number", "problems", "raw", "fields")
    return accepted, quarantined


def _find_problems(source: Source, limits: Limits) -> list[Column]:
    is_object = F.col("is_object")
    is_whole = F.col("framing_error").isNull()
    is_json = F.col("is_json") & ~is_object
    not_json = F.col("is_text") & ~F.col("is_json")
    problems = [
        _problem("unreadable_file", None, ~is_whole, "a readable file", "framing_error"),
        _problem("invalid_text", None, is_whole & ~F.col("is_text"), "UTF-8"),
        _problem("malformed_json", None, not_json, "one JSON object"),
        _problem("not_an_object", None, is_json, "one JSON object"),
    ]
    for name, kind in FIELDS.items():
        text = F.col(name)
        is_container = F.find_in_set(F.lit(name), "containers") > 0
        problems += [
            _problem("missing_field", name, is_object & text.isNull() & _is_required(name), "a value"),
            _problem(
                "invalid_text",
                name,
                F.col("has_nul") & (text.contains(_NUL) | is_container & text.rlike(_NUL_ESCAPE)),
                "text without NUL or half a surrogate pair",
            ),
        ]
        is_huge = text.isin(*_INFINITY) & F.col("raw").rlike(_HUGE_NUMBER)
        if kind == "text":
            problems.append(_problem("bad_value", name, is_huge, _EXPECTED[kind]))
        else:
            is_no_text = is_container | is_huge if kind == "id" else is_container
            problems.append(_problem("bad_value", name, is_no_text, _EXPECTED[kind]))
        if kind == "id":
            bound = f"at most {limits.max_id_bytes} UTF-8 bytes"
            is_long = F.octet_length(text) > limits.max_id_bytes
            problems.append(_problem("value_too_long", name, is_long, bound))
        if kind in ("integer", "count"):
            number = F.col(f"{name}_value")
            is_wrong = number.isNull() if kind == "integer" else number.isNull() | (number < 0)
            is_bad = text.isNotNull() & is_wrong & ~is_container
            problems.append(_problem("bad_value", name, is_bad, _EXPECTED[kind]))
    return problems + _find_time_problems(limits)


def _find_time_problems(limits: Limits) -> list[Column]:
    instant, text = F.col("event_instant"), F.col("event_at")
    is_container = F.find_in_set(F.lit("event_at"), "containers") > 0
    is_unread = text.isNotNull() & instant.isNull() & ~is_container
    earliest, latest = F.lit(limits.earliest_event_at), F.lit(limits.latest_event_at)
    is_outside = (instant < earliest) | (instant >= latest)
    expected = f"from {limits.earliest_event_at.isoformat()} to {limits.latest_event_at.isoformat()}"
    return [
        _problem("bad_timestamp", "event_at", is_unread, _EXPECTED["timestamp"]),
        _problem("timestamp_out_of_range", "event_at", is_outside, expected),
    ]


def _problem(reason: str, field: str | None, holds: Column, expected: str, value: str | None = None) -> Column:
    """The problem as JSON where `holds`, else NULL.

    In SQL text: sixty times a call into the JVM for each part would take seconds.
    """
    shown = f"substring({value or field}, 1, 200)" if value or field else "cast(null as string)"
    name = f"'{field}'" if field else "cast(null as string)"
    problem = f"named_struct('reason', '{reason}', 'field', {name}, 'value', {shown}, 'expected', '{expected}')"
    return F.when(holds, F.expr(f"to_json({problem})"))


def _is_required(name: str) -> Column:
    if name in REQUIRED:
        return F.lit(True)
    types = [event_type for event_type, names in REQUIRED_BY_TYPE.items() if name in names]
    return F.coalesce(F.col("event_type").isin(types), F.lit(False))


def _read_integer(text: Column) -> Column:
    """The whole number that `text` is, NULL where it is none; 7.0 is 7, as some serialisers write it.

    So is 7e0: Spark spells JSON's 12345678.0 as 1.2345678E7. Such a one is whole for sure up to 2^53 only.
    """
    whole = F.regexp_replace(text, r"\.0+$", "").try_cast("bigint")
    double = F.when(text.rlike(_SCIENTIFIC), text.try_cast("double"))
    is_whole = (double == F.rint(double)) & (F.abs(double) <= 2**53)
    return F.coalesce(whole, F.when(is_whole, double).try_cast("bigint"))


def _names(*kinds: str) -> list[str]:
    return [name for name, kind in FIELDS.items() if kind in kinds]


def _fingerprint() -> Column:
    """Hash (32 hex digits) of all business fields but the id; text that differs in one byte gives another.

    No accepted text holds a NUL, so that with NUL between the parts and a mark before each value no two records
    read the same.
    """
    values = {
        **{name: F.col(name) for name in FIELDS if name != "event_id"},
        "event_at": F.unix_micros("event_instant").cast("string"),
        "content": F.md5(F.col("content")),
        **{name: F.col(f"{name}_value").cast("string") for name in _names("integer", "count")},
    }
    marked = [F.coalesce(F.concat(F.lit("="), value), F.lit("")) for value in values.values()]
    return F.md5(F.concat_ws(_NUL, *marked))
