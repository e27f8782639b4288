"""Three loads and two full refreshes of cases that go through them together, and what was there after each."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from jobs.steps import load as load_step
from jobs.storage.errors import UsageError
from tests.builders import ROOT, at
from tests.conftest import empty_database
from tests.loading import find_broken, fingerprint, load, query

MINUTES = "extract(epoch from {} - '2025-06-02 12:00Z')::int / 60"
LOOKED_AT = {
    # user, start and end in minutes after noon, events
    "sessions": f"select user_id, {MINUTES.format('started_at')}, {MINUTES.format('ended_at')}, event_count"
    " from sessions order by user_id, started_at",
    "session rows": "select user_id, session_id, xmin::text from sessions order by user_id, started_at",
    "session counts": "select user_id, event_count, edit_count, comment_count, share_count, document_count"
    " from sessions order by user_id, started_at",
    "event rows": "select event_id, user_id, run_id, xmin::text from events order by event_id",
    "users": f"select user_id, name, {MINUTES.format('first_seen_at')} from users order by user_id",
    "documents": "select document_id, title, first_seen_by, last_edited_by, word_count from documents",
    "recipients": f"select event_id, user_id, {MINUTES.format('shared_at')} from share_recipients order by 1, 2",
    "superseded": "select event_id, user_id, recipients, content_fingerprint from ops.superseded_records"
    " order by event_id, content_fingerprint",
    "readings": "select file_path, is_current, published, replaced, superseded from ops.ingested_files"
    " order by file_id",
    "runs": "select exact_duplicates, superseded, published from ops.pipeline_runs where status = 'succeeded'"
    " order by run_id",
    "health": "select open_quarantined_records from ops.health",
    "vacuums": "select vacuum_count from pg_stat_user_tables where relid = 'public.events'::regclass",
}
State = dict[str, list[tuple[Any, ...]]]
Case = list[list[str]]  # the lines that each load brings


def look(url: str, gap_minutes: int = 30) -> State:
    """What is in the database, by the names of LOOKED_AT, and what the checks find."""
    state = {name: query(url, statement) for name, statement in LOOKED_AT.items()}
    return state | {"fingerprint": fingerprint(url), "findings": find_broken(url, gap_minutes)}


def of(rows: list[tuple[Any, ...]], *keys: str) -> list[tuple[Any, ...]]:
    """The rows whose first column is one of these, without that column where it is one."""
    return [row[1:] if len(keys) == 1 else row for row in rows if row[0] in keys]


@dataclass
class Story:
    """What was there after each step, and what one load of the same files makes at two of them."""

    folder: Path
    first: State
    second: State
    third: State
    third_as_one_load: State
    rejected: str
    refreshed: State
    has_grant: list[tuple[Any, ...]]
    in_view: list[tuple[Any, ...]]
    dropped: State
    dropped_as_one_load: State


def run_steps(server: str, root: Path, cases: dict[str, Case], last: dict[str, list[str] | None]) -> Story:
    """Three loads, a full refresh, and one that cuts sessions by another gap and drops what the files hold no more.

    Each case has a file of its own in each load that brings lines of it. Before the last step the files get what `last`
    says of them; a file without lines is removed.
    """
    (folder := root / "in").mkdir()
    text = (ROOT / "conf" / "pipeline.yml").read_text()
    (settings := root / "settings.yml").write_text(text.replace("session_gap_minutes: 30", "session_gap_minutes: 60"))
    other_gap = ("--settings", str(settings))

    def load_next(step: int) -> State:
        for name, case in cases.items():
            if step < len(case):
                (folder / f"{name} {step}.jsonl").write_text("\n".join(case[step]) + "\n")
        load(url, folder, root / "data")
        return look(url)

    def load_at_once(*options: str) -> State:
        with empty_database(server) as other:
            load(other, folder, root / "other data", *options)
            return look(other, 60 if options else 30)

    with empty_database(server) as url, pytest.MonkeyPatch.context() as patch:
        first = load_next(0)
        patch.setattr(load_step, "_LARGE_LOAD", 1)
        second = load_next(1)
        patch.undo()
        third = load_next(2)
        third_as_one_load = load_at_once()
        (folder / "more.jsonl").write_text(at(90, "other gap 90", user_id="other gap") + "\n")
        with pytest.raises(UsageError) as rejected:
            load(url, folder, root / "data", *other_gap)
        (folder / "more.jsonl").unlink()
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("create view public.mine as select user_id, count(*) from public.events group by 1")
            cursor.execute("grant select on public.events to public")
        load(url, folder, root / "data", "--full-refresh")
        refreshed = look(url)
        has_grant = query(url, "select has_table_privilege('public', 'public.events', 'select')")
        in_view = query(url, "select sum(count) from public.mine")
        for name, lines in last.items():
            if lines is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text("\n".join(lines) + "\n")
        load(url, folder, root / "data", *other_gap, "--full-refresh", "--drop-missing")
        return Story(
            folder,
            first,
            second,
            third,
            third_as_one_load,
            str(rejected.value),
            refreshed,
            has_grant,
            in_view,
            look(url, 60),
            load_at_once(*other_gap),
        )
