"""Whether a reader's time grows with its input, or with the square of it."""

import time
from collections.abc import Callable


def assert_linear(read: Callable[[int], object], few: int, times: int = 16) -> None:
    """Read `few` items, and then `times` as many.

    That takes `times` as long if the time is linear, and the square of it if each item searches the rest. The bound
    lies between the two, a factor of four from either, so that other work on the machine does not matter.
    """
    seconds = min(_measure(read, few) for _ in range(3))
    assert _measure(read, few * times) < times**1.5 * seconds


def _measure(read: Callable[[int], object], count: int) -> float:
    started = time.process_time()
    read(count)
    return time.process_time() - started
