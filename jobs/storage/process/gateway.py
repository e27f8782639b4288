"""This process and the JVM of spark-submit, which has started it: what happens to the one must reach the other.

A service manager often signals the JVM alone. Left to itself the JVM would close Spark beneath the run and be gone,
and this process would go on without it, even publish.

Spark has no call for this. So the module uses a name that pyspark calls private (`SparkContext._gateway`) and a class
of Java's that other JVMs need not have (`sun.misc.Signal`).
Measured on 2026-11-26 with Spark 4.3: without `attach_to_java` a SIGTERM to the JVM alone stood in the ledger as a JVM
that died, killed or out of memory. The module can go when tests/faults/test_stopped_runs.py passes without it.
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
    """Java calls it for a signal, in a thread of its own."""

    def __init__(self, number: int) -> None:
        self._number = number

    def handle(self, _signal: object) -> None:
        stop_main_thread(self._number)

    class Java:
        implements = ("sun.misc.SignalHandler",)


def attach_to_java() -> None:
    """Have the JVM hand on its signals, and end with it; does nothing where spark-submit has not started us."""
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return  # pyspark starts a JVM of its own, which leaves signals to us and ends with us
    _hold_lock()
    SparkContext._ensure_initialized()
    gateway: Any = SparkContext._gateway
    ensure_callback_server_started(gateway)  # type: ignore[no-untyped-call]
    java = gateway.jvm.sun.misc.Signal
    for number in STOPPING:
        java.handle(java(number.name.removeprefix("SIG")), _Handler(number))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def silence_java() -> None:
    """Spare the user what Spark says about tasks cut off by its end; asked in a thread whose line to Java is free."""
    context = SparkContext._active_spark_context
    if context is not None:
        asking = threading.Thread(target=context.setLogLevel, args=("OFF",), daemon=True)
        asking.start()
        asking.join(_LOOK_SECONDS)


def keep_classes() -> None:
    """Have the JVM write its classes where jobs/submit.py asks for them, if Spark has been at work in it.

    Where it can't, only the log says so: the next run starts as slowly as this one.
    """
    path, gateway = os.environ.get(ARCHIVE_VARIABLE), SparkContext._gateway
    if not path or gateway is None or SparkContext._active_spark_context is None:
        return
    try:
        write_classes(gateway, path)
    except (Py4JError, OSError):
        logger.info("the classes of Java are not kept", exc_info=True)


def _hold_lock() -> None:
    global _lock  # noqa: PLW0603 - held as long as the process lives
    if name := os.environ.get(LOCK_VARIABLE):
        _lock = Path(name).open()  # noqa: SIM115
        fcntl.flock(_lock, fcntl.LOCK_SH)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    stop_main_thread(STOPPING[-1], JavaGoneError())
