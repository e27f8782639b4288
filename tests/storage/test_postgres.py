"""Connections to databases with unusual names, and to a read-only database."""

from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import sql
from pyspark.sql import SparkSession

from jobs.storage.database.postgres import jdbc_options
from tests.builders import record_json
from tests.conftest import run_on_server
from tests.faults.harness import Job
from tests.loading import load, query


@pytest.mark.parametrize("name", ["a/b", "/a//", "a?b#c", "a%2Fb", "a b+c", "\u00fc;&=", "a\\b", "a:b@c", "a'b\"c"])
def test_a_database_of_any_name_is_found_by_jdbc(server: str, spark: SparkSession, name: str) -> None:
    identifier = sql.Identifier(name)
    with closing(psycopg2.connect(server)) as connection:
        run_on_server(server, sql.SQL("create database {}").format(identifier).as_string(connection))
        try:
            options = jdbc_options(urlunsplit(urlsplit(server)._replace(path=f"/{quote(name, safe='')}")))
            asked = spark.read.format("jdbc").options(**options, query="select current_database()::text as name")
            assert asked.load().collect() == [(name,)]
        finally:
            run_on_server(server, sql.SQL("drop database {}").format(identifier).as_string(connection))


@pytest.mark.parametrize("is_loaded", [False, True], ids=["new", "loaded"])
def test_a_read_only_database_is_one_line_and_exit_code_4(
    database_url: str,
    spark: SparkSession,
    is_loaded: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A standby is read-only, and so is a managed server whose disk is full."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text(record_json(event_id="a"))
    if is_loaded:
        load(database_url, tmp_path / "in", tmp_path / "data")
        (tmp_path / "in" / "b.json").write_text(record_json(event_id="b"))
    name = urlsplit(database_url).path[1:]
    run_on_server(database_url, f"alter database {name} set default_transaction_read_only = on")
    capsys.readouterr()
    assert Job(database_url, tmp_path / "in", tmp_path / "data").wait() == 4
    (error,) = capsys.readouterr().err.splitlines()
    assert error == (
        f"error: database {name} is read-only (a standby, or default_transaction_read_only is on): name the primary"
        " server in DATABASE_URL, or run again when it can be written"
    )
    if is_loaded:
        assert query(database_url, "select event_id from events") == [("a",)]
