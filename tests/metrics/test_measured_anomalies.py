"""Precision and recall on a few simulated logs; `make anomaly-test` measures twenty."""

from __future__ import annotations

from tests.metrics.measure_anomalies import measure, rate


def test_what_is_planted_is_found_and_little_else(server: str) -> None:
    counts = measure(server, range(2, 4))
    assert {kind: count["planted"] for kind, count in counts.items()} == dict.fromkeys(counts, 2)
    assert {kind: rate(count) for kind, count in counts.items()} == dict.fromkeys(counts, (1.0, 1.0))
    assert {kind: count["false alarms"] for kind, count in counts.items()} == dict.fromkeys(counts, 0)
