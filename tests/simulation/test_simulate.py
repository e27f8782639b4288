"""The command: the same seed gives the same bytes, mistakes give one line, and other files are never overwritten."""

from pathlib import Path
from typing import Any

import pytest

from jobs.simulate import main
from jobs.simulation import settings as simulation_settings

DATA = Path(__file__).parents[2] / "data"


def simulate(folder: Path, **options: Any) -> None:
    """Simulates into `folder`/events."""
    chosen = {"events": 3000, "seed": 7, "workers": 1} | options
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in chosen.items()]
    assert main([*arguments, f"--output={folder / 'events'}"]) == 0


def read_tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_same_seed_gives_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        simulate(tmp_path / name, events=500, seed=seed)

    assert read_tree(tmp_path / "a") == read_tree(tmp_path / "b")
    assert read_tree(tmp_path / "a") != read_tree(tmp_path / "c")


def test_number_of_workers_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation_settings, "EVENTS_PER_SHARD", 5000)
    for workers in (1, 2):
        simulate(tmp_path / str(workers), events=15500, workers=workers)

    assert read_tree(tmp_path / "1") == read_tree(tmp_path / "2")
    assert (tmp_path / "1/events/2025-06-11/part-00002.jsonl").exists()


def test_the_command_makes_the_committed_sample(tmp_path: Path) -> None:
    simulate(tmp_path, events=3000, seed=7)

    assert read_tree(tmp_path / "events") == read_tree(DATA / "events")
    assert (tmp_path / "truth.json").read_bytes() == (DATA / "truth.json").read_bytes()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("--events=0", "whole number above 0, not 0"),
        ("--events=many", "whole number above 0, not many"),
        ("--days=-3", "whole number above 0, not -3"),
        ("--days=9999", "at most 3650, not 9999"),
        ("--workers=0", "whole number above 0, not 0"),
        ("--end-date=2025-02-30", "date like 2025-06-30, not 2025-02-30"),
        ("--end-date=1999-06-30", "2011 to 2099, not 1999-06-30"),
    ],
)
def test_wrong_argument_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str, complaint: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--events=10", "--seed=1", f"--output={tmp_path / 'events'}", wrong])

    said = capsys.readouterr().err
    assert (exit_.value.code, said.count("\n")) == (2, 1)
    assert complaint in said
    assert not list(tmp_path.iterdir())


def test_folder_with_an_earlier_simulation_is_replaced_only_by_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(tmp_path / "a", events=500, seed=1)
    simulate(tmp_path / "b", events=600, seed=2)
    again = ["--events=600", "--seed=2", f"--output={tmp_path / 'a/events'}"]

    assert main(again) == 2
    assert "is not empty; name another folder, or replace its content with --force" in capsys.readouterr().err
    assert main([*again, "--force"]) == 0
    assert read_tree(tmp_path / "a") == read_tree(tmp_path / "b")


def test_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate(tmp_path, events=500)
    (tmp_path / "events/2025-06-11/mine.txt").write_text("keep me")
    before = read_tree(tmp_path)

    assert main(["--events=10", "--seed=1", f"--output={tmp_path / 'events'}", "--force"]) == 2

    assert "mine.txt, which no simulation wrote" in capsys.readouterr().err
    assert read_tree(tmp_path) == before
