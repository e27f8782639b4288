"""The command `make fields`: its table, its draft of a mapping, and one line for each input that can't be read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from jobs import fields
from jobs.profiling.draft import quote
from jobs.profiling.opening import open_records
from jobs.records.event import Event
from jobs.records.reader import RecordReader
from jobs.records.validate import Limits
from jobs.storage.config.sources import read_source
from jobs.storage.config.yaml_file import parse_yaml
from jobs.storage.errors import UsageError
from tests.builders import ROOT, record_json
from tests.hostile import make_files

PAGE = {
    "page": 1,
    "generatedAt": "2025-06-03T00:00:00Z",
    "tenant": {"name": "acme"},
    "entries": [
        {
            "id": f"e{number}",
            "at": f"2025-06-02T12:0{number}:00Z",
            "action": action,
            "actor": {"id": user, "display.name": user.title(), "mail": f"{user}@x.example"},
            "args": [{"name": "doc_id", "value": "d1"}, {"name": "note\x1b", "value": "\x1b[31m" + "long " * 40}],
            "from": "192.0.2.1",
        }
        for number, (action, user) in enumerate([("FileEdited", "ann"), ("SignIn", "bob"), ("FileEdited", "bob")])
    ],
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    (folder / "page.json").write_text(json.dumps(PAGE, indent=1))
    return folder


def run(folder: Path, source: Path | str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jobs.fields", "--input", str(folder), "--source", str(source)]
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "JAVA_HOME")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def rows_of(output: str) -> dict[str, list[str]]:
    """Returns the other columns of the table by path."""
    lines = output.split("\n-----", 1)[1].splitlines()[1:]
    rows = [[cell for cell in line.split("  ") if cell] for line in lines if "  " in line]
    return {row[0]: [cell.strip() for cell in row[1:]] for row in rows}


def test_a_draft_is_written_that_loads_and_reads_the_log(log: Path, tmp_path: Path) -> None:
    place = tmp_path / "new.yml"
    done = run(log, place)
    assert (done.returncode, done.stderr) == (0, "")
    assert "record_path: entries" in done.stdout
    assert done.stdout.splitlines()[-1] == f"{place} is a first draft of a mapping: check each line of it"
    rows = rows_of(done.stdout)
    assert rows["action"] == ["3", "100 %", "text", "FileEdited", "maybe event_type?"]
    assert rows["$.args[?@.name == 'doc_id'].value"][-1] == "maybe document_id?"
    assert rows['actor["display.name"]'][-1] == "maybe user_name?"
    assert rows["^tenant.name"] == ["3", "100 %", "text", "acme"]
    assert "\x1b" not in done.stdout
    assert max(len(row[3]) for row in rows.values() if len(row) > 3) <= 40
    source = read_source(place)
    assert source.record_path == ("entries",)
    reader = RecordReader(source, Limits())
    events = [
        reader.read(json.dumps(record).encode(), None, around)
        for record, around in open_records([PAGE], source.record_path, {})
    ]
    assert [
        (each.event_id, each.event_type, each.user_id, each.document_id) for each in events if isinstance(each, Event)
    ] == [
        ("e0", "FileEdited", "ann", "d1"),
        ("e1", "SignIn", "bob", "d1"),
        ("e2", "FileEdited", "bob", "d1"),
    ]
    text = place.read_text()
    assert "#   FileEdited: document_edit  # 2" in text
    assert "#   SignIn: user_login  # 1" in text
    # The database keeps the mapping, in which a person could not be erased.
    assert "ann" not in text
    assert "192.0.2.1" not in text


def test_elements_that_are_no_objects_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    others = [[], 1, "x", None, [PAGE["entries"]]]
    for number, elements in enumerate((others, [1])):
        page = {**PAGE, "entries": [*PAGE["entries"], *elements]}  # type: ignore[misc]
        (tmp_path / "in" / f"{number}.json").write_text(json.dumps(page))
    done = run(tmp_path / "in", tmp_path / "new.yml")
    line = "6 elements are no objects, so that a load would quarantine them (record_path: entries)"
    assert line in done.stdout.splitlines()
    assert "paths in 6 records" in done.stdout


def test_an_existing_draft_is_read_and_never_overwritten(log: Path, tmp_path: Path) -> None:
    place = tmp_path / "new.yml"
    run(log, place)
    text = place.read_text()
    done = run(log, place)
    assert done.returncode == 0
    assert "first draft" not in done.stdout
    assert place.read_text() == text
    rows = rows_of(done.stdout)
    assert (rows["action"][-1], rows["actor.id"][-1], rows["at"][-1]) == ("event_type", "user_id", "event_at")
    with pytest.raises(UsageError, match="can't be written"):
        fields.write_new(place, "other")
    assert place.read_text() == text


def test_mapped_paths_that_match_nothing_are_reported(log: Path, tmp_path: Path) -> None:
    place = tmp_path / "mine.yml"
    place.write_text(
        "record_path: entries\nfields:\n  event_type: action\n  event_at: at\n  user_id: [user.id, actor.id]\n"
        "  document_id: \"$.args[?@.name == 'doc_id'].value\"\n  comment_text: [note, remark]\n  device: ^tenant.name\n"
        '  revision: "#"\nproperties: [from, gone]\n'
    )
    done = run(log, place)
    rows = rows_of(done.stdout)
    assert rows["$.args[?@.name == 'doc_id'].value"][-1] == "document_id"
    assert rows["^tenant.name"][-1] == "device"
    assert rows["#"] == ["3", "100 %", "0", "revision"]
    assert rows["from"][-1] == "properties"
    assert f"{place}: finds nothing: comment_text at note, remark; properties at gone" in done.stdout
    assert f"{place}: finds nothing at user.id (user_id): these fields are found at other paths" in done.stdout


def test_a_log_that_the_default_mapping_does_not_read_is_shown_as_it_seems_to_be(log: Path) -> None:
    done = run(log, "conf/sources/default.yml")
    assert "conf/sources/default.yml finds no event here" in done.stdout
    assert rows_of(done.stdout)["actor.id"][-1] == "maybe user_id?"
    assert rows_of(done.stdout)["id"][-1] == "event_id"


def test_the_default_mapping_reads_the_sample() -> None:
    done = run(ROOT / "data" / "events", "conf/sources/default.yml")
    assert rows_of(done.stdout)["timestamp"][-1] == "event_at"
    assert "this is a sample" not in done.stdout


def test_a_required_field_that_could_not_be_guessed_is_marked_as_a_question(tmp_path: Path) -> None:
    folder, place = tmp_path / "log", tmp_path / "new.yml"
    folder.mkdir()
    lines = [{"id": n, "type": "edit", "at": "2025-06-02T12:00:00Z", "u": "ann"} for n in range(4)]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert run(folder, place).returncode == 0
    assert "  # user_id: ?  # required; maybe u\n" in place.read_text()
    with pytest.raises(UsageError, match="user_id is missing; say where the records have it"):
        read_source(place)


def test_a_draft_names_the_time_formats_and_the_missing_values(tmp_path: Path) -> None:
    folder, place = tmp_path / "log", tmp_path / "new.yml"
    folder.mkdir()
    lines = [
        {"type": "edit", "time": f"{day}.06.2025 12:00:00", "user": user} for day, user in ((10, "ann"), (20, "--"))
    ]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    run(folder, place)
    source = read_source(place)
    assert source.time_formats == {"event_at": ("%d.%m.%Y %H:%M:%S",)}
    assert source.missing_values == {"--"}
    assert "# default_time_zone:" in place.read_text()


def test_hostile_files_cause_no_error_and_no_escape_sequences(tmp_path: Path) -> None:
    folder, place = tmp_path / "log", tmp_path / "new.yml"
    folder.mkdir()
    for name, content in make_files(11, 120).items():
        (folder / name).write_bytes(content)
    (folder / "closed.json").write_text("{}")
    (folder / "closed.json").chmod(0)
    done = run(folder, place)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    read_source(place)


def test_names_and_types_of_any_sort_come_out_as_valid_yaml(tmp_path: Path) -> None:
    folder, place = tmp_path / "log", tmp_path / "new.yml"
    folder.mkdir()
    odd = {'event: "type"': "on: {x}", "event #time": "2025-06-02T12:00:00Z", "user's, [id]": "ann", "\x1b.doc.id": "d"}
    (folder / "a.jsonl").write_text("\n".join([json.dumps(odd)] * 3))
    assert run(folder, place).returncode == 0
    source = read_source(place)
    assert {name: [str(path) for path in paths] for name, paths in source.fields.items()} == {
        "event_type": ['event: "type"'],
        "event_at": ["event #time"],
        "user_id": ['["user\'s, [id]"]'],
        "document_id": ['["\\u001b.doc.id"]'],
    }


@pytest.mark.parametrize(
    "text", ["user.id", "^a", "#", "a: b", "it's", 'say "x"', "é\U0001f600", "\x1b\x85", "~", "-", "a\\b", "'\""]
)
def test_a_text_reads_back_from_yaml(text: str) -> None:
    values = parse_yaml(Path("x.yml"), f"a: [{quote(text)}, {quote(text)}]", yaml.BaseLoader).values
    assert values == {"a": [text, text]}


@pytest.mark.parametrize(
    ("files", "source", "error"),
    [
        ({}, "new.yml", "holds no file whose name matches `include`"),
        ({"a.json": b""}, "new.yml", "no JSON object with anything in it (1 files were read, 0 could not be)"),
        ({"a.json": b"\x00\xff" * 5000}, "new.yml", "no JSON object with anything in it"),
        ({"a.log": b"started\nstopped\n"}, "new.yml", "no JSON object with anything in it"),
        ({"a.json": record_json().encode()}, "typo", "for a draft, give a name that ends in .yml"),
        ({"a.json": record_json().encode()}, "nowhere/new.yml", "there is no folder"),
        ({"a.json": record_json().encode()}, "log", "can't be read"),
        ({"a.json": record_json().encode()}, "", "SOURCE (--source) is set and empty"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, bytes],
    source: str,
    error: str,
) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    place = str(tmp_path / source) if source else ""
    settings = str(ROOT / "conf" / "pipeline.yml")
    assert fields.main(["--input", str(folder), "--source", place, "--settings", settings]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
    assert error in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log"]


def test_neither_spark_nor_a_database_is_started(log: Path) -> None:
    done = run(log, "conf/sources/default.yml")
    assert (done.returncode, done.stderr) == (0, "")
    script = "import sys; from jobs import fields; fields.main(sys.argv[1:])"
    script += "; from pyspark import SparkContext as context; print(context._gateway)"
    loaded = subprocess.run(
        [sys.executable, "-c", script, "--input", str(log)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.splitlines()[-1] == "None"
