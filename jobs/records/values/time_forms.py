"""Reads forms of a time that have only one meaning, and writes each in ISO 8601.

A form that could be read in two ways is not among them: the abbreviation of a zone without an offset (PST, IST), a date
such as 01/02/2025, a time without a date.
"""

import re

from jobs.records.values.time_patterns import make_speller, spell_offset

# Matches ISO 8601, also in its basic form (20240105T100000Z). `UTC` or `GMT` may stand in place of the offset. The name
# of a zone may follow the offset: in brackets as Java writes it (`[Europe/Berlin]`), or as Go writes it (`CET m=+0.01`,
# with the reading of Go's monotonic clock).
_ISO_LIKE = re.compile(
    r"""
    (?: (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}) [Tt\ ] (?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)
      | (?P<basic_date>[0-9]{8}) [Tt] (?P<basic_clock>[0-9]{4}(?:[0-9]{2}(?:[.,][0-9]+)?)?)
    )
    (?: [ ](?P<utc>UTC|GMT)
      | [ ]?(?P<offset>[Zz]|[+\u2212-][0-9]{2}(?::?[0-9]{2})?)
        (?: \[(?P<zone>[A-Za-z][A-Za-z0-9_+/:-]*)\]
          | (?<=[0-9])[ ](?P<abbreviation>[A-Z]{2,5}|[+-][0-9]{2}(?:[0-9]{2})?) (?:[ ]m=[+-][0-9]+\.[0-9]+)?
        )?
    )?
    """,
    re.VERBOSE,
)
_COMMENT = re.compile(r" +\([^()]*\)")
# The patterns of RFC 2822, of Apache's log, of JavaScript's `String(new Date())`, and of Twitter. We do not use
# `email.utils` for RFC 2822, because it reads a zone that it does not know as UTC.
_SPELLERS = [
    make_speller(pattern)
    for pattern in (
        "%a, %d %b %Y %H:%M:%S %z",
        "%d/%b/%Y:%H:%M:%S %z",
        "%a %b %d %Y %H:%M:%S GMT%z",
        "%a %b %d %H:%M:%S %z %Y",
        "%d %b %Y %H:%M:%S %z",
        "%a, %d %b %Y %H:%M %z",
        "%d %b %Y %H:%M %z",
    )
]


def spell_as_iso(text: str) -> str | None:
    """Returns the time in ISO 8601, or None where `text` has none of the forms. The result may be no real date.

    >>> spell_as_iso("20240105T100000Z"), spell_as_iso("05/Jan/2024:10:00:00 +0100")
    ('2024-01-05T10:00:00Z', '2024-01-05T10:00:00+0100')
    """
    if match := _ISO_LIKE.fullmatch(text):
        return _spell_iso_like(match)
    if "(" in text and (comment := _COMMENT.search(text)) and comment.end() == len(text):
        text = text[: comment.start()]
    return next((spelled for spell in _SPELLERS if (spelled := spell(text))), None)


def _spell_iso_like(match: re.Match[str]) -> str | None:
    parts = match.groupdict("")
    offset = "Z" if parts["utc"] else spell_offset(parts["offset"])
    names_utc = {parts["zone"], parts["abbreviation"]} & {"UTC", "GMT"}
    if names_utc and offset.strip("Z+-0:"):  # `+01:00[UTC]` contradicts itself
        return None
    if parts["date"]:
        return f"{parts['date']}T{parts['clock']}{offset}"
    date, clock = parts["basic_date"], parts["basic_clock"]
    return f"{date[:4]}-{date[4:6]}-{date[6:]}T{clock[:2]}:{clock[2:4]}{clock[4:] and ':'}{clock[4:]}{offset}"
