"""An erasure is killed while it rewrites the quarantine folder. The next run finishes it, and no text is lost."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.storage.quarantine.folder import finish_rewrites, list_quarantined_runs
from tests.builders import at
from tests.erasure.test_erase import erase
from tests.loading import load
from tests.test_replay import replay

MARK = "_SUCCESS"


def fill(folder: Path, *names: str, text: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("" if name == MARK else json.dumps({"raw": f"{text} {name}"}))


def read(folder: Path) -> list[str]:
    return sorted(json.loads(path.read_text())["raw"] for path in folder.glob("*.json"))


OLD, NEW = ["old 0.json", "old 1.json"], ["new 0.json", "new 1.json"]


@pytest.mark.parametrize(
    ("in_place", "rewritten", "kept"),
    [
        (["0.json", "1.json", MARK], ["_temporary/0/0.json", "0.json"], OLD),
        (["0.json", "1.json", MARK], ["0.json", "1.json", MARK], NEW),
        (["0.json"], ["0.json", "1.json", MARK], NEW),
        ([], ["0.json", "1.json", MARK], NEW),
        ([], ["0.json", "1.json"], NEW),
    ],
    ids=["half written", "written", "half removed", "removed", "removed, of a Spark that leaves no marks"],
)
def test_no_text_is_lost_whenever_an_erasure_is_killed(
    spark: SparkSession, tmp_path: Path, in_place: list[str], rewritten: list[str], kept: list[str]
) -> None:
    folder = tmp_path / "quarantine [1]"
    fill(folder / "run_id=7", *in_place, text="old")
    fill(folder / "run_id=8", "0.json", text="another run's")
    fill(folder / "_rewriting_run_id=7", *rewritten, text="new")
    for _ in range(2):
        finish_rewrites(spark, str(folder))
        assert read(folder / "run_id=7") == kept
        assert sorted(path.name for path in folder.iterdir()) == ["run_id=7", "run_id=8"]
    assert read(folder / "run_id=8") == ["another run's 0.json"]
    assert list_quarantined_runs(str(folder)) == {7, 8}


def test_a_folder_that_is_not_there_has_nothing_to_finish(spark: SparkSession, tmp_path: Path) -> None:
    finish_rewrites(spark, str(tmp_path / "quarantine"))
    assert list_quarantined_runs(str(tmp_path / "quarantine")) == set()


@pytest.mark.usefixtures("spark")
def test_a_replay_and_an_erasure_finish_it_before_they_look(database_url: str, tmp_path: Path) -> None:
    folder, data = tmp_path / "in", tmp_path / "data"
    folder.mkdir()
    (folder / "a.jsonl").write_text("\n".join([at(0), at(1, user_id="eve"), "ann was here\n"]))
    load(database_url, folder, data)
    (quarantined,) = (data / "quarantine").iterdir()
    (folder / "a.jsonl").unlink()

    def kill_before_renaming() -> None:
        quarantined.rename(quarantined.with_name(f"_rewriting_{quarantined.name}"))

    kill_before_renaming()
    # As every load does.
    assert "without text" not in replay(database_url, data)
    assert read(quarantined) == ["ann was here"]
    kill_before_renaming()
    assert " 1" in next(line for line in erase(database_url, data, "ann").splitlines() if "without their text" in line)
    assert read(quarantined) == ["ann was here"]
