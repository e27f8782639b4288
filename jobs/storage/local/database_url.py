"""The URL of the database that the jobs load into: DATABASE_URL, else that of the embedded server."""

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
    """The URL to load into: DATABASE_URL, password and all, else that of the embedded server, now running."""
    return find_own_database() or embedded_postgres.start(data_dir)


def find_own_database() -> str | None:
    """DATABASE_URL, None where it is not set. Raises UsageError where it is set and empty."""
    url = os.environ.get("DATABASE_URL")
    require_not_blank({"DATABASE_URL": url})
    return url


def find_database_of_analyst() -> str:
    """The URL for reading the embedded server, now running. Raises UsageError for a server of the user's own."""
    if find_own_database():
        raise UsageError("DATABASE_URL names a server of your own: `grant document_events_analyst to` a login there")
    embedded_postgres.start(DATA_DIR)
    return embedded_postgres.url(DATA_DIR, embedded_postgres.ANALYST)


def split_password(url: str) -> tuple[str, str | None]:
    """A URL (or libpq's `key=value` form) without its password, and the password.

    Raises UsageError when libpq can't read it; the message does not repeat it, since it may hold a password.
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
