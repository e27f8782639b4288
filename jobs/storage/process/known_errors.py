"""Tells what is behind an error: the database, which passes or which its owner can fix; the JVM; a stop; or itself."""

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

# Connection lost or rejected; no room left; stopped, crashed or starting; files it can't read or write; or nothing may
# be written, as on a server that has become a standby.
_STATES = ("08", "53", "57", "58", "25006")
# What may go away by itself: connections lost or rejected, a server that stops or starts, deadlocks, lock timeouts.
_PASSING_CLASSES = ("08",)
_PASSING_STATES = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03")


def find_database_trouble(error: BaseException) -> DatabaseUnavailableError | None:
    """The error to show instead, where the database failed psycopg2 or Spark's JDBC; else None."""
    is_read_only = isinstance(error, psycopg2.errors.ReadOnlySqlTransaction)
    if is_read_only or isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return _make_error(describe(error))
    with suppress(Py4JError, OSError):  # a JVM that is gone explains nothing
        causes = list(_list_causes(getattr(error, "java_exception", None) or getattr(error, "_origin", None)))
        # Innermost first: what is around PostgreSQL's own words quotes the rows of the batch.
        for cause in reversed(causes):
            if _state_of(cause).startswith(_STATES):
                return _make_error(str(cause.getMessage()).splitlines()[0][:300])
    return None


def explain(error: BaseException) -> BaseException:
    """What to tell instead of an error that only follows from something else: a stop, the database or the JVM."""
    return find_stop() or find_database_trouble(error) or _find_java_trouble(error) or error


def may_pass(error: Exception) -> bool:
    """Whether to try again makes sense after this error of psycopg2, or of a connection that was rejected."""
    if isinstance(error, DatabaseUnavailableError):
        return not isinstance(error, LostLockError | LostRowsError)
    state = getattr(error, "pgcode", None)
    if state is None:  # no answer at all: the connection is gone
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return state in _PASSING_STATES or state[:2] in _PASSING_CLASSES


def _find_java_trouble(error: BaseException) -> PipelineError | None:
    if not isinstance(error, Exception) or isinstance(error, PipelineError):
        return None
    if _is_java_gone(error):
        return JavaGoneError()
    return OutOfMemoryError() if "OutOfMemoryError" in read_message(error) else None


def _is_java_gone(error: Exception) -> bool:
    """Whether the JVM was there and is not any more, or has closed Spark because it is about to end."""
    from pyspark import SparkContext  # noqa: PLC0415 - slow to load, and commands without Spark come by here too

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
    return DatabaseUnavailableError(f"the database failed ({reason}); nothing was published, run again when it is well")


def _list_causes(exception: Any) -> Iterator[Any]:
    """A Java exception and what caused it, outermost first."""
    while exception is not None:
        yield exception
        exception = exception.getCause()


def _state_of(exception: Any) -> str:
    """The SQLSTATE of a Java exception, empty where it is none of SQL."""
    is_of_sql = exception.getClass().getName().startswith(("org.postgresql.", "java.sql."))
    return str((exception.getSQLState() if is_of_sql else None) or "")
