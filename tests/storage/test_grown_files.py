"""Where the last whole line of a file ends, and whether a grown file has only new lines at its end."""

from pathlib import Path

import pytest

from jobs.records.files.formats import Sniffed
from jobs.storage.input.discovery import sniff
from jobs.storage.input.file_systems import InputFile, LocalFiles
from jobs.storage.input.grown_files import continues_behind, digest_beginning, find_content_end
from tests.builders import record_json

LINE = record_json() + "\n"


def make_file(folder: Path, content: str) -> InputFile:
    path = folder / "a.jsonl"
    path.write_text(content)
    return LocalFiles().stat(path.as_uri())


@pytest.mark.parametrize(
    ("rest", "waiting"),
    [
        ("", 0),
        ('{"half', 6),
        (record_json(), 0),
        ("  ", 0),
        ("\r", 0),
        ("junk", 0),
        ("\0" * 100, 0),
        ('{"a": "' + "x" * 200_000, 200_007),
        ("[1, 2]", 0),
        (record_json() * 2, 0),
        (record_json() + '{"half', len(record_json()) + 6),
        ("\x1e" + record_json(), 0),
        ('\x1e{"half', 7),
        ('\ufeff{"half', 9),
    ],
)
def test_an_incomplete_last_line_waits(tmp_path: Path, rest: str, waiting: int) -> None:
    file = make_file(tmp_path, LINE * 3 + rest)
    assert find_content_end(file, sniff(file)) == file.size_bytes - waiting


def test_a_line_that_is_longer_than_a_record_does_not_wait(tmp_path: Path) -> None:
    file = make_file(tmp_path, LINE + "x" * (17 * 1024**2))
    assert find_content_end(file, Sniffed("json_lines")) == file.size_bytes


@pytest.mark.parametrize("sniffed", [Sniffed("json_values"), Sniffed("json_lines", is_plain=False)])
def test_files_other_than_json_lines_are_read_to_their_end(tmp_path: Path, sniffed: Sniffed) -> None:
    file = make_file(tmp_path, LINE + '{"half')
    assert find_content_end(file, sniffed) == file.size_bytes


@pytest.mark.parametrize(
    ("before", "after", "continues"),
    [
        (LINE, LINE, True),
        (LINE, "", True),
        (record_json(), "\n" + LINE, True),
        (record_json(), " \r\n" + LINE, True),
        (record_json(), record_json() + "\n", False),
        (record_json(), "", False),
        ("", LINE, True),
    ],
)
def test_new_lines_follow_where_a_line_ends(tmp_path: Path, before: str, after: str, continues: bool) -> None:
    file = make_file(tmp_path, before + after)
    assert continues_behind(file, len(before)) == continues


def test_a_file_that_is_gone_has_no_digest(tmp_path: Path) -> None:
    file = make_file(tmp_path, LINE)
    assert digest_beginning(file, 3) != [None]
    (tmp_path / "a.jsonl").unlink()
    assert digest_beginning(file, 3, 5) == [None, None]
