"""The parts of SQL files that follow from the catalogue."""

import re
import textwrap
from collections.abc import Iterator

from schemas.anomalies import KINDS
from schemas.columns import EVENTS, LATEST, SQL_TYPES, TABLES, Column, Columns
from schemas.event_types import EVENT_TYPES
from schemas.fields import FIELDS
from schemas.keys import KEYS
from schemas.tables import PUBLISHED
from tests.dictated.piece import ROOT, Piece

TABLES_FILE, CHECKS_FILE, INDEXES_FILE = (f"sql/ddl/{name}.sql" for name in ("100_tables", "140_checks", "150_indexes"))

_COMMENTS_FILE = "sql/ddl/170_comments.sql"
_LINE = 110
_PROVENANCE = {"file_id", "record_number", "run_id", "is_current"}
# Spark does not fill this column of the ledger.
_RECOVERED_BY = Column("recovered_by_run_id", "integer", "Run that accepted its repaired version; null while open.")


def list_sql_pieces() -> Iterator[Piece]:
    """Yields every piece of an SQL file."""
    for table, columns in TABLES.items():
        yield Piece(TABLES_FILE, rf"^create table \{{staging\}}\.{table} \(\n.*?\n\);", _define(table, columns))
    yield Piece(CHECKS_FILE, r"^    or event_type not in \(.*?\)", list_types_with_document())
    yield from _list_event_types()
    yield _union_anomalies()
    yield from _list_comments()
    yield Piece("sql/ddl/176_comments_on_keys.sql", r"^comment on constraint.*;$", _comment_on_keys())
    yield _list_view_columns()
    yield Piece(_COMMENTS_FILE, r"^comment on column public\.event_details\..*?(?=\n\n)", _comment_on_view())
    for table in LATEST:
        yield from _find_latest(table)
    for table in PUBLISHED:
        yield _fingerprint(table)


def _define(table: str, columns: Columns) -> str:
    lines = ",\n".join(f"    {column.name} {SQL_TYPES[column.kind]}" for column in columns)
    return f"create table {{staging}}.{table} (\n{lines}\n);"


def list_types_with_document() -> str:
    """Returns the lines of the check that list the event types that require a document."""
    codes = [each.code for each in EVENT_TYPES if each.requires_document]
    return _exclude("    or event_type", codes)


def _list_event_types() -> Iterator[Piece]:
    """Yields the pieces that list all known types: their rows, and the conditions for unknown ones."""
    rows = (
        f"({_quote(each.code)}, {_quote(each.description)}, true, {str(each.requires_document).lower()})"
        for each in EVENT_TYPES
    )
    yield Piece("sql/publish/025_gather_event_types.sql", r"^values\n.*?;$", "values\n" + ",\n".join(rows) + ";")
    yield Piece(
        INDEXES_FILE,
        r"^create index if not exists events_unknown_type_idx.*?;",
        define_index_of_unknown_types("{staging}"),
    )
    codes = [each.code for each in EVENT_TYPES]
    place = "            and events.event_type"
    yield Piece("sql/merge/215_remove_event_types.sql", rf"^{place} not in \(.*?\)", _exclude(place, codes))


def _union_anomalies() -> Piece:
    """Returns the union of the findings of all kinds, in the order of the names of their views."""
    views = [f"metrics.{view}" for view in sorted(kind.view for kind in KINDS)]
    lines = (f"        select '{view}' as view_name, kind.* from {view} as kind" for view in views)
    text = "    with found as materialized (\n" + "\n        union all\n".join(lines) + "\n    ),"
    return Piece("sql/metrics/099_anomalies.sql", r"^    with found as materialized \(\n.*?\n    \),", text)


def define_index_of_unknown_types(schema: str) -> str:
    """Returns the statement that creates the index on event types that the catalogue does not know."""
    where = _exclude("where event_type", [each.code for each in EVENT_TYPES])
    return f"create index if not exists events_unknown_type_idx on {schema}.events (event_type)\n{where};"


def _exclude(place: str, codes: list[str]) -> str:
    """Returns `place not in (codes)`, over several lines if one would be too long."""
    indent = " " * (len(place) - len(place.lstrip()))
    quoted = [_quote(code) for code in codes]
    line = f"{place} not in ({', '.join(quoted)})"
    lines = f"{place} not in (\n{indent}    " + f",\n{indent}    ".join(quoted) + f"\n{indent})"
    return line if len(line) <= _LINE else lines


def _quote(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _comment(column: str, text: str) -> str:
    return _comment_on(f"column {column}", text)


def _comment_on(thing: str, text: str) -> str:
    quoted = text.replace("'", "''")
    line = f"comment on {thing} is '{quoted}';"
    if len(line) <= _LINE:
        return line
    *parts, last = textwrap.wrap(quoted, _LINE - 11)
    return f"comment on {thing} is\n" + "".join(f"'{part} '\n" for part in parts) + f"'{last}';"


def _comment_on_keys() -> str:
    return "\n\n".join(
        "\n".join(_comment_on(f"constraint {name} on {table}", text) for name, text in keys.items())
        for table, keys in KEYS.items()
    )


def _list_comments() -> Iterator[Piece]:
    others = ("superseded_records", "duplicate_records", "quarantined_records", "quarantine_problems")
    for table in (*(f"public.{name}" for name in PUBLISHED), *(f"ops.{name}" for name in others)):
        columns = TABLES[table.partition(".")[2]]
        if table == "ops.quarantined_records":
            columns = (*columns, _RECOVERED_BY)
        text = "\n".join(_comment(f"{table}.{column.name}", column.comment) for column in columns)
        yield Piece(_COMMENTS_FILE, rf"^comment on column {re.escape(table)}\..*?(?=\n\n)", text)


def _stated_columns() -> list[Column]:
    """Returns the columns of an event that hold a field, without what a record reports about a user or document."""
    stated = {field.column for field in FIELDS.values()}
    return [column for column in EVENTS if column.name in stated and not column.name.startswith("reported_")]


def _list_view_columns() -> Piece:
    """Returns the columns of the view, new ones last. PostgreSQL can add columns only at the end of a view."""
    piece = Piece(
        "sql/ddl/160_views.sql", r"^create or replace view public\.event_details as\nselect\n.*?(?=\nfrom)", ""
    )
    present = piece.read()
    missing = [f",\n    events.{c.name}" for c in _stated_columns() if f"    events.{c.name}," not in f"{present},"]
    return piece._replace(text=present + "".join(missing))


def _comment_on_view() -> str:
    file = (ROOT / _COMMENTS_FILE).read_text(encoding="utf-8")
    pattern = r"^comment on column public\.event_details\.(\w+) is\s+((?:'(?:[^']|'')*'\s*)+);$"
    parts = {name: re.findall(r"'((?:[^']|'')*)'\s*", text) for name, text in re.findall(pattern, file, re.MULTILINE)}
    comments = {name: "".join(texts).replace("''", "'") for name, texts in parts.items()}
    comments |= {column.name: column.comment for column in _stated_columns() if column.name != "event_id"}
    return "\n".join(_comment(f"public.event_details.{name}", text) for name, text in comments.items())


def _fingerprint(table: str) -> Piece:
    """Returns the hash over every business column. A new column changes no hash where it is null."""
    piece = Piece("sql/analysis/fingerprint.sql", rf"^        '{table}' as table_name,\n.*?(?=\) as row_hash)", "")
    present = piece.read()
    missing = [
        f"\n        || coalesce(' {column.name} ' || to_json({_to_plain(column)})::text, '')"
        for column in TABLES[table]
        if column.name not in _PROVENANCE and not re.search(rf"\b{column.name}\b", present)
    ]
    return piece._replace(text=present + "".join(missing))


def _to_plain(column: Column) -> str:
    """Returns the value as text that does not depend on time zone and date style."""
    return f"extract(epoch from {column.name})" if column.kind in ("timestamp", "date") else column.name


def _find_latest(table: str) -> Iterator[Piece]:
    """Yields the query that finds the latest stated value of each column of a user or document.

    The merge and its check each have this query.
    """
    merge = f"sql/merge/{'190' if table == 'users' else '200'}_change_{table}.sql"
    yield _add_latest(Piece(merge, r"^with found as \(\n.*?(?=\n\)\n)", ""), table, f"affected_{table}")
    check = Piece("sql/checks/dimensions_match_events.sql", rf"^(?:with )?expected_{table} as \(\n.*?(?=\n\),\n)", "")
    yield _add_latest(check, table, table)


def _add_latest(piece: Piece, table: str, source: str) -> Piece:
    head, _, rest = piece.read().partition("\n    from ")
    key = TABLES[table][0].name
    for name, stated in LATEST[table].items():
        if not re.search(rf"\.{stated}(?: as {name})?,?$", head, re.MULTILINE):
            head += f",\n        latest_{name}.{stated}" + (f" as {name}" if name != stated else "")
            rest += (
                f"\n    left join lateral (\n        select events.{stated}\n        from public.events\n"
                f"        where events.{key} = {source}.{key} and events.{stated} is not null\n"
                f"        order by events.event_at desc, events.event_id desc\n        limit 1\n"
                f"    ) as latest_{name} on true"
            )
    return piece._replace(text=f"{head}\n    from {rest}")
