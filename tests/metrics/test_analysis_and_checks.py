"""Comments, analysis queries and checks. Checks find nothing in correct tables, and find each planted fault."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg2.errors import ForeignKeyViolation

from jobs.storage.config.sources import read_source
from jobs.storage.database.postgres import SQL
from tests.metrics.rows import RUN_ID, Event, create_tables, edit, execute, load, login, query, run_file, share

CHECKS = sorted(path.stem for path in (SQL / "checks").glob("*.sql"))


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
        select 'key', conrelid::regclass::text, conname from pg_constraint
        where connamespace in ('public'::regnamespace, 'ops'::regnamespace) and contype in ('p', 'u', 'f')
        and obj_description(oid) is null
        union all
        select 'function', proname, null from pg_proc
        where pronamespace = 'metrics'::regnamespace and obj_description(oid) is null
        """,
    )
    assert uncommented == []


def test_session_gap_sensitivity_sessionizes_the_events_for_each_gap(tables: Any) -> None:
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
    share("e2", "bob", "2025-03-01 10:00", "d", recipients=("cyd",)),
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
    assert [row[:2] for row in first] == [
        ("users", 3),
        ("documents", 1),
        ("sessions", 3),
        ("event_types", 5),
        ("events", 3),
        ("share_recipients", 1),
        ("event_properties", 0),
    ]


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("update public.users set name = '' where user_id = 'bob'", "users"),  # it was null
        ("update public.documents set title = 'null'", "documents"),
        ("update public.sessions set event_count = event_count + 1 where user_id = 'bob'", "sessions"),
        ("update public.events set comment_text = 'X' where event_id = 'e1'", "events"),
        ("update public.events set device = ip_address, ip_address = 'a' where event_id = 'e3'", "events"),
        ("update public.share_recipients set user_id = 'ann'", "share_recipients"),
    ],
)
def test_fingerprint_shows_in_which_table_a_value_changed(tables: Any, change: str, table: str) -> None:
    load(tables, *FINGERPRINTED)
    before = {row[0]: row for row in run_file(tables, "analysis", "fingerprint")}
    execute(tables, change)
    after = {row[0]: row for row in run_file(tables, "analysis", "fingerprint")}
    assert [name for name in before if before[name] != after[name]] == [table]


def test_quality_has_the_last_five_runs_with_counts_reasons_and_error(tables: Any) -> None:
    load(tables, Event("e1", "ann", "2025-03-01 10:00"))
    execute(
        tables,
        "update ops.pipeline_runs set records = 4, blank = 1, ignored = 0, quarantined = 2, accepted = 1,"
        " exact_duplicates = 0, superseded = 0, published = 1;"
        "insert into ops.quarantined_records values (1, 2, '{bad_value,missing_field}', '{}', 'a', 1),"
        " (1, 3, '{missing_field}', '{}', 'b', 1);"
        "insert into ops.pipeline_runs"
        " (run_id, started_at, status, kind, session_gap_minutes, code_version, configuration_version, error)"
        " select n, now(), 'failed', 'load', 30, 'code', 'configuration', repeat('x', 300)"
        " from generate_series(2, 5) as n",
    )
    rows = run_file(tables, "analysis", "quality")
    assert rows[0] == (5, "failed", *[None] * 9, "x" * 200)
    assert rows[4] == (1, "succeeded", 4, 1, 0, 2, 1, 0, 0, 1, "missing_field 2, bad_value 1", None)
    execute(
        tables,
        "insert into ops.pipeline_runs"
        " (run_id, started_at, status, kind, session_gap_minutes, code_version, configuration_version)"
        " values (6, now(), 'running', 'load', 30, 'code', 'configuration')",
    )
    assert [row[0] for row in run_file(tables, "analysis", "quality")] == [6, 5, 4, 3, 2]


SOUND = (
    edit("e1", "ann", "2025-03-01 10:00", "d", document_word_count=5, reported_user_name="Ann"),
    edit("e3", "ann", "2025-03-01 10:30", "d", reported_document_title="A", reported_user_name="B"),
    edit("e2", "ann", "2025-03-01 10:30", "d", document_word_count=7, reported_document_title="C"),
    share("e4", "bob", "2025-03-01 11:00", "d", recipients=("cyd",)),
    login("e5", "bob", "2025-03-01 12:00"),
)


@pytest.mark.parametrize("check", CHECKS)
def test_checks_find_nothing_in_correct_tables(tables: Any, check: str) -> None:
    load(tables, *SOUND)
    assert run_file(tables, "checks", check) == []


FREE_COUNTS = "alter table public.sessions drop constraint sessions_counts_within_events"
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
        ("recipients_match_events", "update public.share_recipients set shared_at = shared_at + interval '1 s'"),
        ("sessions_match_events", "update public.sessions set event_count = 9 where user_id = 'ann'"),
        *(
            ("sessions_match_events", f"{FREE_COUNTS}; update public.sessions set {count} = {count} + 1")
            for count in ("edit_count", "comment_count", "share_count", "document_count")
        ),
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
        ("dimensions_match_events", "update public.documents set title = 'C'"),  # this title loses the tie by event_id
        ("dimensions_match_events", "update public.documents set word_count = null"),
        ("dimensions_match_events", "update public.users set last_seen_at = now() where user_id = 'cyd'"),
        ("dimensions_match_events", "insert into public.users values ('nobody', null, null, now(), now())"),
        ("dimensions_match_events", "insert into public.event_types values ('export', null, false, false)"),
    ],
)
def test_checks_find_a_planted_fault(tables: Any, check: str, fault: str) -> None:
    load(tables, *SOUND)
    execute(tables, fault)
    assert run_file(tables, "checks", check) != []


def test_the_sums_still_close_after_an_event_was_replaced(tables: Any) -> None:
    load(tables, *SOUND)
    execute(tables, OTHER_READING)
    execute(tables, "update public.events set file_id = 2 where event_id = 'e5'")
    execute(
        tables,
        "insert into ops.superseded_records (event_id, content_fingerprint, event_type, event_at, user_id, file_id,"
        " record_number, run_id, is_current) select event_id, gen_random_uuid(), event_type, event_at, user_id, 1, 5,"
        " run_id, true"
        " from public.events where event_id = 'e5'",
    )
    assert [run_file(tables, "checks", name) for name in ("reconcile_files", "reconcile_tables")] == [[], []]


LATER = "update ops.ingested_files set modified_at = '2025-03-01 10:59:59+00'"  # e5 is at 12:00
DELETE_TYPES = "delete from public.event_types where event_type = 'user_login'"
REPEATED = "accepted = 41, records = 41, published = 20, exact_duplicates = 21"


@pytest.mark.parametrize(
    ("check", "fault", "findings"),
    [
        ("events_later_than_their_file", LATER, 1),
        ("events_later_than_their_file", LATER.replace("59:59", "00:00"), 1),
        ("events_later_than_their_file", LATER.replace("10:59:59", "11:00:00"), 0),
        ("repeated_files", f"update ops.ingested_files set {REPEATED}", 1),
        ("repeated_files", f"update ops.ingested_files set {REPEATED.replace('20', '21').replace('41', '42')}", 0),
        ("repeated_files", f"update ops.ingested_files set {REPEATED}, is_current = false", 0),
        (
            "repeated_files",
            f"update ops.ingested_files set {REPEATED}, is_current = false;"
            "insert into ops.ingested_files select 2, file_path, 2, modified_at, format, source, mapping_hash, records,"
            " blank, quarantined, accepted, exact_duplicates, superseded, published, replaced, run_id, true"
            " from ops.ingested_files",
            0,  # the file has grown
        ),
    ],
)
def test_unusual_data_gives_a_warning(tables: Any, check: str, fault: str, findings: int) -> None:
    load(tables, *SOUND)
    execute(tables, fault)
    assert len(run_file(tables, "checks", check)) == findings


@pytest.mark.parametrize(
    ("types", "similar"),
    [
        (["Document-Edit"], [("Document-Edit", "document_edit")]),
        (["documentEdit", "document edit"], [("document edit", "document_edit"), ("documentEdit", "document_edit")]),
        (["to\u2011do", "To_Do"], [("to\u2011do", "To_Do")]),  # a non-breaking hyphen
        (["export", "exports", "document_edit2"], []),
        (["+", "-"], []),  # without signs both types are empty
        (["\u7f16\u8f91", "\u5220\u9664"], []),
        (["user_login", "document_edit"], []),
    ],
)
def test_types_that_differ_by_case_or_sign_give_a_warning(
    tables: Any, types: list[str], similar: list[tuple[str, str]], tmp_path: Path
) -> None:
    load(
        tables,
        *(Event(name, "ann", "2025-03-01 10:00", event_type=name, document_id="d") for name in types),
    )
    rows = run_file(tables, "checks", "similar_event_types")
    assert [row[:2] for row in rows] == similar
    fields = "fields: {event_type: t, event_at: at, user_id: u}\n"
    for event_type, similar_to, example in rows:
        (tmp_path / "source.yml").write_text(f"{fields}{example}\n", encoding="utf-8")
        assert read_source(tmp_path / "source.yml").event_types == {event_type: similar_to}


@pytest.mark.parametrize("statement", ["update public.events set event_type = 'export'", DELETE_TYPES])
def test_an_event_can_not_be_without_its_type(tables: Any, statement: str) -> None:
    load(tables, *SOUND)
    with pytest.raises(ForeignKeyViolation, match="events_event_type_fkey"):
        execute(tables, statement)


@pytest.mark.parametrize(("named", "nameless", "findings"), [(39, 10, 1), (40, 10, 0), (30, 9, 0), (0, 12, 0)])
def test_users_without_a_name_give_a_warning_if_most_have_one(
    tables: Any, named: int, nameless: int, findings: int
) -> None:
    names = ["Someone"] * named + [None] * nameless
    events = [login(f"e{n}", f"user_{n}", "2025-03-01 10:00", reported_user_name=name) for n, name in enumerate(names)]
    load(tables, *events, share("s", "user_0", "2025-03-01 10:00", recipients=("receives-only",)))
    assert len(run_file(tables, "checks", "users_without_name")) == findings


@pytest.mark.parametrize(("gap", "problems"), [(39, []), (40, ["belongs to the session before"])])
def test_sessions_are_checked_against_the_configured_gap(tables: Any, gap: int, problems: list[str]) -> None:
    load(tables, Event("e1", "ann", "2025-03-01 10:00"), Event("e2", "ann", "2025-03-01 10:40"))
    execute(tables, f"set document_events.session_gap_minutes = {gap}")
    assert [row[2] for row in run_file(tables, "checks", "sessions_match_events")] == problems


def test_a_gap_inside_a_session_is_found(tables: Any) -> None:
    load(tables, Event("e1", "ann", "2025-03-01 10:00"), Event("e2", "ann", "2025-03-01 10:20"))
    execute(tables, "set document_events.session_gap_minutes = 15")
    problems = [row[2] for row in run_file(tables, "checks", "sessions_match_events")]
    assert problems == ["a gap inside should have opened a new session"]
