"""sql/dbt/models/sources.yml describes the tables and views as they are in a database."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.builders import ROOT
from tests.dictated.dbt import SOURCES_FILE

SOURCES = yaml.safe_load((ROOT / SOURCES_FILE).read_text())["sources"]
# (schema, table) -> its entry in the file
TOLD: dict[tuple[str, str], dict[str, Any]] = {
    (source["schema"], table["name"]): table for source in SOURCES for table in source["tables"]
}

COLUMNS = """
select nspname, relname, attname, format_type(atttypid, atttypmod), attnotnull,
    col_description(attrelid, attnum), obj_description(pg_class.oid, 'pg_class'), relkind
from pg_attribute
inner join pg_class on attrelid = pg_class.oid
inner join pg_namespace on relnamespace = pg_namespace.oid
where nspname in ('public', 'metrics', 'ops') and attnum > 0 and not attisdropped
    and (relkind = 'v' or (relkind = 'r' and nspname = 'public'))
order by nspname, relname, attnum
"""
# One row per key or reference inside our tables: table, columns, kind, and the referenced table and columns.
CONSTRAINTS = """
with names as (
    select pg_constraint.oid, contype, conrelid::regclass::text as child, confrelid::regclass::text as parent,
        (select string_agg(attname, ', ' order by place) from unnest(conkey) with ordinality as keys (number, place)
         inner join pg_attribute on attrelid = conrelid and attnum = number) as columns,
        (select string_agg(attname, ', ' order by place) from unnest(confkey) with ordinality as keys (number, place)
         inner join pg_attribute on attrelid = confrelid and attnum = number) as parent_columns
    from pg_constraint
    where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f')
)

select child, columns, case when contype = 'f' then 'relationships' else 'unique' end, parent, parent_columns
from names
where parent not like 'ops.%%'
"""


def query(database: Any, statement: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement.replace("%%", "%"))
        return list(cursor.fetchall())


def list_tests(table: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Returns (columns, test, arguments) of each test of the table."""
    places = [(column["name"], column) for column in table["columns"]] + [("", table)]
    found = []
    for name, place in places:
        for test in place.get("data_tests", []):
            kind, arguments = (test, {}) if isinstance(test, str) else (*test, *test.values())[:2]
            arguments = arguments.get("arguments", {})
            found.append((name or arguments["column_name"].strip("()"), kind, arguments))
    return found


def test_every_table_and_view_is_there_with_its_columns_types_and_comments(tables: Any) -> None:
    expected: dict[tuple[str, str], Any] = {}
    for schema, name, column, kind, _is_required, comment, whole, relkind in query(tables, COLUMNS):
        described = expected.setdefault((schema, name), {"name": name, "description": whole, "columns": []})
        spelt = kind.replace("timestamp with time zone", "timestamptz").replace("numeric(18,6)", "numeric(18, 6)")
        described["columns"].append(
            {"name": column, "description": comment} | ({"data_type": spelt} if relkind == "r" else {})
        )
    stated = {
        key: {
            "name": table["name"],
            "description": table["description"],
            "columns": [{k: v for k, v in column.items() if k != "data_tests"} for column in table["columns"]],
        }
        for key, table in TOLD.items()
    }
    for (schema, name), described in [*stated.items(), *expected.items()]:
        if schema != "public" or name == "event_details":  # columns of a view have an order of their own
            described["columns"].sort(key=lambda column: column["name"])
    assert len(stated) > 20
    assert stated == expected


def test_columns_that_must_not_be_null_have_a_test(tables: Any) -> None:
    required = {(name, column) for schema, name, column, _, is_required, *_ in query(tables, COLUMNS) if is_required}
    stated = {
        (name, column)
        for (_, name), table in TOLD.items()
        for column, kind, _ in list_tests(table)
        if kind == "not_null"
    }
    assert stated == required


@pytest.mark.parametrize("kind", ["unique", "relationships"])
def test_every_key_and_every_reference_is_tested(tables: Any, kind: str) -> None:
    constraints = {
        (child, columns, parent.replace("-", ""), fields or "")
        for child, columns, found, parent, fields in query(tables, CONSTRAINTS)
        if found == kind
    }
    stated = {
        (
            name,
            columns,
            str(arguments.get("to", "")).split("'")[-2] if "to" in arguments else "",
            str(arguments.get("field", "")).strip("()"),
        )
        for (_, name), table in TOLD.items()
        for columns, found, arguments in list_tests(table)
        if found == kind
    }
    assert len(stated) > 5
    assert stated == constraints


def test_days_of_the_week_are_those_of_the_check() -> None:
    (test,) = [test for test in list_tests(TOLD["public", "events"]) if test[1] == "accepted_values"]
    assert test[0] == "day_of_week"
    assert test[2]["values"] == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def test_no_file_contains_a_password() -> None:
    profile = yaml.safe_load((ROOT / "sql" / "dbt" / "profiles.yml").read_text())
    output = profile["document_events"]["outputs"]["analyst"]
    assert output["password"].startswith("{{ env_var(")
