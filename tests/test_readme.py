"""What the front page says is so: the diagram, the commands, the files, the functions, the hashes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.steps import load, load_folder
from tests.builders import ROOT
from tests.metrics.rows import create_tables, query

README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = ("", "conf/", "sql/", "docker/", "docker/airflow/", "tests/", "tests/bench/")
GUIDES = [*(f"{folder}README.md" for folder in FOLDERS), "docker/SECURITY.md"]
# Longer sentences are read twice.
MOST_WORDS = 30
DIAGRAM = README.split("```mermaid\nerDiagram\n")[1].split("```")[0]


@pytest.fixture
def catalogue(database: Any) -> Any:
    create_tables(database)
    return database


def drawn_columns() -> set[tuple[str, str, str]]:
    """(table, type, column) of the diagram."""
    return {
        (table, *line.split()[:2])
        for table, body in re.findall(r"^    (\w+) \{\n(.*?)\n    \}", DIAGRAM, re.MULTILINE | re.DOTALL)
        for line in body.splitlines()
    }


def test_the_diagram_has_every_column_with_its_type(catalogue: Any) -> None:
    rows = query(
        catalogue,
        "select relname, format_type(atttypid, null), attname from pg_attribute join pg_class c on c.oid = attrelid"
        " where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped",
    )
    short = {"timestamp with time zone": "timestamptz"}
    assert drawn_columns() == {(table, short.get(kind, kind), column) for table, kind, column in rows}


def test_the_diagram_has_every_foreign_key_and_says_which_may_be_missing(catalogue: Any) -> None:
    rows = query(
        catalogue,
        "select parent.relname, child.relname, conname, (select bool_or(not attnotnull) from pg_attribute"
        " where attrelid = conrelid and attnum = any(conkey)) from pg_constraint"
        " join pg_class parent on parent.oid = confrelid join pg_class child on child.oid = conrelid"
        " where contype = 'f' and connamespace = 'public'::regnamespace",
    )
    drawn = set(re.findall(r"^    (\w+) (\|[o|])--o[{|] (\w+) : (\w+)$", DIAGRAM, re.MULTILINE))
    assert drawn == {(parent, "|o" if optional else "||", child, name) for parent, child, name, optional in rows}


def test_the_diagram_marks_every_key_column(catalogue: Any) -> None:
    rows = query(
        catalogue,
        "select relname, attname, string_agg(distinct case contype when 'p' then 'PK' else 'FK' end, ', '"
        " order by case contype when 'p' then 'PK' else 'FK' end desc) from pg_constraint"
        " join pg_class c on c.oid = conrelid join pg_attribute a on attrelid = conrelid and attnum = any(conkey)"
        " where contype in ('p', 'f') and connamespace = 'public'::regnamespace group by 1, 2",
    )
    marked = {
        (table, *match)
        for table, body in re.findall(r"^    (\w+) \{\n(.*?)\n    \}", DIAGRAM, re.MULTILINE | re.DOTALL)
        for match in re.findall(r"^ +\w+ (\w+) ((?:PK|FK)(?:, FK)?)$", body, re.MULTILINE)
    }
    assert marked == set(rows)


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^\$ |`|\()make (?:-s )?([a-z][a-z-]+)", README, re.MULTILINE))
    assert {"pipeline", "test", "fingerprint", "session-gaps"} <= named
    assert named <= targets


def test_every_file_it_names_exists() -> None:
    generated = ("data/quarantine", "data/runs", "data/postgres", "data/reports")
    paths = re.findall(r"`((?:jobs|schemas|conf|sql|tests|data)/[^\s`]*)`", README)
    named = [path for path in paths if not path.startswith(generated) and path != "conf/sources/mine.yml"]
    assert len(named) > 15
    assert [path for path in named if not list(ROOT.glob(path.removesuffix("/")))] == []


def test_the_functions_of_the_flow_exist() -> None:
    flow = README.split("## How it works")[1].split("### Why")[0]
    steps = [re.findall(r"`(\w+)`", line.split("|")[2]) for line in flow.splitlines() if line.startswith("| ")][1:]
    names = [name for step in steps for name in step]
    assert len(names) > 10
    assert [name for name in names if not hasattr(load, name) and not hasattr(load_folder, name)] == []


def test_every_page_that_it_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#([\w-]+))?\)", README)
    assert len(links) > 6
    for path, heading in links:
        assert (ROOT / path).is_file(), path
        if heading:
            text = (ROOT / path).read_text(encoding="utf-8")
            assert heading in {slug(title) for title in re.findall("^#+ (.+)$", text, re.MULTILINE)}


def slug(title: str) -> str:
    """As GitHub makes the anchor of a heading."""
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")


def list_sentences(text: str) -> Iterator[str]:
    """Those of paragraphs, list items and cells of tables, without code."""
    prose = re.sub("^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for block in re.split(r"\n\s*\n|^- |^\d+\. |^#+ .*$|\|", prose, flags=re.MULTILINE):
        yield from re.split(r"(?<=[.?!])\**\s+", " ".join(block.split()))


@pytest.mark.parametrize("path", GUIDES)
def test_the_sentences_of_a_guide_are_short(path: str) -> None:
    sentences = list(list_sentences((ROOT / path).read_text(encoding="utf-8")))
    assert len(sentences) > 50
    assert [sentence for sentence in sentences if len(sentence.split()) > MOST_WORDS] == []
