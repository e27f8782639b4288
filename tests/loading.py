"""Loads a folder as `make pipeline` does, and reads what is in the database then."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from jobs.pipeline import arg_parser, run
from jobs.storage.database.postgres import SQL
from jobs.storage.runs.checks import read_checks


def load(url: str, folder: Path, data: Path, *options: str) -> str:
    """Load a folder in this process, and return what is told."""
    args: Namespace = arg_parser().parse_args(["--input", str(folder), "--data", str(data), *options])
    return run(args, url)


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def find_broken(url: str, gap_minutes: int = 30) -> list[tuple[Any, ...]]:
    """Return (check, row) for what the checks find that hold after every load. It is empty when all is well.

    `gap_minutes` is the gap of sessions by which the tables were made.
    """
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"set document_events.session_gap_minutes = {gap_minutes}")
        found: list[tuple[Any, ...]] = []
        for check in read_checks():
            if check.severity == "error":  # what only warns may speak up in the odd worlds of tests
                cursor.execute(check.query)
                found += [(check.name, *row) for row in cursor.fetchall()]
        return found


def fingerprint(url: str) -> list[tuple[Any, ...]]:
    """(table, rows, hash) of each published table."""
    return query(url, (SQL / "analysis" / "fingerprint.sql").read_text())
