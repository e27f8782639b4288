"""What conf/README.md shows is what happens; its tables name all keys there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from jobs import fields
from jobs.storage.config import settings, sources
from jobs.storage.config.sources import read_source
from schemas.paths import parse_path
from tests.builders import ROOT
from tests.loading import load, query
from tests.records.logs import read_log

GUIDE = (ROOT / "conf" / "README.md").read_text(encoding="utf-8")


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)[number]


def words(text: str) -> list[str]:
    return text.replace("|", " ").split()


def test_the_example_loads_as_it_shows(database_url: str, spark: SparkSession, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "page-1.json").write_text(block("json"), encoding="utf-8")
    (logs / "page-2.json").write_text('{"kind": "admin#reports#activities"}\n', encoding="utf-8")
    mapping = tmp_path / "drive.yml"
    mapping.write_text(block("yaml"), encoding="utf-8")
    summary = load(database_url, logs, tmp_path / "data", "--source", str(mapping))
    session = block("console", 1)
    shown = session.split("...\n")[1].splitlines()
    assert len(shown) > 8
    assert [line for line in shown if line not in summary.splitlines()] == []
    rows = query(
        database_url,
        "select event_type, (event_at at time zone 'UTC')::text, user_id, document_title, recipient_count"
        " from event_details order by event_at, event_type",
    )
    table = session.split("-+-")[-1].splitlines()[1:]
    assert [words(line) for line in table] == [
        words(" ".join("" if x is None else str(x) for x in row)) for row in rows
    ]
    kept = [path.read_text(encoding="utf-8") for path in (tmp_path / "data" / "quarantine").rglob("*.json")]
    line = block("console", 2).splitlines()[1].split('"record_number"')[1]
    assert any(line in text for text in kept)


def test_make_fields_shows_what_the_guide_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs, draft = tmp_path / "logs", tmp_path / "drive.yml"
    logs.mkdir()
    (logs / "page-1.json").write_text(block("json"), encoding="utf-8")
    (logs / "page-2.json").write_text('{"kind": "admin#reports#activities"}\n', encoding="utf-8")
    assert fields.main(["--input", str(logs), "--source", str(draft)]) == 0
    told = capsys.readouterr().out.replace(str(draft), "conf/sources/drive.yml").splitlines()
    shown = block("console").splitlines()[1:]
    assert [line.rstrip() for line in told] == shown
    drafted, written = read_source(draft), block("yaml")
    assert drafted.record_path == ("items", "events")
    for name in ("event_type", "event_at", "user_email", "document_id", "document_title", "shared_with_user_id"):
        assert f"  {name}: {drafted.fields[name][0]}\n" in written


RECIPES = re.split("^### ", GUIDE.split("## Recipes")[1].split("\n## ")[0], flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda text: text.splitlines()[0])
def test_a_recipe_gives_what_it_shows(recipe: str, tmp_path: Path) -> None:
    (content,) = re.findall(r"^```json\n(.*?)^```$", recipe, re.MULTILINE | re.DOTALL)
    (mapping,) = re.findall(r"^```yaml\n(.*?)^```$", recipe, re.MULTILINE | re.DOTALL)
    names, _, *rows = re.findall(r"^\|.*$", recipe.rpartition("```")[2], re.MULTILINE)
    log = read_log(tmp_path, content, mapping)
    columns = [name.strip() for name in names.strip("|").split("|")]
    found = [[str(value) for value in row] for row in log.take(*columns)]
    assert found == [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert len(log.events) + len(log.quarantined) + log.ignored >= len(content.splitlines())


def test_the_examples_of_the_keys_are_read(tmp_path: Path) -> None:
    section = GUIDE.split("| key | means | example |")[1].split("\n\n")[0]
    examples = dict(re.findall(r"^\| `(\w+)` \|.*\| `(.*?)` \|$", section, re.MULTILINE))
    assert sorted(examples) == sorted(sources._KEYS)
    required = {"event_type": "t", "event_at": "at", "user_id": "u"}
    for key, example in examples.items():
        given = yaml.load(example, Loader=yaml.BaseLoader)  # noqa: S506 - makes no objects
        assert list(given) == [key]
        mapping = {"fields": required} | given
        mapping["fields"] = required | (given["fields"] if key == "fields" else {})
        path = tmp_path / f"{key}.yml"
        path.write_text(json.dumps(mapping))
        assert read_source(path).name == key


def test_the_paths_of_the_guide_are_paths() -> None:
    section = GUIDE.split("| path | leads to |")[1].split("\n\n")[0]
    written = [path for line in section.splitlines()[2:] for path in re.findall("`(.+?)`", line.split(" | ")[0])]
    assert len(written) > 9
    assert [str(parse_path(path)) for path in written] == written


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
