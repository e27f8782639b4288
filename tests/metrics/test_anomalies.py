"""Each kind of anomaly: found where it should be, silent where nothing can be known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.metrics.rows import Event, comment, edit, load, query, share


def find_anomalies(database: Any) -> list[tuple[Any, ...]]:
    """All findings, as (kind, severity, subject, observed, expected)."""
    with database.cursor() as cursor:
        cursor.execute(
            "select anomaly_type, severity, subject_id, observed, expected from metrics.anomalies order by 1, 3"
        )
        return list(cursor.fetchall())


def explain(database: Any) -> str:
    """The sentence of the only finding."""
    with database.cursor() as cursor:
        cursor.execute("select explanation from metrics.anomalies")
        ((explanation,),) = cursor.fetchall()
    return str(explanation)


def edits_per_day(*counts: int, user_id: str = "ann") -> list[Event]:
    """So many edits of `doc` on consecutive days from 2025-03-01, a second apart."""
    return [
        edit(f"e{day:02}-{n:03}", user_id, f"2025-03-{day:02} 10:{n // 60:02}:{n % 60:02}")
        for day, count in enumerate(counts, start=1)
        for n in range(count)
    ]


def shares_per_day(*counts: int) -> list[Event]:
    """Ann is active on consecutive days from 2025-03-01 and shares so many documents on each."""
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


def test_edit_burst_in_the_warm_up_is_silent(tables: Any) -> None:
    load(tables, *edits_per_day(2, 3, 40, 2, 3, 2, 3, 2))  # two days before it
    assert find_anomalies(tables) == []


@pytest.mark.parametrize("events", [edits_per_day(*[2] * 8, *[40] * 7), shares_per_day(*[1] * 8, *[30] * 7)])
def test_bursts_on_less_than_half_of_the_days_do_not_hide_one_another(tables: Any, events: list[Event]) -> None:
    load(tables, *events)
    assert len(find_anomalies(tables)) == 7


@pytest.mark.parametrize(("edits", "findings"), [(19, 0), (20, 1)])
def test_edit_burst_needs_a_number_of_edits_however_quiet_the_document(tables: Any, edits: int, findings: int) -> None:
    load(tables, *edits_per_day(*[1] * 8, edits))
    assert len(find_anomalies(tables)) == findings


@pytest.mark.parametrize(("edits", "findings"), [(28, 0), (29, 1)])
def test_edit_burst_allows_a_busy_document_more(tables: Any, edits: int, findings: int) -> None:
    load(tables, *edits_per_day(*[7] * 9, edits))  # the line is 7 + 8 * sqrt(7) = 28.2
    assert len(find_anomalies(tables)) == findings


def test_share_burst_is_found_though_the_user_never_shared_before(tables: Any) -> None:
    load(tables, *shares_per_day(0, 0, 0, 0, 0, 0, 0, 12))
    assert find_anomalies(tables) == [("share_burst", "warning", "ann", 12, 0)]
    assert explain(tables) == (
        "User ann shared 12 different documents on 2025-03-08, where 0 is usual (median of 8 active days)."
    )


def test_share_burst_in_the_warm_up_is_silent(tables: Any) -> None:
    load(tables, *shares_per_day(0, 0, 0, 0, 0, 0, 12))
    assert find_anomalies(tables) == []


def test_share_burst_counts_documents_and_not_recipients(tables: Any) -> None:
    to_many = [share(f"t{n}", "ann", f"2025-03-08 10:00:{n:02}", recipients=(f"user{n}",)) for n in range(30)]
    load(tables, *shares_per_day(0, 0, 0, 0, 0, 0, 0, 1), *to_many)
    assert find_anomalies(tables) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (20, 3, [("content_collapse", "warning", "doc", 3, 20)]),
        (20, 0, [("content_collapse", "critical", "doc", 0, 20)]),
        (20, 4, []),  # exactly 80 %
        (19, 0, []),  # too short to tell
    ],
)
def test_content_collapse_is_a_fall_of_over_four_fifths(
    tables: Any, before: int, after: int, expected: list[tuple[Any, ...]]
) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", document_word_count=before),
        edit("e2", "ann", "2025-03-02 10:00"),  # carries no count
        edit("e3", "bob", "2025-03-05 10:00", document_word_count=after),
    )
    assert find_anomalies(tables) == expected


def test_content_collapse_is_explained_with_its_numbers(tables: Any) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", document_word_count=500),
        edit("e2", "bob", "2025-03-01 23:59:59", document_word_count=7),
    )
    assert explain(tables) == "Document doc fell from 500 words to 7 in one edit by bob at 2025-03-01 23:59:59 UTC."


def test_content_collapse_takes_edits_of_one_instant_by_event_id_bytewise(tables: Any) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", document_word_count=100),
        edit("a3", "ann", "2025-03-01 10:01", document_word_count=5),
        edit("E2", "ann", "2025-03-01 10:01", document_word_count=22),
    )
    assert find_anomalies(tables) == []  # 100, 22, 5; the other way round it would be 100, 5


@pytest.mark.parametrize(
    ("counts", "later", "expected"),
    [
        ({"b": 10, "A": 100}, 50, ("doc", 10, 100)),  # within the instant: 50, 100, 10, 50
        ({"b": 100, "A": 60}, 15, ("doc", 15, 100)),  # right after it: 50, 60, 100, 15
    ],
    ids=["within", "after"],
)
def test_content_collapse_is_seen_in_the_true_order_of_one_instant(
    tables: Any, counts: dict[str, int], later: int, expected: tuple[Any, ...]
) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", document_word_count=50),
        *(edit(name, "ann", "2025-03-01 10:01", document_word_count=count) for name, count in counts.items()),
        edit("e4", "ann", "2025-03-01 10:02", document_word_count=later),
    )
    assert [finding[2:] for finding in find_anomalies(tables)] == [expected]


def test_content_that_shrinks_step_by_step_is_no_collapse(tables: Any) -> None:
    counts = (100, 60, 20, 4)  # the last step is exactly 80 %
    load(
        tables,
        *(edit(f"e{n}", "ann", f"2025-03-01 10:0{n}", document_word_count=c) for n, c in enumerate(counts)),
    )
    assert find_anomalies(tables) == []


def edits_of(*counts: int, document_id: str = "doc") -> list[Event]:
    """Edits of one document that leave so many words, a minute apart."""
    return [
        edit(f"{document_id}{n:03}", "ann", f"2025-03-01 10:{n:02}", document_id, document_word_count=count)
        for n, count in enumerate(counts)
    ]


STEADY = (98, 102, 99, 101, 100)


@pytest.mark.parametrize(
    ("later", "findings"),
    [
        ((), 1),  # nothing follows
        ((81,), 1),  # exactly four fifths of the 95 lost words come back
        ((82,), 0),
        ((100,), 0),
        ((6, 100), 1),  # the next edit but one is too late
    ],
)
def test_a_collapse_that_the_next_edit_undoes_is_none(tables: Any, later: tuple[int, ...], findings: int) -> None:
    load(tables, *edits_of(*STEADY, 5, *later))
    assert len(find_anomalies(tables)) == findings


def test_a_next_edit_without_a_count_says_nothing(tables: Any) -> None:
    load(tables, *edits_of(*STEADY, 5), edit("later", "ann", "2025-03-01 11:00"))
    assert len(find_anomalies(tables)) == 1


def test_a_document_that_swings_all_the_time_does_not_collapse(tables: Any) -> None:
    load(tables, *edits_of(200, 30, 120, 10, 90, 150, 20, 110, 5))
    assert find_anomalies(tables) == []


@pytest.mark.parametrize(("counts", "findings"), [((100, 30, 100, 10), 1), ((100, 30, 100, 30, 100, 10), 0)])
def test_a_document_of_few_changes_has_no_swings_yet(tables: Any, counts: tuple[int, ...], findings: int) -> None:
    load(tables, *edits_of(*counts))
    assert len(find_anomalies(tables)) == findings


@pytest.mark.parametrize(("weeks", "findings"), [(3, 3), (4, 0)])
def test_a_document_that_is_cleared_again_and_again_does_not_collapse(tables: Any, weeks: int, findings: int) -> None:
    load(tables, *edits_of(*([70, 80, 90, 100, 110, 120, 10, 20, 30] * weeks)))
    assert len(find_anomalies(tables)) == findings


def test_a_document_that_swung_once_may_collapse(tables: Any) -> None:
    load(tables, *edits_of(5, *STEADY, 98, 3))
    assert [finding[2:] for finding in find_anomalies(tables)] == [("doc", 3, 98)]


@pytest.mark.parametrize(("last", "findings"), [(16, 0), (15, 1)])
def test_a_collapse_lies_four_spreads_above_the_usual_change(tables: Any, last: int, findings: int) -> None:
    # Changes of 20, and of 10 and 30 around it: the median is 20 and the spread 14.826, so that the line is 79.3 words.
    load(tables, *edits_of(45, 65, 75, 105, 85, 95, last))
    assert len(find_anomalies(tables)) == findings


@pytest.mark.parametrize(("people", "others", "rows"), [(20, 0, 20), (21, 0, 1), (21, 2079, 21), (21, 2078, 1)])
def test_a_kind_that_flags_too_many_subjects_says_so_in_one_row(
    tables: Any, people: int, others: int, rows: int
) -> None:
    load(tables, *retries_of(people), *(Event(f"o{n}", f"other{n}", "2025-03-01 09:00") for n in range(others)))
    assert len(find_anomalies(tables)) == rows
    assert len(query(tables, "select from metrics.client_retries")) == people


def retries_of(people: int) -> list[Event]:
    """So many people whose client sends a comment several times; the last one's does so most often."""
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


def sessions_at(*fractions: str) -> list[Event]:
    """One session for each fraction of a second, an hour apart."""
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
