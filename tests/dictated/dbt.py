"""The sources of dbt: the columns of tables and views, and the constraints of the tables as tests.

Columns of tables come from the catalogue. Comments, keys and references come from the SQL files.
tests/metrics/test_dbt_sources.py compares the result with a database.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from schemas.columns import SQL_TYPES, TABLES
from schemas.tables import PUBLISHED
from tests.dictated.piece import ROOT, Piece

SOURCES_FILE = "sql/dbt/models/sources.yml"

_HEAD = "# Written by `python -m tests.dictated`: what it says stands in schemas/, sql/ddl and sql/metrics.\n"
_STRING = r"'(?:[^']|'')*'"
_COMMENT = rf"^comment on (?:table|view|column) ([\w.]+) is\s+((?:{_STRING}\s*)+);$"
_ALTER = r"^alter table \{staging\}\.(\w+)\s(.*?);$"
_FOREIGN_KEY = r"foreign key \(([\w, ]+)\)\s+references \{staging\}\.(\w+) \(([\w, ]+)\)"
_SCHEMAS = {
    "public": (
        "document_events",
        "What happened on the platform: tables with keys, and event_details, which joins them.",
    ),
    "metrics": ("document_events_metrics", "Answers, one view each. Days are those of the business time zone."),
    "ops": ("document_events_ops", "The state of the pipeline; for its owner and loader, not for analysts."),
}

Test = str | dict[str, Any]


def list_dbt_pieces() -> Iterator[Piece]:
    """Yields the whole file as one piece."""
    sources = [
        {"name": name, "description": description, "schema": schema, "tables": list(_list_relations(schema))}
        for schema, (name, description) in _SCHEMAS.items()
    ]
    text = yaml.safe_dump({"version": 2, "sources": sources}, sort_keys=False, allow_unicode=True, width=110)
    yield Piece(SOURCES_FILE, r"\A.*\Z", _HEAD + text)


def _list_relations(schema: str) -> Iterator[dict[str, Any]]:
    comments = _read_comments()
    for table in PUBLISHED if schema == "public" else ():
        yield _describe_table(table, comments[f"public.{table}"])
    for view in sorted(set(re.findall(rf"^create or replace view {schema}\.(\w+) as$", _read_views(), re.MULTILINE))):
        name = f"{schema}.{view}"
        columns = [
            {"name": column.rpartition(".")[2], "description": text}
            for column, text in comments.items()
            if column.startswith(f"{name}.")
        ]
        yield {"name": view, "description": comments[name], "columns": columns}


def _describe_table(table: str, description: str) -> dict[str, Any]:
    tests = _list_tests(table)
    columns = []
    for column in TABLES[table]:
        described = {
            "name": column.name,
            "description": column.comment,
            "data_type": SQL_TYPES[column.kind].partition(" collate")[0],
        }
        columns.append(described | ({"data_tests": tests[column.name]} if column.name in tests else {}))
    return {
        "name": table,
        "description": description,
        **({"data_tests": tests[""]} if "" in tests else {}),
        "columns": columns,
    }


def _list_tests(table: str) -> dict[str, list[Test]]:
    """Returns the tests by column. Tests of several columns together are under the empty name."""
    tests: dict[str, list[Test]] = {}

    def add(columns: str, test: str, **arguments: object) -> None:
        is_one = "," not in columns
        arguments = arguments if is_one else {"column_name": f"({columns})", **arguments}
        tests.setdefault(columns if is_one else "", []).append({test: {"arguments": arguments}} if arguments else test)

    for column in re.findall(r"alter column (\w+) set not null", _read_changes("110_not_null", table)):
        add(column, "not_null")
    for columns in re.findall(r"(?:primary key|unique) \(([\w, ]+)\)", _read_changes("120_primary_keys", table)):
        add(columns, "unique")
    for columns, parent, field in re.findall(_FOREIGN_KEY, _read_changes("130_foreign_keys", table)):
        to = f"source('document_events', '{parent}')"
        add(columns, "relationships", to=to, field=field if "," not in field else f"({field})")
    for column, values in re.findall(r"(\w+) = \(\s+array\[(.*?)\]\s+\)\[", _read_changes("140_checks", table)):
        add(column, "accepted_values", values=re.findall(r"'(\w+)'", values))
    return tests


def _read_changes(file: str, table: str) -> str:
    """Returns the `alter table` statements about the table in a file of sql/ddl."""
    text = (ROOT / "sql" / "ddl" / f"{file}.sql").read_text(encoding="utf-8")
    found = re.findall(_ALTER, text, re.DOTALL | re.MULTILINE)
    return "\n".join(change for name, change in found if name == table)


def _read_views() -> str:
    """Returns the text of all files that define views or comment on tables and views."""
    files = [path for folder in ("ddl", "metrics") for path in sorted((ROOT / "sql" / folder).glob("*.sql"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def _read_comments() -> dict[str, str]:
    """Returns the comment on each table, view and column by name."""
    return {
        name: "".join(part[1:-1] for part in re.findall(_STRING, text)).replace("''", "'")
        for name, text in re.findall(_COMMENT, _read_views(), re.MULTILINE)
    }
