"""Fixtures for the tests of the SQL."""

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
    """The URL of a database with empty published tables. It is created once, because that takes long."""
    with empty_database(server) as url:
        with closing(psycopg2.connect(url)) as connection, connection:
            create_tables(connection)
        yield url


@pytest.fixture
def tables(prepared_url: str) -> Iterator[Any]:
    """A connection to empty published tables. Each test is rolled back, so it must not commit."""
    with closing(psycopg2.connect(prepared_url)) as connection:
        yield connection
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.execute("select exists (select from public.events) or exists (select from ops.ingested_files)")
            assert cursor.fetchall() == [(False,)]
