"""The whole job on the committed sample, on real PostgreSQL: the answers, the keys, the account of every record."""

import json
import random
import shutil
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import errors

from jobs.storage.database.postgres import SQL
from tests.builders import ROOT
from tests.check_truth import compare
from tests.conftest import Sample, copied_database
from tests.loading import fingerprint, load, query


def test_the_sample_gives_every_number_of_its_truth(sample: Sample) -> None:
    truth = json.loads((ROOT / "data" / "truth.json").read_text())
    with closing(psycopg2.connect(sample.url)) as connection, connection.cursor() as cursor:
        compared, differences = compare(truth, cursor)
    assert (compared > 20, differences) == (True, [])


def test_the_account_of_each_file_is_the_truth(sample: Sample) -> None:
    truth = json.loads((ROOT / "data" / "truth.json").read_text())["per_file"]
    rows = query(sample.url, "select file_path, records, blank, quarantined from ops.ingested_files")
    root = (ROOT / "data" / "events").as_uri() + "/"
    found = {
        path.removeprefix(root): {"records": records, "blank": blank, "quarantined": quarantined}
        for path, records, blank, quarantined in rows
    }
    assert found == truth


def test_the_readme_shows_the_fingerprint_of_the_sample(sample: Sample) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.split("$ make fingerprint\n")[1].split("```")[0].splitlines()[2:]
    assert [tuple(line.split()) for line in shown] == [
        (table, str(rows), found) for table, rows, found in fingerprint(sample.url)
    ]


def test_a_second_run_finds_nothing_new_and_applies_the_settings(server: str, sample: Sample, tmp_path: Path) -> None:
    settings = tmp_path / "pipeline.yml"
    original = (ROOT / "conf" / "pipeline.yml").read_text()
    settings.write_text(original.replace("business_time_zone: UTC", "business_time_zone: Asia/Tokyo"))
    with copied_database(server, sample.url) as url:
        before = query(url, "select * from ops.ingested_files")
        for options, zone in ((["--settings", str(settings)], "Asia/Tokyo"), ([], "UTC")):
            assert load(url, ROOT / "data" / "events", sample.data, *options).startswith("nothing new: 46 files")
            assert query(url, "select metrics.business_time_zone()") == [(zone,)]
        assert query(url, "select * from ops.ingested_files") == before


def test_every_check_is_silent(sample: Sample) -> None:
    checks = sorted((SQL / "checks").glob("*.sql"))
    assert len(checks) >= 4
    assert {path.name: query(sample.url, path.read_text()) for path in checks} == {path.name: [] for path in checks}


def test_all_constraints_are_there_and_validated(sample: Sample) -> None:
    rows = query(
        sample.url,
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
def test_the_database_rejects_a_broken_row(sample: Sample, name: str) -> None:
    statement, error = BROKEN_ROWS[name]
    with closing(psycopg2.connect(sample.url)) as connection, connection.cursor() as cursor, pytest.raises(error):
        cursor.execute(statement)


def test_each_quarantined_record_is_kept_with_place_reasons_and_text(sample: Sample) -> None:
    (run_id,) = query(sample.url, "select run_id from ops.pipeline_runs")[0]
    lines = [
        json.loads(line)
        for path in (sample.data / "quarantine" / f"run_id={run_id}").glob("*.json")
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]
    in_database = query(
        sample.url,
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


def test_any_cut_and_order_of_the_records_gives_the_same_tables(
    sample: Sample, database_url: str, tmp_path: Path
) -> None:
    paths = cut_anew(tmp_path / "all", files=3, seed=1)
    arriving = tmp_path / "arriving"
    arriving.mkdir()
    for path in (paths[2], paths[0]):  # a first run of one file, a second of the other two
        shutil.copy2(path, arriving)
        if path == paths[0]:
            shutil.copy2(paths[1], arriving)
        load(database_url, arriving, tmp_path / "data")
    assert fingerprint(database_url) == fingerprint(sample.url)
    for view in ("daily_active_users", "average_session_duration", "top_edited_documents", "anomalies"):
        statement = f"select * from metrics.{view} as v order by v::text"
        assert query(database_url, statement) == query(sample.url, statement), view
    (sums,) = query(
        database_url,
        "select sum(published) - sum(replaced), (select count(*) from events) from ops.ingested_files where is_current",
    )
    assert sums[0] == sums[1] == 3000
