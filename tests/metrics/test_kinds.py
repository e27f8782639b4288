"""Each kind of anomaly has all the parts that sql/README.md requires, and a removed kind leaves none behind."""

from __future__ import annotations

import re
from typing import Any

import pytest

from jobs.storage.database.postgres import SQL
from schemas.anomalies import KINDS, THRESHOLDS, TOO_MANY, WHOLE_KIND, AnomalyKind
from tests.metrics.rows import query

VIEWS = {path.stem.partition("_")[2]: path.read_text(encoding="utf-8") for path in (SQL / "metrics").glob("*.sql")}
GUIDE = (SQL / "README.md").read_text(encoding="utf-8")
of_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def test_kinds_of_files_and_of_the_catalogue_are_the_same() -> None:
    found = {name: found[1] for name, text in VIEWS.items() if (found := re.search(r"'(\w+)' as anomaly_type", text))}
    assert found == {kind.view: kind.name for kind in KINDS}
    assert len(found) >= 10
    evidence = {path.stem for path in (SQL / "report" / "evidence").glob("*.sql")}
    assert evidence == {kind.name for kind in KINDS} | {WHOLE_KIND}


@of_each_kind
def test_the_view_agrees_with_the_catalogue(kind: AnomalyKind) -> None:
    text = VIEWS[kind.view]
    assert f"create or replace view metrics.{kind.view} as" in text
    assert f"'{kind.subject_type}' as subject_type" in text
    assert set(re.findall(r"metrics\.threshold\('(\w+)', '(\w+)'\)", text)) == {
        (kind.name, name) for name in kind.thresholds
    }


@of_each_kind
def test_the_guide_has_its_rule_and_how_well_it_is_found(kind: AnomalyKind) -> None:
    rows = [line.count("|") for line in GUIDE.splitlines() if line.startswith(f"| `{kind.name}` |")]
    assert rows == [5, 7, 7]  # its rule, and its line in the table of each generator


def test_subjects_of_every_type_can_be_counted(tables: Any) -> None:
    types = sorted({kind.subject_type for kind in KINDS})
    for subject_type in types:
        assert query(tables, f"select metrics.count_subjects('{subject_type}')") == [(0,)]


def test_thresholds_for_all_kinds_are_used_in_the_common_view() -> None:
    asked = re.findall(r"metrics\.threshold\('(\w+)', '(\w+)'\)", VIEWS["anomalies"])
    assert set(asked) == {(TOO_MANY, name) for name in THRESHOLDS[TOO_MANY]}
