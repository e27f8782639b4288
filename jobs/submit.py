"""Starts a job with spark-submit, and finds what it needs: Java, the JDBC driver, the database.

The Makefile calls `python -m jobs.submit [--database] jobs/pipeline.py ARGUMENT...` in the project's folder. These
variables of the environment are read; the database is one of them, so that no command line shows its password:

    MASTER          where Spark runs, default local[*]
    PYSPARK_PYTHON  the Python of a cluster's executors
    SPARK_ARGS      more options for spark-submit
    EVENT_LOG       if 1, Spark's event log goes to data/runs/spark-events
    JDBC_JAR        the PostgreSQL driver, where it can't be fetched
    DATABASE_URL    with --database; default the embedded server
    EXIT_CODE_FILE  where to leave the exit code for docker/entry.py, since make, which starts this, ends with its own

The exit code is that of the job, or 2 or 4 if something that it needs is missing.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from jobs.storage.config.environment import is_switched_on, require_not_blank
from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.local.class_archive import ClassArchive
from jobs.storage.local.compiler import choose_compiler
from jobs.storage.local.database_url import find_database
from jobs.storage.local.java import find_java_home
from jobs.storage.local.jdbc_driver import DEFAULTS, find_driver, find_spark_home
from jobs.storage.process.exit_codes import explain_code
from jobs.storage.process.logs import LOG_FOLDER
from jobs.storage.process.signals import run_stoppable
from jobs.storage.process.spark_submit import run_job

MASTERS = ("local", "spark://", "yarn", "k8s://")


def check_log_folder() -> None:
    """Makes the folder of the logs. Raises UsageError if it can't be written; the JVM's own error has 90 lines."""
    try:
        LOG_FOLDER.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{LOG_FOLDER.absolute()} can't be made ({error.strerror}): let user {os.getuid()} write to its parent"
        ) from error
    if not os.access(LOG_FOLDER, os.W_OK):
        raise UsageError(f"{LOG_FOLDER.absolute()} can't be written: let user {os.getuid()} write to it")


def make_environment(with_database: bool) -> dict[str, str]:
    """Returns the environment of the job: the current one, with the Spark, Python and Java to use."""
    environment = {
        **os.environ,
        "SPARK_HOME": str(find_spark_home()),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "JAVA_HOME": str(find_java_home(dict(os.environ))),
    }
    if _master().startswith("local"):
        # Nobody on the network needs Spark's ports and web page.
        environment.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    elif python := os.environ.get("PYSPARK_PYTHON"):
        # The machines of a cluster may not have this virtual environment.
        environment["PYSPARK_PYTHON"] = python
    if with_database:
        environment["DATABASE_URL"] = find_database()
    return environment


def make_command(
    job: str, arguments: list[str], environment: dict[str, str], java_options: Iterable[str] = ()
) -> list[str]:
    """Returns the spark-submit command. It names the JDBC driver as a file, so that Spark need not download it."""
    spark_submit = Path(environment["SPARK_HOME"]) / "bin" / "spark-submit"
    driver = find_driver(environment, spark_submit, DEFAULTS)
    command = [str(spark_submit), "--master", _master(), "--properties-file", str(DEFAULTS)]
    command += ["--conf", "spark.jars.packages=", "--conf", f"spark.jars={driver.as_uri()}"]
    if _master().startswith("local"):  # in a cluster, workers may start without our modules
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
    """Returns the job's options, each with its value, such as `{"--input": "data/events"}`."""
    split = [
        part for argument in arguments for part in (argument.split("=", 1) if argument[:2] == "--" else [argument])
    ]
    return {name: value for name, value in pairwise(split) if name.startswith("--")}


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
    """Returns the parser of the arguments before the job's own."""
    parser = argparse.ArgumentParser(prog="python -m jobs.submit", description=__doc__.partition("\n")[0])
    parser.add_argument("--database", action="store_true", help="set DATABASE_URL, starting the embedded server")
    parser.add_argument("job", help="the job's file, such as jobs/pipeline.py")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="handed to the job as they are")
    return parser


def main(arguments: list[str]) -> int:
    """Submits one job. Returns the exit code."""
    options = arg_parser().parse_args(arguments)
    if (code := run_stoppable(lambda: submit(options))) != 0:
        code, meaning = explain_code(code)
        print(f"exit code {code}: {meaning}", file=sys.stderr)
    if file := os.environ.get("EXIT_CODE_FILE"):
        Path(file).write_text(str(code), encoding="utf-8")
    return code


def submit(options: argparse.Namespace) -> int:
    """Finds what the job needs, and runs it. An error is printed in one line."""
    try:
        require_not_blank(pair_arguments(options.arguments))
        check_log_folder()
        environment = make_environment(options.database)
        archive = ClassArchive(Path(environment["JAVA_HOME"]), Path(environment["SPARK_HOME"]))
        folder = pair_arguments(options.arguments).get("--input")
        is_load = Path(options.job).name == "pipeline.py"
        java_options = [*archive.list_options(may_write=is_load), *choose_compiler(folder if is_load else None)]
        if is_load:  # whoever stops a stream may not wait long enough for the archive
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
