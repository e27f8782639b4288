"""Of a file to which lines were added, the next run reads these lines; they count as part of the file."""

import os
from contextlib import closing
from dataclasses import dataclass

import psycopg2
import pytest

from tests.merging.folder import MAPPING, Event, Folder, Loaded, line


@dataclass
class Story:
    """The folder, and what was there after each load. Before the last one the mapping has changed."""

    folder: Folder
    first: Loaded
    second: Loaded
    third: Loaded
    told_when_nothing_was_added: str
    remapped: Loaded


@pytest.fixture(scope="module")
def story(folder: Folder) -> Story:
    # A name that the JVM can't open: under root there is no missing right to test with.
    (folder.path / "in" / os.fsdecode(b"\xff.jsonl")).write_text(line("in a file that can't be opened"))
    steps = []
    for contents in (FIRST, SECOND, THIRD):
        if contents is SECOND:
            set_identity_version(folder.url, 1)
        for name, content in contents.items():
            with (folder.path / "in" / name).open("a") as file:
                file.write(content)
        steps.append(folder.load_and_look())
    set_identity_version(folder.url, 2)
    folder.check()
    told = folder.load()
    folder.write("read at once.jsonl", begin("at once"))
    folder.write("read in two runs.jsonl", begin("in two runs"))
    folder.mapping.write_text(MAPPING.replace("revision: rev", "revision: rev, word_count: words"))
    return Story(folder, *steps, told, folder.load_and_look())


def set_identity_version(url: str, version: int) -> None:
    """Let the first run be one of that version."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "update ops.pipeline_runs set identity_version = %s"
            " where run_id = (select min(run_id) from ops.pipeline_runs)",
            (version,),
        )


def begin(case: str) -> str:
    """Two lines, of which the changed mapping can't read the second."""
    return line(f"{case} 1") + line(f"{case} 2", words="many")


# What each load finds at the end of each file.
FIRST = {
    "grew.jsonl": line("grew 1", "bob") + "junk\n" + line("grew 2", "bob") + line("grew 3", "bob"),
    "open line.jsonl": line("closed 1") + line("closed 2") + '{"id": "open", "type"',
    "without line feed.jsonl": line("fed 1") + line("fed 2").rstrip(),
    "rated.jsonl": "".join(line(f"rated {number}") for number in range(40)),
    "read in two runs.jsonl": begin("in two runs"),
}
SECOND = {
    "grew.jsonl": line("grew 4", "bob", 10) + line("grew 1", "bob") + "more junk\n" + '{"id": "grew 5", "type"',
    "without line feed.jsonl": "\n" + line("fed 3"),
    "rated.jsonl": "junk\n" * 5,
    "read at once.jsonl": begin("at once") + line("at once 3"),
    "read in two runs.jsonl": line("in two runs 3"),
}
THIRD = {
    "grew.jsonl": line("grew 5", "bob").removeprefix('{"id": "grew 5", "type"'),
    "rated.jsonl": "junk\n" * 20 + line("rated 40"),
    "new.jsonl": line("new"),
}


def test_the_new_lines_are_read_and_numbered_on(story: Story) -> None:
    assert story.first.counts["grew.jsonl"] == (4, 1, 0, 0, 3, 0)
    assert story.second.counts["grew.jsonl"] == (3, 1, 1, 0, 1, 0)
    assert story.second.quarantined["grew.jsonl"] == [2, 7]
    assert story.second.events["grew 4"] == Event(None, None, 5, True)
    duplicates = "select record_number from ops.duplicate_records inner join ops.ingested_files using (file_id)"
    assert story.folder.query(f"{duplicates} where file_path like '%/grew.jsonl'") == [(6,)]
    assert story.second.sessions["bob"] == [4]
    assert story.third.counts["grew.jsonl"] == (1, 0, 0, 0, 1, 0)
    assert story.third.events["grew 5"].record_number == 8
    readings = "select records, is_current from ops.ingested_files where file_path like '%/grew.jsonl' order by file_id"
    assert story.folder.query(readings) == [(4, True), (3, True), (1, True)]


def test_an_open_line_is_told_and_waits(story: Story) -> None:
    told = "files that end within an unfinished line, which waits for the next run: 1"
    assert told in story.second.told
    assert "unfinished line" not in story.third.told


def test_an_open_line_is_read_by_the_run_after_next_if_nothing_is_added(story: Story) -> None:
    counts = [loaded.counts.get("open line.jsonl") for loaded in (story.first, story.second, story.third)]
    assert counts == [(2, 0, 0, 0, 2, 0), (1, 1, 0, 0, 0, 0), None]


def test_a_last_line_that_is_complete_is_read_without_a_line_feed(story: Story) -> None:
    assert story.first.counts["without line feed.jsonl"] == (2, 0, 0, 0, 2, 0)
    assert story.second.counts["without line feed.jsonl"] == (1, 0, 0, 0, 1, 0)
    places = [story.second.events[f"fed {number}"].record_number for number in (1, 2, 3)]
    assert places == [1, 2, 3]


def test_new_lines_are_rated_with_the_file_that_they_were_added_to(story: Story) -> None:
    assert "held back" not in story.second.told
    assert story.second.counts["rated.jsonl"] == (5, 5, 0, 0, 0, 0)
    assert f"{story.folder.path}/in/rated.jsonl: 25 of 66 records are quarantined" in story.third.told
    assert len(story.third.titles("rated")) == 40
    assert "new" in story.third.events


def test_files_without_new_lines_are_not_read(story: Story) -> None:
    assert "nothing new" in story.told_when_nothing_was_added


def test_a_file_that_can_not_be_opened_is_not_read_again(story: Story) -> None:
    formats = "select format, run_id = (select min(run_id) from ops.pipeline_runs) from ops.ingested_files"
    assert story.folder.query(f"{formats} where file_path like '%/\\%FF.jsonl'") == [("unreadable", True)]


@pytest.mark.parametrize("case", ["at once", "in two runs"])
def test_a_file_that_shrank_to_what_it_began_with_holds_what_it_held(story: Story, case: str) -> None:
    """However its lines were cut into runs: what was read is one reading, and not all of it is read again."""
    assert story.second.are_current(case) == {f"{case} {number}": True for number in (1, 2, 3)}
    assert story.remapped.are_current(case) == {f"{case} 1": True, f"{case} 2": False, f"{case} 3": False}


def test_a_database_with_fingerprints_of_another_version_is_told_once(story: Story) -> None:
    hint = "by identity version 1, this is 2: FULL_REFRESH=1 when convenient"
    assert [hint in loaded.told for loaded in (story.first, story.second, story.third)] == [False, True, False]
