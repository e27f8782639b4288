"""The migration that brings new parts of the catalogue to existing databases."""

import textwrap
from collections.abc import Iterable

from schemas.columns import SQL_TYPES, TABLES, Columns
from schemas.event_types import EVENT_TYPES, REQUIRED_BY_TYPE
from schemas.tables import PUBLISHED
from tests.dictated.database import (
    CHECKS_FILE,
    INDEXES_FILE,
    TABLES_FILE,
    define_index_of_unknown_types,
    list_types_with_document,
)
from tests.dictated.piece import Piece


def make_migration(pieces: Iterable[Piece]) -> tuple[list[str], str]:
    """Returns the names of what is new in these pieces, and the text of a migration that adds it to existing databases.

    Both are empty if existing databases lack nothing.
    """
    names, statements = {}, []
    for piece in pieces:
        present = piece.read()
        if piece.path == TABLES_FILE:
            name = piece.text.partition(".")[2].partition(" ")[0]
            added = tuple(column for column in TABLES[name] if f"\n    {column.name} " not in present)
            table = f"public.{name}" if name in PUBLISHED else f"ops.{name}"
            statements += [add_columns(table, added)] if added else []
            names.update(dict.fromkeys(column.name for column in added))
        elif piece.path == CHECKS_FILE:
            statements.append(replace_check())
            names.update(dict.fromkeys(code for code in REQUIRED_BY_TYPE if f"'{code}'" not in present))
        elif piece.path == INDEXES_FILE:
            statements.append(replace_index())
            names.update(dict.fromkeys(each.code for each in EVENT_TYPES if f"'{each.code}'" not in present))
    return list(names), "\n".join(statements)


def add_columns(table: str, columns: Columns) -> str:
    """Returns the lines of a migration that add the columns to an existing table."""
    added = ",\n".join(f"add column {column.name} {SQL_TYPES[column.kind]}" for column in columns)
    # A database has no published tables before its first load.
    words = "alter table if exists" if table.startswith("public.") else "alter table"
    return f"{words} {table}\n{added};\n"


def replace_check() -> str:
    """Returns the lines of a migration that require a document for the event types that need one."""
    check = list_types_with_document()
    return (
        "alter table if exists public.events\ndrop constraint events_document_required,\n"
        f"add constraint events_document_required check (\n    document_id is not null\n{check}\n);\n"
    )


def replace_index() -> str:
    """Returns the lines of a migration that exclude the new types from the index of unknown types."""
    return (
        "do $$\nbegin\n    if to_regclass('public.events') is not null then\n"
        "        drop index public.events_unknown_type_idx;\n\n"
        f"{textwrap.indent(define_index_of_unknown_types('public'), ' ' * 8)}\n"
        "    end if;\nend\n$$;\n"
    )
