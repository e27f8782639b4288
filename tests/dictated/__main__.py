"""Writes the parts of files that follow from the catalogue, and prints the paths of changed files."""

from collections.abc import Iterator

from tests.dictated.database import list_sql_pieces
from tests.dictated.dbt import list_dbt_pieces
from tests.dictated.guides import list_guide_pieces
from tests.dictated.migration import make_migration
from tests.dictated.piece import ROOT


def write() -> Iterator[str]:
    """Writes all pieces, and a migration that brings them to existing databases. Yields the written paths."""
    pieces = [*list_sql_pieces(), *list_guide_pieces()]
    differences = [piece for piece in pieces if piece.read() != piece.text]
    names, text = make_migration(differences)
    for piece in differences:
        piece.write()
    # The sources of dbt repeat comments of SQL files, so they are written after them.
    late = [piece for piece in list_dbt_pieces() if piece.read() != piece.text]
    for piece in late:
        piece.write()
    if text:
        number = len([*(ROOT / "sql/migrations").glob("*.sql")]) + 1
        path = f"sql/migrations/{number:04d}_{'_'.join(names)}.sql"
        (ROOT / path).write_text(
            f"-- What the catalogue of schemas/ has got since: {', '.join(names)}.\n{text}", "utf-8"
        )
        yield path
    yield from dict.fromkeys(piece.path for piece in [*differences, *late])


if __name__ == "__main__":
    for written in write():
        print(written)
