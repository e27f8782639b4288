"""Compare the database with the right answers of a truth file: `python -m tests.check_truth data/truth.json`.

The truth is computed by whoever made the events, without the pipeline. Prints what differs; exit code 1 then.
"""

import json
import os
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2

# One scalar each.
_NUMBERS = {
    "records": "select records from last_run",
    "blank": "select blank from last_run",
    "quarantined": "select quarantined from last_run",
    "accepted": "select accepted from last_run",
    "exact_duplicates": "select exact_duplicates from last_run",
    "superseded": "select superseded from last_run",
    "events": "select count(*) from public.events",
    "users": "select count(*) from public.users",
    "users_acting": "select count(distinct user_id) from public.events",
    "documents": "select count(*) from public.documents",
    "share_recipients": "select count(*) from public.share_recipients",
    "sessions": "select count(*) from public.sessions",
    "single_event_sessions": "select count(*) from public.sessions where event_count = 1",
    "single_event_or_zero_length_sessions": ("select count(*) from public.sessions where session_duration_seconds = 0"),
    "mean_session_seconds": "select round(avg(session_duration_seconds), 6) from public.sessions",
}
# One object each: key, value.
_TABLES = {
    "events_by_type": "select event_type, count(*) from public.events group by 1",
    "events_by_day_of_week": "select day_of_week, count(*) from public.events group by 1",
    "daily_active_users_last_30_days": ("select activity_date::text, active_users from metrics.daily_active_users"),
    "shared_documents_per_user": (
        "select user_id, shared_documents from metrics.shared_documents_per_user where share_events > 0"
    ),
    "share_events_per_user": (
        "select user_id, share_events from metrics.shared_documents_per_user where share_events > 0"
    ),
    "recipients_per_user": ("select user_id, recipients from metrics.shared_documents_per_user where recipients > 0"),
    "document_words": ("select document_id, word_count from public.documents where word_count is not null"),
    "unmapped_fields": "select name, records from ops.unmapped_fields",
    "quarantined_by_reason": (
        "select unnest(q.reasons), count(*) from ops.quarantined_records as q"
        " join ops.ingested_files as f using (file_id) where f.is_current group by 1"
    ),
}
_LAST_RUN = (
    "with last_run as (select * from ops.pipeline_runs where status = 'succeeded' order by run_id desc limit 1) "
)


def compare(truth: dict[str, Any], cursor: Any) -> tuple[int, list[str]]:
    """(number of answers compared, what differs) between `truth` and the database behind `cursor`."""
    found: dict[str, Any] = {}
    for name in _NUMBERS.keys() & truth.keys():
        cursor.execute(_LAST_RUN + _NUMBERS[name])
        found[name] = cursor.fetchone()[0]
    for name in _TABLES.keys() & truth.keys():
        cursor.execute(_TABLES[name])
        found[name] = dict(cursor.fetchall())
    if "top_edited_documents" in truth:
        cursor.execute("select document_id, edit_count from metrics.top_edited_documents order by rank")
        found["top_edited_documents"] = [list(row) for row in cursor.fetchall()]
    if "sessions_per_user" in truth:
        cursor.execute(
            "select user_id, session_count, average_session_seconds from metrics.average_session_duration"
            " where session_count > 0"
        )
        found["sessions_per_user"] = {
            user_id: {"sessions": count, "average_seconds": average} for user_id, count, average in cursor.fetchall()
        }
    differences = [
        f"{name}: expected {truth[name]}, found {_plain(value)}"
        for name, value in sorted(found.items())
        if _plain(value) != _plain(_without_zero_shares(name, truth[name]))
    ]
    return len(found), differences


def _without_zero_shares(name: str, value: Any) -> Any:
    return (
        {key: count for key, count in value.items() if count} if "share" in name and isinstance(value, dict) else value
    )


def _plain(value: Any) -> Any:
    """Numbers to six decimals, so that 0, 0.0 and Decimal('0.000000') are one."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return round(float(value), 6) if isinstance(value, (int, float, Decimal)) else value


def main() -> int:
    truth = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection, connection.cursor() as cursor:
        compared, differences = compare(truth, cursor)
    print(*differences, f"{compared} answers compared, {len(differences)} differ", sep="\n")
    return 1 if differences or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
