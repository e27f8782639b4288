"""Makes several calls at the same time, in threads that a stopped command does not wait for."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def call_at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Return the results of all calls, in their order, once all have ended. The first error is raised then.

    The executor is not used in a `with` block. Such a block would wait for the threads even after the command was
    stopped, and they may wait forever for Java or PostgreSQL.
    """
    calls = list(calls)
    pool = ThreadPoolExecutor(max(len(calls), 1))
    futures = [pool.submit(call) for call in calls]
    pool.shutdown(wait=False)
    wait(futures)
    return [future.result() for future in futures]
