"""The reasons for which a record is quarantined."""

from typing import NamedTuple


class Reason(NamedTuple):
    """One reason: its code, and when it is given. Some reasons are about the whole record instead of a field."""

    code: str
    sentence: str
    is_about_whole_record: bool = False


_REASONS = (
    Reason(
        "malformed_json",
        "not exactly one value by RFC 8259: a tail, two values on a line, NaN, single quotes, comments; or more than"
        " 998 objects and lists in each other",
        is_about_whole_record=True,
    ),
    Reason("not_an_object", "valid JSON, but a list or a scalar", is_about_whole_record=True),
    Reason("missing_field", "a required field is missing, null or blank"),
    Reason("bad_timestamp", "a time in no form that is understood"),
    Reason("timestamp_out_of_range", "before `earliest_event_at`, or not before `latest_event_at`"),
    Reason("timestamp_in_future", "more than a day after the moment of the run; tried again when its time has come"),
    Reason(
        "bad_value",
        "no whole number where one belongs, or an object in an id, a time or a number; a number that no double holds,"
        " or of more than 4,300 digits",
    ),
    Reason("value_too_long", "an id or type over `max_id_bytes`"),
    Reason(
        "invalid_text",
        "what PostgreSQL can't store: bytes that are not UTF-8; NUL or half a surrogate pair in a mapped field",
        is_about_whole_record=True,
    ),
    Reason("unreadable_file", "what is left of a file that can't be read on", is_about_whole_record=True),
)

REASONS = {reason.code: reason for reason in _REASONS}
