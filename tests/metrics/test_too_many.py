"""A kind that flags too many subjects has one row that says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.metrics.rows import Event, comment, load, query
from tests.metrics.test_anomalies import find_anomalies
from tests.metrics.test_content_collapses import STEADY, edits_of


@pytest.mark.parametrize(("people", "others", "rows"), [(20, 0, 20), (21, 0, 1), (21, 2079, 21), (21, 2078, 1)])
def test_a_kind_that_flags_too_many_subjects_says_so_in_one_row(
    tables: Any, people: int, others: int, rows: int
) -> None:
    load(tables, *retries_of(people), *(Event(f"o{n}", f"other{n}", "2025-03-01 09:00") for n in range(others)))
    assert len(find_anomalies(tables)) == rows
    assert len(query(tables, "select from metrics.client_retries")) == people


def retries_of(people: int) -> list[Event]:
    """Returns events of so many people whose client sends a comment several times, the last client most often."""
    return [
        comment(f"c{n:02}-{copy:02}", f"user{n:02}", f"2025-03-{n + 1:02} 10:00:{copy:02}", comment_text="+1")
        for n in range(people)
        for copy in range(10 if n == people - 1 else 3)
    ]


def test_the_row_of_a_kind_has_the_numbers_and_the_gravest_example(tables: Any) -> None:
    again = [comment(f"d{n}", "user03", f"2025-03-04 12:00:{n:02}", comment_text="?") for n in range(4)]
    load(tables, *retries_of(22), *again)
    assert query(tables, "select * from metrics.anomalies") == [
        (
            "client_retry",
            "warning",
            "kind",
            "client_retry",
            datetime(2025, 3, 1, 10, tzinfo=UTC),
            22,
            20,
            "The kind client_retry flags 22 of 22 users (23 findings), too many to be unusual: look at the log as a"
            " whole, or at the thresholds of the kind. metrics.client_retries has all of them; the gravest is: The same"
            " comment of user user21 on document doc came 10 times under different ids within 9.0 s from 2025-03-22"
            " 10:00:00 UTC on; sent once it should count once.",
        )
    ]


def test_other_kinds_keep_their_rows_beside_one_that_flags_too_many(tables: Any) -> None:
    load(tables, *retries_of(22), *edits_of(*STEADY, 5))
    assert [row[:3] for row in find_anomalies(tables)] == [
        ("client_retry", "warning", "client_retry"),
        ("content_collapse", "warning", "doc"),
    ]
