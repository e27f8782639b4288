"""Erased people: a pseudonym in the place of their id, and nothing in the place of what they said or were.

Ids are told by a keyed hash (HMAC-SHA256, RFC 2104, cut to 128 bits), so that nothing here has to know them.
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

# What an event says of the person who acted, and what that person wrote.
PERSONAL = tuple(field.column for field in FIELDS.values() if field.is_personal and field.column)
# Where a quarantined record states who somebody is.
_NAMING_FIELDS = ("user_id", "shared_with_user_id", "user_name", "user_email")

_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
# An open one goes to the end, so that the text behind it is not searched again from each of its quotes.
_STRING = r'"((?:[^"\\]++|\\.)*+)"?'
_STRINGS = re.compile(_STRING, re.DOTALL)
# No shorter one holds an object with something in it.
_LEAST_CHARACTERS = 8
# Where an id can stand in a text that need not be JSON: as a JSON string, between blanks and brackets, or in a word.
_MENTIONS = [
    re.compile(pattern, re.ASCII)
    for pattern in (_STRING, r"""([^\s"'{}\[\](),;]++)""", r"""([^\s"'{}\[\](),;:=&/<>\\]++)""")
]


def is_number(word: str) -> bool:
    """Whether the word is a number as JSON writes it."""
    return _NUMBER.fullmatch(word) is not None


def spell_as_id(word: str) -> str:
    """The id that a word stands for where it is a number: `1234.0` and `1.234e3` are the id `1234`."""
    return encode(read_number(word)) if is_number(word) else word


def list_texts(kept: str) -> list[str]:
    """The text, and what is in its strings that hold JSON, packed or not: a mapping may have opened them."""
    texts, left = [kept], MAX_UNPACKED_BYTES
    for text in texts:  # what is opened is searched in its turn
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
    """What a text or a number is as an id."""
    if isinstance(value, str):
        return value
    return encode(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _list_words(value: Any) -> list[str]:
    """The texts, numbers and names in a JSON value."""
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
        """The keyed hash of a text, in hex, cut."""
        return hmac.digest(self.key, text.encode(), "sha256").hex()[:_HASH_DIGITS]

    def pseudonym(self, user_id: str) -> str:
        """What stands in the place of the id."""
        return PSEUDONYM_PREFIX + self.hash(user_id)

    def pseudonymize(self, event: Event) -> Event:
        """The event without the erased people."""
        people = event.user_id, event.recipients
        return event._replace(**self.find_changes(*people, event.content_fingerprint, event.properties))

    def find_changes(
        self, user_id: str, recipients: Sequence[str] | None, fingerprint: str, properties: str | None
    ) -> dict[str, Any]:
        """By column, what an event has to say instead; nothing where it names no erased person.

        Where an erased person acted, `PERSONAL` and the properties go. Another's event, in which the person received a
        share or is a value or a name in the properties, only gets the pseudonym. The fingerprint is hashed with the
        key, once, since it could be guessed from the person's data: what was a repetition or a conflict remains one,
        whether the record is erased before it is published or afterwards.
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
        """The record without its text, the hash of it and all values, where it mentions an erased person.

        What was redacted before stays so.
        """
        if not (record.is_redacted or self._is_mentioned(record)):
            return record
        problems = [replace(problem, value=None) for problem in record.problems]
        return Quarantined(problems, None, None, None, record.raw_bytes, None, is_redacted=True)

    def is_named_in(self, text: str) -> bool:
        """Whether the text, such as a key, is or holds the id, name or address of an erased person."""
        words = {text, *(word for pattern in _MENTIONS for word in pattern.findall(text))}
        hashes = {self.hash(spelt) for word in words for spelt in (word, spell_as_id(word), fold_case(word))}
        return not hashes.isdisjoint(self.ids | self.names)

    def find_names(self, fields: Mapping[str, str]) -> set[str]:
        """The names and addresses that an erased person's own quarantined record states in its fields."""
        if not self._is_erased(fields.get("user_id", "")):
            return set()
        return {fields[name] for name in ("user_name", "user_email") if name in fields}

    def _is_mentioned(self, record: Quarantined) -> bool:
        """Whether the record states an erased person's id or holds it anywhere in its text.

        Names are no ids: they count only where the record states nobody else as its user.
        """
        kept = record.raw or b64decode(record.raw_base64 or "").decode(errors="replace")
        texts = list_texts(kept + (record.around or ""))
        fields = record.fields or {}
        texts.append(fields.get("shared_with_user_id", ""))
        words = {word for text in texts for pattern in _MENTIONS for word in pattern.findall(text)}
        words |= {fields[name] for name in _NAMING_FIELDS if name in fields}
        hashes = {self.hash(word) for word in {*words, *map(spell_as_id, words)}}
        if not hashes.isdisjoint(self.ids):
            return True
        if "user_id" in fields:
            return False
        # Only some mappings fold case, so that another case is no id but a name.
        folded = {self.hash(fold_case(word)) for word in words}
        return not (hashes.isdisjoint(self.names) and folded.isdisjoint(self.ids))

    def _hide(self, value: Any) -> Any:
        """The JSON value with pseudonyms in the place of texts, numbers and names that are ids of erased people."""
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
