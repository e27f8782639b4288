"""Removes erased people from records: a pseudonym replaces their id, and their personal values are deleted.

We recognise their ids by a keyed hash (HMAC-SHA256, RFC 2104, cut to 128 bits), so that we need not store the ids.
"""

import hmac
import json
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.records.event import Event
from jobs.records.files.packed_strings import MAX_UNPACKED_BYTES, open_string
from jobs.records.problems import Quarantined
from jobs.records.values.strict_json import decode, encode, fold_case, read_number
from schemas.fields import FIELDS

PSEUDONYM_PREFIX = "erased:"

_HASH_DIGITS = 32

# The columns of an event that describe the person who acted, or hold what that person wrote.
PERSONAL = tuple(field.column for field in FIELDS.values() if field.is_personal and field.column)
# The fields of a quarantined record that identify a person.
_NAMING_FIELDS = ("user_id", "shared_with_user_id", "user_name", "user_email")

_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
# A string without a closing quote matches up to the end. Otherwise the rest would be searched again from each quote.
_STRING = r'"((?:[^"\\]++|\\.)*+)"?'
_STRINGS = re.compile(_STRING, re.DOTALL)
# A shorter string cannot hold an object with a value in it.
_LEAST_CHARACTERS = 8
# An id can stand in a text that may not be JSON: as a JSON string, between blanks and brackets, or within a word.
_MENTIONS = [
    re.compile(pattern, re.ASCII)
    for pattern in (_STRING, r"""([^\s"'{}\[\](),;]++)""", r"""([^\s"'{}\[\](),;:=&/<>\\]++)""")
]


def is_number(word: str) -> bool:
    """Whether the word is a number as JSON writes it.

    >>> is_number("1.5e3"), is_number("17a")
    (True, False)
    """
    return _NUMBER.fullmatch(word) is not None


def spell_as_id(word: str) -> str:
    """Returns a number as it is spelled in an id; any other word stays as it is.

    >>> spell_as_id("1234.0"), spell_as_id("1.234e3"), spell_as_id("ann")
    ('1234', '1234', 'ann')
    """
    return encode(read_number(word)) if is_number(word) else word


def list_texts(stored: str) -> list[str]:
    """Returns a stored text, and the content of all its strings that hold JSON, since a mapping may open those.

    >>> list_texts('{"body": "{\\\\"id\\\\": 7}"}')[1:]
    ['{"id": 7}']
    """
    texts, left = [stored], MAX_UNPACKED_BYTES
    for text in texts:  # the list grows, so that opened texts are searched too
        for string in _STRINGS.findall(text):
            if len(string) < _LEAST_CHARACTERS:
                continue
            with suppress(ValueError):
                string = json.loads(f'"{string}"')
            for steps in (("json",), ("base64", "json"), ("base64", "gzip", "json")):
                if (opened := open_string(string, steps, left)) and isinstance(opened.value, dict | list):
                    texts.append(opened.text.decode(errors="replace"))
                    left -= len(opened.text)
                    break
    return texts


def _to_word(value: Any) -> str | None:
    """Returns a text or a number as it is spelled in an id; None for any other value."""
    if isinstance(value, str):
        return value
    return encode(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _list_words(value: Any) -> list[str]:
    """Returns the texts, numbers and names in a JSON value."""
    if isinstance(value, dict):
        return [word for name, inner in value.items() for word in (name, *_list_words(inner))]
    if isinstance(value, list):
        return [word for inner in value for word in _list_words(inner)]
    word = _to_word(value)
    return [] if word is None else [word]


@dataclass(frozen=True)
class Erased:
    """The erased people: keyed hashes of their ids, and of the names and addresses by which they were known."""

    key: bytes = field(repr=False)
    ids: frozenset[str] = field(default=frozenset(), repr=False)
    names: frozenset[str] = field(default=frozenset(), repr=False)

    def hash(self, text: str) -> str:
        """Returns the keyed hash of a text, as 32 hex digits."""
        return hmac.digest(self.key, text.encode(), "sha256").hex()[:_HASH_DIGITS]

    def pseudonym(self, user_id: str) -> str:
        """Returns the pseudonym that replaces an id."""
        return PSEUDONYM_PREFIX + self.hash(user_id)

    def pseudonymize(self, event: Event) -> Event:
        """Returns the event without the erased people."""
        people = event.user_id, event.recipients
        return event._replace(**self.find_changes(*people, event.content_fingerprint, event.properties))

    def find_changes(
        self, user_id: str, recipients: Sequence[str] | None, fingerprint: str, properties: str | None
    ) -> dict[str, Any]:
        """Returns the columns of an event that change, with their new values; nothing if it names no erased person.

        Where an erased person acted, the `PERSONAL` columns and the properties are deleted. In another person's event,
        a pseudonym replaces the erased person among the recipients and in the properties.

        The fingerprint could be guessed from the person's data, so it is hashed with the key. It is hashed only once,
        so that duplicates and other versions are still recognised if they were erased before they were published.
        """
        changes: dict[str, Any] = {}
        if self._is_erased(user_id):
            changes = {**dict.fromkeys(PERSONAL), "user_id": self.pseudonym(user_id), "properties": None}
        others = [each for each in recipients or () if self._is_erased(each)]
        if others:
            kept = {*(recipients or ())} - {*others}
            changes["recipients"] = tuple(sorted({*kept, *map(self.pseudonym, others)}))
        known = decode(properties.encode()) if properties else None
        words = _list_words(known)
        if "user_id" not in changes and any(map(self._is_erased, words)):
            changes["properties"] = encode(self._hide(known), is_sorted=True)
        was_erased = any(map(self._is_pseudonym, (user_id, *(recipients or ()), *words)))
        if changes and not was_erased:
            changes["content_fingerprint"] = self.hash(fingerprint)
        return changes

    def redact(self, record: Quarantined) -> Quarantined:
        """Removes the text, its hash and all values of a record that mentions an erased person.

        A record that was redacted before remains redacted.
        """
        if not (record.is_redacted or self._is_mentioned(record)):
            return record
        problems = [replace(problem, value=None) for problem in record.problems]
        return Quarantined(problems, None, None, None, record.raw_bytes, None, is_redacted=True)

    def is_named_in(self, text: str) -> bool:
        """Whether a text, such as the name of a field, contains the id, name or address of an erased person."""
        words = {text, *(word for pattern in _MENTIONS for word in pattern.findall(text))}
        hashes = {self.hash(spelt) for word in words for spelt in (word, spell_as_id(word), fold_case(word))}
        return not hashes.isdisjoint(self.ids | self.names)

    def find_names(self, fields: Mapping[str, str]) -> set[str]:
        """Returns the names and addresses in the fields of a quarantined record, if an erased person is its user."""
        if not self._is_erased(fields.get("user_id", "")):
            return set()
        return {fields[name] for name in ("user_name", "user_email") if name in fields}

    def _is_mentioned(self, record: Quarantined) -> bool:
        """Whether an erased person's id is in the fields or anywhere in the text of the record.

        Several people can have one name. So a name counts only where the record does not state its user.
        """
        stored = record.raw or b64decode(record.raw_base64 or "").decode(errors="replace")
        texts = list_texts(stored + (record.around or ""))
        fields = record.fields or {}
        texts.append(fields.get("shared_with_user_id", ""))
        words = {word for text in texts for pattern in _MENTIONS for word in pattern.findall(text)}
        words |= {fields[name] for name in _NAMING_FIELDS if name in fields}
        hashes = {self.hash(word) for word in {*words, *map(spell_as_id, words)}}
        if not hashes.isdisjoint(self.ids):
            return True
        if "user_id" in fields:
            return False
        # Only some mappings fold the case of ids. So an id in another case counts no more than a name.
        folded = {self.hash(fold_case(word)) for word in words}
        return not (hashes.isdisjoint(self.names) and folded.isdisjoint(self.ids))

    def _hide(self, value: Any) -> Any:
        """Returns the JSON value with pseudonyms for all texts, numbers and names that are ids of erased people."""
        if isinstance(value, dict):
            return {self._hide(name): self._hide(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._hide(inner) for inner in value]
        word = _to_word(value)
        return self.pseudonym(word) if word is not None and self._is_erased(word) else value

    def _is_erased(self, user_id: str) -> bool:
        return self.hash(user_id) in self.ids

    def _is_pseudonym(self, user_id: str) -> bool:
        return user_id.startswith(PSEUDONYM_PREFIX) and user_id.removeprefix(PSEUDONYM_PREFIX) in self.ids
