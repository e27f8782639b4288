"""What repeats the catalogue is what the catalogue says; a failure shows the lines to write, and where."""

import difflib
import re
from pathlib import Path

import pytest

from jobs.query import METRICS
from jobs.records.batch import SCHEMA
from jobs.records.reader import read_default_source
from jobs.storage.config.sources import read_source
from schemas.columns import READ_EVENT, TABLES
from schemas.event_types import EVENT_TYPES
from schemas.fields import FIELDS
from schemas.paths import parse_path
from schemas.reasons import REASONS
from schemas.tables import KEYED, READ_EVENTS
from tests.builders import ROOT
from tests.dictated import piece as piece_module
from tests.dictated.database import list_sql_pieces, list_types_with_document
from tests.dictated.dbt import list_dbt_pieces
from tests.dictated.guides import list_guide_pieces
from tests.dictated.migration import make_migration
from tests.dictated.piece import Piece

WRITE = "write it by `python -m tests.dictated`, or by hand"


@pytest.mark.parametrize(
    "piece",
    [*list_sql_pieces(), *list_guide_pieces(), *list_dbt_pieces()],
    ids=lambda piece: f"{piece.path}: {piece.text.splitlines()[0].strip()}",
)
def test_a_file_says_what_the_catalogue_dictates(piece: Piece) -> None:
    lines = difflib.unified_diff(piece.read().splitlines(), piece.text.splitlines(), piece.path, WRITE, lineterm="")
    assert not (difference := "\n".join(lines)), difference


def test_the_default_mapping_is_that_of_the_catalogue() -> None:
    mapped = [field for field in FIELDS.values() if field.paths]
    paths = {field.name: tuple(map(parse_path, field.paths)) for field in mapped}
    source, bundled = read_source(ROOT / "conf" / "sources" / "default.yml"), read_default_source()
    assert source.fields == bundled.fields == paths
    assert source.shared_with_separator == bundled.shared_with_separator


def test_every_field_has_a_column_but_the_content() -> None:
    assert [field.name for field in FIELDS.values() if not field.column] == ["content"]
    assert {field.column for field in FIELDS.values() if field.column} == {
        column.name for column in READ_EVENT if column.name not in ("content_fingerprint", "properties")
    }


def test_the_columns_keep_their_order_since_fingerprints_depend_on_it() -> None:
    assert [column.name for column in READ_EVENT][:17] == [
        *("event_id", "event_type", "event_at", "user_id", "document_id", "document_word_count", "edit_length"),
        *("comment_text", "recipients", "permission", "device", "ip_address", "reported_user_name"),
        *("reported_user_email", "reported_document_title", "revision", "content_fingerprint"),
    ]


def test_event_types_require_fields() -> None:
    assert {name for each in EVENT_TYPES for name in each.requires} <= set(FIELDS)


def test_arrow_and_spark_read_the_same_columns() -> None:
    assert [name for name in SCHEMA.names if name in READ_EVENTS] == list(READ_EVENTS)


def test_every_keyed_table_is_in_the_catalogue() -> None:
    assert {name: schema.names for name, schema in KEYED.items()} == {
        name: [column.name for column in TABLES[name] if column.kind != "json"] for name in KEYED
    }


def test_records_are_quarantined_for_known_reasons_only() -> None:
    calls = r"WrongValueError\(|Problem\.of\(|_quarantine_whole\(raw, |reason, expected = \("
    pattern = rf"""(?:{calls})\s*"(\w+)"|else \("(\w+)", """
    named = {
        name
        for path in (ROOT / "jobs" / "records").glob("*.py")
        for found in re.findall(pattern, path.read_text(encoding="utf-8"))
        for name in found
        if name
    }
    assert named == set(REASONS)


@pytest.mark.parametrize("metric", METRICS)
def test_the_guide_defines_every_metric(metric: str) -> None:
    guide = (ROOT / "sql" / "README.md").read_text(encoding="utf-8")
    row = f"| `{metric}` | one row per | our definition | others, and why not |"
    section = guide.split("## The metrics")[1].split("\n## ")[0]
    assert re.search(rf"^\| `{metric}` \| \w.* \| \w.* \|.* \|$", section, re.MULTILINE), f"sql/README.md: write\n{row}"


def test_a_difference_is_found_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_module, "ROOT", tmp_path)
    piece = Piece("a.sql", r"^create \w+$", "create table")
    (tmp_path / "a.sql").write_text("-- A comment.\ncreate view\n")
    assert piece.read() == "create view"
    piece.write()
    assert (tmp_path / "a.sql").read_text() == "-- A comment.\ncreate table\n"


def test_a_migration_adds_what_the_files_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("sql/ddl/100_tables.sql", "sql/ddl/140_checks.sql", "sql/ddl/150_indexes.sql"):
        text = (ROOT / path).read_text(encoding="utf-8")
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text.replace("    device text,\n", "").replace("'comment_added', ", ""))
    pieces = [piece for piece in list_sql_pieces() if (tmp_path / piece.path).exists()]
    assert make_migration([]) == ([], "")
    monkeypatch.setattr(piece_module, "ROOT", tmp_path)
    names, text = make_migration([piece for piece in pieces if piece.read() != piece.text])
    assert names == ["device", "comment_added"]
    assert text == (
        "alter table if exists public.events\nadd column device text;\n\n"
        "alter table ops.superseded_records\nadd column device text;\n\n"
        "alter table if exists public.events\ndrop constraint events_document_required,\n"
        "add constraint events_document_required check (\n    document_id is not null\n"
        f"{list_types_with_document()}\n);\n"
        "\ndo $$\nbegin\n    if to_regclass('public.events') is not null then\n"
        "        drop index public.events_unknown_type_idx;\n\n"
        "        create index if not exists events_unknown_type_idx on public.events (event_type)\n"
        "        where event_type not in ("
        "'user_login', 'document_edit', 'comment_added', 'document_shared');\n    end if;\nend\n$$;\n"
    )
