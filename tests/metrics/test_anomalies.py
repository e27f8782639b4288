"""Bursts and identical fractions are found, and not found while the usual number is not known yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.metrics.rows import Event, edit, load, share


def find_anomalies(database: Any) -> list[tuple[Any, ...]]:
    """Returns all findings as (kind, severity, subject, observed, expected)."""
    with database.cursor() as cursor:
        cursor.execute(
            "select anomaly_type, severity, subject_id, observed, expected from metrics.anomalies order by 1, 3"
        )
        return list(cursor.fetchall())


def explain(database: Any) -> str:
    """Returns the sentence of the only finding."""
    with database.cursor() as cursor:
        cursor.execute("select explanation from metrics.anomalies")
        ((explanation,),) = cursor.fetchall()
    return str(explanation)


def edits_per_day(*counts: int, user_id: str = "ann") -> list[Event]:
    """Returns so many edits of `doc` on consecutive days from 2025-03-01, one second apart."""
    return [
        edit(f"e{day:02}-{n:03}", user_id, f"2025-03-{day:02} 10:{n // 60:02}:{n % 60:02}")
        for day, count in enumerate(counts, start=1)
        for n in range(count)
    ]


def shares_per_day(*counts: int) -> list[Event]:
    """Returns events of ann, who is active on consecutive days from 2025-03-01 and shares so many documents on each."""
    views = [Event(f"v{day:02}", "ann", f"2025-03-{day:02} 09:59") for day in range(1, len(counts) + 1)]
    return views + [
        share(f"s{day:02}-{n:03}", "ann", f"2025-03-{day:02} 10:00:{n:02}", f"doc{n}")
        for day, count in enumerate(counts, start=1)
        for n in range(count)
    ]


def test_edit_burst_is_found_and_explained_with_its_numbers(tables: Any) -> None:
    load(tables, *edits_per_day(2, 3, 2, 3, 2, 3, 2, 40))
    assert find_anomalies(tables) == [("edit_burst", "critical", "doc", 40, Decimal("2.5"))]
    assert explain(tables) == (
        "Document doc was edited 40 times on 2025-03-08; 2.5 is usual (median of its 8 days with edits)."
    )


def test_edit_burst_is_not_found_in_the_warm_up(tables: Any) -> None:
    load(tables, *edits_per_day(2, 3, 40, 2, 3, 2, 3, 2))  # only two days before the burst
    assert find_anomalies(tables) == []


@pytest.mark.parametrize("events", [edits_per_day(*[2] * 8, *[40] * 7), shares_per_day(*[1] * 8, *[30] * 7)])
def test_bursts_on_less_than_half_of_the_days_do_not_hide_one_another(tables: Any, events: list[Event]) -> None:
    load(tables, *events)
    assert len(find_anomalies(tables)) == 7


@pytest.mark.parametrize(("edits", "findings"), [(19, 0), (20, 1)])
def test_edit_burst_needs_a_number_of_edits_even_in_a_quiet_document(tables: Any, edits: int, findings: int) -> None:
    load(tables, *edits_per_day(*[1] * 8, edits))
    assert len(find_anomalies(tables)) == findings


@pytest.mark.parametrize(("edits", "findings"), [(28, 0), (29, 1)])
def test_edit_burst_allows_a_busy_document_more(tables: Any, edits: int, findings: int) -> None:
    load(tables, *edits_per_day(*[7] * 9, edits))  # the limit is 7 + 8 * sqrt(7) = 28.2
    assert len(find_anomalies(tables)) == findings


def test_share_burst_is_found_though_the_user_never_shared_before(tables: Any) -> None:
    load(tables, *shares_per_day(0, 0, 0, 0, 0, 0, 0, 12))
    assert find_anomalies(tables) == [("share_burst", "warning", "ann", 12, 0)]
    assert explain(tables) == (
        "User ann shared 12 different documents on 2025-03-08, where 0 is usual (median of 8 active days)."
    )


def test_share_burst_is_not_found_in_the_warm_up(tables: Any) -> None:
    load(tables, *shares_per_day(0, 0, 0, 0, 0, 0, 12))
    assert find_anomalies(tables) == []


def test_share_burst_counts_documents_and_not_recipients(tables: Any) -> None:
    to_many = [share(f"t{n}", "ann", f"2025-03-08 10:00:{n:02}", recipients=(f"user{n}",)) for n in range(30)]
    load(tables, *shares_per_day(0, 0, 0, 0, 0, 0, 0, 1), *to_many)
    assert find_anomalies(tables) == []


def sessions_at(*fractions: str) -> list[Event]:
    """Returns one session for each fraction of a second, one hour apart."""
    start = datetime(2025, 3, 1, tzinfo=UTC)
    times = [(start + timedelta(hours=n)).strftime("%Y-%m-%d %H:%M:%S") for n in range(len(fractions))]
    return [
        Event(f"e{n:03}", "ann", f"{time}.{fraction}")
        for n, (time, fraction) in enumerate(zip(times, fractions, strict=True))
    ]


@pytest.mark.parametrize(
    ("fractions", "expected"),
    [
        (["971025"] * 50, [("identical_fraction", "critical", "0.971025", 50, 1)]),
        (["971025"] * 49, []),
        (["000000"] * 60, []),  # whole seconds
        ([f"{n % 10}00000" for n in range(600)], []),  # tenths of a second
        (["5"] * 50 + [f"{n:06}" for n in range(1, 151)], [("identical_fraction", "warning", "0.500000", 50, 1)]),
        (
            ["5"] * 300 + ["25"] * 60 + [f"{n:06}" for n in range(1, 41)],
            [
                ("identical_fraction", "warning", "0.250000", 60, 1),
                ("identical_fraction", "warning", "0.500000", 300, 1),
            ],
        ),
        (
            ["5"] * 300 + [f"{n % 10}00000" for n in range(600)],
            [("identical_fraction", "warning", "0.500000", 360, 1)],
        ),
    ],
    ids=["one fraction", "too few", "whole seconds", "tenths", "a quarter of them", "two of them", "tenths beside one"],
)
def test_sessions_on_one_fraction_of_a_second(
    tables: Any, fractions: list[str], expected: list[tuple[Any, ...]]
) -> None:
    load(tables, *sessions_at(*fractions))
    assert find_anomalies(tables) == expected
