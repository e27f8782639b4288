"""The strongest alternative: DuckDB reads, deduplicates and sessionizes, and COPY loads.

`python tests/bench/rival_duckdb.py FOLDER` loads the JSON Lines below the folder into the empty database of
DATABASE_URL: the same rows in the same tables with the same keys, checks and indexes. It knows only the platform's own
field names, silently drops what it can't read, and can't load a second time. It prints its stages as JSON.
"""

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
from psycopg2 import sql

SQL = Path(__file__).resolve().parents[2] / "sql"
COLUMNS = [
    "event_id",
    "event_type",
    "timestamp",
    "user_id",
    "document_id",
    "user_name",
    "user_email",
    "document_title",
    "content",
    "word_count",
    "edit_length",
    "comment_text",
    "shared_with_user_id",
    "shared_with",
    "permission",
    "device",
    "ip_address",
]
WORD = r"[\p{L}\p{M}\p{N}]+(?:[''’‐‑-][\p{L}\p{M}\p{N}]+)*"  # noqa: RUF001 - the apostrophes and hyphens that words have inside
# Characters that are a word each.
CJK = r"[\p{Han}\p{Hiragana}\p{Katakana}\x{30FC}\x{FF70}]"
SPACED = (
    f"case when regexp_matches(content, '{CJK}') then regexp_replace(content, '{CJK}', ' x ', 'g') else content end"
)
IDS = ("event_id", "event_type", "user_id", "document_id", "shared_with_user_id")
FINGERPRINTED = [name for name in COLUMNS[3:] if name not in ("content", "word_count", "edit_length")]

RECIPIENTS = """coalesce(
        case when trim(shared_with_user_id) <> '' then [trim(shared_with_user_id)] end,
        list_distinct(from_json(shared_with, '["VARCHAR"]'))
    )"""

# An event dated more than a day after the run is in the future.
LATEST = time.time() + 86_400

PARSE = f"""
create table accepted as
select
    event_id, event_type, try_cast(timestamp as timestamptz) as event_at, user_id, document_id,
    coalesce(len(regexp_extract_all({SPACED}, '{WORD}')), try_cast(word_count as bigint)) as document_word_count,
    try_cast(edit_length as bigint) as edit_length, comment_text, {RECIPIENTS} as recipients, permission,
    device, ip_address,
    user_name as reported_user_name, user_email as reported_user_email, document_title as reported_document_title,
    md5(concat_ws(
        chr(0), event_type, epoch_us(try_cast(timestamp as timestamptz))::varchar, md5(content), word_count,
        edit_length,
        {", ".join(f"coalesce('=' || {name}, '')" for name in FINGERPRINTED)}
    )) as content_fingerprint,
    file_id, record_number
from records
where
    trim(event_id) <> '' and trim(event_type) <> '' and trim(user_id) <> ''
    and not ({" or ".join(f"coalesce(starts_with({name}, '{{') or starts_with({name}, '['), false)" for name in IDS)})
    and try_cast(timestamp as timestamptz) between '2000-01-01' and to_timestamp({LATEST})
    and (trim(document_id) <> '' or event_type not in ('document_edit', 'comment_added', 'document_shared'))
    and (edit_length is null or regexp_full_match(edit_length, '-?[0-9]+'))
    and (word_count is null or regexp_full_match(word_count, '[0-9]+'))
    and not contains(concat_ws('', {", ".join(COLUMNS)}), chr(0))
"""

SESSIONIZE = """
create table events as
with distinct_events as (
    select * from accepted
    qualify row_number() over (
        partition by event_id order by event_at, content_fingerprint, file_id, record_number
    ) = 1
),

marked as (
    select
        *,
        case when event_at - lag(event_at) over in_order <= interval 30 minutes then null else event_at end as opened_at
    from distinct_events
    window in_order as (partition by user_id order by event_at, event_id)
),

started as (
    select
        *,
        last_value(opened_at ignore nulls) over (partition by user_id order by event_at, event_id) as started_at
    from marked
)

select *, md5(epoch_us(started_at)::varchar || ':' || user_id) as session_id from started;

create table sessions as
select
    session_id, any_value(user_id) as user_id, min(event_at) as started_at, max(event_at) as ended_at,
    (epoch_us(max(event_at)) - epoch_us(min(event_at)))::decimal(18, 0) / 1000000 as seconds, count(*) as event_count,
    count_if(event_type = 'document_edit'), count_if(event_type = 'comment_added'),
    count_if(event_type = 'document_shared'), count(distinct document_id)
from events group by session_id;

create table users as
select
    user_id, max_by(name, (event_at, event_id)) filter (name is not null) as name,
    max_by(email, (event_at, event_id)) filter (email is not null) as email, min(event_at), max(event_at)
from (
    select user_id, event_at, event_id, reported_user_name as name, reported_user_email as email from events
    union all
    select unnest(recipients), event_at, event_id, null, null from events
)
group by user_id;

create table documents as
select
    document_id,
    max_by(reported_document_title, (event_at, event_id)) filter (reported_document_title is not null),
    min(event_at), min_by(user_id, (event_at, event_id)),
    max_by(user_id, (event_at, event_id)) filter (event_type = 'document_edit'),
    max(event_at) filter (event_type = 'document_edit'),
    max_by(document_word_count, (event_at, event_id))
        filter (event_type = 'document_edit' and document_word_count is not null)
from events where document_id is not null group by document_id;
"""

EVENTS = """
select
    event_id, event_type, event_at, event_at::date as event_date, dayname(event_at) as day_of_week, user_id,
    document_id, session_id, document_word_count, edit_length, comment_text, permission, device, ip_address,
    reported_user_name, reported_user_email, reported_document_title, content_fingerprint, file_id, record_number,
    1 as run_id, true as is_current, null::bigint as revision
from events where hash(event_id) % 2 = {part}
"""
PARTS = {
    "users": ["from users"],
    "documents": ["from documents"],
    "sessions": ["from sessions"],
    "events": [EVENTS.format(part=0), EVENTS.format(part=1)],
    "share_recipients": ["select event_id, unnest(recipients), event_at from events"],
}


def read(duck: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Fills `records`, one row per JSON object. Returns the number of files."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    duck.execute(
        "create table read_records as select *, row_number() over () as record_number from"
        f" read_json('{folder}/**/*.jsonl', format = 'newline_delimited', columns = {{{columns}}}, filename = true,"
        " ignore_errors = true)"
    )
    duck.execute(
        "create table files as select filename, row_number() over (order by filename) as file_id"
        " from (select distinct filename from read_records)"
    )
    duck.execute("create view records as select * from read_records join files using (filename)")
    return int(duck.execute("select count(*) from files").fetchone()[0])


def copy(duck: duckdb.DuckDBPyConnection, url: str, table: str, query: str) -> None:
    """Copies the rows of a query into a table by one COPY."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file, closing(psycopg2.connect(url)) as connection:
        duck.cursor().execute(f"copy ({query}) to '{file.name}' (format csv, header false, nullstr '\\N')")
        with connection, connection.cursor() as cursor, Path(file.name).open("rb") as rows:
            cursor.copy_expert(f"copy bench.{table} from stdin (format csv, null '\\N')", rows)


def run_files(cursor: Any, pattern: str) -> None:
    for path in sorted(SQL.glob(pattern)):
        cursor.execute(sql.SQL(path.read_text()).format(staging=sql.Identifier("bench"), run_id=sql.Literal(1)))


def main(folder: Path, url: str) -> None:
    seconds: dict[str, float] = {}
    started = time.monotonic()

    def mark(stage: str) -> None:
        seconds[stage] = round(time.monotonic() - started - sum(seconds.values()), 2)

    duck = duckdb.connect()
    duck.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
    files = read(duck, folder)
    duck.execute(PARSE)
    mark("parse")
    for statement in SESSIONIZE.split(";\n"):
        duck.execute(statement)
    mark("model")
    with closing(psycopg2.connect(url, options="-c timezone=UTC -c maintenance_work_mem=256MB")) as connection:
        with connection, connection.cursor() as cursor:
            run_files(cursor, "ddl/01*.sql")
            run_files(cursor, "migrations/*.sql")
            cursor.execute("create schema bench")
            run_files(cursor, "ddl/100_*.sql")
            cursor.execute(
                "insert into ops.pipeline_runs (run_id, started_at, status, kind, session_gap_minutes,"
                " code_version, configuration_version) values (1, now(), 'succeeded', 'load', 30, '', '')"
            )
            cursor.execute(
                "insert into ops.ingested_files select n, 'f' || n, 0, now(), '', '', '', 0, 0, 0, 0, 0, 0, 0,"
                " 0, 1, true from generate_series(1, %s) as n",
                (files,),
            )
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: copy(duck, url, *job), [(t, q) for t, queries in PARTS.items() for q in queries]))
        mark("load")
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "insert into bench.event_types (event_type, is_known, requires_document)"
                " select distinct event_type, false, false from bench.events"
            )
            run_files(cursor, "ddl/1[1-5]*.sql")
            for table in (*PARTS, "event_types"):
                cursor.execute(f"alter table bench.{table} set schema public")
            cursor.execute("analyze public.users, public.documents, public.sessions, public.events, public.event_types")
        mark("keys")
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), os.environ["DATABASE_URL"])
