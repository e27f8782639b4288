"""How files are split into ranges of bytes, and the ranges assigned to tasks."""

import random
from dataclasses import replace

import pytest

from jobs.records.files.digest import BLOCK_BYTES
from jobs.records.files.formats import Sniffed
from jobs.records.files.splits import Split, choose_split_bytes, cut_file, pack_splits

MIB = 1024**2


def file(size: int, sniffed: Sniffed | None = None, file_id: int = 1) -> Split:
    return Split(file_id, f"file:///{file_id}.json", sniffed or Sniffed("json_lines"), size)


@pytest.mark.parametrize("start", [0, 7])
@pytest.mark.parametrize("size", [1, MIB - 1, MIB, MIB + 1, 10 * MIB, 12_345_678])
def test_splits_of_plain_json_lines_follow_each_other(size: int, start: int) -> None:
    splits = list(cut_file(replace(file(start + size), start=start), MIB))
    assert [split.number for split in splits] == list(range(len(splits)))
    assert (splits[0].start, splits[-1].end) == (start, start + size)
    assert [split.end for split in splits[:-1]] == [split.start for split in splits[1:]]
    assert max(split.weight for split in splits) - file(0).weight <= MIB + BLOCK_BYTES
    assert all(split.start % BLOCK_BYTES == 0 for split in splits[1:])
    assert len(splits) == -(-size // MIB)


@pytest.mark.parametrize("start", [0, 7])
def test_an_empty_file_is_one_split(start: int) -> None:
    whole = replace(file(start), start=start)
    assert list(cut_file(whole, MIB)) == [replace(whole, end=start)]


@pytest.mark.parametrize("sniffed", [Sniffed("json_values"), Sniffed("json_lines", is_plain=False)])
def test_files_other_than_plain_json_lines_are_one_split(sniffed: Sniffed) -> None:
    assert list(cut_file(file(1000, sniffed), 100)) == [file(1000, sniffed)]


def test_each_split_is_in_one_task_and_no_task_has_much_more_than_its_share() -> None:
    chance = random.Random(7)
    splits = [file(chance.randrange(20 * MIB), file_id=number) for number in range(500)]
    tasks = pack_splits(splits, 32 * MIB)
    assert sorted(split.file_id for task in tasks for split in task) == list(range(500))
    assert max(sum(split.weight for split in task) for task in tasks) <= 33 * MIB
    assert len(tasks) < 250


@pytest.mark.parametrize(
    ("sizes", "cores", "tasks"),
    [
        ([20_000] * 46, 2, 2),  # the sample
        ([20 * MIB], 2, 2),
        ([640 * MIB], 2, 16),
        ([6400 * MIB], 2, 50),
        ([640 * MIB], 100, 100),
    ],
)
def test_cores_get_some_tasks_each_and_no_task_is_tiny_or_huge(sizes: list[int], cores: int, tasks: int) -> None:
    files = [file(size, file_id=number) for number, size in enumerate(sizes)]
    split_bytes = choose_split_bytes(files, cores)
    cut = [split for each in files for split in cut_file(each, split_bytes)]
    assert len(pack_splits(cut, split_bytes)) == tasks


def test_a_single_blank_file_is_a_task() -> None:
    blank = Split(1, "file:///blank.json", Sniffed("json_lines"), 0)
    assert pack_splits([blank], MIB) == [[blank]]
