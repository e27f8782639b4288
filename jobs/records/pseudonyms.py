"""Erased people: a pseudonym in the place of their id, and nothing in the place of what they said or were.

Ids are told by a keyed hash (HMAC-SHA256, RFC 2104, cut to 128 bits), so that nothing here has to know them.
"""

import hmac
import re
from dataclasses import dataclass, field
from typing import Any

from jobs.records.event import Event, Quarantined

PSEUDONYM_PREFIX = "erased:"

_HASH_DIGITS = 32

# What an event says of the person who acted, and what that person wrote.
PERSONAL = (
    "comment_text",
    "device",
    "ip_address",
    "reported_user_name",
    "reported_user_email",
    "reported_document_title",
)
_NOTHING = dict.fromkeys(PERSONAL)

# Where an id can stand in a text that need not be JSON: as a JSON string, between blanks and brackets, or in a word.
_MENTIONS = [
    re.compile(pattern, re.ASCII)
    for pattern in (r'"((?:[^"\\]|\\.)*+)"', r"""([^\s"'{}\[\](),;]++)""", r"""([^\s"'{}\[\](),;:=&/<>\\]++)""")
]


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
        """The event without the erased people.

        Where one acted, `PERSONAL` goes; who received a share is another's event and only gets the pseudonym. The
        fingerprint is hashed with the key, since it could be guessed from the person's data.
        """
        acted, received = self._is_erased(event.user_id), self._is_erased(event.shared_with_user_id)
        if not acted and not received:
            return event
        changes: dict[str, Any] = {"content_fingerprint": self.hash(event.content_fingerprint)}
        if acted:
            changes |= {"user_id": self.pseudonym(event.user_id), **_NOTHING}
        if received and event.shared_with_user_id is not None:
            changes["shared_with_user_id"] = self.pseudonym(event.shared_with_user_id)
        return event._replace(**changes)

    def redact(self, record: Quarantined) -> Quarantined:
        """The record without text, its hash and all values, where it mentions an erased person."""
        return record

    def _is_erased(self, user_id: str | None) -> bool:
        return user_id is not None and self.hash(user_id) in self.ids
