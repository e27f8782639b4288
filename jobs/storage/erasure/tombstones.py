"""The tombstones of erased people, and the key that their hashes are made with.

The hashes stand in ops.erased_identifiers, the key in a file beside the database: whoever has only one of the two can
neither tell whether somebody was erased nor test a guess.
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
    """Who is erased: keyed hashes of ids, and of the names and addresses by which they were known."""

    key: bytes
    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def hash(self, text: str) -> str:
        """The keyed hash of an id or a name."""
        return self.erased.hash(text)

    def pseudonym(self, user_id: str) -> str:
        """What stands in the place of the id."""
        return self.erased.pseudonym(user_id)

    def add(self, user_id: str, names: Iterable[str]) -> "Tombstones":
        """These and one more person. Another spelling of the id, as JSON or HTML may need, is no id but a name."""
        known = {*names, *spell(user_id)} - {user_id}
        spelt = {self.hash(spelling) for name in known for spelling in spell(name)}
        return replace(self, ids=self.ids | {self.hash(user_id)}, names=self.names | spelt)

    @property
    def erased(self) -> Erased:
        """The same for those who read records."""
        return Erased(self.key, self.ids, self.names)

    @property
    def key_check(self) -> str:
        """Tells one key from another, and nothing else of either."""
        return self.hash("which key is this?")


def read_tombstones(cursor: Cursor, key_file: Path) -> Tombstones | None:
    """Who is erased in this database; None where nobody is. Raises UsageError where the key is not the right one."""
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
        raise UsageError(f"{key_file} is not the key that people were erased with; put the right one there")
    return tombstones


def read_key(path: Path) -> bytes:
    """The key. Raises UsageError where it is not there, can't be read, or others may read it."""
    try:
        if path.stat().st_mode & 0o077:
            raise UsageError(f"{path}: others may read this key; chmod 600 it")
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: the key by which erased people are told is gone, and without it a run would bring them back;"
            " put it back, or name its place in ERASURE_KEY_FILE"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read as a key ({error}); put the right one there") from error
    if len(key) != _KEY_BYTES:
        raise UsageError(f"{path} is no key of {_KEY_BYTES} bytes in hex; put the right one there")
    return key


def take_key(path: Path, is_kept: bool) -> bytes:
    """The key of the file; a new one where there is none, written only if it `is_kept`, for its owner's eyes alone."""
    if path.exists():
        return read_key(path)
    key = secrets.token_bytes(_KEY_BYTES)
    if is_kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
            stream.write(key.hex() + "\n")
    return key
