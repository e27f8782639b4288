"""TLS to the database by the parameters of DATABASE_URL, for psycopg2 and JDBC, on a PostgreSQL with TLS.

The embedded PostgreSQL has no TLS. So the tests need an installed PostgreSQL (Debian: postgresql), or are skipped.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pyspark.sql import SparkSession

from jobs import pipeline
from jobs.steps.job_runner import run_job
from jobs.storage.database.postgres import connect, jdbc_options
from jobs.storage.errors import DatabaseUnavailableError
from jobs.storage.local.embedded_postgres import _find_free_port
from jobs.storage.local.server_account import choose_account
from jobs.storage.process.known_errors import find_database_error
from tests.storage.test_publish import column

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
pytestmark = pytest.mark.skipif(
    not PROGRAMS or not shutil.which("openssl"), reason="no PostgreSQL with TLS in /usr/lib/postgresql, or no openssl"
)


def make_certificate(folder: Path, name: str, *options: str) -> None:
    """Makes a key and a certificate that are valid for a short time."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", f"{name}.key"]
    subprocess.run([*command, "-out", f"{name}.crt", *options], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def tls_server() -> Iterator[tuple[str, Path]]:
    """(URL of a server that accepts only TLS, folder with its CA and another CA)."""
    # If root runs the tests, the server's account can't read pytest's own folder. So we use another one.
    with TemporaryDirectory(prefix="document-events-tls-", ignore_cleanup_errors=True) as name:
        yield from run_server(Path(name))


def run_server(folder: Path) -> Iterator[tuple[str, Path]]:
    """Makes the certificates and the server in `folder`. Stops the server afterwards."""
    for name in ("ca", "other"):
        make_certificate(folder, name, "-subj", f"/CN={name}")
    signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost"]
    make_certificate(
        folder, "server", "-subj", "/CN=localhost", "-addext", "basicConstraints=critical,CA:FALSE", *signed
    )
    account, programs, port = choose_account(folder / "cluster"), PROGRAMS[-1].parent, _find_free_port(None)
    account.own(folder)
    for file in folder.iterdir():
        account.own(file)
    (folder / "password").write_text("secret")
    account.own(folder / "password")

    def run(*command: str) -> None:
        with (folder / "output").open("w") as output:  # a file, because the server keeps it open
            subprocess.run(
                [str(programs / command[0]), *command[1:]],
                cwd=folder, check=True, stdout=output, stderr=output, **account.as_subprocess_options(),
            )  # fmt: skip

    run("initdb", "-D", "cluster", "-U", "loader", "--auth=scram-sha-256", "--pwfile=password", "--encoding=UTF8")
    account.write(folder / "cluster" / "pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n")
    settings = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c ssl=on"
    settings += f" -c ssl_cert_file={folder}/server.crt -c ssl_key_file={folder}/server.key"
    run("pg_ctl", "-D", "cluster", "-l", "server.log", "-o", settings, "-w", "start")
    yield f"postgresql://loader:secret@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={folder}", folder
    run("pg_ctl", "-D", "cluster", "-m", "immediate", "stop")


def test_the_right_authority_is_accepted(tls_server: tuple[str, Path], spark: SparkSession) -> None:
    url = f"{tls_server[0]}/ca.crt"
    connection = connect(url)
    assert column(connection, "select ssl from pg_stat_ssl where pid = pg_backend_pid()") == [True]
    connection.close()
    question = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
    (row,) = spark.read.format("jdbc").options(**jdbc_options(url)).option("query", question).load().collect()
    assert row.ssl is True


def test_another_authority_is_rejected_in_one_line(
    tls_server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{tls_server[0]}/other.crt")
    (tmp_path / "in").mkdir()
    arguments = ["--input", str(tmp_path / "in"), "--data", str(tmp_path / "data")]
    assert run_job(pipeline.arg_parser().parse_args(arguments), pipeline.run) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: database can't be reached")
    assert "certificate verify failed" in line


def test_jdbc_rejects_another_authority_too(tls_server: tuple[str, Path], spark: SparkSession) -> None:
    options = jdbc_options(f"{tls_server[0]}/ca.crt")
    options["url"] = options["url"].replace("ca.crt", "other.crt")
    reader = spark.read.format("jdbc").options(**options).option("query", "select 1 as number")
    with pytest.raises(Exception, match="Couldn't connect") as caught:
        reader.load().collect()
    assert "SSL error: PKIX path" in str(find_database_error(caught.value))


def test_a_connection_without_tls_is_rejected(tls_server: tuple[str, Path]) -> None:
    with pytest.raises(DatabaseUnavailableError, match="no encryption"):
        connect(tls_server[0].partition("?")[0] + "?sslmode=disable")
