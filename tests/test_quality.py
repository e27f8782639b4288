"""Too many refused records stop a run before it publishes; a mapping that matches nothing is told as such."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.quality import FileQuality, check_quality, describe_reasons, describe_unmatched
from jobs.storage.errors import QualityError
from jobs.storage.file_systems import InputFile
from jobs.storage.ledger import Reading
from jobs.transforms.quarantine import QualityGate, RefusedGroup
from tests.builders import default_source, record_json
from tests.test_pipeline import load, query

GATE = QualityGate(max_share=0.2, from_records=20)


def file(records: int, *refused: int, number: int = 1) -> FileQuality:
    """A file of that many records, with groups of refused ones."""
    groups = [RefusedGroup(number, ("malformed_json",), (), count, 1, "{broken") for count in refused]
    found = InputFile(f"file:///in/{number}.json", 1, datetime(2025, 6, 2, tzinfo=UTC))
    return FileQuality(Reading(number, found, default_source()), records, groups)


@pytest.mark.parametrize(
    "files",
    [
        [file(20, 4)],
        [file(19, 19)],
        [file(10, 10, number=1), file(100, 1, number=2)],
        [file(0)],
    ],
    ids=["at the limit", "few records", "a small bad file", "no records"],
)
def test_the_gate_lets_pass(files: list[FileQuality]) -> None:
    check_quality(files, GATE, accept=False)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([file(20, 3, 2)], r"5 of 20 records .*; 1 files of their own, first file:///in/1\.json"),
        ([file(1000, number=1), file(20, 5, number=2)], r"5 of 1,020 records .*first file:///in/2\.json"),
        (
            [file(10, 3, number=1), file(10, 2, number=2)],
            r"5 of 20 records are quarantined: more than the share of 0\.2",
        ),
    ],
    ids=["a file", "a small file of a big run", "the run, but no file of it"],
)
def test_the_gate_stops(files: list[FileQuality], words: str) -> None:
    with pytest.raises(QualityError, match=words):
        check_quality(files, GATE, accept=False)
    check_quality(files, GATE, accept=True)


def write_foreign_log(folder: Path) -> None:
    folder.mkdir()
    lines = [record_json(user_id=None, actor={"login": f"u{number}"}, event_id=f"e{number}") for number in range(30)]
    (folder / "foreign.jsonl").write_text("\n".join([*lines, "broken"]))


def test_a_mapping_that_matches_nothing_says_what_is_there_and_leaves_no_trace(
    database_url: str, spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_foreign_log(tmp_path / "in")
    with caplog.at_level("INFO"), pytest.raises(QualityError, match=r"31 of 31 records are quarantined"):
        load(database_url, tmp_path / "in", tmp_path / "data")
    told = "no record of 30 has user_id at user_id, userId, user.id; the records have: actor.login, event_id"
    assert told in caplog.text
    assert "missing_field" in caplog.text
    assert query(database_url, "select status, records from ops.pipeline_runs") == [("failed", None)]
    assert query(database_url, "select count(*) from ops.ingested_files") == [(0,)]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('{"a": {"b": 1, "c": {"d": 2}}, "e": [{"f": 3}], "g": {}}', "a.b, a.c, e, g"),
        ('{"a": 1, "b": {"c": 2, "d": "a text that is cut', "a, b.c, b.d"),
        ('{"a": 1, "b": [1, 2', "a, b"),
        ("[1]", "no keys"),
        (None, "no keys"),
    ],
)
def test_the_keys_of_a_long_record_are_told_as_far_as_its_head_goes(text: str | None, keys: str) -> None:
    missing = RefusedGroup(1, ("missing_field",), ("user_id",), 1, 1, text)
    (line,) = describe_unmatched(default_source(), [replace(file(1), refused=[missing])])
    assert line.endswith(f"the records have: {keys}")


def test_an_example_can_not_command_the_terminal() -> None:
    nasty = RefusedGroup(1, ("malformed_json",), (), 1, 1, "a\n\x1b[2J\u202eb \u00e9")
    (line,) = describe_reasons([replace(file(1), refused=[nasty])])
    assert line.endswith(r"record 1: a\n\x1b[2J\u202eb " + "\u00e9")


def test_a_poor_load_may_be_accepted(database_url: str, spark: SparkSession, tmp_path: Path) -> None:
    write_foreign_log(tmp_path / "in")
    load(database_url, tmp_path / "in", tmp_path / "data", "--accept-quality")
    assert query(database_url, "select quarantined, published from ops.ingested_files") == [(31, 0)]
