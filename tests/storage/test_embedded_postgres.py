"""The embedded PostgreSQL, on real servers: logins, restarts, crashes and copied folders."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from jobs.storage.database.passfile import read_passfile, write_passfile
from jobs.storage.local import embedded_postgres
from jobs.storage.local.embedded_postgres import EmbeddedPostgresError


@pytest.fixture(scope="module")
def made_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that was made, started and stopped."""
    folder = tmp_path_factory.mktemp("made") / "postgres"
    embedded_postgres.start(folder)
    embedded_postgres.stop(folder)
    return folder


@pytest.fixture
def new_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder for one server, with a space in its name. A server that still runs is stopped afterwards."""
    folder = tmp_path / "my data" / "postgres"
    yield folder
    if (folder / "cluster").exists() and (folder / "passfile").exists():
        embedded_postgres.stop(folder)


@pytest.fixture
def data_dir(new_dir: Path, made_dir: Path) -> Path:
    """The same with a server in it that has been made, which takes longer than to copy one."""
    new_dir.parent.mkdir()
    subprocess.run(["cp", "-a", made_dir, new_dir], check=True)
    return new_dir


def query(url: str, statement: str) -> Any:
    """Returns the first value of the first row, or None if there are no rows."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


def noted_pid(data_dir: Path) -> int:
    return int((data_dir / "cluster" / "postmaster.pid").read_text().split()[0])


def test_url_connects_as_it_is_and_holds_no_password(server: str) -> None:
    assert query(server, "select current_user || '@' || current_database()") == "document_events@document_events"
    assert urlsplit(server).password is None
    assert urlsplit(server).query.startswith("passfile=/")


def test_psql_of_the_wheel_accepts_the_url(server: str) -> None:
    psql = embedded_postgres.find_programs() / "psql"
    command = [str(psql), "-X", "-At", "-c", "select 1 + 1", server]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "2\n"


def test_wrong_password_is_rejected(server: str) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server, password="wrong")  # noqa: S106


def test_login_without_password_is_rejected_even_for_the_superuser(server: str) -> None:
    port = urlsplit(server).port
    with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
        psycopg2.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres", passfile="/dev/null")


def test_listens_on_loopback_tcp_and_nothing_else(server: str) -> None:
    assert query(server, "show listen_addresses") == "127.0.0.1"
    superuser = server.replace("document_events@", "postgres@", 1)
    assert query(superuser, "show unix_socket_directories") == ""
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", urlsplit(server).port or 0), timeout=2):
        pass


def test_data_are_safe_and_a_lost_client_is_noticed(server: str) -> None:
    assert query(server, "show fsync") == "on"
    assert query(server, "show client_connection_check_interval") == "1s"


def test_passwords_are_for_the_owner_only_and_not_in_the_log(made_dir: Path) -> None:
    passfile = made_dir / "passfile"
    assert stat.S_IMODE(passfile.stat().st_mode) == 0o600
    _, passwords = read_passfile(passfile)
    log = (made_dir / "server.log").read_text()
    assert not any(password in log for password in passwords.values())
    assert sorted(path.name for path in made_dir.iterdir()) == ["cluster", "lock", "passfile", "server.log"]


def test_a_server_of_an_earlier_version_gets_the_roles_and_the_login_for_reading(data_dir: Path) -> None:
    first = embedded_postgres.start(data_dir)
    port, passwords = read_passfile(data_dir / "passfile")
    superuser = first.replace("document_events@", "postgres@", 1)
    for role in ("analyst", "document_events_analyst", "document_events_owner", "document_events_loader"):
        query(superuser, f"drop role {role}")
    del passwords["analyst"]
    write_passfile(data_dir / "passfile", "127.0.0.1", port, passwords)
    embedded_postgres.start(data_dir)
    analyst = embedded_postgres.url(data_dir, "analyst")
    assert query(analyst, "select pg_has_role('document_events_analyst', 'usage')") is True
    assert query(first, "select pg_has_role('document_events_owner', 'usage')") is True


def test_restart_keeps_data_and_port(data_dir: Path) -> None:
    first = embedded_postgres.start(data_dir)
    query(first, "create table kept as select 42 as answer")
    assert embedded_postgres.stop(data_dir) is True
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(first)
    assert embedded_postgres.stop(data_dir) is False
    second = embedded_postgres.start(data_dir)
    assert second == first
    assert query(second, "select answer from kept") == 42


def test_taken_port_is_replaced_in_url_and_passfile(data_dir: Path) -> None:
    first = embedded_postgres.start(data_dir)
    embedded_postgres.stop(data_dir)
    with socket.create_server(("127.0.0.1", urlsplit(first).port or 0)):
        second = embedded_postgres.start(data_dir)
        assert urlsplit(second).port != urlsplit(first).port
        assert query(second, "select 1") == 1


def test_killed_server_recovers_with_its_data(data_dir: Path) -> None:
    url = embedded_postgres.start(data_dir)
    query(url, "create table kept as select 42 as answer")
    with closing(psycopg2.connect(url)):  # its backend outlives the postmaster for a moment
        os.kill(noted_pid(data_dir), signal.SIGKILL)
        assert query(embedded_postgres.start(data_dir), "select answer from kept") == 42


def test_noted_pid_of_another_program_does_not_stop_a_start(data_dir: Path) -> None:
    embedded_postgres.start(data_dir)
    pid_file = data_dir / "cluster" / "postmaster.pid"
    noted = pid_file.read_text()
    owner = pid_file.stat()
    embedded_postgres.stop(data_dir)
    # After a reboot another process may have the noted pid. PostgreSQL gives up if it is one of the same account.
    account = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], cwd="/", **account) as stranger:  # type: ignore[call-overload]
        pid_file.write_text(noted.replace(noted.split()[0], str(stranger.pid), 1))
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        try:
            assert query(embedded_postgres.start(data_dir), "select 1") == 1
        finally:
            stranger.kill()


def test_two_starts_at_once_share_one_server(new_dir: Path) -> None:
    code = "import sys, pathlib; from jobs.storage.local.embedded_postgres import start; "
    code += "print(start(pathlib.Path(sys.argv[1])))"
    starts = [
        subprocess.Popen([sys.executable, "-c", code, str(new_dir)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    first, second = (process.communicate(timeout=120)[0] for process in starts)
    assert [process.returncode for process in starts] == [0, 0]
    assert first == second
    assert query(first.strip(), "select 1") == 1


def test_start_that_was_killed_while_making_the_cluster_is_repeated(new_dir: Path) -> None:
    code = "import sys, pathlib; from jobs.storage.local.embedded_postgres import start; "
    code += "start(pathlib.Path(sys.argv[1]))"
    with subprocess.Popen([sys.executable, "-c", code, str(new_dir)], process_group=0) as starting:
        deadline = time.monotonic() + 60
        while not (new_dir / "cluster.unfinished" / "PG_VERSION").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(starting.pid, signal.SIGKILL)
    assert not (new_dir / "cluster").exists()
    assert query(embedded_postgres.start(new_dir), "select 1") == 1
    assert not (new_dir / "cluster.unfinished").exists()


def test_copied_folder_gets_a_server_of_its_own(data_dir: Path, tmp_path: Path) -> None:
    original = embedded_postgres.start(data_dir)
    embedded_postgres.stop(data_dir)
    copied = tmp_path / "copy"
    shutil.copytree(data_dir, copied)
    if os.geteuid() == 0:
        owner = (data_dir / "cluster").stat()
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", copied / "cluster"], check=True)
    original = embedded_postgres.start(data_dir)
    try:
        copy = embedded_postgres.start(copied)
        assert urlsplit(copy).port != urlsplit(original).port
        query(copy, "create table in_the_copy ()")
        assert query(original, "select to_regclass('in_the_copy')") is None
    finally:
        embedded_postgres.stop(copied)


def test_lost_passfile_is_one_line_with_the_remedy(data_dir: Path) -> None:
    embedded_postgres.start(data_dir)
    embedded_postgres.stop(data_dir)
    (data_dir / "passfile").rename(data_dir / "elsewhere")
    with pytest.raises(EmbeddedPostgresError, match=r"passfile is missing.*restore it") as caught:
        embedded_postgres.start(data_dir)
    assert "\n" not in str(caught.value)


def test_folder_that_can_not_be_made_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedPostgresError, match=r"file/postgres .*set DATABASE_URL") as caught:
        embedded_postgres.start(tmp_path / "file" / "postgres")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_closed_parent_folder_opens_to_the_server_account_only(new_dir: Path) -> None:
    closed = new_dir.parent
    closed.mkdir(mode=0o700)
    assert query(embedded_postgres.start(new_dir), "select 1") == 1
    entering = ["/bin/sh", "-c", 'cd "$1"', "sh", str(closed)]
    nobody = subprocess.run(entering, cwd="/", user="nobody", capture_output=True, check=False)
    assert nobody.returncode != 0
