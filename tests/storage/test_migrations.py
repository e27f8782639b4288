"""Migrations on real databases: an older database is brought up to date, and a newer or edited one is rejected."""

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.storage.database import migrations
from jobs.storage.database.postgres import find_sql
from jobs.storage.errors import UsageError
from schemas.columns import TABLES
from schemas.event_types import EVENT_TYPES, REQUIRED_BY_TYPE
from schemas.tables import PUBLISHED
from tests.conftest import empty_database
from tests.dictated.migration import add_columns, replace_check
from tests.storage.catalogue import read_catalogue
from tests.storage.conftest import load_one_event, prepare
from tests.storage.test_publish import column

FILES = [path.stem for path in find_sql("migrations/*.sql")]


def test_migrations_are_numbered_without_gaps() -> None:
    assert [name[:5] for name in FILES] == [f"{number:04d}_" for number in range(1, len(FILES) + 1)]


def test_a_new_database_has_all_migrations(database_url: str, database: Any) -> None:
    prepare(database_url)
    assert column(database, "select migration from ops.migrations order by 1") == FILES


def test_an_older_database_is_brought_up_to_date_by_the_next_run(old_url: str, server: str) -> None:
    load_one_event(old_url, 20)
    with empty_database(server) as new_url:
        load_one_event(new_url, 20)
        assert read_catalogue(old_url) == read_catalogue(new_url)
    with closing(psycopg2.connect(old_url)) as connection:
        assert column(connection, "select event_id from public.events order by 1") == ["e1", "e2", "e20", "e3"]
        assert column(connection, "select status from ops.pipeline_runs order by run_id") == ["succeeded", "succeeded"]


def test_reasons_and_fields_of_older_records_are_paired_if_the_pairs_are_known(old_url: str) -> None:
    with closing(psycopg2.connect(old_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into ops.quarantined_records (file_id, record_number, reasons, fields, raw_sha256, run_id)"
            " select file_id, 100 + n, reasons::text[], fields::text[], 'x', run_id from ops.ingested_files,"
            " (values (1, '{missing_field}', '{user_id,event_at}'), (2, '{malformed_json}', '{}'),"
            " (3, '{bad_value,missing_field}', '{edit_length,user_id}')) as added (n, reasons, fields)"
            " where file_id = (select min(file_id) from ops.ingested_files where is_current)"
        )
    load_one_event(old_url, 20)
    row = "record_number - 100 || ' ' || reason || ' ' || coalesce(field, '')"
    with closing(psycopg2.connect(old_url)) as connection:
        known = ["1 missing_field event_at", "1 missing_field user_id", "2 malformed_json "]
        assert (
            column(connection, f"select {row} from ops.quarantine_problems where record_number > 100 order by 1")
            == known
        )
        unknown = [f"3 {reason} (not recorded)" for reason in ("bad_value", "missing_field")]
        statement = f"select {row} from ops.open_quarantine_problems where record_number > 100 order by 1"
        assert column(connection, statement) == [*known, *unknown]
        column(connection, "delete from ops.quarantined_records where record_number > 100 returning 1")
        assert column(connection, "select count(*) from ops.quarantine_problems where record_number > 100") == [0]


def test_types_of_older_events_are_added(old_url: str) -> None:
    with closing(psycopg2.connect(old_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("update public.events set event_type = 'export' where event_id = 'e1'")
    prepare(old_url)
    with closing(psycopg2.connect(old_url)) as connection:
        names = [each.code for each in EVENT_TYPES]
        types = column(connection, "select event_type from public.event_types where is_known order by 1")
        assert types == sorted(names)
        assert column(connection, "select event_type from public.event_types where not is_known") == ["export"]
        assert (
            column(connection, "select tableowner from pg_tables where tablename in ('events', 'event_types')")
            == ["document_events_loader"] * 2
        )


def test_a_foreign_table_with_the_name_of_a_new_one_is_reported_and_kept(old_url: str) -> None:
    with closing(psycopg2.connect(old_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("create table public.event_types (id bigint); insert into public.event_types values (7)")
    with pytest.raises(UsageError, match=r"its own \(table public\.event_types\); nothing was changed"):
        prepare(old_url)
    with closing(psycopg2.connect(old_url)) as connection:
        assert column(connection, "select id from public.event_types") == [7]


def test_types_follow_the_catalogue(old_url: str) -> None:
    prepare(old_url)
    with closing(psycopg2.connect(old_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into public.event_types values ('gone', 'was known', true, false), ('used', 'was', true, true);"
            " update public.events set event_type = 'used' where event_id = 'e1';"
            " update public.event_types set description = 'other', is_known = false where event_type = 'user_login'"
        )
    load_one_event(old_url, 20)
    with closing(psycopg2.connect(old_url)) as connection:
        row = "event_type || ' ' || coalesce(description, '') || ' ' || is_known || ' ' || requires_document"
        found = column(connection, f'select {row} from public.event_types order by event_type collate "C"')
        assert set(found) >= {"used  false false", "user_login a user logs in true false"}
        assert not [text for text in found if text.startswith("gone")]


def test_sessions_of_an_older_database_are_counted(old_url: str) -> None:
    prepare(old_url)
    with closing(psycopg2.connect(old_url)) as connection:
        counts = "array[event_count, edit_count, comment_count, share_count, document_count]"
        assert column(connection, f"select {counts} from public.sessions order by started_at") == [
            [2, 1, 0, 0, 1],  # the session has a login and an edit
            [1, 0, 0, 1, 1],
        ]


def test_a_function_that_the_views_need_no_more_is_dropped_with_them(old_url: str) -> None:
    prepare(old_url)
    with closing(psycopg2.connect(old_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "create function metrics.find_kind(view_name text) returns text language sql as 'select view_name'"
        )
        cursor.execute("alter function metrics.find_kind(text) owner to document_events_owner")
    load_one_event(old_url, 20)
    with closing(psycopg2.connect(old_url)) as connection:
        assert column(connection, "select proname from pg_proc where proname = 'find_kind'") == []


def write_migration(url: str) -> str:
    """Returns the migration that adds what the database lacks of the catalogue, or an empty text."""
    prepare(url)
    with closing(psycopg2.connect(url)) as connection:
        lines = []
        for name, columns in TABLES.items():
            table = f"public.{name}" if name in PUBLISHED else f"ops.{name}"
            known = column(connection, f"select attname from pg_attribute where attrelid = to_regclass('{table}')")
            missing = tuple(each for each in columns if each.name not in known)
            lines += [add_columns(table, missing)] if known and missing else []
        (check,) = column(
            connection,
            "select pg_get_constraintdef(oid) from pg_constraint where conname = 'events_document_required'",
        )
        types = {code for code, names in REQUIRED_BY_TYPE.items() if "document_id" in names}
        lines += [replace_check()] if set(re.findall(r"'(\w+)'", check)) != types else []
    return "\n".join(lines)


def test_an_older_database_gets_new_parts_of_the_catalogue(old_url: str) -> None:
    text = write_migration(old_url)
    path = f"sql/migrations/{len(FILES) + 1:04d}_what_it_adds.sql"
    assert not text, f"{path}: write it by `python -m tests.dictated` or by hand\n{text}"


def test_the_migration_that_is_missing_is_written_out(old_url: str) -> None:
    with closing(psycopg2.connect(old_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "drop view public.event_details; alter table public.events drop column device;"
            " alter table ops.superseded_records drop column permission;"
            " alter table public.events drop constraint events_document_required,"
            " add constraint events_document_required check (event_type <> 'nothing')"
        )
    text = write_migration(old_url)
    assert "alter table if exists public.events\nadd column device text" in text
    assert "alter table ops.superseded_records\nadd column permission text" in text
    with closing(psycopg2.connect(old_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(text)
    assert write_migration(old_url) == ""


def test_each_migration_is_applied_once(database_url: str, database: Any, sql_folder: Path) -> None:
    (sql_folder / "migrations" / "9000_once.sql").write_text("create table ops.once (number bigint);")
    prepare(database_url)
    prepare(database_url)
    assert column(database, "select migration from ops.migrations order by 1") == [*FILES, "9000_once"]


def test_all_pending_migrations_are_applied_or_none(database_url: str, database: Any, sql_folder: Path) -> None:
    prepare(database_url)
    (sql_folder / "migrations" / "9000_good.sql").write_text("create table ops.good (number bigint);")
    (sql_folder / "migrations" / "9001_bad.sql").write_text("select 1 / 0;")
    with pytest.raises(psycopg2.errors.DivisionByZero):
        prepare(database_url)
    assert column(database, "select migration from ops.migrations order by 1") == FILES
    assert column(database, "select to_regclass('ops.good')") == [None]


def test_a_database_of_a_newer_version_is_rejected(database_url: str, database: Any) -> None:
    prepare(database_url)
    column(database, "insert into ops.migrations values ('9999_future', 'x', now(), '9.0') returning 1")
    with pytest.raises(UsageError, match=r"by a newer version \(9999_future is not in sql/migrations\): update this"):
        prepare(database_url)


def test_an_edited_migration_is_rejected(database_url: str, sql_folder: Path) -> None:
    prepare(database_url)
    file = sql_folder / "migrations" / "0001_books.sql"
    text = file.read_text()
    file.write_bytes(text.replace("\n", "\r\n").encode())
    prepare(database_url)  # a file with other line ends is the same file
    file.write_text(text + "-- one more line\n")
    with pytest.raises(UsageError, match=r"sql/migrations/0001_books\.sql was changed after .* put it back"):
        prepare(database_url)


def test_a_migration_numbered_before_applied_ones_is_rejected(database_url: str, sql_folder: Path) -> None:
    prepare(database_url)
    (sql_folder / "migrations" / "0001_also.sql").write_text("select 1;")
    with pytest.raises(UsageError, match=r"0001_also\.sql comes before .* give it the next number"):
        prepare(database_url)


def test_a_lock_that_is_kept_ends_the_run(
    database_url: str, database: Any, sql_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(database_url)
    (sql_folder / "migrations" / "9000_wide.sql").write_text("alter table ops.pipeline_runs add column wide text;")
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "100ms")
    with database.cursor() as reader:
        reader.execute("select 1 from ops.pipeline_runs")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            prepare(database_url)
