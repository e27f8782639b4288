"""A mapping that has changed takes effect where a file is read again: when it is touched, or by a remap."""

from dataclasses import dataclass
from os import utime
from pathlib import Path

import pytest

from jobs.storage.errors import UsageError
from tests.builders import ROOT
from tests.merging.folder import MAPPING, Folder, Loaded, line

WITHOUT_TITLE = MAPPING.replace(" document_title: title,", "")
NOTE_AS_TITLE = MAPPING.replace("title: title", "title: note").replace("rev}", "rev, word_count: words}")
OF_OTHER = MAPPING.replace("revision: rev", "revision: rev, device: device")
IDS = [f"touched {number}" for number in range(8)]


@dataclass
class Story:
    """The folder, and what was there after each run. Most are by the mapping `m`, some by `other`."""

    folder: Folder
    by_incomplete_mapping: Loaded
    by_completed_mapping: Loaded
    by_other: Loaded
    remapped: Loaded
    remapped_to_notes: Loaded
    other_again: Loaded
    remapped_back: Loaded
    refreshed: Loaded


@pytest.fixture(scope="module")
def story(folder: Folder) -> Story:
    (other := folder.path / "other.yml").write_text(OF_OTHER)
    default = str(ROOT / "conf" / "sources" / "default.yml")

    folder.mapping.write_text(WITHOUT_TITLE)
    folder.write("touched.jsonl", *(line(each, title="Plan") for each in IDS))
    folder.write("remapped.jsonl", line("remapped 1", title="Plan"), line("remapped 2"))
    folder.write("words.jsonl", line("words 1"), line("words 2", words="many"))
    folder.write("words again.jsonl", line("words 1"))
    steps = [folder.load_and_look()]

    folder.mapping.write_text(MAPPING)
    utime(folder.path / "in" / "touched.jsonl")
    folder.write("shared.jsonl", line("shared", title="Plan", note="P"))
    steps.append(folder.load_and_look())

    folder.write("shared with other.jsonl", line("shared", title="Plan", note="P"))
    folder.write("of other.jsonl", line("of other", title="B"))
    steps.append(folder.load_and_look("--source", str(other)))

    steps.append(folder.load_and_look("--remap"))

    folder.mapping.write_text(NOTE_AS_TITLE)
    steps.append(folder.load_and_look("--remap"))

    folder.write("shared with other.jsonl", line("not shared"))
    steps.append(folder.load_and_look("--source", str(other)))

    folder.mapping.write_text(MAPPING)
    steps.append(folder.load_and_look("--remap"))

    folder.mapping.unlink()
    other.unlink()
    return Story(folder, *steps, folder.load_and_look("--full-refresh", "--source", default))


def test_a_completed_mapping_takes_effect_when_the_file_is_touched(story: Story) -> None:
    assert story.by_incomplete_mapping.titles("touched") == dict.fromkeys(IDS)
    assert story.by_completed_mapping.titles("touched") == dict.fromkeys(IDS, "Plan")
    assert story.by_completed_mapping.superseded == {}
    assert story.by_completed_mapping.counts["touched.jsonl"] == (8, 0, 0, 0, 8, 8)


def test_remap_reads_exactly_the_files_whose_mapping_has_changed(story: Story) -> None:
    assert "m                            3" in story.by_completed_mapping.told
    assert "3 files read" in story.remapped.told
    assert "REMAP" not in story.remapped.told
    assert story.remapped.counts.keys() == {"remapped.jsonl", "words.jsonl", "words again.jsonl"}
    assert story.by_other.titles("remapped") == {"remapped 1": None, "remapped 2": None}
    assert story.remapped.titles("remapped") == {"remapped 1": "Plan", "remapped 2": None}
    assert story.remapped.counts["remapped.jsonl"] == (2, 0, 1, 0, 1, 1)
    assert story.remapped.superseded == {}
    assert story.remapped.titles("of other") == {"of other": "B"}


def test_what_a_remapped_file_holds_no_more_is_quarantined_and_goes(story: Story) -> None:
    assert story.remapped_to_notes.titles("words") == {"words 1": None}
    counts = [story.remapped_to_notes.counts[name] for name in ("words.jsonl", "words again.jsonl")]
    assert [sum(column) for column in zip(*counts, strict=True)] == [3, 1, 2, 0, 0, 1]
    assert story.remapped_to_notes.quarantined == {"words.jsonl": [2]}
    assert story.remapped_back.titles("words") == {"words 1": None, "words 2": None}
    assert story.remapped_back.quarantined == {}


def test_a_version_that_was_read_again_stays_where_else_it_stands(story: Story) -> None:
    """The reading that brought it finds something else now; another file still holds it, by its own mapping."""
    versions = [story.remapped_to_notes.titles("shared")["shared"]]
    versions += [title for title, _ in story.remapped_to_notes.superseded["shared"]]
    assert set(versions) == {"P", "Plan"}
    assert story.other_again.titles("shared") == {"shared": "P"}
    assert story.other_again.superseded == {"shared": [("Plan", False)]}


def test_mappings_are_kept_by_name_and_text(story: Story) -> None:
    kept = set(story.folder.query("select name, text, location from ops.mappings"))
    assert kept == {
        *(("m", text, str(story.folder.mapping)) for text in (WITHOUT_TITLE, MAPPING, NOTE_AS_TITLE)),
        ("other", OF_OTHER, str(story.folder.path / "other.yml")),
    }
    # By now both files of mappings are gone.
    assert "7 files read" in story.refreshed.told
    assert story.refreshed.events == story.remapped_back.events
    sources = "select source, count(*) from ops.ingested_files where is_current group by source order by source"
    assert story.folder.query(sources) == [("m", 5), ("other", 2)]


@pytest.fixture
def empty_folder(database_url: str, tmp_path: Path) -> Folder:
    return Folder(database_url, tmp_path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--drop-missing"], r"DROP_MISSING=1 \(--drop-missing\) goes with FULL_REFRESH=1"),
        (["--remap", "--full-refresh"], r"leave out REMAP=1"),
    ],
)
def test_options_that_contradict_each_other_are_rejected(empty_folder: Folder, options: list[str], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        empty_folder.load(*options)
