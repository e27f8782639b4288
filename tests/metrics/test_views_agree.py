"""Views that count the same agree, over all rows of a log with every edge case, in two time zones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg2
import pytest

from jobs.storage.database.postgres import SQL
from tests.conftest import empty_database
from tests.metrics.rows import Event, comment, create_tables, edit, load, login, query, share

PEOPLE = ("ann", "Bob", "bob", "cyd", "dan", "eve", "_fay")
DOCUMENTS = ("d1", "D1", "d2", "d3", "d4")
# A Monday, some days before the clocks of New York change.
START = datetime(2025, 2, 24)
EDGE_CASES = (
    share("s1", "ann", "2025-03-03 04:59:59.999999", "d1", recipients=("ann",)),  # only with oneself
    share("s2", "ann", "2025-03-03 05:00", "d2", recipients=("ann", "bob", "gus")),  # with oneself and others
    share("s3", "cyd", "2025-03-10 03:59:59", "d3"),  # by link
    share("s4", "dan", "2025-03-10 04:00", "d3", recipients=("hal",)),  # hal, like gus, is known only as a recipient
    share("s5", "hugo", "2025-03-10 04:00", "d3", recipients=("hugo",)),  # the only event of hugo
    edit("t2", "bob", "2025-03-09 12:00", "d1", document_word_count=50),  # two edits at one instant
    edit("t1", "ann", "2025-03-09 12:00", "d1", document_word_count=20),
    edit("t3", "cyd", "2025-03-09 12:00", "d1"),  # without a count
    edit("u1", "ann", "2025-03-12 10:00", "uncounted"),
    comment("u2", "bob", "2025-03-12 10:00", "uncommon"),  # on a document that nobody edited
    edit("m1", "eve", "2025-03-14 23:50", "d4", document_word_count=1),  # a session over midnight
    comment("m2", "eve", "2025-03-15 00:10", "d4"),
    Event("x1", "dan", "2025-03-15 12:00", event_type="Unknown kind", document_id="d9"),
    Event("x2", "late", "2025-04-07 00:00", event_type="document_viewed", document_id="d9"),  # after an empty week
)


def make_random_events(count: int) -> Iterator[Event]:
    """Generates events of all kinds over five weeks, from few people, so that sessions, ties and returns occur."""
    random = Random(22)
    for number in range(count):
        at = START + timedelta(days=random.randrange(35), minutes=5 * random.randrange(288))
        user, document = random.choice(PEOPLE), random.choice(DOCUMENTS)
        make = random.choice((login, edit, edit, comment, share))
        values: dict[str, Any] = {"document_id": document}
        if make is edit and random.random() < 0.8:
            values["document_word_count"] = random.randrange(200)
        if make is share:
            values["recipients"] = tuple(random.sample(PEOPLE, random.randrange(3)))
        yield make(f"r{number}", user, f"{at:%Y-%m-%d %H:%M}", **values)


@pytest.fixture(scope="module", params=["UTC", "America/New_York"])
def log(server: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A connection to a database with the log, in one business time zone."""
    with empty_database(server) as url, closing(psycopg2.connect(url)) as connection:
        create_tables(connection, request.param)
        load(connection, *EDGE_CASES, *make_random_events(600))
        yield connection


BY_USER = "select user_id, {} from {} group by user_id order by user_id"
EVENTS_OF_DAYS = "metrics.calendar inner join public.events on starts_at <= event_at and event_at < ends_at"
USERS = "select user_id from public.users order by user_id"
ACTIVE = "select distinct user_id from public.events order by user_id"
# counted thing -> statements that must give the same rows
AGREEING = {
    "active people of a day": (
        "select activity_date, active_users from metrics.daily_active_users order by 1",
        "select activity_date, daily_active_users from metrics.active_users order by 1",
        "select activity_date, coalesce(new_users + returning_users, 0) from metrics.daily_active_users"
        " left join metrics.new_and_returning_users using (activity_date) order by 1",
    ),
    "active people of every day": (
        "select activity_date, new_users + returning_users from metrics.new_and_returning_users order by 1",
        f"select activity_date, count(distinct user_id) from {EVENTS_OF_DAYS} group by 1 order by 1",
    ),
    "active people of a week": (
        "select activity_date - 6, weekly_active_users from metrics.active_users"
        " where extract(isodow from activity_date) = 7 order by 1",
        "select (cohort_week + 7 * weeks_since_first), sum(returned_users) from metrics.weekly_retention"
        " where cohort_week + 7 * weeks_since_first + 6 in (select activity_date from metrics.active_users)"
        " group by 1 order by 1",
    ),
    "new people of a week": (
        "select cohort_week, cohort_size from metrics.weekly_retention where weeks_since_first = 0 order by 1",
        "select cohort_week, returned_users from metrics.weekly_retention where weeks_since_first = 0 order by 1",
        "select week_start, sum(new_users) from metrics.new_and_returning_users"
        " join metrics.calendar using (activity_date) group by 1 having sum(new_users) > 0 order by 1",
    ),
    "people who ever acted": (
        ACTIVE,
        "select user_id from metrics.average_session_duration where session_count > 0 order by 1",
        "select user_id from metrics.time_to_first_share where first_event_at is not null order by 1",
        "select user_id from public.sessions group by 1 order by 1",
    ),
    "number of people who ever acted": (
        f"select count(*) from ({ACTIVE}) as active",
        "select sum(new_users) from metrics.new_and_returning_users",
        "select sum(cohort_size) from metrics.weekly_retention where weeks_since_first = 0",
    ),
    "people": (
        USERS,
        "select user_id from metrics.average_session_duration order by 1",
        "select user_id from metrics.shared_documents_per_user order by 1",
        "select user_id from metrics.time_to_first_share order by 1",
    ),
    "shares of a user": (
        "select user_id, share_events from metrics.shared_documents_per_user where share_events > 0 order by 1",
        BY_USER.format("count(*)", "public.events where event_type = 'document_shared'"),
        "select user_id, sum(share_count) from public.sessions group by 1 having sum(share_count) > 0 order by 1",
    ),
    "people who have shared": (
        "select user_id from metrics.shared_documents_per_user where share_events > 0 order by 1",
        "select user_id from metrics.shared_documents_per_user where shared_documents > 0 order by 1",
        "select user_id from metrics.time_to_first_share where seconds_to_first_share is not null order by 1",
    ),
    "recipients of a user": (
        "select user_id, recipients from metrics.most_connected_users order by 1",
        "select user_id, recipients from metrics.shared_documents_per_user"
        " where user_id in (select user_id from metrics.most_connected_users) order by 1",
    ),
    "pairs of sender and recipient": (  # most_connected_users shows all people of this log
        "select sum(recipients) from metrics.shared_documents_per_user",
        "select sum(recipients) from metrics.most_connected_users",
        "select sum(senders) from metrics.most_connected_users",
    ),
    "sessions of a user": (
        "select user_id, session_count from metrics.average_session_duration where session_count > 0 order by 1",
        BY_USER.format("count(*)", "public.sessions"),
        BY_USER.format("count(distinct session_id)", "public.events"),
    ),
    "sessions": (
        "select sum(session_count) from metrics.daily_sessions",
        "select sum(session_count) from metrics.average_session_duration",
        "select count(*) from public.sessions",
    ),
    "sessions of one event": (
        "select sum(round(single_event_share * session_count)) from metrics.daily_sessions",
        "select sum(single_event_sessions) from metrics.average_session_duration",
        "select count(*) from public.sessions where event_count = 1",
    ),
    "seconds of sessions": (
        "select round(sum(average_session_seconds * session_count), 2) from metrics.average_session_duration",
        "select round(sum(session_duration_seconds), 2) from public.sessions",
    ),
    "events of a session": (
        "select session_id, event_count, edit_count, comment_count, share_count, document_count"
        " from public.sessions order by 1",
        "select session_id, count(*), count(*) filter (where event_type = 'document_edit'),"
        " count(*) filter (where event_type = 'comment_added'),"
        " count(*) filter (where event_type = 'document_shared'), count(distinct document_id)"
        " from public.events group by 1 order by 1",
    ),
    "edits and comments": (
        "select sum(edit_count), sum(comment_count) from metrics.comments_per_edit",
        "select sum(edit_count), sum(comment_count) from public.sessions",
    ),
    "edits and comments of a day": (
        "select activity_date, edit_count, comment_count from metrics.comments_per_edit order by 1",
        "select activity_date, count(*) filter (where event_type = 'document_edit'),"
        f" count(*) filter (where event_type = 'comment_added') from {EVENTS_OF_DAYS}"
        " where event_type in ('document_edit', 'comment_added') group by 1 order by 1",
    ),
    "edits and editors of a document": (
        "select document_id, edit_count, editor_count from metrics.top_edited_documents order by 1",
        "select document_id, sum(edit_count), count(*) from metrics.document_authors group by 1 order by 1",
    ),
    "documents of several editors": (
        "select document_id, edit_count, editor_count, last_edited_at from metrics.documents_with_several_editors"
        " order by 1",
        "select document_id, edit_count, editor_count, last_edited_at from metrics.top_edited_documents"
        " where editor_count > 1 order by 1",
    ),
    "edits with a count": (
        "select document_id, user_id, event_id, words_after from metrics.document_history order by 3",
        "select document_id, user_id, event_id, document_word_count from public.events"
        " where event_type = 'document_edit' and document_word_count is not null order by 3",
    ),
    "words of a document": (
        "select document_id, word_count from public.documents where word_count is not null order by 1",
        "select distinct on (document_id) document_id, words_after from metrics.document_history"
        " order by document_id, event_at desc, event_id desc",
    ),
    "words that its authors changed": (
        "select document_id, sum(words_added - words_removed) from metrics.document_authors group by 1"
        " having sum(words_added) is not null order by 1",
        "select document_id, sum(words_after - words_before) from metrics.document_history group by 1"
        " having count(words_before) > 0 order by 1",
    ),
    "days of the log": (
        "select activity_date from metrics.calendar where activity_date in"
        " (select activity_date from metrics.new_and_returning_users) order by 1",
        "select activity_date from metrics.new_and_returning_users order by 1",
        f"select distinct activity_date from {EVENTS_OF_DAYS} order by 1",
    ),
    "events of all days": (f"select count(*) from {EVENTS_OF_DAYS}", "select count(*) from public.events"),
    "people who logged in": (
        "select users from metrics.activation_funnel where step_number = 1",
        "select count(distinct user_id) from public.events where event_type = 'user_login'",
    ),
}


@pytest.mark.parametrize("counted", AGREEING)
def test_views_that_count_the_same_agree(log: Any, counted: str) -> None:
    first, *others = (query(log, statement) for statement in AGREEING[counted])
    assert first
    assert [rows for rows in others if rows != first] == []


def test_each_step_of_the_funnel_is_taken_by_some_of_those_before(log: Any) -> None:
    users = [row[0] for row in query(log, "select users from metrics.activation_funnel order by step_number")]
    assert users == sorted(users, reverse=True)
    assert users[-1] > 0


def test_a_share_with_oneself_is_a_share_without_a_recipient(log: Any) -> None:
    shown = "select share_events, shared_documents, recipients from metrics.shared_documents_per_user"
    assert query(log, f"{shown} where user_id = 'hugo'") == [(1, 1, 0)]
    assert query(log, "select seconds_to_first_share from metrics.time_to_first_share where user_id = 'hugo'") == [(0,)]
    assert query(log, "select user_id from metrics.most_connected_users where user_id = 'hugo'") == []


def test_people_known_only_as_recipients_have_rows_without_activity(log: Any) -> None:
    rows = (
        ("session_count, average_session_seconds from metrics.average_session_duration", (0, None)),
        ("share_events, shared_documents, recipients from metrics.shared_documents_per_user", (0, 0, 0)),
        ("first_event_at, seconds_to_first_share from metrics.time_to_first_share", (None, None)),
        ("connected_users, recipients, senders from metrics.most_connected_users", (1, 0, 1)),
    )
    for statement, expected in rows:
        assert query(log, f"select {statement} where user_id = 'hal'") == [expected]


def test_the_page_counts_first_shares_of_those_who_acted(log: Any) -> None:
    ((shown,),) = query(log, f"select sum(users) from ({read_report('first_shares')}) as classes")
    assert [(shown,)] == query(log, f"select count(*) from ({ACTIVE}) as active")


def read_report(name: str) -> str:
    """Returns the statement of a file of sql/report."""
    return (SQL / "report" / f"{name}.sql").read_text(encoding="utf-8").rstrip().rstrip(";")
