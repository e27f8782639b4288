"""Forms of a time that have one reading only: each is spelled again in ISO 8601.

What could be read in two ways is no such form: an abbreviation of a zone without an offset (PST, IST), a date in
slashes of digits, a time without its date.
"""

import re

from jobs.records.values.time_patterns import make_speller, spell_offset

# ISO 8601, also in its basic form (20240105T100000Z), and what may stand behind it: the name of UTC in place of an
# offset; the name of a zone behind one, in brackets as Java has it, or as Go has it, with the reading of Go's other
# clock.
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
# RFC 2822 (its patterns without a zone or with another one than UTC by name are not taken: `email.utils` takes zones
# that it does not know for UTC), Apache's log, JavaScript's `String(new Date())`, and Twitter's.
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
    """The time in ISO 8601; None where `text` has none of the forms. No calendar has been asked about the result."""
    if match := _ISO_LIKE.fullmatch(text):
        return _spell_iso_like(match)
    if "(" in text and (comment := _COMMENT.search(text)) and comment.end() == len(text):
        text = text[: comment.start()]
    return next((spelled for spell in _SPELLERS if (spelled := spell(text))), None)


def _spell_iso_like(match: re.Match[str]) -> str | None:
    parts = match.groupdict("")
    offset = "Z" if parts["utc"] else spell_offset(parts["offset"])
    names_utc = {parts["zone"], parts["abbreviation"]} & {"UTC", "GMT"}
    if names_utc and offset.strip("Z+-0:"):  # `+01:00[UTC]` says two things
        return None
    if parts["date"]:
        return f"{parts['date']}T{parts['clock']}{offset}"
    date, clock = parts["basic_date"], parts["basic_clock"]
    return f"{date[:4]}-{date[4:6]}-{date[6:]}T{clock[:2]}:{clock[2:4]}{clock[4:] and ':'}{clock[4:]}{offset}"
