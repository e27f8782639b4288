"""Precision and recall on one seed of each generator; `make anomaly-test` measures twenty."""

from __future__ import annotations

from tests.metrics.lifelike_oddities import make_log
from tests.metrics.measure_anomalies import GENERATORS, measure, rate

SIMULATOR, LIFELIKE = GENERATORS


def test_planted_anomalies_are_found_with_few_false_alarms(server: str) -> None:
    counts = measure(server, SIMULATOR, range(2, 3))
    assert {kind: count["planted"] for kind, count in counts.items()} == dict.fromkeys(counts, 1)
    assert {kind: rate(count) for kind, count in counts.items()} == dict.fromkeys(counts, (1.0, 1.0))
    assert {kind: count["false alarms"] for kind, count in counts.items()} == dict.fromkeys(counts, 0)


def test_most_anomalies_planted_into_a_lifelike_log_are_found(server: str) -> None:
    counts = measure(server, LIFELIKE, range(1, 2))
    assert {kind: count["planted"] for kind, count in counts.items()} == dict.fromkeys(counts, 1)
    assert sum(count["true"] for count in counts.values()) >= 8
    assert sum(count["false alarms"] for count in counts.values()) <= 8


def test_a_seed_always_makes_the_same_lifelike_log() -> None:
    one, again, other = make_log(1, True), make_log(1, True), make_log(2, True)
    assert (one.events, one.planted) == (again.events, again.planted)
    assert one.events != other.events
    assert make_log(1, False).planted == set()
