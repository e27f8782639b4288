"""The parts of the guides and of the default mapping that follow from the catalogue."""

import re
from collections.abc import Iterable, Iterator

from schemas.columns import SQL_TYPES, TABLES
from schemas.event_types import EVENT_TYPES, REQUIRED_BY_TYPE
from schemas.fields import FIELDS, REQUIRED, Field
from schemas.reasons import REASONS
from schemas.tables import PUBLISHED
from tests.dictated.piece import Piece

_KINDS = {
    "id": "id",
    "ids": "id, or a list of ids",
    "timestamp": "time",
    "integer": "whole number",
    "count": "whole number, not negative",
    "text": "text",
    "revision": "whole number or time",
}


def list_guide_pieces() -> Iterator[Piece]:
    """Yields every piece of a guide or of the default mapping."""
    for table in PUBLISHED:
        yield _draw(table)
    yield Piece("conf/sources/default.yml", r"^fields:\n(?:  [^\n]*\n)+", _map_fields())
    yield from _list_guide_tables()


def _draw(table: str) -> Piece:
    """Returns the table in the diagram. tests/test_readme.py compares its keys with the database."""
    piece = Piece("README.md", rf"^    {table} \{{\n.*?\n    \}}", "")
    marks = dict(re.findall(r"^ +\w+ (\w+) ((?:PK|FK).*)$", piece.read(), re.MULTILINE))
    short = {column.name: SQL_TYPES[column.kind].partition("(")[0].partition(" ")[0] for column in TABLES[table]}
    lines = [f"        {kind} {name} {marks.get(name, '')}".rstrip() for name, kind in short.items()]
    return piece._replace(text=f"    {table} {{\n" + "\n".join(lines) + "\n    }")


def _map_fields() -> str:
    lines = [
        f"  {field.name}: {field.paths[0] if len(field.paths) == 1 else _list(field.paths)}\n"
        for field in FIELDS.values()
        if field.paths
    ]
    return "fields:\n" + "".join(lines)


def _list(paths: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quote, paths))}]"


def _quote(path: str) -> str:
    return f'"{path}"' if "[" in path else path


def _list_guide_tables() -> Iterator[Piece]:
    guide = "conf/README.md"
    fields = [
        (f"`{field.name}`", _KINDS[field.kind], field.meaning, _tell_required(field)) for field in FIELDS.values()
    ]
    yield Piece(guide, r"^\| field \|.*?(?=\n\n)", _tabulate(("field", "is", "holds", "required"), fields))
    types = [(f"`{each.code}`", each.description, _name(each.requires) or "nothing more") for each in EVENT_TYPES]
    yield Piece(guide, r"^\| event type \|.*?(?=\n\n)", _tabulate(("event type", "when", "requires"), types))
    reasons = [(f"`{reason.code}`", reason.sentence) for reason in REASONS.values()]
    yield Piece(guide, r"^\| code \|.*?(?=\n\n)", _tabulate(("code", "when"), reasons))


def _tell_required(field: Field) -> str:
    if field.name in REQUIRED:
        return "yes, where mapped" if field.name == "event_id" else "yes"
    is_required_by_some = any(field.name in names for names in REQUIRED_BY_TYPE.values())
    return "by some event types, see below" if is_required_by_some else "no"


def _name(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


def _tabulate(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows)])
