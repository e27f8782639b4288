"""The whole job on the committed sample, on real PostgreSQL: the answers, the keys, the account of every record."""

import json
import os
import random
import shutil
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors
from pyspark.sql import SparkSession

from jobs import check
from jobs.pipeline import arg_parser, run
from jobs.storage.database.postgres import SQL
from jobs.storage.errors import UsageError
from tests.builders import ROOT, record_json
from tests.check_truth import compare
from tests.conftest import empty_database


def load(url: str, folder: Path, data: Path, *options: str) -> str:
    args: Namespace = arg_parser().parse_args(["--input", str(folder), "--data", str(data), *options])
    return run(args, url)


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def fingerprint(url: str) -> list[tuple[Any, ...]]:
    return query(url, (SQL / "analysis" / "fingerprint.sql").read_text())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data [with] spaces")


@pytest.fixture(scope="module")
def loaded(server: str, spark: SparkSession, data: Path) -> Iterator[str]:
    """A database with the sample in it."""
    with empty_database(server) as url:
        load(url, ROOT / "data" / "events", data)
        yield url


def test_the_sample_gives_every_number_of_its_truth(loaded: str) -> None:
    truth = json.loads((ROOT / "data" / "truth.json").read_text())
    with closing(psycopg2.connect(loaded)) as connection, connection.cursor() as cursor:
        compared, differences = compare(truth, cursor)
    assert (compared > 20, differences) == (True, [])


def test_the_account_of_each_file_is_the_truth(loaded: str) -> None:
    truth = json.loads((ROOT / "data" / "truth.json").read_text())["per_file"]
    rows = query(loaded, "select file_path, records, blank, quarantined from ops.ingested_files")
    root = (ROOT / "data" / "events").as_uri() + "/"
    found = {
        path.removeprefix(root): {"records": records, "blank": blank, "quarantined": quarantined}
        for path, records, blank, quarantined in rows
    }
    assert found == truth


def test_the_readme_shows_the_fingerprint_of_the_sample(loaded: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.split("$ make fingerprint\n")[1].split("```")[0].splitlines()[2:]
    assert [tuple(line.split()) for line in shown] == [
        (table, str(rows), found) for table, rows, found in fingerprint(loaded)
    ]


def test_a_second_run_finds_nothing_new(loaded: str, data: Path) -> None:
    before = query(loaded, "select * from ops.ingested_files")
    assert load(loaded, ROOT / "data" / "events", data).startswith("nothing new")
    assert query(loaded, "select * from ops.ingested_files") == before


def test_a_changed_setting_changes_the_metrics_though_nothing_is_new(loaded: str, data: Path, tmp_path: Path) -> None:
    settings = tmp_path / "pipeline.yml"
    original = (ROOT / "conf" / "pipeline.yml").read_text()
    settings.write_text(original.replace("business_time_zone: UTC", "business_time_zone: Asia/Tokyo"))
    zone = "select metrics.business_time_zone()"
    load(loaded, ROOT / "data" / "events", data, "--settings", str(settings))
    assert query(loaded, zone) == [("Asia/Tokyo",)]
    load(loaded, ROOT / "data" / "events", data)
    assert query(loaded, zone) == [("UTC",)]


def test_every_check_is_silent(loaded: str) -> None:
    checks = sorted((SQL / "checks").glob("*.sql"))
    assert len(checks) >= 4
    assert {path.name: query(loaded, path.read_text()) for path in checks} == {path.name: [] for path in checks}


def test_all_constraints_are_there_and_validated(loaded: str) -> None:
    rows = query(
        loaded,
        "select conrelid::regclass::text, contype::text, conname, convalidated from pg_constraint"
        " where connamespace = 'public'::regnamespace and contype in ('p', 'f', 'c', 'u')",
    )
    names = {name for *_, name, _ in rows}
    in_files = {
        word
        for path in (SQL / "ddl").glob("1[234]0_*.sql")
        for line in path.read_text().splitlines()
        if "add constraint " in line
        for word in [line.split("add constraint ")[1].split()[0]]
    }
    assert names == in_files
    assert all(validated for *_, validated in rows)


BROKEN_ROWS = {
    "an event of an unknown user": ("update events set user_id = 'nobody'", errors.ForeignKeyViolation),
    "an event in another user's session": (
        "update events set session_id = (select session_id from sessions s where s.user_id <> events.user_id limit 1)",
        errors.ForeignKeyViolation,
    ),
    "an event of an unknown document": ("update events set document_id = 'none'", errors.ForeignKeyViolation),
    "an event of an unknown type": ("update events set event_type = 'none'", errors.ForeignKeyViolation),
    "a type without its events": ("delete from event_types", errors.ForeignKeyViolation),
    "an event twice": ("insert into events select * from events limit 1", errors.UniqueViolation),
    "an edit without document": (
        "update events set document_id = null where event_type = 'document_edit'",
        errors.CheckViolation,
    ),
    "another date": ("update events set event_date = event_date + 1", errors.CheckViolation),
    "another weekday": ("update events set day_of_week = 'Someday'", errors.CheckViolation),
    "negative words": ("update events set document_word_count = -1", errors.CheckViolation),
    "an event without time": ("update events set event_at = null", errors.NotNullViolation),
    "a session that ends before it starts": (
        "update sessions set ended_at = started_at - interval '1 second'",
        errors.CheckViolation,
    ),
    "another duration": ("update sessions set session_duration_seconds = 1e6", errors.CheckViolation),
}


@pytest.mark.parametrize("name", BROKEN_ROWS)
def test_the_database_refuses(loaded: str, name: str) -> None:
    statement, error = BROKEN_ROWS[name]
    with closing(psycopg2.connect(loaded)) as connection, connection.cursor() as cursor, pytest.raises(error):
        cursor.execute(statement)


def test_each_quarantined_record_is_kept_with_place_reasons_and_text(loaded: str, data: Path) -> None:
    (run_id,) = query(loaded, "select run_id from ops.pipeline_runs")[0]
    lines = [
        json.loads(line)
        for path in (data / "quarantine" / f"run_id={run_id}").glob("*.json")
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]
    in_database = query(
        loaded,
        "select file_path, record_number, reasons, raw_sha256 from ops.quarantined_records"
        " join ops.ingested_files using (file_id)",
    )
    on_disk = [(x["source_file"], x["record_number"], x["reasons"], x["raw_sha256"]) for x in lines]
    assert sorted(on_disk) == sorted(in_database)
    json_lines = [x for x in lines if x["source_file"].endswith(".jsonl")]
    assert len(json_lines) > 10
    for line in json_lines:
        text = Path(line["source_file"].removeprefix("file://")).read_text(encoding="utf-8")
        assert line["raw"] == text.split("\n")[line["record_number"] - 1]


def cut_anew(folder: Path, files: int, seed: int) -> list[Path]:
    """The sample's records, shuffled and cut into other files."""
    texts = []
    for path in sorted((ROOT / "data" / "events").rglob("*.json*")):
        if path.suffix == ".jsonl":
            texts += path.read_text(encoding="utf-8").split("\n")
        else:
            texts += [json.dumps(element) for element in json.loads(path.read_text(encoding="utf-8"))]
    random.Random(seed).shuffle(texts)
    folder.mkdir()
    paths = [folder / f"{number}.jsonl" for number in range(files)]
    for number, path in enumerate(paths):
        path.write_text("\n".join(texts[number::files]) + "\n", encoding="utf-8")
    return paths


def test_any_cut_and_order_of_the_records_gives_the_same_tables(loaded: str, database_url: str, tmp_path: Path) -> None:
    paths = cut_anew(tmp_path / "all", files=3, seed=1)
    arriving = tmp_path / "arriving"
    arriving.mkdir()
    for path in (paths[2], paths[0]):  # a first run of one file, a second of the other two
        shutil.copy2(path, arriving)
        if path == paths[0]:
            shutil.copy2(paths[1], arriving)
        load(database_url, arriving, tmp_path / "data")
    assert fingerprint(database_url) == fingerprint(loaded)
    for view in ("daily_active_users", "average_session_duration", "top_edited_documents", "anomalies"):
        statement = f"select * from metrics.{view} as v order by v::text"
        assert query(database_url, statement) == query(loaded, statement), view
    (sums,) = query(
        database_url,
        "select sum(published) - sum(replaced), (select count(*) from events) from ops.ingested_files where is_current",
    )
    assert sums[0] == sums[1] == 3000


def test_what_a_file_that_is_gone_held_stays_until_it_is_dropped(
    database_url: str, spark: SparkSession, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_text(record_json(event_id="a"))
    load(database_url, folder, tmp_path / "data")
    (folder / "a.json").rename(tmp_path / "elsewhere.json")
    (folder / "b.json").write_text(record_json(event_id="b"))
    told = load(database_url, folder, tmp_path / "data", "--full-refresh")
    assert f"files that are gone, first {folder}/a.json: 1; their records are kept" in told.splitlines()
    assert query(database_url, "select event_id from events order by 1") == [("a",), ("b",)]
    load(database_url, folder, tmp_path / "data", "--full-refresh", "--drop-missing")
    assert query(database_url, "select event_id from events") == [("b",)]


def test_a_folder_without_event_files_is_refused_as_long_as_nothing_is_loaded(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no events")
    with pytest.raises(UsageError, match=r"holds no file .* 1 skipped, such as .*notes\.txt"):
        load(database_url, tmp_path, tmp_path / "data")


def test_the_folders_of_this_tool_are_never_input(
    database_url: str, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of --data and --quarantine, and those of the folder that the job runs in."""
    here = tmp_path / "here"
    own = ["quarantine", "postgres", "runs", "reports", "airflow"]
    for name in ("events", "simulated", "mine", *own):
        (here / "data" / name / "deep").mkdir(parents=True)
        (here / "data" / name / "deep" / "a.json").write_text(record_json(event_id=name))
    (here / "data" / "truth.json").write_text(record_json(event_id="truth"))
    monkeypatch.chdir(here)
    settings = ["--settings", str(ROOT / "conf" / "pipeline.yml")]
    source = ["--source", str(ROOT / "conf" / "sources" / "default.yml"), "--quarantine", str(here / "quarantined")]
    (here / "junk.json").write_text("junk")
    output = load(database_url, here, here / "work", *settings, *source)
    assert query(database_url, "select event_id from events order by 1") == [("events",), ("mine",), ("simulated",)]
    assert "written by this tool" in output
    (here / "more.json").write_text(record_json(event_id="more"))
    assert "1 files read" in load(database_url, here, here / "work", *settings, *source)
    for place in ("data/quarantine", "data/postgres", "data/runs/deep", "quarantined", "work/runs"):
        with pytest.raises(UsageError, match="where this tool writes its own files"):
            load(database_url, here / place, here / "work", *settings, *source)


def test_an_input_folder_in_which_nothing_is_found_is_told_until_files_are_there_again(
    database_url: str,
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, other = tmp_path / "in put", tmp_path / "other"
    for path in (folder, other):
        path.mkdir()
        (path / "a.json").write_text(record_json(event_id=path.name))
        load(database_url, path, tmp_path / "data")
    monkeypatch.setenv("DATABASE_URL", database_url)

    def look() -> tuple[list[tuple[Any, ...]], int, list[str]]:
        """What the database remembers, what ops.health counts, what `make check` warns of."""
        assert check.main([]) == 0
        warnings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning")]
        (counted,) = query(database_url, "select empty_input_folders from ops.health")
        return query(database_url, "select folder from ops.empty_input_folders"), counted[0], warnings

    (folder / "a.json").rename(tmp_path / "away.json")
    told = f"warning: nothing was found in {folder}, though 2 files were loaded before; a mount may be lost"
    args = ["--input", str(folder), "--data", str(tmp_path / "data")]
    assert run(arg_parser().parse_args([*args, "--plan"]), database_url).startswith(told)
    assert look() == ([], 0, [])
    for _ in range(2):
        assert load(database_url, folder, tmp_path / "data").startswith(told)
        assert load(database_url, other, tmp_path / "data").startswith("nothing new: 1 files found")
        assert look() == ([(folder.as_uri(),)], 1, ["warning empty_input_folders: 1 row"])
    (tmp_path / "away.json").rename(folder / "a.json")
    assert load(database_url, tmp_path / "in put", tmp_path / "data").startswith("nothing new: 1 files found")
    assert look() == ([], 0, [])


def test_empty_and_unreadable_files_and_files_of_rejects_are_accounted_for(
    database_url: str, spark: SparkSession, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "empty.json").write_text("")
    (folder / "blank.json").write_text("\n\n")
    (folder / "rejects.json").write_text("junk\n")
    # A name that is not UTF-8, which the JVM can't open.
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.json")).write_text(record_json())
    load(database_url, folder, tmp_path / "data")
    counts = query(
        database_url,
        "select records, blank, quarantined, accepted, published from ops.ingested_files order by file_path",
    )
    assert counts == [(1, 0, 1, 0, 0), (2, 2, 0, 0, 0), (0, 0, 0, 0, 0), (1, 0, 1, 0, 0)]
    reasons = query(database_url, "select reasons from ops.quarantined_records order by raw_sha256")
    assert reasons == [(["malformed_json"],), (["unreadable_file"],)]
    assert query(database_url, "select count(*) from metrics.daily_active_users") == [(0,)]
