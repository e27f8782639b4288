"""The file of metrics: what Prometheus reads after each job."""

import stat
import subprocess
import sys
from pathlib import Path

from jobs.storage.monitoring.metrics_file import METRICS, write_metrics
from tests.builders import ROOT
from tests.monitoring.conftest import Story, read_metrics


def test_a_load_tells_what_became_of_its_records_and_how_long_it_took(story: Story) -> None:
    values = story.metrics["load"]
    verdicts = {key.split()[1]: value for key, value in values.items() if key.startswith("last_run_records ")}
    assert verdicts == {
        "blank": 0, "ignored": 0, "quarantined": 1, "exact_duplicates": 1, "superseded": 0, "published": 3
    }  # fmt: skip
    assert (values["open_quarantined_records"], values["files_not_closing"]) == (1, 0)
    assert {"read", "model", "stage", "publish"} <= {key.split()[1] for key in values if "stage_seconds " in key}
    assert values["newest_event_timestamp_seconds"] == 1748865720  # 2025-06-02T12:02:00Z
    assert (values["runs_total succeeded"], values["runs_total failed"]) == (1, 0)
    assert (values["job_last_exit_code pipeline"], values["job_failures_total pipeline"]) == (0, 0)
    assert "last_failure_timestamp_seconds" not in values


def test_a_failure_is_told_and_the_last_success_stays(story: Story) -> None:
    before, after = story.metrics["nothing new"], story.metrics["failure"]
    assert (story.codes["failure"], after["job_last_exit_code pipeline"]) == (1, 1)
    assert after["job_failures_total pipeline"] == 1
    assert (after["runs_total succeeded"], after["runs_total failed"]) == (1, 1)
    assert after["last_failure_timestamp_seconds"] > before["last_success_timestamp_seconds"]
    assert after["job_last_failure_timestamp_seconds pipeline"] > before["job_last_end_timestamp_seconds pipeline"]
    for kept in (
        "last_success_timestamp_seconds",
        "job_last_success_timestamp_seconds pipeline",
        "last_run_records published",
    ):
        assert after[kept] == before[kept]


def test_what_the_ledger_said_stays_while_the_database_is_down(story: Story) -> None:
    before, after = story.metrics["erasure"], story.metrics["database down"]
    assert (after["job_last_exit_code pipeline"], after["job_failures_total pipeline"]) == (4, 2)
    ledger = {key: value for key, value in before.items() if not key.startswith("job_")}
    assert len(ledger) > 10
    assert {key: value for key, value in after.items() if not key.startswith("job_")} == ledger


def test_a_load_that_found_nothing_new_is_a_success_and_a_plan_is_nothing(story: Story) -> None:
    before, after = story.metrics["load"], story.metrics["nothing new"]
    ended, published = "job_last_success_timestamp_seconds pipeline", "last_success_timestamp_seconds"
    assert (after[ended] > before[ended], after[published] == before[published]) == (True, True)
    assert story.codes["plan"] == 0
    assert story.metrics["plan"] == after


def test_each_job_is_told_by_its_name_and_a_dry_run_is_not(story: Story) -> None:
    codes = {key: value for key, value in story.metrics["erasure"].items() if key.startswith("job_last_exit_code")}
    assert codes == {
        "job_last_exit_code pipeline": 1,
        "job_last_exit_code stream": 0,
        "job_last_exit_code replay": 0,
        "job_last_exit_code erase": 0,
    }
    assert story.metrics["dry run"] == story.metrics["replay"]


def test_neither_library_is_loaded_unless_it_is_wanted() -> None:
    code = "import sys, jobs.pipeline; print([name for name in sys.modules if name.split('.')[0] in %r])"
    libraries = ("openlineage", "prometheus_client", "requests")
    done = subprocess.run(
        [sys.executable, "-c", code % (libraries,)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    file = tmp_path / "metrics.prom"
    write_metrics(file, "pipeline", 0, None, tmp_path)
    first = file.read_text()
    with file.open() as reader:
        write_metrics(file, "pipeline", 3, None, tmp_path)
        assert reader.read() == first
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.prom"]
    assert stat.S_IMODE(file.stat().st_mode) & 0o004


def test_a_file_that_holds_something_else_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "metrics.prom"
    file.write_text("no metrics { at all\nother_tool 1\n")
    write_metrics(file, "pipeline", 3, None, tmp_path)
    assert read_metrics(file)["job_last_exit_code pipeline"] == 3
    assert "other_tool" not in file.read_text()


def test_every_name_is_explained_in_the_guide() -> None:
    guide = (ROOT / "docker" / "README.md").read_text()
    assert [name for name in METRICS if f"`{name}`" not in guide] == []
