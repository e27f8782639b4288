"""Starts the Spark session, with the settings that correctness depends on, and persists DataFrames."""

import atexit
import os
import shutil
import signal
import sys
import sysconfig
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from zipfile import ZipFile

import pyarrow as pa
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.storage.process.java_names import remember_java_names
from jobs.storage.process.signals import find_stop

_REQUIRED = {
    # Dates and weekdays are in UTC on every machine. conf/spark-defaults.conf sets the executors' JVMs to UTC.
    "spark.sql.session.timeZone": "UTC",
    # A bad cast must raise an error, unless the code uses try_cast.
    "spark.sql.ansi.enabled": "true",
    # Two keys that differ only in case are two keys.
    "spark.sql.caseSensitive": "true",
}

# The folder into which an executor unpacks build/packages.tar.gz.
PACKAGES = "packages"

# Each row has a few ids and hashes, so this many rows are some tens of megabytes.
_MOST_SENT_ROWS = 200_000


def start_spark(app_name: str, master: str | None = None, extra: dict[str, str] | None = None) -> SparkSession:
    """Return the session of this process. `master` and `extra` are for tests; spark-submit sets its own."""
    builder = SparkSession.builder.appName(app_name)
    if master:
        builder = builder.master(master)
    for key, value in {**(extra or {}), **_REQUIRED}.items():
        builder = builder.config(key, value)
    interrupted = signal.getsignal(signal.SIGINT)
    spark = builder.getOrCreate()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupted)  # Spark's own handler calls Java, even amid another call
    remember_java_names(spark._jvm)
    # pgjdbc formats instants by the zone of the JVM. The driver's JVM has started already, so its zone is set here.
    time_zone = spark._jvm.java.util.TimeZone  # type: ignore[union-attr]
    time_zone.setDefault(time_zone.getTimeZone("UTC"))
    if not str(spark.sparkContext.master).startswith("local"):
        spark.sparkContext.addPyFile(_zip_modules())
        # Executors find the packages that read records in an archive. Workers beside the driver find the driver's own.
        packages = os.pathsep.join((PACKAGES, sysconfig.get_path("purelib")))
        spark.sparkContext.environment.setdefault("PYTHONPATH", packages)
    elif "PYSPARK_PYTHON" not in os.environ:
        spark.sparkContext.pythonExec = sys.executable  # this Python has the packages that read records
    return spark


def make_frame(spark: SparkSession, **columns: Sequence[Any]) -> DataFrame:
    """Make a small DataFrame of these columns by Arrow. Plain Python values would start a worker, which takes 1 s."""
    return spark.createDataFrame(pa.table(columns))


def persist(df: DataFrame) -> DataFrame:
    """Compute `df` once. The returned DataFrame starts from the result.

    In local mode this is a local checkpoint, which forgets the plan. Otherwise each later step would plan all earlier
    ones again; for a small load that takes longer than running them. A cluster keeps the plan: if an executor is lost,
    its part is computed again.
    """
    if str(df.sparkSession.sparkContext.master).startswith("local"):
        return df.localCheckpoint()
    return df.persist()


def persist_in_order(df: DataFrame) -> DataFrame:
    """Persist `df` so that later steps know how its rows are partitioned and sorted. They need not do it again.

    Adaptive execution is off for this plan, because it hides the partitioning and the order of its result.
    """
    conf, setting = df.sparkSession.conf, "spark.sql.adaptive.enabled"
    before = conf.get(setting)
    conf.set(setting, "false")
    try:
        return persist(df)
    finally:
        conf.set(setting, before or "true")


def persist_small(df: DataFrame) -> DataFrame:
    """Persist `df`. If it turns out to be small, it is marked for a broadcast to the DataFrames it is joined with.

    Adaptive execution would learn the size too late, when the large side is already being shuffled.
    """
    rows = df.limit(_MOST_SENT_ROWS + 1).toArrow()
    if rows.num_rows > _MOST_SENT_ROWS:
        return persist(df)
    return F.broadcast(df.sparkSession.createDataFrame(rows, df.schema))


def unpersist_all() -> None:
    """Free all persisted DataFrames, because a stream loads again and again.

    After a stop this does nothing: Java is in the middle of another call and must not be asked.
    """
    if find_stop():
        return
    with suppress(Py4JError, OSError):  # a JVM that has died holds nothing
        if spark := SparkSession.getActiveSession():
            spark.catalog.clearCache()


@cache
def _zip_modules() -> str:
    """Pack this project's modules into one file, so that the machines of a cluster need not have it installed."""
    root = Path(__file__).resolve().parents[3]
    folder = mkdtemp(prefix="document-events-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with ZipFile(path := f"{folder}/document_events.zip", "w") as archive:
        for module in sorted([*root.glob("jobs/**/*.py"), *root.glob("schemas/*.py")]):
            archive.write(module, module.relative_to(root))
    return path
