"""The tables of the five metrics on the front page are what `make pipeline` prints of them for the sample."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from jobs import query
from tests.builders import ROOT
from tests.check_truth import compare
from tests.conftest import empty_database
from tests.metrics.measure_anomalies import ACCOUNT, make_event
from tests.metrics.rows import create_tables, load
from tests.simulation.test_simulate_truth import recount_records

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.split("## What you get\n")[1].split("\n## ")[0]

Printed = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def sample(server: str) -> Iterator[str]:
    """The URL of a database with the events of the sample, which are those of its truth file."""
    truth = json.loads((ROOT / "data" / "truth.json").read_text(encoding="utf-8"))
    with empty_database(server) as url:
        with closing(psycopg2.connect(url)) as connection:
            create_tables(connection)
            load(connection, *map(make_event, recount_records(ROOT / "data" / "events")[1]))
            with connection.cursor() as cursor:
                _, differences = compare({k: v for k, v in truth.items() if k not in ACCOUNT}, cursor)
            assert differences == []
            connection.commit()
        yield url


def read_tables(text: str) -> Printed:
    """The rows of each printed table by column, under the name of its view."""
    found = {}
    for block in text.strip().split("\n\n"):
        title, header, ruler, *rows = block.split("\n")
        places = [slice(*match.span()) for match in re.finditer("-+", ruler)]
        names = [header[place].strip() for place in places]
        found[title.split()[0].removeprefix("metrics.")] = [
            dict(zip(names, [row[place].strip() for place in places], strict=True)) for row in rows
        ]
    return found


@pytest.fixture
def printed(sample: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Printed:
    """The last lines of `make pipeline` on the sample."""
    monkeypatch.setenv("DATABASE_URL", sample)
    assert query.main(["--brief", "--rows", "5"]) == 0
    return read_tables(capsys.readouterr().out)


def read_shown() -> Printed:
    """The tables of the section, each under the name of the view that stands above it."""
    return {
        view: [dict(zip(split_row(header), split_row(row), strict=True)) for row in rows.strip().splitlines()]
        for view, header, rows in re.findall(r"\(`metrics\.(\w+)`\).*\n\n(\|.*\|)\n\|[-|]+\|\n((?:\|.*\|\n)+)", SECTION)
    }


def split_row(line: str) -> list[str]:
    """The cells of one line of a table."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_five_rows_are_printed_as_make_pipeline_asks() -> None:
    assert "jobs.query --brief --rows 5\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_tables_are_what_is_printed(printed: Printed) -> None:
    shown = read_shown()
    assert (*shown,) == (*printed,) == query.BRIEF
    for view, rows in shown.items():
        assert rows == [{name: row[name] for name in rows[0]} for row in printed[view]], view
