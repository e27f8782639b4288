"""The tombstones of erased people, and the key that their hashes are made with.

The hashes are in ops.erased_identifiers, and the key is in a file outside the database. Whoever has only one of the two
can't find out whether a person was erased, not even by testing a guess.
"""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from jobs.records.erased_people import Erased
from jobs.storage.erasure.person_texts import spell
from jobs.storage.errors import UsageError

_KEY_BYTES = 32


@dataclass(frozen=True)
class Tombstones:
    """The erased people: keyed hashes of their ids, and of their names and addresses."""

    key: bytes
    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def hash(self, text: str) -> str:
        """Return the keyed hash of an id or a name."""
        return self.erased.hash(text)

    def pseudonym(self, user_id: str) -> str:
        """Return the pseudonym that replaces the id."""
        return self.erased.pseudonym(user_id)

    def add(self, user_id: str, names: Iterable[str]) -> "Tombstones":
        """Return these tombstones with one more person. Other spellings of the id, as in HTML, count as names."""
        known = {*names, *spell(user_id)} - {user_id}
        spelt = {self.hash(spelling) for name in known for spelling in spell(name)}
        return replace(self, ids=self.ids | {self.hash(user_id)}, names=self.names | spelt)

    @property
    def erased(self) -> Erased:
        """The same hashes and key, in the form that the readers of records use."""
        return Erased(self.key, self.ids, self.names)

    @property
    def key_check(self) -> str:
        """A hash that shows whether two keys are the same. It reveals nothing else about a key."""
        return self.hash("which key is this?")


def read_tombstones(cursor: Cursor, key_file: Path) -> Tombstones | None:
    """Read who is erased in this database; None if nobody is. Raises UsageError if the key is not the right one."""
    cursor.execute("select identifier_hash, is_user_id, key_check from ops.erased_identifiers")
    rows = cursor.fetchall()
    if not rows:
        return None
    tombstones = Tombstones(
        read_key(key_file),
        frozenset(hashed for hashed, is_user_id, _ in rows if is_user_id),
        frozenset(hashed for hashed, is_user_id, _ in rows if not is_user_id),
    )
    if {check for *_, check in rows} != {tombstones.key_check}:
        raise UsageError(
            f"{key_file} is not the key that people were erased with; put the right one there, or name its file in"
            " ERASURE_KEY_FILE"
        )
    return tombstones


def read_key(path: Path) -> bytes:
    """Read the key. Raises UsageError if it is missing, can't be read, or others may read it."""
    try:
        if path.stat().st_mode & 0o077:
            raise UsageError(f"{path}: other users may read this key; run chmod 600 on it")
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: the key that recognises erased people is gone, and without it a run would bring them back;"
            " put it back, or name its place in ERASURE_KEY_FILE"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read as a key ({error}); put the right one there") from error
    if len(key) != _KEY_BYTES:
        raise UsageError(f"{path} does not hold a key of {_KEY_BYTES} bytes in hex; put the right one there")
    return key


def take_key(path: Path, is_kept: bool) -> bytes:
    """Read the key, or make a new one if there is no file. A new key `is_kept` in a file that only its owner can read.

    A dry run does not keep its key.
    """
    if path.exists():
        return read_key(path)
    key = secrets.token_bytes(_KEY_BYTES)
    if is_kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
            stream.write(key.hex() + "\n")
    return key
