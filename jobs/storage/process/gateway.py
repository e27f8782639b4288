"""Connects this process with the JVM of spark-submit that started it. A signal to one must also end the other.

A service manager often signals the JVM alone. By default the JVM would then close Spark during the run and end. This
process would go on without it, and might even publish.

Spark has no call for this. So the module uses a name that pyspark calls private (`SparkContext._gateway`), and a class
of Java that other JVMs may lack (`sun.misc.Signal`).
Measured on 2026-11-26 with Spark 4.3: without `attach_to_java`, a SIGTERM to the JVM alone was entered in the ledger as
a JVM that died. The module can be removed when tests/faults/kills/test_terminated_run.py passes without it.
"""

import fcntl
import logging
import os
import threading
import time
from pathlib import Path
from typing import IO, Any

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark import SparkContext
from pyspark.java_gateway import ensure_callback_server_started

from jobs.storage.errors import JavaGoneError
from jobs.storage.process.java_classes import ARCHIVE_VARIABLE, write_classes
from jobs.storage.process.signals import LOCK_VARIABLE, STOPPING, stop_main_thread

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5

_lock: IO[str] | None = None


class _Handler:
    """A handler of signals. Java calls it, in another thread than the main one."""

    def __init__(self, number: int) -> None:
        self._number = number

    def handle(self, _signal: object) -> None:
        stop_main_thread(self._number)

    class Java:
        implements = ("sun.misc.SignalHandler",)


def attach_to_java() -> None:
    """Make the JVM pass its signals on to this process, and end this process when the JVM ends.

    This does nothing if spark-submit has not started this process.
    """
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return  # here pyspark starts the JVM, which ignores signals and ends with this process
    _hold_lock()
    SparkContext._ensure_initialized()
    gateway: Any = SparkContext._gateway
    ensure_callback_server_started(gateway)  # type: ignore[no-untyped-call]
    java = gateway.jvm.sun.misc.Signal
    for number in STOPPING:
        java.handle(java(number.name.removeprefix("SIG")), _Handler(number))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def silence_java() -> None:
    """Turn Spark's log off, so that the user does not see its errors about tasks that were cut off.

    The main thread may be in the middle of a call to Java, so another thread asks.
    """
    context = SparkContext._active_spark_context
    if context is not None:
        asking = threading.Thread(target=context.setLogLevel, args=("OFF",), daemon=True)
        asking.start()
        asking.join(_LOOK_SECONDS)


def keep_classes() -> None:
    """Make the JVM write its classes to the file that jobs/submit.py asks for, if this run has used Spark.

    A failure is only logged. The next run then starts as slowly as this one.
    """
    path, gateway = os.environ.get(ARCHIVE_VARIABLE), SparkContext._gateway
    if not path or gateway is None or SparkContext._active_spark_context is None:
        return
    try:
        write_classes(gateway, path)
    except (Py4JError, OSError):
        logger.info("the classes of Java could not be kept; the next run starts as slowly as this one", exc_info=True)


def _hold_lock() -> None:
    global _lock  # noqa: PLW0603 - held as long as the process lives
    if name := os.environ.get(LOCK_VARIABLE):
        _lock = Path(name).open()  # noqa: SIM115
        fcntl.flock(_lock, fcntl.LOCK_SH)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    stop_main_thread(STOPPING[-1], JavaGoneError())
