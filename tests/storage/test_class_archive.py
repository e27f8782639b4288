"""Java's classes are written by the first run that ends well, and read by the next."""

import os
import subprocess
from pathlib import Path

from jobs.storage.local.class_archive import ClassArchive
from jobs.storage.local.java import find_java_home
from jobs.storage.local.jdbc_driver import find_spark_home

JAVA_HOME, SPARK_HOME = find_java_home(dict(os.environ)), find_spark_home()


def run_java(*options: str) -> str:
    """What a JVM prints that does nothing but tell its version."""
    command = [
        str(JAVA_HOME / "bin" / "java"),
        *options,
        "-cp",
        f"{SPARK_HOME}/jars/*",
        "org.apache.ivy.Main",
        "-version",
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_first_run_writes_what_the_next_one_reads(tmp_path: Path) -> None:
    archive = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path / "classes")
    told = run_java(*archive.list_options())
    (left := archive.path.with_suffix(".1.tmp")).touch()  # by a run that was killed
    archive.keep(is_whole=True)
    assert not left.exists()
    assert archive.path.stat().st_size > 100_000
    later = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path / "classes")
    assert run_java(*later.list_options()) == told == run_java()
    loaded = run_java(*later.list_options(), "-Xlog:class+load:stdout")
    assert "org.apache.ivy.Main source: shared objects file (top)" in loaded


def test_what_a_failed_run_leaves_is_removed(tmp_path: Path) -> None:
    archive = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path / "classes")
    run_java(*archive.list_options())
    archive.keep(is_whole=False)
    assert not list((tmp_path / "classes").iterdir())


def test_a_damaged_archive_does_no_harm(tmp_path: Path) -> None:
    archive = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path)
    archive.path.write_bytes(b"junk")
    assert run_java(*archive.list_options()) == run_java()


def test_another_java_or_spark_has_another_archive(tmp_path: Path) -> None:
    (tmp_path / "jars").mkdir()
    before = ClassArchive(JAVA_HOME, tmp_path, tmp_path).path
    (tmp_path / "jars" / "a.jar").write_text("")
    assert (
        len({before, ClassArchive(JAVA_HOME, tmp_path, tmp_path).path, ClassArchive(tmp_path, tmp_path, tmp_path).path})
        == 3
    )


def test_where_nothing_can_be_kept_java_does_without(tmp_path: Path) -> None:
    assert ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path / "not there" / "classes").list_options() == []
