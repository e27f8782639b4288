"""Spark's schemas and the tables in SQL say the same, column for column."""

from typing import Any

import pytest
from psycopg2 import sql
from pyspark.sql import types as T

from jobs.storage.database.postgres import execute_files
from schemas.tables import STAGED

SQL_TYPES = {
    T.StringType(): ("text", "uuid", "jsonb"),
    T.LongType(): ("bigint",),
    T.TimestampType(): ("timestamp with time zone",),
    T.DateType(): ("date",),
    T.DecimalType(18, 6): ("numeric(18,6)",),
    T.ArrayType(T.StringType()): ("text[]",),
    T.BooleanType(): ("boolean",),
}


@pytest.mark.parametrize("table", STAGED)
def test_frame_and_table_have_the_same_columns(database: Any, table: str) -> None:
    with database.cursor() as cursor:
        cursor.execute("create schema staging")
        execute_files(cursor, "ddl/100_*.sql", {"staging": sql.Identifier("staging")})
        cursor.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 order by attnum",
            (f"staging.{table}",),
        )
        columns = cursor.fetchall()
    # Properties of superseded records are given to them in the database.
    if table == "superseded_records":
        assert columns.pop() == ("properties", "jsonb")
    assert [name for name, _ in columns] == STAGED[table].names
    for (name, sql_type), field in zip(columns, STAGED[table], strict=True):
        assert sql_type in SQL_TYPES[field.dataType], name
