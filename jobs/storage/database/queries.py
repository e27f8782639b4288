"""Runs queries whose results are shown to people."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from jobs.storage.errors import UsageError


@dataclass(frozen=True)
class Result:
    """The rows of one query, as the driver gave them, under their column names."""

    title: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


def run_query(cursor: Any, title: str, statement: str) -> Result:
    """Run one query. Raises UsageError with PostgreSQL's reason if it can't be run, or if it returns no rows."""
    try:
        cursor.execute(statement)
    except psycopg2.OperationalError:
        raise
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines()[0]
        hint = "; `make pipeline` makes the tables" if "does not exist" in reason else ""
        raise UsageError(f"{title} can't be run: {reason}{hint}") from error
    if cursor.description is None:
        raise UsageError(f"{title} returns no rows: only a query can be shown")
    return Result(title, [column.name for column in cursor.description], cursor.fetchall())


def query_file(cursor: Any, path: Path) -> Result:
    """Run the query in a file."""
    try:
        statement = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read ({error}): name a file with one SQL query") from error
    return run_query(cursor, str(path), statement)
