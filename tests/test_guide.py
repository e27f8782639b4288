"""What conf/README.md shows is what happens; its tables name all keys there are."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from jobs.storage.config import settings, sources
from tests.builders import ROOT
from tests.test_pipeline import load, query

GUIDE = (ROOT / "conf" / "README.md").read_text(encoding="utf-8")


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)[number]


def words(text: str) -> list[str]:
    return text.replace("|", " ").split()


def test_the_example_loads_as_it_shows(
    database_url: str, spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").mkdir()
    page = tmp_path / "logs" / "page-1.json"
    page.write_text(block("json"), encoding="utf-8")
    mapping = tmp_path / "quill.yml"
    mapping.write_text(block("yaml"), encoding="utf-8")
    with caplog.at_level("INFO"):
        load(database_url, tmp_path / "logs", tmp_path / "data")
    for told in block("text").strip().splitlines():
        assert told.removeprefix("conf/sources/default.yml: ") in caplog.text
    os.utime(page)
    summary = load(database_url, tmp_path / "logs", tmp_path / "data", "--source", str(mapping))
    session = block("console")
    shown = session.split("...\n")[1].splitlines()
    assert len(shown) > 8
    assert [line for line in shown if line not in summary.splitlines()] == []
    rows = query(
        database_url,
        "select event_id, event_type, (event_at at time zone 'UTC')::text, user_id,"
        " document_title, document_word_count from event_details order by event_at",
    )
    table = session.split("-+-")[-1].splitlines()[1:]
    assert [words(line) for line in table] == [
        words(" ".join("" if x is None else str(x) for x in row)) for row in rows
    ]
    kept = [path.read_text(encoding="utf-8") for path in (tmp_path / "data" / "quarantine").rglob("*.json")]
    line = block("console", 1).splitlines()[1].split('"record_number"')[1]
    assert any(line in text for text in kept)


def table_under(heading: str, number: int = 0) -> list[str]:
    """What the first column of a table names in backticks."""
    section = GUIDE.split(f"## {heading}")[1].split("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    return [name for line in tables[number].splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])]


@pytest.mark.parametrize(
    ("named", "known"),
    [
        (table_under("A source file, key by key"), sources._KEYS),
        (table_under("The settings: `pipeline.yml`"), settings._KEYS),
    ],
    ids=["keys of a source", "settings"],
)
def test_the_guide_documents_all_there_is(named: list[str], known: Any) -> None:
    assert sorted(named) == sorted(known)


def test_the_settings_are_all_in_the_file() -> None:
    assert yaml.safe_load((ROOT / "conf" / "pipeline.yml").read_text()).keys() == settings._KEYS
