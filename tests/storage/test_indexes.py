"""A first load builds the missing indexes before the transaction that publishes."""

from typing import Any

from psycopg2 import sql

from jobs.storage.database.indexes import make_indexes
from jobs.storage.database.postgres import SQL, execute_files

PARTS = {"staging": sql.Identifier("staging")}


def list_indexes(database: Any) -> list[str]:
    with database, database.cursor() as cursor:
        cursor.execute("select indexdef from pg_indexes where schemaname = 'staging' order by indexdef")
        return [definition for (definition,) in cursor.fetchall()]


def make_tables(database: Any) -> None:
    with database, database.cursor() as cursor:
        cursor.execute("drop schema if exists staging cascade; create schema staging")
        execute_files(cursor, "ddl/100_*.sql", PARTS)


def test_all_indexes_are_built_before_the_transaction(database_url: str, database: Any) -> None:
    make_tables(database)
    with database, database.cursor() as cursor:
        execute_files(cursor, "ddl/150_*.sql", PARTS)
    in_one_transaction = list_indexes(database)
    assert len(in_one_transaction) == (SQL / "ddl" / "150_indexes.sql").read_text().count("create index")
    make_tables(database)
    make_indexes(database_url, PARTS)
    assert list_indexes(database) == in_one_transaction
    make_indexes(database_url, PARTS)  # the next try does the same after a failed transaction
    with database, database.cursor() as cursor:
        execute_files(cursor, "ddl/150_*.sql", PARTS)
    assert list_indexes(database) == in_one_transaction


def test_tables_that_are_gone_are_left_to_the_transaction_to_report(database_url: str, database: Any) -> None:
    make_indexes(database_url, PARTS)  # the whole schema is gone
    with database, database.cursor() as cursor:
        cursor.execute("create schema staging")
    make_indexes(database_url, PARTS)  # the tables are gone
    assert list_indexes(database) == []
