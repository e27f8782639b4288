"""Finds the file of the JDBC driver: JDBC_JAR, or one that is fetched once.

conf/spark-defaults.conf has the Maven coordinates of the driver. If Spark resolved them in every run, it would print
two dozen lines each time, and might need the network. So Ivy, which comes with Spark, does it once for each virtual
environment. `python -m jobs.storage.local.jdbc_driver` prints the path, and fetches the driver first if necessary. The
image is built with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from jobs.storage.errors import PipelineError, UsageError

DEFAULTS = Path("conf/spark-defaults.conf")
IVY_FOLDER = Path(sys.prefix) / "ivy"


def find_spark_home() -> Path:
    """Return the folder of the Spark inside pyspark. Links are resolved: an archive of classes needs one path."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError("pyspark is not installed here: run `make`, or pip install -e .")
    return Path(spec.submodule_search_locations[0]).resolve()


def find_driver(environment: dict[str, str], spark_submit: Path, defaults: Path) -> Path:
    """Return the path of the driver, which the first call fetches.

    Raises UsageError if JDBC_JAR is not a file, or if the driver is neither on this machine nor on Maven Central.
    """
    named = environment.get("JDBC_JAR")
    if named:
        if not Path(named).is_file():
            raise UsageError(f"JDBC_JAR={named} is not a file: name the PostgreSQL driver, or unset it")
        return Path(named).resolve()
    group, artifact, version = _read_coordinates(defaults)
    jar = IVY_FOLDER / "jars" / f"{group}_{artifact}-{version}.jar"
    if not jar.is_file():
        _fetch(environment, spark_submit, defaults)
    if not jar.is_file():
        raise UsageError(
            f"the JDBC driver {group}:{artifact}:{version} is neither in ~/.m2 nor could it be fetched from "
            "Maven Central: check the network, or name a file with JDBC_JAR=/path/postgresql.jar"
        )
    return jar


def _read_coordinates(defaults: Path) -> list[str]:
    for line in defaults.read_text().splitlines():
        key, *value = line.split(maxsplit=1)[:2] or [""]
        if key == "spark.jars.packages" and value and value[0].count(":") == 2:
            return value[0].strip().split(":")
    raise UsageError(f"{defaults} has no line `spark.jars.packages group:artifact:version`: restore it")


def _fetch(environment: dict[str, str], spark_submit: Path, defaults: Path) -> None:
    """Fetch the packages by spark-submit, which then runs a class that only prints its version."""
    ivy = ["--conf", f"spark.jars.ivy={IVY_FOLDER}", "--class", "org.apache.ivy.Main", "spark-internal", "-version"]
    command = [str(spark_submit), "--properties-file", str(defaults), *ivy]
    IVY_FOLDER.mkdir(exist_ok=True)
    # Spark first looks up the address of the host's name. While an image is built, the name may have none.
    known = {"SPARK_LOCAL_IP": "127.0.0.1", **environment}
    with (IVY_FOLDER / "fetch.log").open("w") as log:
        subprocess.run(command, env=known, stdout=log, stderr=log, check=False)


def main() -> int:
    """Print the path of the driver, and return the exit code."""
    try:
        print(find_driver(dict(os.environ), find_spark_home() / "bin" / "spark-submit", DEFAULTS))
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
