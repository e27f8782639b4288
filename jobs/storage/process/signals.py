"""Ends a command on Ctrl-C (SIGINT) or SIGTERM with one line and exit code 130 or 143, whatever it waits for.

Python calls the handler of a signal only between two steps of Python code. While the main thread waits inside libpq
for a statement of PostgreSQL, it is never called. So a second thread, which learns of a signal at once, cancels the
running statements. Then the main thread goes on, and the handler raises `Stopped` in it.

Measured on 2026-11-26 with psycopg2 2.9: without the second thread a query of `select pg_sleep(1000)` still waited two
minutes after Ctrl-C. The thread can be removed with a driver that waits in Python, such as psycopg 3, once
test_a_command_is_stopped_amid_a_statement (tests/faults/test_stopped_commands.py) passes without it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol
from weakref import WeakSet

STOPPING = (signal.SIGINT, signal.SIGTERM)

# This variable of a job names a file that its Python keeps locked. spark_submit.py waits until it is free.
LOCK_VARIABLE = "DOCUMENT_EVENTS_DRIVER_LOCK"

# Some statements can't be cancelled, such as one on a server that does not answer. After this time the command ends.
_PATIENCE_SECONDS = 2


class Connection(Protocol):
    """The part of a connection of psycopg2 that this module needs."""

    def cancel(self) -> None:
        """Cancel the running statement, if there is one. Any thread may call this."""


_connections: WeakSet[Connection] = WeakSet()
# A set must not grow while another thread copies it.
_connections_lock = threading.Lock()


class Stopped(BaseException):
    """The command was told to end. This is no Exception, so that code which handles errors does not catch it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {'Ctrl-C' if number == signal.SIGINT else signal.Signals(number).name}")
        self.exit_code = 128 + number


class _State:
    """What the handler and the threads share."""

    stop: BaseException | None = None  # what the handler has raised in the main thread
    reason: BaseException | None = None  # what it raises for the next signal instead of Stopped
    is_undisturbed = False  # whether it ignores signals


def run_stoppable(command: Callable[[], int]) -> int:
    """Call the command and return its exit code. If a signal ends it, print one line and return the code of the signal.

    Only the main thread can be stopped. In another thread this only calls the command.
    """
    if threading.current_thread() is not threading.main_thread():
        return command()
    with _handlers():
        try:
            return command()
        except BaseException as error:
            # After a stop, an error is only its result: a cancelled statement raises one. So the stop is reported.
            stop = Stopped(signal.SIGINT) if isinstance(error, KeyboardInterrupt) else _State.stop
            if not isinstance(stop, Stopped):
                raise
            with suppress(BrokenPipeError):
                print(f"error: {stop}", file=sys.stderr, flush=True)
            return stop.exit_code


def end_silently() -> None:
    """Let signals end this worker process without a message. A terminal also signals its parent, which prints one."""
    signal.set_wakeup_fd(-1)
    for number in STOPPING:
        signal.signal(number, signal.SIG_DFL)


def find_stop() -> BaseException | None:
    """Return why the main thread was told to end, or None. What it was doing is then half done."""
    return _State.stop


def cancel_when_stopped(connection: Connection) -> None:
    """Register a connection: when the command is told to end, the statement that runs on it is cancelled."""
    with _connections_lock:
        _connections.add(connection)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore signals within the block, which must be short. It enters an error that has already happened."""
    _State.is_undisturbed = True
    try:
        yield
    finally:
        _State.is_undisturbed = False


def stop_main_thread(number: int, reason: BaseException | None = None) -> None:
    """Stop the command from another thread, as the signal would. A `reason` is raised instead of `Stopped`."""
    _State.reason = _State.reason or reason
    signal.pthread_kill(threading.main_thread().ident or 0, number)


@contextmanager
def _handlers() -> Iterator[None]:
    _State.stop = _State.reason = None
    heard, telling = os.pipe()
    os.set_blocking(telling, False)
    before = {number: signal.signal(number, _stop) for number in STOPPING}
    told_before = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    threading.Thread(target=_cancel_statements, args=(heard,), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(told_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(telling)  # which ends the thread


def _stop(number: int, _frame: object) -> None:
    """Handle a signal: raise the reason in the main thread, once."""
    if _State.stop or _State.is_undisturbed:
        return
    _State.stop = _State.reason or Stopped(number)
    raise _State.stop


def _cancel_statements(heard: int) -> None:
    """Cancel the running statements whenever a signal arrives that our handler will handle."""
    with os.fdopen(heard, "rb", buffering=0) as signals:
        while number := signals.read(1):
            is_ours = signal.getsignal(number[0]) is _stop
            if not is_ours or find_stop() or _State.is_undisturbed:
                continue
            patience = threading.Timer(_PATIENCE_SECONDS, _leave, (number[0],))
            patience.daemon = True
            patience.start()
            with _connections_lock:
                connections = list(_connections)
            for connection in connections:
                with suppress(Exception):  # the connection may be closed by now
                    connection.cancel()


def _leave(number: int) -> None:
    """End the process if the main thread has not come back to Python."""
    if not find_stop():
        os.write(sys.stderr.fileno(), f"error: {Stopped(number)}\n".encode())
        os._exit(128 + number)
