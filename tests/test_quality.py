"""The quality gate holds bad files back or stops the run; a mapping that matches nothing is told as such."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.records.problems import QuarantinedGroup
from jobs.steps.file_quality import FileQuality, describe_reasons
from jobs.steps.quality_gate import Verdict, decide_verdict, pass_gate
from jobs.storage.config.settings import QualityGate
from jobs.storage.errors import QualityError
from jobs.storage.input.file_systems import InputFile
from jobs.storage.runs.held_back import Precedents
from jobs.storage.runs.ledger import Reading
from tests.builders import default_source, record_json
from tests.loading import load, query

GATE = QualityGate(max_share=0.2, from_records=20)


def file(records: int, *quarantined: int, number: int = 1) -> FileQuality:
    """A file of that many records, with groups of quarantined ones."""
    groups = [QuarantinedGroup(number, ("malformed_json",), (), count, 1, "{broken") for count in quarantined]
    found = InputFile(f"file:///in/{number}.json", 1, datetime(2025, 6, 2, tzinfo=UTC))
    return FileQuality(Reading(number, found, default_source()), records, groups)


def files(*counts: tuple[int, int]) -> list[FileQuality]:
    """One file for each (records, quarantined ones)."""
    return [file(records, quarantined, number=number) for number, (records, quarantined) in enumerate(counts, 1)]


GOOD, BAD = (20, 0), (20, 5)


@pytest.mark.parametrize(
    "counts",
    [[(20, 4)], [(19, 19)], [(10, 10), (100, 1)], [(0, 0)], []],
    ids=["at the limit", "few records", "a small bad file", "no records", "no files"],
)
def test_the_gate_lets_pass(counts: list[tuple[int, int]]) -> None:
    assert decide_verdict(files(*counts), GATE) == Verdict()


@pytest.mark.parametrize(
    ("counts", "held_back"),
    [
        ([GOOD, BAD], [2]),
        ([(1, 0), (5000, 5000)], [2]),
        ([BAD, (3, 0), BAD, GOOD], [1, 3]),
    ],
    ids=["one beside one", "a large one beside a small one", "as many as good ones"],
)
def test_bad_files_among_good_ones_are_held_back(counts: list[tuple[int, int]], held_back: list[int]) -> None:
    verdict = decide_verdict(files(*counts), GATE)
    assert (verdict.stop_reason, verdict.held_back_ids) == (None, held_back)
    assert [row.file_path for row in verdict.held_back] == [f"file:///in/{number}.json" for number in held_back]
    assert pass_gate(files(*counts), GATE, accept=True) == Verdict()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([BAD], r"5 of 20 records .*; the most are in file:///in/1\.json \(5 of 20\); 1 file is beyond it alone"),
        ([BAD, (20, 20), BAD], r"30 of 60 records .* in file:///in/2\.json \(20 of 20\); 3 files are beyond it alone"),
        ([GOOD, BAD, BAD], r"10 of 60 records .* in file:///in/2\.json \(5 of 20\); 2 files are"),
        ([BAD, (0, 0), (5, 5)], r"10 of 25 records .* in file:///in/1\.json \(5 of 20\); 1 file is"),
        ([(10, 3), (10, 2)], r"5 of 20 .*: more than the share of 0\.2 .* in file:///in/1\.json \(3 of 10\)[^;]*;"),
        ([BAD, GOOD, (19, 19), (19, 19)], r"43 of 78 records .* in file:///in/3\.json \(19 of 19\); 1 file is"),
    ],
    ids=[
        "nothing else",
        "all are bad",
        "more than good ones",
        "nothing good beside it",
        "no file, but the run",
        "the others as a whole",
    ],
)
def test_the_gate_stops_the_run(counts: list[tuple[int, int]], words: str) -> None:
    verdict = decide_verdict(files(*counts), GATE)
    assert (verdict.held_back, verdict.held_back_ids) == ([], [])
    with pytest.raises(QualityError, match=words):
        verdict.raise_if_stopped()
    assert pass_gate(files(*counts), GATE, accept=True) == Verdict()


def test_files_that_were_loaded_before_by_the_same_mapping_are_good_ones_too() -> None:
    bad, known = files(BAD, BAD, BAD), Precedents(3, {})
    assert decide_verdict(bad, GATE, known).stop_reason, "a run must have something to publish"
    assert decide_verdict(bad, GATE, known, is_stream=True).held_back_ids == [1, 2, 3]
    assert decide_verdict([*bad, file(1, number=4)], GATE, known).held_back_ids == [1, 2, 3]
    assert decide_verdict([*bad, file(1, number=4)], GATE, Precedents(1, {})).stop_reason


@pytest.mark.parametrize(
    ("reading", "is_held_back"),
    [((20, 5), False), ((19, 6), False), ((21, 5), True), ((20, 4), True), ((5, 0), True)],
    ids=["the same", "grown", "shortened", "more quarantined", "was good"],
)
def test_a_file_that_was_accepted_is_bad_again_once_more_of_it_is_quarantined(
    reading: tuple[int, int], is_held_back: bool
) -> None:
    known = Precedents(0, {"file:///in/2.json": reading})
    assert decide_verdict(files(GOOD, BAD), GATE, known).held_back_ids == ([2] if is_held_back else [])
    refreshed = decide_verdict(files(GOOD, BAD), GATE, known, drops_missing=True)
    assert ("DROP_MISSING=1 can't hold back file:///in/2.json" in (refreshed.stop_reason or "")) == is_held_back


def test_why_a_file_is_held_back_is_told_by_reason_and_quotes_nothing() -> None:
    groups = [
        QuarantinedGroup(2, ("bad_value", "missing_field"), ("user_id",), 3, 7, '{"secret": 1}'),
        QuarantinedGroup(2, ("bad_value",), (), 3, 2, '{"secret": 2}'),
    ]
    (row,) = decide_verdict([file(20), replace(file(24, number=2), groups=groups)], GATE).held_back
    reasons = "bad_value 6 (such as record 2), missing_field 3 (such as record 7)"
    assert row.why == f"6 of 24 records are quarantined: {reasons}"
    assert (row.records, row.quarantined) == (24, 6)


def test_an_example_can_not_command_the_terminal() -> None:
    nasty = QuarantinedGroup(1, ("malformed_json",), (), 1, 1, "a\n\x1b[2J\u202eb \u00e9")
    (line,) = describe_reasons([replace(file(1), groups=[nasty])])
    assert line.endswith(r"record 1: a\n\x1b[2J\u202eb " + "\u00e9")


def test_a_mapping_that_matches_nothing_says_what_is_there_and_leaves_no_trace_until_it_is_accepted(
    database_url: str, spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [record_json(user_id=None, actor={"login": f"u{number}"}, event_id=f"e{number}") for number in range(30)]
    (folder / "foreign.jsonl").write_text("\n".join([*lines, "broken\n"]))
    with caplog.at_level("INFO"), pytest.raises(QualityError, match=r"31 of 31 records are quarantined"):
        load(database_url, folder, tmp_path / "data")
    told = "no record of 30 has user_id at user_id, userId, user.id; the records have: actor.login, event_id"
    assert told in caplog.text
    assert "missing_field" in caplog.text
    assert query(database_url, "select status, records from ops.pipeline_runs") == [("failed", None)]
    assert query(database_url, "select count(*) from ops.ingested_files") == [(0,)]
    load(database_url, folder, tmp_path / "data", "--accept-quality")
    assert query(database_url, "select quarantined, published from ops.ingested_files") == [(31, 0)]
    assert query(database_url, "select count(*) from metrics.daily_active_users") == [(0,)]
