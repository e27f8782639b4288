"""The metric views, the analysis queries and the checks, on rows small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from jobs.storage.postgres import SQL
from tests.metrics_rows import RUN_ID, Event, create_tables, edit, load, login, share

CHECKS = sorted(path.stem for path in (SQL / "checks").glob("*.sql"))


def query(database: Any, statement: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def execute(database: Any, statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement)


def run_file(database: Any, folder: str, name: str) -> list[tuple[Any, ...]]:
    return query(database, (SQL / folder / f"{name}.sql").read_text(encoding="utf-8"))


@pytest.fixture
def tables(database: Any) -> Any:
    """A connection to a database with empty published tables."""
    create_tables(database)
    return database


def test_every_metric_of_an_empty_database_is_empty(tables: Any) -> None:
    views = ("daily_active_users", "average_session_duration", "top_edited_documents", "anomalies")
    assert [query(tables, f"select * from metrics.{view}") for view in views] == [[], [], [], []]


def test_daily_active_users_are_zero_filled_over_thirty_days(tables: Any) -> None:
    load(
        tables,
        Event("e1", "ann", "2025-03-01 00:00"),  # the first of the 30 days
        Event("e2", "ann", "2025-03-30 10:00"),
        Event("e3", "ann", "2025-03-30 23:59"),
        Event("e4", "bob", "2025-03-30 10:00"),
        Event("e5", "bob", "2025-02-28 23:59"),  # the day before
    )
    active = {date(2025, 3, 1): 1, date(2025, 3, 30): 2}
    days = [date(2025, 3, 1) + timedelta(days=n) for n in range(30)]
    assert query(tables, "select * from metrics.daily_active_users") == [(d, active.get(d, 0)) for d in days]


def test_daily_active_users_can_end_at_any_date(tables: Any) -> None:
    load(tables, Event("e1", "ann", "2025-03-01 10:00"), Event("e2", "bob", "2025-06-01 10:00"))
    rows = query(tables, "select * from metrics.daily_active_users_as_of('2025-03-02')")
    assert (len(rows), rows[-2:]) == (30, [(date(2025, 3, 1), 1), (date(2025, 3, 2), 0)])
    assert query(tables, "select * from metrics.daily_active_users_as_of(null)") == []


def test_an_event_in_the_future_does_not_move_the_window(tables: Any) -> None:
    later = datetime.now(UTC) + timedelta(days=3)
    load(tables, Event("e1", "ann", "2025-03-30 10:00"), Event("e2", "ann", later.strftime("%Y-%m-%d %H:%M")))
    assert query(tables, "select max(activity_date) from metrics.daily_active_users") == [(date(2025, 3, 30),)]


def test_an_event_of_tomorrow_moves_the_window(tables: Any) -> None:
    (today,) = query(tables, "select (now() at time zone 'UTC')::date")[0]
    tomorrow = today + timedelta(days=1)
    load(tables, Event("e1", "ann", "2025-03-30 10:00"), Event("e2", "ann", f"{tomorrow} 00:00"))
    assert query(tables, "select max(activity_date) from metrics.daily_active_users") == [(tomorrow,)]


def test_a_recipient_is_not_active(tables: Any) -> None:
    load(tables, share("e1", "ann", "2025-03-30 10:00", shared_with_user_id="bob"))
    assert query(tables, "select sum(active_users) from metrics.daily_active_users") == [(1,)]


def test_session_durations_set_single_event_sessions_apart(tables: Any) -> None:
    load(
        tables,
        Event("e1", "ann", "2025-03-01 10:00", reported_user_name="Ann"),
        Event("e2", "ann", "2025-03-01 10:10"),
        Event("e3", "ann", "2025-03-01 12:00"),
        Event("e4", "ann", "2025-03-01 14:00"),
        Event("e5", "bob", "2025-03-01 10:00"),
        share("e6", "bob", "2025-03-01 15:00", shared_with_user_id="cyd"),
    )
    assert query(tables, "select * from metrics.average_session_duration order by user_id") == [
        ("ann", "Ann", 3, Decimal("200.000000"), 2, Decimal("600.000000")),
        ("bob", None, 2, Decimal("0.000000"), 2, None),
        ("cyd", None, 0, None, 0, None),
    ]


def test_average_session_seconds_are_rounded_to_six_decimals(tables: Any) -> None:
    load(
        tables,
        *(Event(f"e{hour}", "ann", f"2025-03-01 {hour}:00") for hour in (10, 11, 12)),
        Event("e13", "ann", "2025-03-01 12:00:02"),
    )
    assert query(tables, "select average_session_seconds from metrics.average_session_duration") == [
        (Decimal("0.666667"),)
    ]


def test_top_edited_documents_break_a_tie_at_the_tenth_place_by_id_bytewise(tables: Any) -> None:
    twice = [edit(f"a{n}{i}", "ann", f"2025-03-01 10:0{i}", f"top{n}") for n in range(9) for i in (0, 1)]
    load(tables, *twice, *(edit(f"b{d}", "ann", "2025-03-02 10:00", d) for d in ("a", "B", "_")))
    ranked = query(tables, "select rank, document_id, edit_count from metrics.top_edited_documents")
    assert ranked == [*((n + 1, f"top{n}", 2) for n in range(9)), (10, "B", 1)]


def test_top_edited_documents_count_edits_editors_and_length(tables: Any) -> None:
    load(
        tables,
        edit("e1", "ann", "2025-03-01 10:00", "d", edit_length=5, reported_document_title="Plan"),
        edit("e2", "ann", "2025-03-02 10:00", "d", edit_length=-2),
        edit("e3", "bob", "2025-03-03 10:00", "d"),
        Event("e4", "cyd", "2025-03-04 10:00", "comment_added", "d", edit_length=100),
        edit("e5", "cyd", "2025-03-01 10:00", "without length"),
    )
    at = [datetime(2025, 3, day, 10, tzinfo=UTC) for day in (3, 1)]
    assert query(tables, "select * from metrics.top_edited_documents") == [
        (1, "d", "Plan", 3, 2, Decimal(3), at[0]),
        (2, "without length", None, 1, 1, None, at[1]),
    ]


def test_shares_count_distinct_documents_of_the_one_who_shares(tables: Any) -> None:
    load(
        tables,
        share("e1", "ann", "2025-03-01 10:00", "d1", shared_with_user_id="bob"),
        share("e2", "ann", "2025-03-01 10:01", "d1", shared_with_user_id="cyd"),
        share("e3", "ann", "2025-03-01 10:02", "d2", shared_with_user_id="bob"),
        share("e4", "dan", "2025-03-01 10:00", "d1"),  # by link
        edit("e5", "bob", "2025-03-01 10:00", "d3"),
    )
    assert query(tables, "select * from metrics.shared_documents_per_user order by user_id") == [
        ("ann", None, 2, 3, 2),
        ("bob", None, 0, 0, 0),
        ("cyd", None, 0, 0, 0),
        ("dan", None, 1, 1, 0),
    ]


def test_everything_has_a_comment(tables: Any) -> None:
    uncommented = query(
        tables,
        """
        select n.nspname, c.relname, a.attname
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        left join pg_attribute as a on a.attrelid = c.oid and a.attnum >= 0 and not a.attisdropped
        where n.nspname in ('public', 'ops', 'metrics') and c.relkind in ('r', 'v', 'm', 'p')
        and (obj_description(c.oid) is null or col_description(c.oid, a.attnum) is null)
        union all
        select 'schema', nspname, null from pg_namespace
        where nspname in ('ops', 'metrics') and obj_description(oid) is null
        union all
        select 'function', proname, null from pg_proc
        where pronamespace = 'metrics'::regnamespace and obj_description(oid) is null
        """,
    )
    assert uncommented == []


def test_session_gap_sensitivity_cuts_the_events_anew(tables: Any) -> None:
    load(
        tables,
        *(Event(f"e{time}", "ann", f"2025-03-01 {time}") for time in ("10:00", "10:15", "10:45", "11:45", "15:46")),
    )
    assert run_file(tables, "analysis", "session_gap_sensitivity") == [
        (15, 4, Decimal("225.000000"), Decimal("0.7500")),
        (30, 3, Decimal("900.000000"), Decimal("0.6667")),
        (60, 2, Decimal("3150.000000"), Decimal("0.5000")),
        (240, 2, Decimal("3150.000000"), Decimal("0.5000")),
    ]


FINGERPRINTED = (
    edit("e1", "ann", "2025-03-01 10:00:00.000001", "d", comment_text="x", reported_user_name="Ann"),
    share("e2", "bob", "2025-03-01 10:00", "d", shared_with_user_id="cyd"),
    Event("e3", "ann", "2025-03-02 23:30"),
)


def test_fingerprint_does_not_depend_on_order_provenance_or_display_settings(database: Any) -> None:
    create_tables(database)
    load(database, *FINGERPRINTED)
    first = run_file(database, "analysis", "fingerprint")
    database.rollback()
    create_tables(database)
    load(database, *reversed(FINGERPRINTED))
    execute(database, "update public.events set record_number = record_number + 7, run_id = 99")
    execute(database, "set timezone = 'America/New_York'; set datestyle = 'German'; set extra_float_digits = 0")
    assert run_file(database, "analysis", "fingerprint") == first
    assert [row[:2] for row in first] == [("users", 3), ("documents", 1), ("sessions", 3), ("events", 3)]


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("update public.users set name = '' where user_id = 'bob'", "users"),  # was null
        ("update public.documents set title = 'null'", "documents"),
        ("update public.sessions set event_count = event_count + 1 where user_id = 'bob'", "sessions"),
        ("update public.events set comment_text = 'X' where event_id = 'e1'", "events"),
        ("update public.events set device = ip_address, ip_address = 'a' where event_id = 'e3'", "events"),
    ],
)
def test_fingerprint_shows_in_which_table_a_value_changed(tables: Any, change: str, table: str) -> None:
    load(tables, *FINGERPRINTED)
    before = {row[0]: row for row in run_file(tables, "analysis", "fingerprint")}
    execute(tables, change)
    after = {row[0]: row for row in run_file(tables, "analysis", "fingerprint")}
    assert [name for name in before if before[name] != after[name]] == [table]


SOUND = (
    edit("e1", "ann", "2025-03-01 10:00", "d", document_word_count=5, reported_user_name="Ann"),
    edit("e3", "ann", "2025-03-01 10:30", "d", reported_document_title="A", reported_user_name="B"),
    edit("e2", "ann", "2025-03-01 10:30", "d", document_word_count=7, reported_document_title="C"),
    share("e4", "bob", "2025-03-01 11:00", "d", shared_with_user_id="cyd"),
    login("e5", "bob", "2025-03-01 12:00"),
)


@pytest.mark.parametrize("check", CHECKS)
def test_checks_are_silent_when_all_is_well(tables: Any, check: str) -> None:
    load(tables, *SOUND)
    assert run_file(tables, "checks", check) == []


OTHER_READING = (
    "insert into ops.ingested_files select file_id + 1, file_path || 'x', size_bytes, modified_at, format, source,"
    f" mapping_hash, 1, 0, 0, 1, 0, 0, 1, 1, {RUN_ID}, true from ops.ingested_files"
)


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("reconcile_files", "delete from public.events where event_id = 'e5'"),
        ("reconcile_files", "update ops.ingested_files set records = records + 1, quarantined = 1"),
        (
            "reconcile_files",
            "alter table ops.ingested_files drop constraint ingested_files_read_closes;"
            "update ops.ingested_files set records = records + 1",
        ),
        (
            "reconcile_files",
            "alter table ops.ingested_files drop constraint ingested_files_published_closes;"
            "update ops.ingested_files set superseded = 1",
        ),
        ("reconcile_files", OTHER_READING + "; update public.events set file_id = 2 where event_id in ('e1', 'e2')"),
        ("reconcile_tables", "delete from public.events where event_id = 'e5'"),
        ("reconcile_tables", "update ops.ingested_files set replaced = 1"),
        ("sessions_match_events", "delete from public.events where event_id = 'e5'"),
        ("sessions_match_events", "update public.sessions set event_count = 9 where user_id = 'ann'"),
        (
            "sessions_match_events",
            "update public.sessions set started_at = started_at - interval '1 s', session_duration_seconds ="
            " session_duration_seconds + 1 where user_id = 'ann'",
        ),
        (
            "sessions_match_events",
            "update public.sessions set ended_at = ended_at + interval '1 s', session_duration_seconds ="
            " session_duration_seconds + 1 where user_id = 'ann'",
        ),
        ("dimensions_match_events", "update public.users set name = 'Ann' where user_id = 'ann'"),
        ("dimensions_match_events", "update public.documents set title = 'C'"),  # loses the tie by event_id
        ("dimensions_match_events", "update public.documents set word_count = null"),
        ("dimensions_match_events", "update public.users set last_seen_at = now() where user_id = 'cyd'"),
        ("dimensions_match_events", "insert into public.users values ('nobody', null, null, now(), now())"),
    ],
)
def test_checks_see_a_planted_fault(tables: Any, check: str, fault: str) -> None:
    load(tables, *SOUND)
    execute(tables, fault)
    assert run_file(tables, "checks", check) != []


def test_a_replaced_event_leaves_the_books_closed(tables: Any) -> None:
    load(tables, *SOUND)
    execute(tables, OTHER_READING)
    execute(tables, "update public.events set file_id = 2 where event_id = 'e5'")
    execute(
        tables,
        "insert into ops.superseded_records (event_id, content_fingerprint, event_type, event_at, user_id, file_id,"
        " record_number, run_id) select event_id, gen_random_uuid(), event_type, event_at, user_id, 1, 5, run_id"
        " from public.events where event_id = 'e5'",
    )
    assert [run_file(tables, "checks", name) for name in ("reconcile_files", "reconcile_tables")] == [[], []]


@pytest.mark.parametrize(("gap", "problems"), [(39, []), (40, ["belongs to the session before"])])
def test_sessions_are_held_against_the_configured_gap(tables: Any, gap: int, problems: list[str]) -> None:
    load(tables, Event("e1", "ann", "2025-03-01 10:00"), Event("e2", "ann", "2025-03-01 10:40"))
    execute(tables, f"set document_events.session_gap_minutes = {gap}")
    assert [row[2] for row in run_file(tables, "checks", "sessions_match_events")] == problems


def test_a_gap_inside_a_session_is_found(tables: Any) -> None:
    load(tables, Event("e1", "ann", "2025-03-01 10:00"), Event("e2", "ann", "2025-03-01 10:20"))
    execute(tables, "set document_events.session_gap_minutes = 15")
    problems = [row[2] for row in run_file(tables, "checks", "sessions_match_events")]
    assert problems == ["a gap inside should have opened a new session"]
