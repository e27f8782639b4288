"""The folder of each module of merges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from tests.conftest import empty_database
from tests.merging.folder import Folder


@pytest.fixture(scope="module")
def folder(server: str, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """An empty folder, and the empty database into which the story of the module loads it."""
    with empty_database(server) as url:
        yield Folder(url, tmp_path_factory.mktemp("merging"))
