"""Runs spark-submit to its end, passes its messages on, and ends it when a signal comes."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from jobs.storage.process.signals import LOCK_VARIABLE, STOPPING

# How long we wait for the job's Python to record the run as failed. An unreachable database takes it ten seconds.
PATIENCE_SECONDS = 15

# The JVM itself prints this before any logging is set up, and no option silences it.
NOISE = b"WARNING: Using incubator modules: jdk.incubator.vector\n"


def run_job(command: list[str], environment: dict[str, str]) -> int:
    """Runs the command to its end, and returns spark-submit's exit code. A signal ends the command."""
    with tempfile.NamedTemporaryFile(prefix="document-events-") as lock:
        with (
            _start(command, environment | {LOCK_VARIABLE: lock.name}) as process,
            _ended_by_signals(process) as received,
        ):
            _copy_without_noise(process.stderr)
            code = process.wait()
        _wait_for(lock)
    # A JVM that has not started its job yet is ended by our own signal, so we report the signal that we got.
    return (
        128 + received[0] if received and code in (-signal.SIGTERM, 128 + signal.SIGTERM, 128 + signal.SIGINT) else code
    )


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Starts the process, which ignores SIGINT until the job's Python handles it.

    A terminal sends SIGINT to all processes. If the JVM reacted, it would close Spark while the run is still ending.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # The pipe is unbuffered, because a buffer would read beyond the first line, and later reads would miss that.
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, bufsize=0)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _ended_by_signals(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Lets SIGINT and SIGTERM end the process, and yields the list of the signals that came."""
    received: list[int] = []

    def stop(number: int, _frame: object) -> None:
        received.append(number)
        process.terminate()

    before = {number: signal.signal(number, stop) for number in STOPPING}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for(lock: IO[bytes]) -> None:
    """Waits for the job's Python to end. After its JVM has died, it still records the run as failed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return


def _copy_without_noise(source: IO[bytes] | None) -> None:
    """Passes stderr on at once, since a progress bar has no line ends, but without the JVM's first line."""
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
