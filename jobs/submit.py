"""Hands a job to spark-submit with everything found for it: Java, the JDBC driver, the database.

`python -m jobs.submit [--database] jobs/pipeline.py ARGUMENT...`, as the Makefile calls it from the project's
folder. From the environment, where the database stays off the command line:

    MASTER          where Spark runs, default local[*]
    PYSPARK_PYTHON  the Python of a cluster's executors
    SPARK_ARGS      more options for spark-submit
    EVENT_LOG       if 1, Spark's event log goes to data/runs/spark-events
    JDBC_JAR        the PostgreSQL driver, where it can't be fetched
    DATABASE_URL    with --database; default the embedded server
    EXIT_CODE_FILE  where to leave the exit code for docker/entry.py, since make, which starts this, ends with its own

Returns the job's own exit code, or 2 or 4 when something it needs is not there.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO

from jobs.storage.config.environment import is_switched_on, require_not_blank
from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.local.class_archive import ClassArchive
from jobs.storage.local.compiler import choose_compiler
from jobs.storage.local.database_url import find_database
from jobs.storage.local.java import find_java_home
from jobs.storage.local.jdbc_driver import DEFAULTS, find_driver, find_spark_home
from jobs.storage.process.signals import LOCK_VARIABLE, STOPPING, run_stoppable

LOG_FOLDER = Path("data/runs").resolve()  # as in conf/log4j2.properties

MASTERS = ("local", "spark://", "yarn", "k8s://")

MEANINGS = {
    1: "unforeseen; the trace is in data/runs/",
    2: "wrong usage, configuration or input folder",
    3: "the data did not pass, or changed while it was read; nothing was published",
    4: "the database can't be reached or written, or another run holds the lock",
    130: "stopped by Ctrl-C; a run is published whole or not at all, the next one goes on from there",
    143: "stopped by SIGTERM; a run is published whole or not at all, the next one goes on from there",
}
# Of Spark's JVM, and of a Python that was killed under it.
JVM_CODES = {
    52: "the JVM in which Spark runs ran out of memory: give it more, as in SPARK_ARGS='--driver-memory 6g'",
    -9: "the JVM in which Spark runs was killed, by somebody or for want of memory",
    137: "the job's Python was killed, by somebody or for want of memory; the next run sweeps what it left",
}
# For the job's Python to enter the run as failed; to find the database out of reach takes it ten seconds.
PATIENCE_SECONDS = 15

# The JVM itself prints this before any logging is set up, and no option silences it.
NOISE = b"WARNING: Using incubator modules: jdk.incubator.vector\n"


def check_log_folder() -> None:
    """Make the folder of the logs. Raises UsageError where it can't be written, which the JVM tells in 90 lines."""
    try:
        LOG_FOLDER.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{LOG_FOLDER.absolute()} can't be made ({error.strerror}): let user {os.getuid()} write to its parent"
        ) from error
    if not os.access(LOG_FOLDER, os.W_OK):
        raise UsageError(f"{LOG_FOLDER.absolute()} can't be written: let user {os.getuid()} write to it")


def make_environment(with_database: bool) -> dict[str, str]:
    """The environment of the job: this one, with the Spark, Python and Java that belong together."""
    environment = {
        **os.environ,
        "SPARK_HOME": str(find_spark_home()),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "JAVA_HOME": str(find_java_home(dict(os.environ))),
    }
    if _master().startswith("local"):
        # Spark's ports and web page need not be seen from the network.
        environment.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    elif python := os.environ.get("PYSPARK_PYTHON"):
        # The machines of a cluster need not have this virtual environment.
        environment["PYSPARK_PYTHON"] = python
    if with_database:
        environment["DATABASE_URL"] = find_database()
    return environment


def make_command(
    job: str, arguments: list[str], environment: dict[str, str], java_options: Iterable[str] = ()
) -> list[str]:
    """The spark-submit command; the driver as a file takes the place of the packages to resolve."""
    spark_submit = Path(environment["SPARK_HOME"]) / "bin" / "spark-submit"
    driver = find_driver(environment, spark_submit, DEFAULTS)
    command = [str(spark_submit), "--master", _master(), "--properties-file", str(DEFAULTS)]
    command += ["--conf", "spark.jars.packages=", "--conf", f"spark.jars={driver.as_uri()}"]
    if _master().startswith("local"):  # elsewhere workers need not have our modules when they start
        command += ["--conf", "spark.python.daemon.module=jobs.storage.process.worker_daemon"]
    if java_options:
        command += ["--driver-java-options", " ".join(java_options)]
    if is_switched_on("EVENT_LOG", environment):
        (events := LOG_FOLDER / "spark-events").mkdir(exist_ok=True)
        command += ["--conf", "spark.eventLog.enabled=true", "--conf", f"spark.eventLog.dir={events.as_uri()}"]
    if sys.stderr.isatty():
        command += ["--conf", "spark.ui.showConsoleProgress=true"]
    return [*command, *_split_spark_arguments(), job, *arguments]


def pair_arguments(arguments: list[str]) -> dict[str, str]:
    """The job's options with what stands behind each."""
    split = [
        part for argument in arguments for part in (argument.split("=", 1) if argument[:2] == "--" else [argument])
    ]
    return {name: value for name, value in pairwise(split) if name.startswith("--")}


def run_job(command: list[str], environment: dict[str, str]) -> int:
    """Run it to its end and return its exit code, as spark-submit gives it; a signal ends it, and it is waited for."""
    with tempfile.NamedTemporaryFile(prefix="document-events-") as lock:
        with _start(command, environment | {LOCK_VARIABLE: lock.name}) as process, _ended_by_signals(process) as told:
            _copy_without_noise(process.stderr)
            code = process.wait()
        _wait_for(lock)
    # A JVM that has not come to its job yet ends by the signal that it gets from us.
    return 128 + told[0] if told and code in (-signal.SIGTERM, 128 + signal.SIGTERM, 128 + signal.SIGINT) else code


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The process, in which SIGINT is ignored until the job's Python asks for it.

    A terminal sends it to all processes: a JVM that obeyed would close Spark beneath a run that is just ending.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # Unbuffered: what a buffer had read ahead of the first line would be lost to the reads after it.
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, bufsize=0)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _ended_by_signals(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """SIGINT and SIGTERM to us end the process, and are listed."""
    told: list[int] = []

    def stop(number: int, _frame: object) -> None:
        told.append(number)
        process.terminate()

    before = {number: signal.signal(number, stop) for number in STOPPING}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def explain_code(code: int) -> tuple[int, str]:
    """The exit code to give for that of spark-submit, and what it means; below zero it is a signal's number.

    The job's own are those of the guide. Every other is one of a JVM that died, or of a Python that was killed.
    """
    if -code in STOPPING:
        code = 128 - code
    if code in MEANINGS:
        return code, MEANINGS[code]
    reason = JVM_CODES.get(code, f"the JVM in which Spark runs died (exit code {code})")
    return 1, f"{reason}; run again: a run is published whole or not at all. Last words are in {LOG_FOLDER}"


def _wait_for(lock: IO[bytes]) -> None:
    """Until the job's Python has ended, which outlives a JVM that died: it enters the run as failed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return


def _copy_without_noise(source: IO[bytes] | None) -> None:
    """Pass stderr on as it comes (a progress bar has no line ends), without the JVM's first line."""
    if source is None:
        return
    first = source.readline()
    chunk = b"" if first == NOISE else first
    while True:
        sys.stderr.buffer.write(chunk)
        sys.stderr.buffer.flush()
        chunk = source.read(65536)
        if not chunk:
            return


def _split_spark_arguments() -> list[str]:
    try:
        return shlex.split(os.environ.get("SPARK_ARGS", ""))
    except ValueError as error:
        raise UsageError(f"SPARK_ARGS can't be split ({error}): quote it as for a shell") from error


def _master() -> str:
    master = os.environ.get("MASTER", "local[*]")
    require_not_blank({"MASTER": master})
    if not master.startswith(MASTERS):
        raise UsageError(f"MASTER={master}: name local[*], spark://host:7077, yarn or k8s://https://host:6443")
    return master


def arg_parser() -> argparse.ArgumentParser:
    """The arguments before the job's own."""
    parser = argparse.ArgumentParser(prog="python -m jobs.submit", description=__doc__.partition("\n")[0])
    parser.add_argument("--database", action="store_true", help="set DATABASE_URL, starting the embedded server")
    parser.add_argument("job", help="the job's file, such as jobs/pipeline.py")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="handed to the job as they are")
    return parser


def main(arguments: list[str]) -> int:
    """Submit one job; returns the exit code."""
    options = arg_parser().parse_args(arguments)
    if (code := run_stoppable(lambda: submit(options))) != 0:
        code, meaning = explain_code(code)
        print(f"exit code {code}: {meaning}", file=sys.stderr)
    if file := os.environ.get("EXIT_CODE_FILE"):
        Path(file).write_text(str(code), encoding="utf-8")
    return code


def submit(options: argparse.Namespace) -> int:
    """Find what the job needs and run it; an error is one line."""
    try:
        require_not_blank(pair_arguments(options.arguments))
        check_log_folder()
        environment = make_environment(options.database)
        archive = ClassArchive(Path(environment["JAVA_HOME"]), Path(environment["SPARK_HOME"]))
        folder = pair_arguments(options.arguments).get("--input")
        is_load = Path(options.job).name == "pipeline.py"
        java_options = [*archive.list_options(may_write=is_load), *choose_compiler(folder if is_load else None)]
        if is_load:  # a stream would take longer to end than whoever stops it may wait
            environment |= archive.environment
        command = make_command(options.job, options.arguments, environment, java_options)
        code = None
        try:
            code = run_job(command, environment)
        finally:
            archive.keep(is_whole=code == 0)
        return code
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
