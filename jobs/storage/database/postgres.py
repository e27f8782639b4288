"""Connects to PostgreSQL, holds the lock that allows one run at a time, and executes SQL files."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from jobs.storage.errors import DatabaseUnavailableError, UsageError
from jobs.storage.process.signals import cancel_when_stopped

SQL = Path(__file__).resolve().parents[3] / "sql"

# The names of a run's connections, except for the one that holds its lock.
STAGING_NAME, PUBLISH_NAME = "document-events staging", "document-events publish"

_RUN_LOCK = 0x646F63_65766E74  # "doc", "evnt"
_OLDEST_VERSION = 150000
_TLS_PARAMETERS = ("sslmode", "sslrootcert")
# All times are in UTC. The server must soon notice a dead client, whose locks would otherwise stay for hours.
_SESSION_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "timezone": "UTC",
        "client_connection_check_interval": 1000,  # milliseconds, while a statement runs
        "tcp_keepalives_idle": 20,  # seconds, while no statement runs
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
    }.items()
)

# The jobs act as this role of sql/ddl/030_roles.sql, whatever login they use.
LOADER = "document_events_loader"

SqlParts = Mapping[str, sql.Composable]


def connect(url: str, application_name: str = "document-events") -> Connection:
    """Connect in UTC. The connection acts as the loader, if the login is a member of that role.

    Raises DatabaseUnavailableError, whose message never holds a password, and UsageError for an old server.
    """
    try:
        connection = psycopg2.connect(
            url,
            application_name=application_name,
            options=_SESSION_OPTIONS,
            connect_timeout=10,
            keepalives_idle=20,
            keepalives_interval=10,
            keepalives_count=3,
        )
    except psycopg2.Error as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DatabaseUnavailableError(
            f"database can't be reached ({reason}); check that it runs, and DATABASE_URL, PGPASSWORD and PGPASSFILE"
        ) from None
    if connection.server_version < _OLDEST_VERSION:
        version = connection.server_version // 10000
        connection.close()
        raise UsageError(f"PostgreSQL {version} is too old; use 15 or later")
    with connection, connection.cursor() as cursor:
        act_as_loader(cursor)
    cancel_when_stopped(connection)
    return connection


def act_as_loader(cursor: Cursor) -> None:
    """Take the rights of the loader, if this database uses our roles and the login is a member of the loader."""
    cursor.execute(
        "select set_config('role', loader.rolname, false) from pg_namespace"
        " inner join pg_roles as owner on nspowner = owner.oid and owner.rolname = 'document_events_owner'"
        " inner join pg_roles as loader on loader.rolname = %s and pg_has_role(session_user, loader.oid, 'usage')"
        " where nspname = 'ops'",
        (LOADER,),
    )


@contextmanager
def read_only(url: str, application_name: str) -> Iterator[Cursor]:
    """Open a cursor in one read-only transaction. All its queries see the same state of the database.

    Raises DatabaseUnavailableError, also if the connection is lost within the block.
    """
    with closing(connect(url, application_name)) as connection:
        connection.set_session(readonly=True, isolation_level="REPEATABLE READ")
        try:
            with connection.cursor() as cursor:
                yield cursor
        except psycopg2.OperationalError as error:
            raise DatabaseUnavailableError(f"the database went away: {str(error).strip().splitlines()[0]}") from error


@contextmanager
def hold_run_lock(url: str, wait_seconds: float) -> Iterator[None]:
    """Hold the lock that allows one run at a time, on a connection of its own.

    Raises DatabaseUnavailableError if another run still holds the lock after `wait_seconds`, and if the database is
    read-only.
    """
    with closing(connect(url, "document-events run lock")) as connection:
        connection.autocommit = True
        deadline = time.monotonic() + wait_seconds
        with connection.cursor() as cursor:
            _reject_read_only(cursor)
            while True:
                cursor.execute("select pg_try_advisory_lock(%s)", (_RUN_LOCK,))
                if fetch_one(cursor)[0]:
                    break
                if time.monotonic() >= deadline:
                    raise DatabaseUnavailableError(
                        f"another run holds the lock after {wait_seconds:g} s; wait for it, or raise --wait"
                    )
                time.sleep(min(1.0, wait_seconds))
        yield


def _reject_read_only(cursor: Cursor) -> None:
    cursor.execute("select current_database(), current_setting('transaction_read_only')")
    name, is_read_only = fetch_one(cursor)
    if is_read_only == "on":
        raise DatabaseUnavailableError(
            f"database {name} is read-only (a standby, or default_transaction_read_only is on): name the primary server"
            " in DATABASE_URL, or run again when it can be written"
        )


def fetch_one(cursor: Cursor) -> tuple[object, ...]:
    """Return the next row. The query must give one."""
    row = cursor.fetchone()
    if row is None:
        raise LookupError(f"no row from {cursor.query!r}")
    return row


def execute_files(cursor: Cursor, pattern: str, parts: SqlParts | None = None) -> None:
    """Execute the SQL files that match, in the order of their numbers."""
    for path in find_sql(pattern):
        cursor.execute(read_sql(path, parts))


def find_sql(*patterns: str) -> list[Path]:
    """Find the SQL files of each pattern in turn. Those of one pattern come in the order of their numbers."""
    return [path for pattern in patterns for path in sorted(SQL.glob(pattern))]


def read_sql(path: Path, parts: SqlParts | None = None) -> sql.Composed:
    """Read the statements of one file. `parts` gives the values for names in braces, such as {staging}."""
    return sql.SQL(path.read_text(encoding="utf-8")).format(**(parts or {}))


def jdbc_options(url: str) -> dict[str, str]:
    """Return the options with which Spark reads and writes the database of `url`: JDBC URL, user, password, driver.

    Raises UsageError for a database behind a Unix socket, because JDBC needs TCP.
    """
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("select current_setting('role')")
        role = str(fetch_one(cursor)[0])
        info = connection.info
        if not info.host or info.host.startswith("/"):
            raise UsageError("DATABASE_URL names a Unix socket; JDBC needs a host name and a port")
        tls: dict[str, str] = {key: value for key, value in info.dsn_parameters.items() if key in _TLS_PARAMETERS}
        parameters = {
            **tls,
            "stringtype": "unspecified",  # uuid columns take text
            "reWriteBatchedInserts": "true",
            "connectTimeout": "10",
            "socketTimeout": "600",
            "tcpKeepAlive": "true",
            "ApplicationName": STAGING_NAME,
            **({"options": f"-c role={role}"} if role != "none" else {}),
        }
        host = f"[{info.host}]" if ":" in info.host else info.host
        query = urlencode(parameters, quote_via=quote)
        return {
            "url": f"jdbc:postgresql://{host}:{info.port}/{quote(info.dbname, safe='')}?{query}",
            "user": info.user,
            "password": info.password or "",
            "driver": "org.postgresql.Driver",
        }
