"""The Spark session, with the settings that correctness hangs on."""

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

from jobs.storage.process.signals import find_stop

_REQUIRED = {
    # Dates and weekdays are UTC on every machine. The executors' JVMs are put in UTC by conf/spark-defaults.conf.
    "spark.sql.session.timeZone": "UTC",
    # A bad cast must raise where nobody asked for try_cast.
    "spark.sql.ansi.enabled": "true",
    # Two keys that differ only in case are two keys.
    "spark.sql.caseSensitive": "true",
}

# The folder into which an executor unpacks build/packages.tar.gz.
PACKAGES = "packages"

# Rows of some ids and hashes each: tens of megabytes.
_MOST_SENT_ROWS = 200_000


def start_spark(app_name: str, master: str | None = None, extra: dict[str, str] | None = None) -> SparkSession:
    """The session of this process; `master` and `extra` are for tests, spark-submit brings its own."""
    builder = SparkSession.builder.appName(app_name)
    if master:
        builder = builder.master(master)
    for key, value in {**(extra or {}), **_REQUIRED}.items():
        builder = builder.config(key, value)
    interrupted = signal.getsignal(signal.SIGINT)
    spark = builder.getOrCreate()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupted)  # Spark's own handler asks Java amid another answer of Java's
    # The driver's JVM is up before this file is read; pgjdbc formats instants by its zone.
    time_zone = spark._jvm.java.util.TimeZone  # type: ignore[union-attr]
    time_zone.setDefault(time_zone.getTimeZone("UTC"))
    if not str(spark.sparkContext.master).startswith("local"):
        spark.sparkContext.addPyFile(_zip_modules())
        # Executors find the packages that read records in an archive; Python workers beside the driver, where it does.
        packages = os.pathsep.join((PACKAGES, sysconfig.get_path("purelib")))
        spark.sparkContext.environment.setdefault("PYTHONPATH", packages)
    elif "PYSPARK_PYTHON" not in os.environ:
        spark.sparkContext.pythonExec = sys.executable  # which has the packages that read records
    return spark


def make_frame(spark: SparkSession, **columns: Sequence[Any]) -> DataFrame:
    """A small DataFrame of these columns, by Arrow: from plain Python values it would start a worker, for a second."""
    return spark.createDataFrame(pa.table(columns))


def persist(df: DataFrame) -> DataFrame:
    """Compute `df` once; the DataFrame that is returned starts from the result.

    Each later step would plan all earlier ones again, which takes longer than to run them on a small load. A local
    checkpoint forgets them. A cluster keeps the plan: there an executor may be lost, and its part is computed again.
    """
    if str(df.sparkSession.sparkContext.master).startswith("local"):
        return df.localCheckpoint()
    return df.persist()


def persist_in_order(df: DataFrame) -> DataFrame:
    """`persist`, so that later steps know how the rows lie, and need not shuffle and sort them again.

    Adaptive execution is off for this plan, since it keeps that to itself.
    """
    conf, setting = df.sparkSession.conf, "spark.sql.adaptive.enabled"
    before = conf.get(setting)
    conf.set(setting, "false")
    try:
        return persist(df)
    finally:
        conf.set(setting, before or "true")


def persist_small(df: DataFrame) -> DataFrame:
    """`persist`; where `df` turns out small, it comes to the driver, and Spark will send it to what it is joined with.

    Adaptive execution learns the size too late: the large side is already being shuffled.
    """
    rows = df.limit(_MOST_SENT_ROWS + 1).toArrow()
    if rows.num_rows > _MOST_SENT_ROWS:
        return persist(df)
    return F.broadcast(df.sparkSession.createDataFrame(rows, df.schema))


def unpersist_all() -> None:
    """Free what `persist` holds, because a stream loads again and again.

    After a stop Java is in the middle of another call and must not be asked.
    """
    if find_stop():
        return
    with suppress(Py4JError, OSError):  # a JVM that is gone holds nothing
        if spark := SparkSession.getActiveSession():
            spark.catalog.clearCache()


@cache
def _zip_modules() -> str:
    """This project's modules in one file, so that the machines of a cluster need not have it installed."""
    root = Path(__file__).resolve().parents[3]
    folder = mkdtemp(prefix="document-events-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with ZipFile(path := f"{folder}/document_events.zip", "w") as archive:
        for module in sorted([*root.glob("jobs/**/*.py"), *root.glob("schemas/*.py")]):
            archive.write(module, module.relative_to(root))
    return path
