"""Checks that the executors of a cluster see the same folder as the driver. Otherwise what they write there is lost."""

import shutil
import socket
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from jobs.storage.errors import UsageError
from jobs.storage.input.file_systems import make_uri, path_of
from jobs.storage.process.spark_session import start_spark

# Each answer takes so long that one executor can't give all answers before another one has begun.
_ANSWER_SECONDS = 0.5
_ANSWERS_PER_CORE = 3


def require_shared_folder(folder: str) -> None:
    """Raise UsageError if Spark runs on a cluster and its machines do not share the folder, which is a path or a URI.

    This starts Spark on a cluster only. A folder with another scheme than `file:` is always shared.
    """
    SparkContext._ensure_initialized()  # this needs only the JVM, which knows the master before there is a session
    if str(SparkConf().get("spark.master", "local")).startswith("local") or urlsplit(make_uri(folder)).scheme != "file":
        return
    if problem := find_blind_executor(start_spark("document-events"), path_of(make_uri(folder))):
        raise UsageError(
            f"--quarantine {folder}: {problem}, and texts of quarantined records would be lost; name a folder that the"
            " driver and all executors share, such as hdfs://..., s3a://... or a mount"
        )


def find_blind_executor(spark: SparkSession, folder: Path) -> str | None:
    """Describe an executor that does not share the folder with the driver; None if all share it.

    The driver writes a file. Each executor looks for it, and writes another file, which the driver looks for.
    """
    probe = folder / f"_probe_{uuid4().hex}"
    count = _ANSWERS_PER_CORE * spark.sparkContext.defaultParallelism
    try:
        probe.mkdir(parents=True)
        (probe / "driver").touch()
        answers = spark.sparkContext.parallelize(range(count), count).map(partial(_answer, str(probe))).collect()
        seen = {path.name for path in probe.iterdir()}
    except OSError as error:
        return f"the driver can't write there ({error.strerror})"
    finally:
        shutil.rmtree(probe, ignore_errors=True)
    for number, (host, problem) in enumerate(answers):
        if problem or str(number) not in seen:
            return f"the executor on {host} {problem or 'writes where the driver does not look'}"
    return None


def _answer(probe: str, number: int) -> tuple[str, str | None]:
    """Return the machine of an executor, and why it does not share the folder `probe`. Leaves a file there."""
    time.sleep(_ANSWER_SECONDS)
    try:
        if not (Path(probe) / "driver").exists():
            return socket.gethostname(), "does not see what the driver writes there"
        (Path(probe) / str(number)).touch()
    except OSError as error:
        return socket.gethostname(), f"can't write there ({error.strerror})"
    return socket.gethostname(), None
