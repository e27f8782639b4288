"""The words of a document over time, and who wrote them, on logs small enough to count by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests.metrics.rows import comment, create_tables, edit, load, query

HISTORY = (
    "select event_id, user_id, words_before, words_after from metrics.document_history order by event_at, event_id"
)
AUTHORS = "select user_id, edit_count, words_added, words_removed, share_of_words_added from metrics.document_authors"


def test_words_before_are_those_after_the_previous_edit_with_a_count(tables: Any) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 09:00"),
        edit("e2", "ann", "2025-03-01 10:00", document_word_count=100),
        edit("e3", "bob", "2025-03-01 11:00"),
        edit("e4", "bob", "2025-03-02 10:00", document_word_count=130),
        comment("e5", "ann", "2025-03-02 11:00", document_word_count=7),
        edit("e6", "ann", "2025-03-03 10:00", document_word_count=0),
        edit("x1", "bob", "2025-03-01 10:30", "other", document_word_count=9),
    )
    of_doc = HISTORY.replace(" order", " where document_id = 'doc' order")
    assert query(tables, of_doc) == [("e2", "ann", None, 100), ("e4", "bob", 100, 130), ("e6", "ann", 130, 0)]
    assert query(tables, HISTORY.replace(" order", " where document_id = 'other' order")) == [("x1", "bob", None, 9)]


def test_authors_have_the_words_that_their_edits_added_and_removed(tables: Any) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", document_word_count=100, reported_user_name="Ann"),
        edit("e2", "ann", "2025-03-01 10:01", document_word_count=110),
        edit("e3", "bob", "2025-03-01 10:02"),  # without a count, so it adds no words
        edit("e4", "bob", "2025-03-01 10:03", document_word_count=140),
        edit("e5", "bob", "2025-03-01 10:04", document_word_count=135),
        edit("e6", "cyd", "2025-03-01 10:05"),
    )
    assert query(tables, f"{AUTHORS} order by user_id") == [
        ("ann", 2, 10, 0, Decimal("0.2500")),  # without the 100 words of the first count
        ("bob", 3, 30, 5, Decimal("0.7500")),
        ("cyd", 1, None, None, None),
    ]
    assert query(tables, "select user_name from metrics.document_authors where user_id = 'ann'") == [("Ann",)]


def test_shares_are_null_where_no_word_was_added(tables: Any) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", document_word_count=9),
        edit("e2", "bob", "2025-03-01 10:01", document_word_count=4),
        edit("e3", "cyd", "2025-03-01 10:01", "uncounted"),
    )
    assert query(tables, f"{AUTHORS} order by user_id") == [
        ("ann", 1, None, None, None),
        ("bob", 1, 0, 5, None),
        ("cyd", 1, None, None, None),
    ]


def test_edits_of_one_instant_follow_one_another_by_id_bytewise(tables: Any) -> None:
    load(
        tables,
        edit("a", "ann", "2025-03-01 10:00", document_word_count=10),
        edit("c", "cyd", "2025-03-01 10:01", document_word_count=30),
        edit("B", "bob", "2025-03-01 10:01", document_word_count=20),
    )
    assert query(tables, f"{AUTHORS} order by user_id") == [
        ("ann", 1, None, None, None),
        ("bob", 1, 10, 0, Decimal("0.5000")),
        ("cyd", 1, 10, 0, Decimal("0.5000")),
    ]
    latest = "select words_after from metrics.document_history where event_id = 'c'"
    assert query(tables, latest) == query(tables, "select word_count from public.documents")


def test_days_of_the_history_are_business_days(database: Any) -> None:
    create_tables(database, "Asia/Tokyo")
    load(database, edit("e1", "ann", "2025-03-01 16:00", document_word_count=1))
    assert query(database, "select activity_date from metrics.document_history") == [(date(2025, 3, 2),)]
