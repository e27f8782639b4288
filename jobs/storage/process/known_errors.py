"""Finds the cause of an error: the database, the JVM or a stop. Also tells whether it may help to try again."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg2
import psycopg2.errors
from py4j.protocol import Py4JError, Py4JNetworkError  # type: ignore[import-untyped]

from jobs.storage.errors import (
    DatabaseUnavailableError,
    JavaGoneError,
    LostLockError,
    LostRowsError,
    OutOfMemoryError,
    PipelineError,
    describe,
    read_message,
)
from jobs.storage.process.signals import find_stop

# These SQLSTATEs mean that the database failed, not our statement. 08: a connection was lost or rejected. 53: no memory
# or disk is left. 57: the server stops, crashes or starts. 58: it can't read or write its files. 25006: it is
# read-only, such as a server that has become a standby.
_STATES = ("08", "53", "57", "58", "25006")
# These may pass by themselves: connections lost or rejected, a server that stops or starts, deadlocks, lock timeouts.
_PASSING_CLASSES = ("08",)
_PASSING_STATES = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03")


def find_database_error(error: BaseException) -> DatabaseUnavailableError | None:
    """Return the error to show instead, if the database failed psycopg2 or Spark's JDBC; else None."""
    is_read_only = isinstance(error, psycopg2.errors.ReadOnlySqlTransaction)
    if is_read_only or isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return _make_error(describe(error))
    with suppress(Py4JError, OSError):  # the JVM may have died, and then it can't be asked for the cause
        causes = list(_list_causes(getattr(error, "java_exception", None) or getattr(error, "_origin", None)))
        # The innermost cause has PostgreSQL's own message. The errors around it would also quote rows of people's data.
        for cause in reversed(causes):
            if _state_of(cause).startswith(_STATES):
                return _make_error(str(cause.getMessage()).splitlines()[0][:300])
    return None


def explain(error: BaseException) -> BaseException:
    """Return the cause of an error, if that is a stop, the database or the JVM; else the error itself."""
    return find_stop() or find_database_error(error) or _find_java_error(error) or error


def may_pass(error: Exception) -> bool:
    """Return whether it makes sense to try again after this error of psycopg2 or of `connect`."""
    if isinstance(error, DatabaseUnavailableError):
        return not isinstance(error, LostLockError | LostRowsError)
    state = getattr(error, "pgcode", None)
    if state is None:  # the server did not answer, so the connection is lost
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return state in _PASSING_STATES or state[:2] in _PASSING_CLASSES


def _find_java_error(error: BaseException) -> PipelineError | None:
    if not isinstance(error, Exception) or isinstance(error, PipelineError):
        return None
    if _is_java_gone(error):
        return JavaGoneError()
    return OutOfMemoryError() if "OutOfMemoryError" in read_message(error) else None


def _is_java_gone(error: Exception) -> bool:
    """Return whether a JVM was started and has ended, or has closed Spark because it is about to end."""
    from pyspark import SparkContext  # noqa: PLC0415 - slow to load, and commands without Spark call this too

    if (gateway := SparkContext._gateway) is None:
        return False
    if isinstance(error, Py4JNetworkError | ConnectionError) or "SparkContext was shut down" in read_message(error):
        return True
    address = (gateway.gateway_parameters.address, gateway.gateway_parameters.port)
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return True
    return False


def _make_error(reason: str) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(f"the database failed ({reason}); nothing was published, run again when it works")


def _list_causes(exception: Any) -> Iterator[Any]:
    """Yield a Java exception and its causes, outermost first."""
    while exception is not None:
        yield exception
        exception = exception.getCause()


def _state_of(exception: Any) -> str:
    """Return the SQLSTATE of a Java exception. It is empty for an exception that SQL did not raise."""
    is_of_sql = exception.getClass().getName().startswith(("org.postgresql.", "java.sql."))
    return str((exception.getSQLState() if is_of_sql else None) or "")
