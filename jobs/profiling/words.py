"""Splits names into words, and tells what values look like: a number, an address, a time."""

import re
from functools import cache
from ipaddress import ip_address

from jobs.records.values.timestamps import NoTimeError, TimeReader


def word_set(text: str) -> frozenset[str]:
    """Returns the words of a text, which blanks separate."""
    return frozenset(text.split())


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
# Names that producers also write as one word, such as `userid`.
_JOINED = {
    word.replace("_", ""): tuple(word.split("_"))
    for word in word_set(
        "user_id user_name user_email user_agent doc_id document_id event_id event_type event_name event_time event_at"
        " file_name file_id ip_address ip_addr source_ip client_ip remote_ip created_at date_time page_id"
        " display_name full_name real_name word_count shared_with comment_text account_id actor_id author_id member_id"
    )
}
TIME_WORDS = word_set(
    "time timestamp ts at date datetime when created occurred published logged recorded epoch dt stamp"
)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_PORT = re.compile(r"(?P<bare>[0-9.]+|\[[0-9a-fA-F:.]+\])(?::[0-9]+)?")
# A number whose time would be outside the years 2000 to 2099 is an id or an amount.
_EARLIEST, _LATEST = 946_684_800 * 10**6, 4_102_444_800 * 10**6
# The patterns to try where the values are in no form that we read without a setting. The day comes before the month
# first, as in most countries; where both fit all values, the draft names both.
PATTERNS = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y, %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y, %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y, %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y, %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y %H:%M:%S",
    "%b %d %Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%d-%b-%Y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H",
    "%Y%m%d %H:%M:%S",
)


@cache
def split_words(name: str) -> tuple[str, ...]:
    """Returns the words of a name, in small letters.

    >>> split_words("userIPAddress"), split_words("doc_id"), split_words("@timestamp"), split_words("userid")
    (('user', 'ip', 'address'), ('doc', 'id'), ('timestamp',), ('user', 'id'))
    """
    words = [word.lower() for word in _WORD.findall(name)]
    return tuple(part for word in words for part in _JOINED.get(word, (word,)))


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def is_email(text: str) -> bool:
    return bool(_EMAIL.fullmatch(text))


def is_address(text: str) -> bool:
    """Whether the text is an IP address, with or without a port.

    >>> is_address("10.0.0.1:443"), is_address("[::1]"), is_address("10.0.0")
    (True, True, False)
    """
    match = _PORT.fullmatch(text)
    try:
        ip_address((match["bare"] if match else text).strip("[]"))
    except ValueError:
        return False
    return True


def is_time(text: str, words: tuple[str, ...]) -> bool:
    """Whether the text is a time. A number counts as a time only if a word of its name says so.

    >>> is_time("1748865600", ("created", "at")), is_time("1748865600", ("document", "id"))
    (True, False)
    """
    text = text.strip()
    if is_number(text) and not TIME_WORDS & set(words):
        return False
    return len(text) >= 8 and _is_read(_READER, text)


def find_time_formats(texts: list[str]) -> list[str]:
    """Returns the patterns that read all of the texts as times.

    >>> find_time_formats(["02.06.2025 12:00:00"])
    ['%d.%m.%Y %H:%M:%S']
    """
    return [pattern for pattern in PATTERNS if all(_is_read(_make_reader(pattern), text.strip()) for text in texts)]


@cache
def _make_reader(pattern: str) -> TimeReader:
    return TimeReader("UTC", (pattern,))


def _is_read(reader: TimeReader, text: str) -> bool:
    try:
        return _EARLIEST <= reader.read(text).micros < _LATEST
    except NoTimeError:
        return False


_READER = TimeReader("UTC")
