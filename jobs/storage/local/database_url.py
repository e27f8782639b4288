"""Finds the URL of the database that the jobs load into: DATABASE_URL, else that of the embedded server."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from jobs.storage.config.environment import require_not_blank
from jobs.storage.errors import UsageError
from jobs.storage.local import embedded_postgres

DATA_DIR = Path(__file__).resolve().parents[3] / "data" / "postgres"


def find_database(data_dir: Path = DATA_DIR) -> str:
    """Return the URL to load into: DATABASE_URL with its password, else the URL of the embedded server, started."""
    return find_own_database() or embedded_postgres.start(data_dir)


def find_own_database() -> str | None:
    """Return DATABASE_URL, or None if it is not set. Raises UsageError if it is set but empty."""
    url = os.environ.get("DATABASE_URL")
    require_not_blank({"DATABASE_URL": url})
    return url


def find_database_of_analyst() -> str:
    """Start the embedded server, and return the URL for reading it. Raises UsageError if DATABASE_URL is set."""
    if find_own_database():
        raise UsageError(
            "DATABASE_URL names a server of your own, and only the embedded server has a login that reads: run"
            " `grant document_events_analyst to` a login there, and name that login in DATABASE_URL"
        )
    embedded_postgres.start(DATA_DIR)
    return embedded_postgres.url(DATA_DIR, embedded_postgres.ANALYST)


def split_password(url: str) -> tuple[str, str | None]:
    """Return a URL (or libpq's `key=value` form) without its password, and the password.

    Raises UsageError if libpq can't read it. The message does not repeat the URL, which may hold a password.
    """
    try:
        parts = parse_dsn(url)
    except psycopg2.ProgrammingError as error:
        raise UsageError(
            "DATABASE_URL can't be read: write postgresql://user@host:port/database?passfile=/path"
        ) from error
    password = parts.pop("password", None)
    if password is None:
        return url, None
    if "://" not in url:
        return make_dsn(**parts), password
    split = urlsplit(url)
    account, at, host = split.netloc.rpartition("@")
    kept = [(key, value) for key, value in parse_qsl(split.query) if key != "password"]
    netloc = f"{account.partition(':')[0]}{at}{host}"
    return urlunsplit(split._replace(netloc=netloc, query=urlencode(kept, safe="/", quote_via=quote))), password
