"""Writes a first draft of a mapping file, with comments that say what to check."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from jobs.profiling.clues import CLUES, PERSON
from jobs.profiling.found_paths import FoundPath
from jobs.profiling.overview import View, shorten, show_share
from jobs.profiling.steps import name_words
from jobs.profiling.words import split_words
from jobs.records.mapping import make_finder
from jobs.records.values.strict_json import encode
from schemas.event_types import EVENT_TYPES
from schemas.fields import FIELDS, REQUIRED
from schemas.paths import Path, Place, Steps

_PLAIN = re.compile(r"[A-Za-z_^][\w.^]*", re.ASCII)
_OUR_TYPES = [event_type.code for event_type in EVENT_TYPES]
_MOST_TYPES = 60
_MOST_CANDIDATES = 6
_MISSING = {"-", "--", "null", "(null)", "NULL", "undefined", "None", "N/A", "n/a", "NaN", "nil", "[object Object]"}
_OFFSET = re.compile(r"(?:[Zz]|UTC|GMT|[+\u2212-][0-9]{2}:?[0-9]{2}\)?)\Z|\A[0-9.]+\Z")
_TAG = re.compile(r"</?(?:p|div|br|span|h[1-6]|ul|li|b|strong|em|a)\b[^<>]*>", re.IGNORECASE)
# Words in a producer's event type that suggest one of our types.
_TYPE_WORDS = {
    "user_login": {"login", "logon", "signin", "signed", "authentication", "logged"},
    "comment_added": {"comment", "commented", "note", "reply"},
    "document_shared": {
        *("share", "shared", "sharing", "acl", "invite", "invited", "permission", "permissions", "grant", "access")
    },
    "document_edit": {"edit", "edited", "update", "updated", "modify", "modified", "save", "saved", "write", "written"},
}
# To view or to be granted access is not to share.
_NO_SHARE = {"view", "viewed", "granted"}
# These words say that something failed, was undone, or is only a setting. None of our types is such an event.
_NO_TYPE = {
    *("failed", "failure", "denied", "removed", "remove", "deleted", "delete"),
    *("setting", "settings", "config", "configuration", "password", "method"),
}


def write_draft(view: View, input_folder: str, place: str) -> str:
    """Returns the text of the draft for the file at `place`, made from the records of `input_folder`."""
    folder, count, name = shorten(input_folder, 200), f"{len(view.records):,}", shorten(place, 200)
    lines = [
        f"# A first draft, written by `make fields` from {count} records of {folder}.",
        "# Each line is a guess: check it by the examples that `make fields` prints. Fill in what has a question mark.",
        f"# Then `make fields INPUT=... SOURCE={name}` shows what it reads, and `make pipeline` loads the records.",
        "",
        *_write_place(view),
        "fields:",
    ]
    for name in FIELDS:
        lines += _write_field(name, view)
    lines += ["", *_write_time_formats(view), *_write_identity(view), *_write_others(view), *_write_event_types(view)]
    return "\n".join(lines).rstrip() + "\n"


def quote(text: str) -> str:
    """Returns a text as YAML writes it. The result can also stand in a list.

    >>> print(quote("user.id"), quote('["a.b"]'), quote("$.x[?@.y == 'z']"))
    user.id '["a.b"]' "$.x[?@.y == 'z']"
    """
    if _PLAIN.fullmatch(text):
        return text
    if not text.isprintable():
        shown = "".join(mark if mark.isprintable() else f"\\U{ord(mark):08x}" for mark in text.replace("\\", "\\\\"))
        return '"' + shown.replace('"', '\\"') + '"'
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _write_place(view: View) -> Iterator[str]:
    if view.place.record_path:
        yield f"record_path: {quote(str(Steps(view.place.record_path)))}"
    if view.place.decode:
        yield "decode:"
        for names, steps in view.place.decode.items():
            yield f"  {quote(str(Steps(names)))}: {'+'.join(steps)}"


def _write_field(name: str, view: View) -> list[str]:
    paths = view.guesses.fields.get(name)
    if paths:
        shown = [quote(str(path)) for path in paths]
        value = shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
        others = [str(each.path) for each in view.guesses.candidates[name] if each.path not in paths][:3]
        also = f"; or {', '.join(others)}" if others else ""
        return [f"  {name}: {value}  # {_tell_found(paths, view)}{also}"]
    if name == "event_id":
        return ["  # event_id: ?  # none was found; without one, the id is made of the whole record"]
    if name in REQUIRED:
        candidates = _list_candidates(name, view)
        return [
            f"  # {name}: ?  # required; {'maybe ' + ', '.join(candidates) if candidates else 'no path looks like it'}"
        ]
    return []


def _tell_found(paths: list[Path], view: View) -> str:
    find = make_finder(tuple(paths))
    # We write no example, because the database stores the text of a mapping, and an erasure could not remove a person
    # from it.
    count = sum(find(record, around) is not None for record, around in view.records)
    return f"in {show_share(count, len(view.records))} of the records"


def _list_candidates(name: str, view: View) -> list[str]:
    """Returns paths that no other field has taken: the guesses, and paths to short values in most records."""
    ranked = [each.path for each in view.guesses.candidates.get(name, [])]
    taken = {path for paths in view.guesses.fields.values() for path in paths}
    loose = [
        found.path
        for found in view.paths
        if 2 * found.node.records > len(view.records) and 0 < found.node.longest <= 100 and len(found.steps) <= 3
    ]
    paths = dict.fromkeys(path for path in [*ranked, *loose] if path not in taken)
    return [str(path) for path in paths][:_MOST_CANDIDATES]


def _write_time_formats(view: View) -> Iterator[str]:
    formats = view.guesses.time_formats.get("event_at")
    if formats:
        listed = ", ".join(quote(each) for each in formats)
        also = "; only one is right: delete the others" if len(formats) > 1 else ""
        yield f"time_formats: {{event_at: [{listed}]}}  # these times need a pattern{also}"
    nodes = {found.path: found.node for found in view.paths}
    times = [
        text.strip() for path in view.guesses.fields.get("event_at", []) if path in nodes for text in nodes[path].texts
    ]
    if times and not any(map(_OFFSET.search, times)):
        yield "# default_time_zone: Europe/Berlin  # the times have no offset; without this line they are read as UTC"


def _write_identity(view: View) -> Iterator[str]:
    """Yields a hint if the object around a record has an id. That id and the record's place in its list make an id."""
    if view.guesses.fields.get("event_id") or not view.place.record_path:
        return
    outer = [found for found in view.paths if found.level and _may_be_id(found)]
    if outer:
        found = min(outer, key=lambda each: (each.level, len(each.steps)))
        place = Place(found.level - 1)
        yield f'# identity: [{quote(str(found.path))}, "{place}"]  # if these two identify a record'


def _may_be_id(found: FoundPath) -> bool:
    words = name_words(found.steps)
    return PERSON.isdisjoint(words) and any(clue.weight >= 90 and clue.fits(words) for clue in CLUES["event_id"])


def _write_others(view: View) -> Iterator[str]:
    nodes = {found.path: found.node for found in view.paths}
    texts: dict[str, list[str]] = {
        name: [text for path in paths if path in nodes for text in nodes[path].texts]
        for name, paths in view.guesses.fields.items()
    }
    ids = {text.strip() for name in ("user_id", "document_id", "ip_address") for text in texts.get(name, [])}
    if missing := sorted(ids & _MISSING):
        yield f"missing_values: [{', '.join(map(quote, missing))}]  # these seem to mean that there is no value"
    content = texts.get("content", [])
    if content and 3 * sum(map(bool, map(_TAG.search, content))) >= len(content):
        yield "content_format: html"


def _write_event_types(view: View) -> Iterator[str]:
    paths = view.guesses.fields.get("event_type")
    if not paths:
        return
    find = make_finder(tuple(paths))
    found = (find(record, around) for record, around in view.records)
    counts = Counter((value if type(value) is str else encode(value)).strip() for value in found if value is not None)
    theirs = [(text, count) for text, count in counts.most_common() if text not in _OUR_TYPES]
    if not theirs:
        return
    yield f"# Say which of their types are {', '.join(_OUR_TYPES)}. Any other type is stored as it is."
    yield "# event_types:"
    for text, count in theirs[:_MOST_TYPES]:
        yield f"#   {quote(text[:200])}: {guess_type(text)}  # {count:,}"
    if len(theirs) > _MOST_TYPES:
        yield f"#   # and {len(theirs) - _MOST_TYPES:,} more"


def guess_type(text: str) -> str:
    """Returns our type that a producer's type may be; a question mark where no word suggests one.

    >>> guess_type("file.saved"), guess_type("user.SignIn"), guess_type("login_failed")
    ('document_edit', 'user_login', '?')
    """
    parts = split_words(text)
    words = {*parts, *map("".join, pairwise(parts))}  # SignIn, log_on
    if words & _NO_TYPE:
        return "?"
    for name, known in _TYPE_WORDS.items():
        if words & known and not (name == "document_shared" and words & _NO_SHARE):
            return name
    return "?"
