"""Reads and writes the file with the embedded server's port and passwords, in the format of libpq's pgpass.

The passwords stand nowhere else: in no argument list, log or URL. libpq ignores the file if others may read it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class PassfileError(Exception):
    """The passfile is missing or damaged; the message is one line with the fix."""


def read_passfile(path: Path) -> tuple[int, dict[str, str]]:
    """Read the port, and the password of each role. Our passwords hold no colon or backslash, so nothing is escaped."""
    try:
        lines = [line.split(":") for line in path.read_text().split()]
        return int(lines[0][1]), {role: password for _, _, _, role, password in lines}
    except (OSError, ValueError, IndexError) as error:
        raise PassfileError(
            f"{path} is missing, damaged or not readable for you: restore it, or remove {path.parent} and load again"
        ) from error


def write_passfile(path: Path, host: str, port: int, passwords: dict[str, str]) -> None:
    """Replace the passfile in one step. Only the owner of its folder can read it."""
    lines = [f"{host}:{port}:*:{role}:{password}\n" for role, password in passwords.items()]
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix="passfile.", delete=False) as passfile:
        passfile.writelines(lines)
    os.chown(passfile.name, path.parent.stat().st_uid, -1)
    Path(passfile.name).replace(path)
