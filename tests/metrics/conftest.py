"""What the tests of the SQL share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from tests.conftest import empty_database
from tests.metrics.rows import create_tables


@pytest.fixture(scope="session")
def prepared_url(server: str) -> Iterator[str]:
    """A database with empty published tables. It is made once, because that takes longer than most tests."""
    with empty_database(server) as url:
        with closing(psycopg2.connect(url)) as connection, connection:
            create_tables(connection)
        yield url


@pytest.fixture
def tables(prepared_url: str) -> Iterator[Any]:
    """A connection to empty published tables, in one transaction that is rolled back; a test must not commit."""
    with closing(psycopg2.connect(prepared_url)) as connection:
        yield connection
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute("select exists (select from public.events) or exists (select from ops.ingested_files)")
            assert cursor.fetchall() == [(False,)]
