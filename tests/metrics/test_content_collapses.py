"""A collapse is a large loss of words that is not undone, in a document whose length does not always vary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.metrics.rows import Event, edit, load
from tests.metrics.test_anomalies import explain, find_anomalies


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (20, 3, [("content_collapse", "warning", "doc", 3, 20)]),
        (20, 0, [("content_collapse", "critical", "doc", 0, 20)]),
        (20, 4, []),  # exactly 80 %
        (19, 0, []),  # too few words to decide
    ],
)
def test_content_collapse_is_a_fall_of_over_four_fifths(
    tables: Any, before: int, after: int, expected: list[tuple[Any, ...]]
) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", document_word_count=before),
        edit("e2", "ann", "2025-03-02 10:00"),  # it has no word count
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
    assert find_anomalies(tables) == []  # the order is 100, 22, 5; the other order would be 100, 5, 22


@pytest.mark.parametrize(
    ("counts", "later", "expected"),
    [
        ({"b": 10, "A": 100}, 50, ("doc", 10, 100)),  # the collapse is within the instant: 50, 100, 10, 50
        ({"b": 100, "A": 60}, 15, ("doc", 15, 100)),  # the collapse is right after it: 50, 60, 100, 15
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
    """Returns edits of one document that leave so many words, one minute apart."""
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
        ((6, 100), 1),  # an undo by the second next edit is too late
    ],
)
def test_a_collapse_that_the_next_edit_undoes_is_none(tables: Any, later: tuple[int, ...], findings: int) -> None:
    load(tables, *edits_of(*STEADY, 5, *later))
    assert len(find_anomalies(tables)) == findings


def test_a_next_edit_without_a_count_says_nothing(tables: Any) -> None:
    load(tables, *edits_of(*STEADY, 5), edit("later", "ann", "2025-03-01 11:00"))
    assert len(find_anomalies(tables)) == 1


def test_a_document_whose_length_always_varies_does_not_collapse(tables: Any) -> None:
    load(tables, *edits_of(200, 30, 120, 10, 90, 150, 20, 110))
    assert find_anomalies(tables) == []


@pytest.mark.parametrize(("counts", "findings"), [((100, 30, 100, 10), 1), ((100, 30, 100, 30, 100, 10), 0)])
def test_a_document_with_few_changes_has_no_usual_change_yet(
    tables: Any, counts: tuple[int, ...], findings: int
) -> None:
    load(tables, *edits_of(*counts))
    assert len(find_anomalies(tables)) == findings


@pytest.mark.parametrize(("weeks", "findings"), [(3, 3), (4, 0)])
def test_a_document_that_is_cleared_again_and_again_does_not_collapse(tables: Any, weeks: int, findings: int) -> None:
    load(tables, *edits_of(*([70, 80, 90, 100, 110, 120, 10, 20, 30] * weeks)))
    assert len(find_anomalies(tables)) == findings


def test_a_document_whose_length_varied_once_may_collapse(tables: Any) -> None:
    load(tables, *edits_of(5, *STEADY, 98, 3))
    assert [finding[2:] for finding in find_anomalies(tables)] == [("doc", 3, 98)]


@pytest.mark.parametrize(("last", "findings"), [(16, 0), (15, 1)])
def test_a_collapse_lies_four_spreads_above_the_usual_change(tables: Any, last: int, findings: int) -> None:
    # The changes are 10, 20 and 30 words. Their median is 20 and their spread 14.826, so the limit is 79.3 words.
    load(tables, *edits_of(45, 65, 75, 105, 85, 95, last))
    assert len(find_anomalies(tables)) == findings
