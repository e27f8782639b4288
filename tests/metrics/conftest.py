"""What the tests of the SQL share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.metrics.rows import create_tables


@pytest.fixture
def tables(database: Any) -> Any:
    """A connection to a database with empty published tables."""
    create_tables(database)
    return database
