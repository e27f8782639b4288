"""Several waiting calls at once, in threads that a stopped command does not wait for."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def call_at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """What each call returns, in the order of `calls`, once all have ended; the first error is raised then.

    A `with` block of the executor would wait for the threads also when the command was told to end, although they may
    wait for Java or PostgreSQL, which never answer.
    """
    calls = list(calls)
    pool = ThreadPoolExecutor(max(len(calls), 1))
    futures = [pool.submit(call) for call in calls]
    pool.shutdown(wait=False)
    wait(futures)
    return [future.result() for future in futures]
