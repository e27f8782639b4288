"""Concurrent calls: results are in order, and errors are raised once all calls have ended."""

import threading

import pytest

from jobs.storage.process.threads import call_at_once


def test_results_come_in_the_order_of_the_calls() -> None:
    met = threading.Barrier(3, timeout=60)

    def meet(number: int) -> int:
        met.wait()  # no call passes this unless all run at once
        return number

    assert call_at_once([lambda: meet(1), lambda: meet(2), lambda: meet(3)]) == [1, 2, 3]
    assert call_at_once([]) == []


def test_an_error_is_raised_once_all_have_ended() -> None:
    failed, ended = threading.Event(), threading.Event()

    def fail() -> None:
        failed.set()
        raise ValueError("failed")

    def end() -> None:
        failed.wait(60)
        ended.wait(0.2)  # long enough that an error would be raised too early
        ended.set()

    with pytest.raises(ValueError, match="failed"):
        call_at_once([fail, end])
    assert ended.is_set()
