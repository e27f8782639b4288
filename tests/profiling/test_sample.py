"""A sample is bounded. A file that is cut loses only its end."""

import gzip
import json
from pathlib import Path

import pytest

from jobs.profiling.cut_json import close_json
from jobs.profiling.sample import take_sample
from jobs.storage.errors import UsageError


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ('{"a": [{"b": 1}, {"b": 2', '{"a": [{"b": 1}]}'),
        ('{"a": [1, 2], "b": [{"c": [1, 2]}, {"c": [3, 4, 5', '{"a": [1, 2], "b": [{"c": [1, 2]}]}'),
        ('[{"a": "x,]y"}, {"a": "open, [', '[{"a": "x,]y"}]'),
        ('{"a": 1, "b": "cut', '{"a": 1}'),
        ('{"a": "\\"}, [', None),
        ('{"a": 1]', None),
        ("plain text", None),
    ],
)
def test_cut_json_is_closed_behind_its_last_whole_element(text: str, closed: str | None) -> None:
    assert close_json(text) == closed


def test_a_large_page_shows_its_records(tmp_path: Path) -> None:
    page = {"kind": "page", "items": [{"n": n, "text": "x" * 100} for n in range(60_000)]}
    (tmp_path / "page.json").write_text(json.dumps(page, indent=0))
    (value,) = take_sample(str(tmp_path), ("*.json",), []).values
    assert value["kind"] == "page"
    assert 20_000 < len(value["items"]) < 60_000
    assert all(len(item["text"]) == 100 for item in value["items"])


def test_a_long_file_of_lines_is_read_at_its_end_too(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("".join(f'{{"n": {n}, "text": "{"x" * 1000}"}}\n' for n in range(8000)))
    sample = take_sample(str(tmp_path), ("*.jsonl",), [])
    assert (sample.values[0]["n"], sample.values[-1]["n"], sample.is_whole) == (0, 7999, False)
    assert sample.read_bytes < 5 * 1024**2
    assert sample.quarantined <= 3  # lines whose beginning is not in the sample


def test_a_sample_of_many_files_covers_the_whole_folder(tmp_path: Path) -> None:
    for day in range(200):
        (tmp_path / f"{day:03}.json").write_text(json.dumps({"day": day}))
    sample = take_sample(str(tmp_path), ("*.json",), [])
    days = [value["day"] for value in sample.values]
    assert (sample.files, sample.read_files, len(days), sample.is_whole) == (200, 50, 50, False)
    assert days[0] < 4
    assert days[-1] >= 196


def test_a_gzip_bomb_and_a_record_without_an_end_are_cut(tmp_path: Path) -> None:
    (tmp_path / "bomb.json.gz").write_bytes(gzip.compress(b'{"a": 1, "b": "' + b"x" * 50_000_000))
    (tmp_path / "long.json").write_text('{"a": 2, "b": "' + "x" * 17_000_000 + '"}')
    assert take_sample(str(tmp_path), ("*.json", "*.json.gz"), []).values == [{"a": 1}, {"a": 2}]


def test_values_that_are_no_objects_are_counted(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text('{"a": 1}\n\nstarting\n{"a": 2}\n{"a": 3}\n')
    sample = take_sample(str(tmp_path), ("*.json",), [])
    assert (len(sample.values), sample.quarantined, sample.is_whole) == (3, 1, True)


def test_a_scheme_that_needs_java_is_rejected() -> None:
    with pytest.raises(UsageError, match="on this machine and in s3: only, not in hdfs:"):
        take_sample("hdfs://name/logs", ("*.json",), [])
