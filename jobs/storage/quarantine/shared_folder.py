"""Whether the executors of a cluster see the same folder as the driver: else what they write there is lost."""

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

# Long enough that one executor does not give all answers before another one has begun.
_ANSWER_SECONDS = 0.5
_ANSWERS_PER_CORE = 3


def require_shared_folder(folder: str) -> None:
    """Raise UsageError where Spark runs on a cluster and the folder, a path or a URI, is not one that all share.

    Starts Spark on a cluster only. A folder behind another scheme than `file:` is shared by its nature.
    """
    SparkContext._ensure_initialized()  # spark-submit's Java knows the master before there is a session
    if str(SparkConf().get("spark.master", "local")).startswith("local") or urlsplit(make_uri(folder)).scheme != "file":
        return
    if problem := find_blind_executor(start_spark("document-events"), path_of(make_uri(folder))):
        raise UsageError(
            f"--quarantine {folder}: {problem}, and texts of quarantined records would be lost; name a folder that the"
            " driver and all executors share, such as hdfs://..., s3a://... or a mount"
        )


def find_blind_executor(spark: SparkSession, folder: Path) -> str | None:
    """Which executor does not share the folder with the driver, and why; None where all do.

    The driver writes a file, and each executor looks for it and writes one beside it, which the driver looks for.
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
    """(the machine of an executor, why it can't share the folder `probe`); leaves a file of that number there."""
    time.sleep(_ANSWER_SECONDS)
    try:
        if not (Path(probe) / "driver").exists():
            return socket.gethostname(), "does not see what the driver writes there"
        (Path(probe) / str(number)).touch()
    except OSError as error:
        return socket.gethostname(), f"can't write there ({error.strerror})"
    return socket.gethostname(), None
