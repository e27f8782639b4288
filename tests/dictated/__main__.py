"""Writes what the catalogue dictates, and prints the paths of the files that changed."""

from collections.abc import Iterator

from tests.dictated.database import list_sql_pieces
from tests.dictated.dbt import list_dbt_pieces
from tests.dictated.guides import list_guide_pieces
from tests.dictated.migration import make_migration
from tests.dictated.piece import ROOT


def write() -> Iterator[str]:
    """Write all pieces, and the migration that brings them to databases that exist; the paths that were written."""
    pieces = [*list_sql_pieces(), *list_guide_pieces()]
    differences = [piece for piece in pieces if piece.read() != piece.text]
    names, text = make_migration(differences)
    for piece in differences:
        piece.write()
    # They repeat comments, which may have been written just now.
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
