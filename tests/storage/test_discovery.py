"""Which files are read, which are skipped and why, and how the format of a file is detected."""

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.records.files.open_file import decode
from jobs.storage.errors import UsageError
from jobs.storage.input.discovery import discover, sniff
from jobs.storage.input.file_systems import InputFile, LocalFiles

INCLUDE = ("*.json", "*.jsonl", "*.json.gz")
OBJECT = '{"a": 1}'


def test_files_are_found_in_any_depth_and_order_of_uri(tmp_path: Path) -> None:
    for name in ("b.json", "a/z.jsonl", "a b[1]{x}*.json", "\u00fc/\u00e9.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(OBJECT)
    files, skipped = discover(str(tmp_path), INCLUDE)
    assert {file.place.removeprefix(f"file:{tmp_path}/") for file in files} == {
        "a/z.jsonl",
        "a b[1]{x}*.json",
        "b.json",
        "\u00fc/\u00e9.json",
    }
    assert [file.uri for file in files] == sorted(file.uri for file in files)
    assert skipped == []


def test_a_name_that_is_not_utf_8_survives_its_uri() -> None:
    path = Path(os.fsdecode(b"/a/\xff\xfe b%20.json"))
    assert decode(path.as_uri()) == f"file://{path}"


def test_skipped_files_are_listed_with_their_reason(tmp_path: Path) -> None:
    for name in ("read.json", "notes.txt", "_SUCCESS", ".hidden.json", "half.json.tmp", "_temporary/part.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(OBJECT)
    files, skipped = discover(tmp_path.as_uri(), INCLUDE)
    assert [Path(file.place).name for file in files] == ["read.json"]
    assert {Path(path).name: reason for path, reason in skipped} == {
        "notes.txt": "not included",
        "_SUCCESS": "unfinished",
        ".hidden.json": "unfinished",
        "half.json.tmp": "unfinished",
        "part.json": "unfinished",
    }


def test_folders_that_this_tool_writes_are_skipped_and_never_opened(tmp_path: Path) -> None:
    for name in (
        "events/a.json",
        "quarantine/run_id=1/part.json",
        "runs/1.json",
        "quarantined/b.json",
        "c/runs/d.json",
    ):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(OBJECT)
    (tmp_path / "link").symlink_to(tmp_path / "data")
    own = [str(tmp_path / "data" / "quarantine"), (tmp_path / "link" / "runs").as_uri(), str(tmp_path / "elsewhere")]
    for root in (tmp_path / "data", tmp_path, tmp_path / "link"):
        files, skipped = discover(root.as_uri(), INCLUDE, own)
        assert sorted(Path(file.place).name for file in files) == ["a.json", "b.json", "d.json"]
        assert [(Path(name).name, reason) for name, reason in skipped if reason != "linked folder"] == [
            ("quarantine", "written by this tool"),
            ("runs", "written by this tool"),
        ]


@pytest.mark.parametrize("name", ["quarantine", "quarantine/run_id=1", "link"])
def test_a_folder_that_this_tool_writes_is_no_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "quarantine" / "run_id=1").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "quarantine")
    with pytest.raises(UsageError, match=r"lies in .*/quarantine, where this tool writes its own files; name the"):
        discover(str(tmp_path / name), INCLUDE, [str(tmp_path / "quarantine")])


def test_a_file_given_as_the_input_folder_is_rejected_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(OBJECT)
    with pytest.raises(UsageError, match=f"a.json: is a file; name the folder that it is in, {tmp_path}$"):
        discover(str(tmp_path / "a.json"), INCLUDE)


def test_pipes_broken_links_and_linked_folders_are_listed_not_opened(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "read.json").write_text(OBJECT)
    os.mkfifo(tmp_path / "in" / "pipe.json")
    (tmp_path / "in" / "broken.json").symlink_to(tmp_path / "nowhere.json")
    (tmp_path / "in" / "deep" / "circle").symlink_to(tmp_path / "in")
    files, skipped = discover(str(tmp_path / "in"), INCLUDE)
    assert [Path(file.place).name for file in files] == ["read.json"]
    assert {Path(path).name: reason for path, reason in skipped} == {
        "pipe.json": "gone or no file",
        "broken.json": "gone or no file",
        "circle": "linked folder",
    }


def test_a_missing_folder_is_rejected_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        discover(str(tmp_path / "nowhere"), INCLUDE)


def test_a_changed_file_is_another_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(OBJECT)
    before, _ = discover(str(tmp_path), INCLUDE)
    path.write_text(OBJECT * 2)
    after, _ = discover(str(tmp_path), INCLUDE)
    assert before != after
    assert before[0].uri == after[0].uri


LINES = "\n".join([OBJECT] * 3)
FORMATS = {
    "lines": (LINES, "json_lines"),
    "lines, half of them broken": (f"{OBJECT}\nbroken", "json_lines"),
    "lines, most of them broken": (f"{OBJECT}\nbroken\nbroken", "json_values"),
    "blank lines do not count": (f"\n\n\n{OBJECT}\n \n", "json_lines"),
    "byte order mark": (f"\ufeff{LINES}", "json_lines"),
    "several objects on a line": (f"{OBJECT}{OBJECT} {OBJECT}\n{OBJECT}", "json_lines"),
    "lines with byte order marks and record separators": (f"broken\n\ufeff{OBJECT}\n\x1e{OBJECT}", "json_lines"),
    "objects and text on each line": (f"{OBJECT}{OBJECT} x\n{OBJECT} 5", "json_values"),
    "one object": (OBJECT, "json_lines"),
    "one array on a line": (f"[{OBJECT}, {OBJECT}]", "json_values"),
    "an array, an object a line": (f"[\n{OBJECT},\n{OBJECT},\n{OBJECT}\n]", "json_values"),
    "a printed object": (json.dumps({"a": 1, "b": 2}, indent=2), "json_values"),
    "empty": ("", "json_lines"),
    "a first line longer than a MiB": (json.dumps({"a": "x" * 2_000_000}) + f"\n{LINES}", "json_values"),
    "one line longer than a MiB": (json.dumps({"a": "x" * 2_000_000}), "json_values"),
    "many lines, the last of the first MiB cut": ("\n".join([OBJECT] * 200_000), "json_lines"),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_format_is_detected_by_content(tmp_path: Path, name: str, packed: bool) -> None:
    text, expected = FORMATS[name]
    path = tmp_path / "x.json"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    content = sniff(LocalFiles().stat(path.as_uri()))
    assert (content.format, content.is_plain) == (expected, not packed)


def test_an_empty_member_at_the_start_of_a_gzip_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.json.gz"
    path.write_bytes(gzip.compress(b"") + gzip.compress(f"[{OBJECT}]".encode()))
    assert sniff(LocalFiles().stat(path.as_uri())).format == "json_values"


def test_utf_16_without_a_mark_is_not_taken_for_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(LINES.encode("utf-16-le"))
    assert sniff(LocalFiles().stat(path.as_uri())).format == "json_values"


def test_a_name_that_hadoop_can_not_express_is_unreadable_where_hadoop_is_needed() -> None:
    found = sniff(InputFile("s3a://bucket/12:30%20%5Bx%5D.json", 1, datetime(2025, 6, 2, tzinfo=UTC)))
    assert found.format == "unreadable"
    assert "rename it" in (found.problem or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_a_file_that_may_not_be_read_is_unreadable(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("locked") / "x.json"
    path.write_text(OBJECT)
    file = LocalFiles().stat(path.as_uri())
    path.chmod(0)
    os.seteuid(65534)
    try:
        found = sniff(file)
    finally:
        os.seteuid(0)
    assert (found.format, found.problem) == ("unreadable", "it can't be opened; fix its permissions or its name")
