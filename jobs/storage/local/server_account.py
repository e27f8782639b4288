"""Chooses the account that the embedded PostgreSQL runs under: the caller's own, unless that is root.

PostgreSQL does not run as root. If root starts it, as in most containers, it runs as the owner of an existing cluster,
or as the system account `pgserver`, which is made on first use. That account must pass through the folders above the
data and the programs. Some may be closed to it, such as a clone below /root or in a `mktemp -d`. Then an access control
entry lets only this account pass (search, not read). The permissions of everyone else stay as they are.
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNT_NAME = "pgserver"

# The layout of an access control list in an extended attribute: linux/posix_acl_xattr.h.
ACL_ATTRIBUTE = "system.posix_acl_access"
ACL_HEADER, ACL_ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
ACL_VERSION, ACL_NO_ID = 2, 0xFFFFFFFF
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
SEARCH = 0o1


class ServerAccountError(Exception):
    """The account of the server can't be made or can't reach its files. The message is one line with the fix."""


@dataclass(frozen=True)
class ServerAccount:
    """The account that runs the server. `entry` is None if it is the caller's own."""

    entry: pwd.struct_passwd | None

    def as_subprocess_options(self) -> dict[str, Any]:
        """Return the options of subprocess that run a program under this account."""
        if self.entry is None:
            return {}
        return {"user": self.entry.pw_uid, "group": self.entry.pw_gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Make the account the owner of `path`."""
        if self.entry is not None:
            os.chown(path, self.entry.pw_uid, self.entry.pw_gid, follow_symlinks=False)

    def write(self, path: Path, text: str) -> None:
        """Replace a file of the server in one step. If root wrote into it, it might follow a link that others made."""
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600, exist_ok=False)
        fresh.write_text(text)
        self.own(fresh)
        fresh.replace(path)

    def reach(self, folder: Path, programs: Path) -> None:
        """Make sure that the account can enter `folder` and run `programs`. Raises ServerAccountError."""
        if self.entry is None:
            return
        _share_programs(programs)
        opened = []
        for target in (folder.resolve(), programs.resolve()):
            for parent in [*reversed(target.parents), target]:
                if not self._can_enter(parent):
                    _let_pass(parent, self.entry)
                    opened.append(str(parent))
        if opened:
            note = f"note: the account {self.entry.pw_name} may now pass through {', '.join(opened)}"
            print(f"{note} (access control list; nobody else may)", file=sys.stderr)

    def _can_enter(self, folder: Path) -> bool:
        """Try to enter the folder under this account. Mode bits alone don't show access lists, masks and mounts."""
        command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        done = subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, check=False, **self.as_subprocess_options())
        return done.returncode == 0


def choose_account(cluster: Path) -> ServerAccount:
    """Return the account for the cluster in this folder, which need not exist yet."""
    if os.geteuid() != 0:
        return ServerAccount(None)
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = cluster.stat().st_uid
        try:
            return ServerAccount(pwd.getpwuid(owner))
        except KeyError as error:
            raise ServerAccountError(
                f"{cluster} belongs to the unknown account {owner}: chown it to {ACCOUNT_NAME}, "
                "remove it, or set DATABASE_URL"
            ) from error
    try:
        return ServerAccount(pwd.getpwnam(ACCOUNT_NAME))
    except KeyError:
        return ServerAccount(_create_account())


def _create_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME]
    try:
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(ACCOUNT_NAME)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise ServerAccountError(
            f"PostgreSQL does not run as root and the account {ACCOUNT_NAME} can't be made: "
            "work under an ordinary account, or set DATABASE_URL"
        ) from error


def _share_programs(programs: Path) -> None:
    """Make the installed PostgreSQL readable to others. pip does so too, unless the umask is strict."""
    package = programs.parent.parent
    for top in (programs.parent, package.with_name(f"{package.name}.libs")):
        for path in (top, *top.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            is_entered = path.is_dir() or mode & stat.S_IXUSR
            wanted = mode | stat.S_IROTH | (stat.S_IXOTH if is_entered else 0)
            if wanted != mode:
                path.chmod(wanted)


def _let_pass(folder: Path, entry: pwd.struct_passwd) -> None:
    try:
        _grant_search(folder, entry.pw_uid)
    except (OSError, AttributeError) as error:
        raise ServerAccountError(
            f"PostgreSQL runs as {entry.pw_name}, not as root, and can't pass through {folder}: "
            f"chmod o+x {folder}, or work in a folder open to it such as /opt, or set DATABASE_URL"
        ) from error


def _grant_search(folder: Path, uid: int) -> None:
    """Add the entry `user:uid:--x` to the access control list of `folder`. Nobody else gets more rights."""
    entries = _read_acl(folder)
    mask = next((permission for tag, permission, _ in entries if tag == MASK), 0o7)
    narrowed = [
        (tag, permission & mask if tag in (USER, GROUP_OBJ, GROUP) else permission, owner)
        for tag, permission, owner in entries
        if tag != MASK and (tag, owner) != (USER, uid)
    ]
    granted = [*narrowed, (USER, SEARCH, uid)]
    union = 0
    for tag, permission, _ in granted:
        union |= permission if tag in (USER, GROUP_OBJ, GROUP) else 0
    granted.append((MASK, union, ACL_NO_ID))
    granted.sort(key=lambda entry: (entry[0], entry[2]))
    packed = b"".join(ACL_ENTRY.pack(*entry) for entry in granted)
    os.setxattr(folder, ACL_ATTRIBUTE, ACL_HEADER.pack(ACL_VERSION) + packed)


def _read_acl(folder: Path) -> list[tuple[int, int, int]]:
    """Return the entries (tag, permission, id) of a folder's access control list. Without one, its mode gives them."""
    try:
        packed = os.getxattr(folder, ACL_ATTRIBUTE)
        return list(ACL_ENTRY.iter_unpack(packed[ACL_HEADER.size :]))
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
    mode = folder.stat().st_mode
    shifts = ((USER_OBJ, 6), (GROUP_OBJ, 3), (OTHER, 0))
    return [(tag, mode >> shift & 0o7, ACL_NO_ID) for tag, shift in shifts]
