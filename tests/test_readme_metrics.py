"""What README says of the five metrics is what `make pipeline` prints of them for the sample."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from statistics import mean

import psycopg2
import pytest

from jobs import query
from tests.builders import ROOT
from tests.check_truth import compare
from tests.conftest import empty_database
from tests.metrics.measure_anomalies import ACCOUNT, make_event
from tests.metrics.rows import create_tables, load
from tests.simulation.test_simulate_truth import recount_records

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.split("## The five metrics on the sample\n")[1].split("\n## ")[0]

Printed = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def sample(server: str) -> Iterator[str]:
    """The URL of a database with the events of the sample, which are those of its truth file."""
    truth = json.loads((ROOT / "data" / "truth.json").read_text(encoding="utf-8"))
    with empty_database(server) as url:
        with closing(psycopg2.connect(url)) as connection:
            create_tables(connection)
            load(connection, *map(make_event, recount_records(ROOT / "data" / "events")[1]))
            with connection.cursor() as cursor:
                _, differences = compare({k: v for k, v in truth.items() if k not in ACCOUNT}, cursor)
            assert differences == []
            connection.commit()
        yield url


def read_tables(text: str) -> Printed:
    """The rows of each printed table by column, under the name of its view."""
    found = {}
    for block in text.strip().split("\n\n"):
        title, header, ruler, *rows = block.split("\n")
        places = [slice(*match.span()) for match in re.finditer("-+", ruler)]
        names = [header[place].strip() for place in places]
        found[title.split()[0].removeprefix("metrics.")] = [
            dict(zip(names, [row[place].strip() for place in places], strict=True)) for row in rows
        ]
    return found


@pytest.fixture
def print_metrics(
    sample: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[int], Printed]:
    """Prints so many rows of each of the five metrics of the sample."""
    monkeypatch.setenv("DATABASE_URL", sample)

    def call(rows: int) -> Printed:
        assert query.main(["--brief", "--rows", str(rows)]) == 0
        return read_tables(capsys.readouterr().out)

    return call


@pytest.fixture
def printed(print_metrics: Callable[[int], Printed]) -> Printed:
    """The last lines of `make pipeline` on the sample."""
    return print_metrics(5)


def test_five_rows_are_printed_as_make_pipeline_asks() -> None:
    assert "jobs.query --brief --rows 5\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_five_of_the_brief_are_printed(printed: Printed) -> None:
    assert (*printed,) == query.BRIEF
    assert [name for name in query.BRIEF if f"`metrics.{name}`" not in README.split("## The five metrics")[0]] == []


def test_the_days_are_the_latest(printed: Printed, print_metrics: Callable[[int], Printed]) -> None:
    month = print_metrics(30)["daily_active_users"]
    assert printed["daily_active_users"] == month[:5]
    users = {date.fromisoformat(row["activity_date"]): int(row["active_users"]) for row in month}
    weekends = [count for day, count in users.items() if day.weekday() >= 5]
    assert mean(weekends) < 0.6 * mean(users.values())
    latest = ", ".join(row["active_users"] for row in printed["daily_active_users"])
    assert (
        f"({min(users)} to {max(users):%m-%d}): {latest} on the last five, latest first;"
        f" {min(users.values())} to {max(users.values())} a day, {mean(users.values()):.1f} on average, few at weekends"
    ) in SECTION


def test_the_leader_of_session_duration_is_printed_first(sample: str, printed: Printed) -> None:
    leader = printed["average_session_duration"][0]
    with closing(psycopg2.connect(sample)) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*), round(avg(session_duration_seconds)) from public.sessions")
        ((sessions, seconds),) = cursor.fetchall()
    assert (
        f"`{leader['user_id']}` leads with {float(leader['average_session_seconds']):,.1f} s over"
        f" {leader['session_count']} sessions; over all {sessions} sessions it is {seconds} s."
    ) in SECTION


def test_the_most_edited_documents_are_printed(printed: Printed) -> None:
    first, *others = printed["top_edited_documents"]
    told = f"`{first['document_id']}` ({first['edit_count']} edits by {first['editor_count']} people)"
    assert ", ".join([told, *(f"`{row['document_id']}` ({row['edit_count']})" for row in others)]) in SECTION


def test_who_shares_most_is_printed_first(printed: Printed) -> None:
    first, second, third, *_ = printed["shared_documents_per_user"]
    assert (
        f"`{first['user_id']}` shared {first['shared_documents']} different documents, {first['share_events']} times,"
        f" with {first['recipients']} people; next are {second['shared_documents']} and {third['shared_documents']}."
    ) in SECTION


def test_all_anomalies_are_printed_in_the_order_of_the_page(printed: Printed) -> None:
    told = [f"   - `{row['anomaly_type']}`, {row['severity']}: *{row['explanation']}*" for row in printed["anomalies"]]
    assert [line for line in SECTION.splitlines() if line.startswith("   - ")] == told
    assert len(told) == 4
