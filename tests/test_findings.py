"""`make findings`: anomalies are remembered, new ones are told apart, and acknowledged ones are not printed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from jobs import findings
from jobs.reporting.data import REPORT, as_dicts
from jobs.storage.database.postgres import hold_run_lock
from jobs.storage.database.queries import query_file
from tests.conftest import copied_database, empty_database
from tests.metrics.rows import Event, comment, create_tables, execute, load, query
from tests.metrics.test_content_collapses import STEADY, edits_of
from tests.metrics.test_too_many import retries_of

Run = Callable[..., tuple[int, list[str], str]]


@pytest.fixture(scope="module")
def world(server: str) -> Iterator[str]:
    """The URL of a database with one collapse and one retry."""
    with empty_database(server) as url:
        with closing(psycopg2.connect(url)) as connection:
            create_tables(connection)
            retries = [comment(f"c{n}", "ann", f"2025-03-02 10:00:0{n}", comment_text="+1") for n in range(3)]
            load(connection, *edits_of(*STEADY, 5), *retries)
            connection.commit()
        yield url


@pytest.fixture
def database_url(server: str, world: str) -> Iterator[str]:
    """A copy of that world for each test."""
    with copied_database(server, world) as url:
        yield url


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the tool on the world; gives (exit code, lines, standard error)."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run_tool(*arguments: str) -> tuple[int, list[str], str]:
        code = findings.main(list(arguments))
        shown = capsys.readouterr()
        return code, [line for line in shown.out.splitlines() if line], shown.err

    return run_tool


def states(lines: list[str]) -> dict[str, list[str]]:
    """The kinds of the findings below each title, by its first words."""
    found: dict[str, list[str]] = {}
    for line in lines:
        title, colon, _ = line.partition(":")
        if colon and title in ("new", "known", "no longer found"):
            rows = found.setdefault(title, [])
        elif line.split()[0].isdecimal():
            rows.append(line.split()[2])
    return found


def change(database: Any, statement: str) -> None:
    execute(database, statement)
    database.commit()


NO_RETRY = "update public.events set comment_text = event_id where event_type = 'comment_added'"
AGAIN = "update public.events set comment_text = '+1' where event_type = 'comment_added'"
EMPTIED = "update public.events set document_word_count = 0 where document_word_count = 5"


def test_the_first_look_finds_new_ones_with_all_that_there_is_to_say(run: Run) -> None:
    code, lines, error = run()
    assert (code, error) == (0, "")
    assert lines[0] == "new: 2 findings"
    assert lines[1].split() == ["finding_id", "severity", "kind", "day", "explanation"]
    assert lines[3].split()[1:4] == ["warning", "content_collapse", "2025-03-01"]
    assert lines[3].endswith("Document doc fell from 100 words to 5 in one edit by ann at 2025-03-01 10:05:00 UTC.")
    assert states(lines) == {"new": ["content_collapse", "client_retry"]}


def test_the_next_look_tells_new_known_and_lost_ones_apart(run: Run, database: Any) -> None:
    change(database, NO_RETRY)
    assert states(run()[1]) == {"new": ["content_collapse"]}
    change(database, AGAIN)
    assert states(run()[1]) == {"new": ["client_retry"], "known": ["content_collapse"]}
    assert states(run()[1]) == {"known": ["content_collapse", "client_retry"]}
    change(database, NO_RETRY)
    assert states(run()[1]) == {"known": ["content_collapse"], "no longer found": ["client_retry"]}
    change(database, AGAIN)
    assert states(run()[1]) == {"known": ["content_collapse", "client_retry"]}


def test_a_finding_keeps_its_number_and_first_time_and_says_what_was_found_last(run: Run, database: Any) -> None:
    first = "select finding_id, first_found_at from ops.findings where kind = 'content_collapse'"
    run()
    before = query(database, first)
    database.commit()
    change(database, EMPTIED)
    run()
    assert query(database, first) == before
    last = "select severity, explanation like '% to 0 in one edit %', last_found_at > first_found_at from ops.findings"
    assert query(database, f"{last} where kind = 'content_collapse'") == [("critical", True, True)]


def replace_log(database: Any, *events: Event) -> None:
    """Let these be all events that there are."""
    execute(database, "truncate public.users, public.documents, ops.pipeline_runs cascade")
    load(database, *events)
    database.commit()


def test_several_of_one_subject_and_day_are_one_finding_which_says_the_gravest(run: Run, database: Any) -> None:
    counts = {"morning": 3, "noon": 12, "evening": 4}
    replace_log(
        database,
        *(
            comment(f"{text}{n}", "ann", f"2025-03-02 {hour}:00:{n:02}", comment_text=text)
            for hour, (text, count) in enumerate(counts.items(), start=10)
            for n in range(count)
        ),
    )
    assert query(database, "select count(*) from metrics.anomalies") == [(3,)]
    database.commit()  # an open transaction would make the tool wait
    lines = run()[1]
    assert lines[0] == "new: 1 finding"
    assert "came 12 times" in lines[-1]


def find_id(database: Any, kind: str) -> str:
    ((finding_id,),) = query(database, f"select finding_id from ops.findings where kind = '{kind}'")
    database.commit()
    return str(finding_id)


def test_what_is_acknowledged_is_not_printed_again_and_keeps_its_note(run: Run, database: Any) -> None:
    run()
    number = find_id(database, "content_collapse")
    done = run("--acknowledge", number, "--note", "a template, cleared on purpose")
    assert done == (0, [f"acknowledged: finding {number}, content_collapse of document doc on 2025-03-01"], "")
    assert states(run()[1]) == {"known": ["client_retry"]}
    run("--acknowledge", find_id(database, "client_retry"), "--note", "")
    change(database, NO_RETRY)
    assert run() == (0, ["no open finding"], "")
    run("--acknowledge", number)
    notes = "select note, acknowledged_at > first_found_at from ops.findings order by note"
    assert query(database, notes) == [("a template, cleared on purpose", True), (None, True)]


def test_the_report_says_which_are_new_known_or_acknowledged(run: Run, database: Any) -> None:
    def read_states() -> dict[str, str]:
        with database.cursor() as cursor:
            rows = as_dicts(query_file(cursor, REPORT / "anomalies.sql"))
        database.rollback()
        return {row["anomaly_type"]: row["state"] for row in rows}

    new = {"content_collapse": "new", "client_retry": "new"}
    assert read_states() == new
    run()
    assert read_states() == new
    run("--acknowledge", find_id(database, "client_retry"))
    run()
    assert read_states() == {"content_collapse": "known", "client_retry": "acknowledged"}


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("99", "there is no finding 99; `make findings` lists those that are open"),
        ("", "FINDING= is no number: name a finding as `make findings` numbers them"),
        ("-1", "FINDING=-1 is no number: name a finding as `make findings` numbers them"),
        ("9" * 30, f"FINDING={'9' * 30} is no number: name a finding as `make findings` numbers them"),
    ],
)
def test_a_wrong_number_is_told_in_one_line(run: Run, number: str, told: str) -> None:
    assert run(f"--acknowledge={number}") == (2, [], f"error: {told}\n")


def test_only_the_first_of_many_are_shown(run: Run) -> None:
    lines = run("--rows", "1")[1]
    assert lines[0] == "new: 2 findings, the first 1"
    assert states(lines) == {"new": ["content_collapse"]}


def test_a_kind_that_flags_too_many_is_one_finding(run: Run, database: Any) -> None:
    replace_log(database, *retries_of(22))
    assert states(run()[1]) == {"new": ["client_retry"]}
    assert query(database, "select subject_type, subject_id, day::text from ops.findings") == [
        ("kind", "client_retry", "2025-03-01")
    ]


def test_before_the_first_load_it_says_what_to_do(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with empty_database(server) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        assert findings.main([]) == 2
    told = "error: nothing has been loaded yet, so there is nothing to find; `make pipeline` loads\n"
    assert capsys.readouterr().err == told


def test_it_waits_for_a_run_since_an_erasure_must_not_miss_what_it_enters(run: Run, database_url: str) -> None:
    with hold_run_lock(database_url, 0):
        code, lines, error = run("--wait", "0")
    assert (code, lines) == (4, [])
    assert error == "error: another run holds the lock after 0 s; wait for it, or raise --wait\n"


def test_a_table_of_an_older_version_is_made(run: Run, database: Any) -> None:
    execute(database, "drop table ops.findings; delete from ops.migrations where migration >= '0019_findings'")
    database.commit()
    assert states(run()[1]) == {"new": ["content_collapse", "client_retry"]}
