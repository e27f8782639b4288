"""Ctrl-C (SIGINT) and SIGTERM end a command with one line and exit code 130 or 143, whatever it waits for.

Python calls a signal's handler between two of its own steps, and so never while the main thread waits inside libpq for
a statement of PostgreSQL. Hence a second thread, which hears of a signal at once, cancels the statements that run;
then the main thread goes on, and the handler raises `Stopped` in it.

Measured on 2026-11-26 with psycopg2 2.9: without that thread a query of `select pg_sleep(1000)` still waited two
minutes after Ctrl-C. The thread can go with a driver that waits in Python, as psycopg 3 says that it does, and when
test_a_command_is_stopped_amid_a_statement (tests/faults/test_stopped_runs.py) passes without it.
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

# In the environment of a job: a file that its Python keeps locked, so that jobs/submit.py can wait for its end.
LOCK_VARIABLE = "DOCUMENT_EVENTS_DRIVER_LOCK"

# A statement that can't be cancelled, as on a server that does not answer, must not keep the command alive.
_PATIENCE_SECONDS = 2


class Connection(Protocol):
    """As psycopg2 has it."""

    def cancel(self) -> None:
        """Cancel the statement that runs, if one does; may be called in any thread."""


_connections: WeakSet[Connection] = WeakSet()
# A set must not grow while another thread copies it.
_connections_lock = threading.Lock()


class Stopped(BaseException):
    """The command was told to end. No Exception, so that nothing which handles errors takes it for one."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {'Ctrl-C' if number == signal.SIGINT else signal.Signals(number).name}")
        self.exit_code = 128 + number


class _State:
    """What handler and threads tell each other."""

    stop: BaseException | None = None  # raised in the main thread
    reason: BaseException | None = None  # to be raised for the next signal, in the place of Stopped
    is_undisturbed = False


def run_stoppable(command: Callable[[], int]) -> int:
    """Call the command and return its exit code, or that of the signal that has ended it, told in one line.

    Only a main thread can be stopped; in another one this only calls the command.
    """
    if threading.current_thread() is not threading.main_thread():
        return command()
    with _handlers():
        try:
            return command()
        except BaseException as error:
            # What fails because it was stopped, such as a statement that was cancelled, has not failed.
            stop = Stopped(signal.SIGINT) if isinstance(error, KeyboardInterrupt) else _State.stop
            if not isinstance(stop, Stopped):
                raise
            with suppress(BrokenPipeError):
                print(f"error: {stop}", file=sys.stderr, flush=True)
            return stop.exit_code


def end_silently() -> None:
    """Let the signals end this process, a worker of the one that tells the user; a terminal sends them to both."""
    signal.set_wakeup_fd(-1)
    for number in STOPPING:
        signal.signal(number, signal.SIG_DFL)


def find_stop() -> BaseException | None:
    """Why the main thread was told to end, if it was; what it was doing is then half done."""
    return _State.stop


def cancel_when_stopped(connection: Connection) -> None:
    """Have the statement that runs on this connection cancelled when the command is told to end."""
    with _connections_lock:
        _connections.add(connection)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Nothing stops the command in this block, which has little to do: it enters what has gone wrong already."""
    _State.is_undisturbed = True
    try:
        yield
    finally:
        _State.is_undisturbed = False


def stop_main_thread(number: int, reason: BaseException | None = None) -> None:
    """Stop the command from another thread, as the signal would; with `reason` that is raised instead."""
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
    """The handler: raises in the main thread, once."""
    if _State.stop or _State.is_undisturbed:
        return
    _State.stop = _State.reason or Stopped(number)
    raise _State.stop


def _cancel_statements(heard: int) -> None:
    """Cancel what runs whenever a signal comes for which our handler is to be called."""
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
                with suppress(Exception):  # it may be closed by now
                    connection.cancel()


def _leave(number: int) -> None:
    """End the process where the main thread has not come back to Python."""
    if not find_stop():
        os.write(sys.stderr.fileno(), f"error: {Stopped(number)}\n".encode())
        os._exit(128 + number)
