"""The first run that succeeds writes an archive of Java's classes, and the next run reads it."""

import os
import subprocess
from functools import cache
from pathlib import Path

from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from jobs.storage.local.class_archive import ClassArchive
from jobs.storage.local.java import find_java_home
from jobs.storage.local.jdbc_driver import find_spark_home
from jobs.storage.process.java_classes import ARCHIVE_VARIABLE, write_classes

JAVA_HOME, SPARK_HOME = find_java_home(dict(os.environ)), find_spark_home()
JARS = f"{SPARK_HOME}/jars/*"
(PY4J,) = SPARK_HOME.glob("jars/py4j*.jar")


@cache
def run_java(*options: str, main: str = "org.apache.ivy.Main") -> str:
    """Returns the output of a JVM that only prints its version or its usage."""
    command = [str(JAVA_HOME / "bin" / "java"), *options, "-cp", f"{PY4J}:{JARS}", main, "-version"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def write(archive: ClassArchive) -> None:
    """Starts a JVM that writes the archive, as a job does at its end."""
    port = launch_gateway(
        jarpath=str(PY4J),
        classpath=JARS,
        java_path=str(JAVA_HOME / "bin" / "java"),
        javaopts=archive.list_options(),
        die_on_exit=True,
    )
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
    try:
        write_classes(gateway, archive.environment[ARCHIVE_VARIABLE])
    finally:
        gateway.shutdown()


def test_the_first_run_writes_the_archive_that_the_next_run_reads(tmp_path: Path) -> None:
    archive = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path / "classes")
    write(archive)
    (left := archive.path.with_suffix(".1.tmp")).touch()  # left by a run that was killed
    archive.keep(is_whole=True)
    assert not left.exists()
    assert archive.path.stat().st_size > 100_000
    later = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path / "classes")
    assert later.environment == {}
    assert run_java(*later.list_options()) == run_java()
    loaded = run_java(*later.list_options(), "-Xlog:class+load:stdout", main="py4j.GatewayServer")
    assert "py4j.GatewayServer source: shared objects file (top)" in loaded


def test_files_left_by_a_failed_run_are_removed(tmp_path: Path) -> None:
    archive = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path)
    Path(archive.environment[ARCHIVE_VARIABLE]).write_bytes(b"classes")
    archive.keep(is_whole=False)
    assert not list(tmp_path.iterdir())


def test_a_run_that_is_not_asked_for_the_archive_writes_none_at_its_end(tmp_path: Path) -> None:
    """Otherwise a run that fails or is stopped would take some 20 seconds more to end."""
    archive = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path / "classes")
    run_java(*archive.list_options())
    assert not (tmp_path / "classes").exists()
    assert archive.list_options(may_write=False) == []


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


def test_java_runs_without_an_archive_where_none_can_be_written(tmp_path: Path) -> None:
    archive = ClassArchive(JAVA_HOME, SPARK_HOME, tmp_path / "not there" / "classes")
    assert (archive.list_options(), archive.environment) == ([], {})
