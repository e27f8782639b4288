"""How a job is handed to spark-submit: driver, exit code, error stream."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import submit
from jobs.storage.errors import UsageError
from jobs.storage.local.compiler import SMALL_BYTES, choose_compiler
from jobs.storage.local.jdbc_driver import find_driver, find_spark_home
from jobs.storage.process.exit_codes import MEANINGS
from jobs.storage.process.spark_submit import NOISE, run_job

DEFAULTS = Path(__file__).resolve().parents[1] / "conf" / "spark-defaults.conf"


def test_named_driver_is_taken_as_it_is(tmp_path: Path) -> None:
    jar = tmp_path / "my driver.jar"
    jar.touch()
    assert find_driver({"JDBC_JAR": str(jar)}, Path("unused"), DEFAULTS) == jar


def test_named_driver_that_is_missing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"JDBC_JAR=/nowhere\.jar is not a file"):
        find_driver({"JDBC_JAR": "/nowhere.jar"}, Path("unused"), DEFAULTS)


def test_driver_that_can_not_be_fetched_is_one_line_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.storage.local.jdbc_driver.IVY_FOLDER", tmp_path / "ivy")
    with pytest.raises(UsageError, match=r"JDBC_JAR=/path/postgresql\.jar") as caught:
        find_driver({}, Path("/bin/false"), DEFAULTS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("code", [0, 3, 4])
def test_exit_code_of_the_job_is_kept(code: int) -> None:
    assert run_job([sys.executable, "-c", f"raise SystemExit({code})"], {}) == code


@pytest.mark.parametrize("noise", [NOISE.decode(), ""])
def test_only_the_first_line_of_the_jvm_is_left_out(noise: str, capfd: pytest.CaptureFixture[str]) -> None:
    code = f"import sys; sys.stderr.write({noise + 'WARN Kept: 1' + chr(10) + 'no line end'!r})"
    run_job([sys.executable, "-c", code], {})
    assert capfd.readouterr().err == "WARN Kept: 1\nno line end"


def test_failed_job_is_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JDBC_JAR", "/nowhere.jar")
    assert submit.main(["jobs/pipeline.py"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"exit code 2: {MEANINGS[2]}"


@pytest.mark.parametrize(("asked", "is_on"), [("1", True), ("", False), ("0", False), ("no", False)])
def test_the_event_log_is_written_on_request(
    asked: str, is_on: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = tmp_path / "driver.jar"
    jar.touch()
    monkeypatch.setattr(submit, "LOG_FOLDER", tmp_path)
    command = submit.make_command("job.py", [], {"SPARK_HOME": "/x", "JDBC_JAR": str(jar), "EVENT_LOG": asked})
    assert ("spark.eventLog.enabled=true" in command) == (tmp_path / "spark-events").is_dir() == is_on


def test_log_folder_that_can_not_be_made_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").touch()
    monkeypatch.setattr("jobs.submit.LOG_FOLDER", tmp_path / "data" / "runs")
    assert submit.main(["jobs/pipeline.py"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}/data/runs can't be made (Not a directory)")


def test_a_master_that_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MASTER", "bogus")
    assert submit.main(["jobs/pipeline.py"]) == 2
    assert capsys.readouterr().err.startswith("error: MASTER=bogus: name local[*], spark://")


@pytest.mark.parametrize("arguments", [["--input", ""], ["--input= "], ["--input", "a", "--source", ""]])
def test_an_empty_argument_is_refused_before_anything_starts(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("jobs.submit.find_database", lambda: pytest.fail("a database was looked for"))
    assert submit.main(["--database", "jobs/pipeline.py", *arguments]) == 2
    option = arguments[-2 if arguments[-1] == "" else -1].partition("=")[0]
    first, *others = capsys.readouterr().err.splitlines()
    assert first.endswith(f"({option}) is set and empty: write what it is to be, or leave it out")
    assert others == [f"exit code 2: {MEANINGS[2]}"]


@pytest.mark.parametrize("name", ["DATABASE_URL", "MASTER"])
def test_a_variable_that_is_set_and_empty_is_not_taken_for_its_default(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "")
    monkeypatch.setattr("jobs.storage.local.embedded_postgres.start", lambda _: pytest.fail("a server was started"))
    assert submit.main(["--database", "jobs/pipeline.py", "--input", "a"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {name} is set and empty")


def test_spark_arguments_that_no_shell_would_split_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARK_ARGS", "--conf 'spark.secret=hush")
    monkeypatch.setenv("JDBC_JAR", __file__)
    assert submit.main(["jobs/pipeline.py", "--input", "a"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: SPARK_ARGS can't be split (No closing quotation)")
    assert "hush" not in error


def test_a_small_load_does_without_the_slow_compiler(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("{}")
    assert choose_compiler(str(tmp_path)) == ["-XX:TieredStopAtLevel=1"]
    with (tmp_path / "in" / "b.jsonl").open("wb") as large:
        large.truncate(SMALL_BYTES)
    for other in (str(tmp_path), str(tmp_path / "gone"), "s3://bucket/in", None):
        assert choose_compiler(other) == []


def test_pyspark_is_imported_from_where_it_is_installed_and_not_from_its_archive() -> None:
    installed = find_spark_home()
    (archive,) = installed.glob("python/lib/pyspark.zip")
    code = "import jobs, pyspark; print(pyspark.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(archive)}
    found = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert found.stdout.strip() == str(installed / "__init__.py")
