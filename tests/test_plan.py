"""A plan announces exactly what the run then does, and leaves nothing behind."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql
from pyspark.sql import SparkSession

from jobs.pipeline import arg_parser, run
from jobs.steps.load_folder import describe_load, load_folder
from jobs.storage.errors import QualityError
from tests.builders import at
from tests.conftest import empty_database

KEYS = {
    "users": "user_id",
    "documents": "document_id",
    "sessions": "session_id",
    "events": "event_id",
    "event_types": "event_type",
}
EDIT = {"event_type": "document_edit", "document_id": "d"}
SHARE = {"event_type": "document_shared", "document_id": "d", "shared_with_user_id": "dan"}
DAY = 24 * 60


FIRST = {
    "a.jsonl": [at(0), at(10, user_name="Ann"), at(200), at(50, "x", user_id="bob", **SHARE), "junk"],
    "b.jsonl": [at(DAY, **EDIT), at(2 * DAY, user_id="eve")],
    "notes.txt": ["not included"],
}
# Late events that lengthen and join sessions, a winner of a known id, repetitions, a new day, quarantined records, a
# field that no mapping reads. One file grows, one is new.
SECOND = {
    "b.jsonl": [*FIRST["b.jsonl"], at(DAY + 5, user_name="Anna", **EDIT)],
    "c.jsonl": [
        at(25),
        at(45, "x", user_id="cleo", **EDIT),
        at(0),
        at(3 * DAY, user_id="eve"),
        at(55, tier="gold"),
        at(85, user_id="ann"),
        at(DAY + 300, user_id="zoe"),
        at(1, edit_length="many"),
        *["junk"] * 2,
    ],
}


def write(folder: Path, files: dict[str, list[str]]) -> None:
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n")


def read_everything(url: str, data: Path) -> dict[str, Any]:
    """Every schema, relation, row and sequence of the database, and every file below the folder of data."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select nspname, relname, relkind from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
            " where nspname !~ '^(pg_|information_schema)' and relkind in ('r', 'v', 'S') order by 1, 2"
        )
        relations = cursor.fetchall()
        found: dict[str, Any] = {}
        for schema, name, kind in relations:
            columns = "last_value, is_called" if kind == "S" else "*"
            cursor.execute(sql.SQL(f"select {columns} from {{}}").format(sql.Identifier(schema, name)))
            found[f"{schema}.{name}"] = sorted(cursor.fetchall(), key=repr)
        cursor.execute("select nspname from pg_namespace where nspname !~ '^pg_' order by 1")
        found["schemas"] = cursor.fetchall()
    found["files"] = sorted(str(path) for path in data.rglob("*"))
    return found


class Planned:
    """One plan and the run after it, what each says, and everything there was before, between and after."""

    def __init__(self, url: str, folder: Path, data: Path) -> None:
        options = ["--input", str(folder), "--data", str(data), "--accept-quality"]
        self.before = read_everything(url, data)
        self.plan = load_folder(arg_parser().parse_args([*options, "--plan"]), url)
        self.between = read_everything(url, data)
        self.run = load_folder(arg_parser().parse_args(options), url)
        self.after = read_everything(url, data)

    def changed_rows(self, table: str) -> dict[str, int]:
        """Rows of a published table that the run has added, changed and removed, by its first column."""
        before, after = (
            {row[0]: row for row in state.get(f"public.{table}", [])} for state in (self.between, self.after)
        )
        return {
            "added": len(after.keys() - before.keys()),
            "changed": sum(before[key] != after[key] for key in before.keys() & after.keys()),
            "removed": len(before.keys() - after.keys()),
        }


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def url(server: str) -> Iterator[str]:
    with empty_database(server) as found:
        yield found


@pytest.fixture(scope="module")
def first(url: str, spark: SparkSession, folders: tuple[Path, Path]) -> Planned:
    """Planned and loaded into an empty database."""
    write(folders[0], FIRST)
    return Planned(url, *folders)


@pytest.fixture(scope="module")
def second(url: str, first: Planned, folders: tuple[Path, Path]) -> Planned:
    """Planned and merged after it."""
    write(folders[0], SECOND)
    return Planned(url, *folders)


@pytest.fixture(params=["first", "second"])
def planned(request: pytest.FixtureRequest, first: Planned, second: Planned) -> Planned:
    return {"first": first, "second": second}[request.param]


def test_a_plan_writes_nothing(planned: Planned) -> None:
    assert planned.between == planned.before
    assert planned.after != planned.before


def test_the_run_tells_what_was_announced(planned: Planned) -> None:
    told = [{k: v for k, v in each.items() if k not in ("run_id", "started_at", "seconds", "metric_rows")} for each in
            (planned.plan, planned.run)]  # fmt: skip
    assert told[0] == told[1]


@pytest.mark.parametrize("table", KEYS)
def test_the_run_changes_the_rows_that_were_announced(planned: Planned, table: str) -> None:
    announced = {"added": 0, "changed": 0, "removed": 0} | planned.plan["changes"][table]
    assert announced == planned.changed_rows(table)


def test_the_files_are_told_apart(first: Planned, second: Planned) -> None:
    assert [(each.plan["files"], each.plan["read_before"]) for each in (first, second)] == [(2, 0), (2, 1)]
    assert second.plan["skipped"] == [("notes.txt", "not included")]


def test_quarantined_and_superseded_are_those_announced(second: Planned) -> None:
    new = Counter(map(repr, second.after["ops.quarantined_records"]))
    new.subtract(map(repr, second.between["ops.quarantined_records"]))
    assert sum(new.values()) == second.plan["totals"]["quarantined"] == 3
    assert second.plan["quarantined_by_reason"] == {"bad_value": 1, "malformed_json": 2}
    assert (second.plan["totals"]["superseded"], second.plan["totals"]["replaced"]) == (0, 1)
    assert len(second.after["ops.superseded_records"]) == 1


def test_the_published_daily_numbers_change_as_announced(second: Planned) -> None:
    def numbers(state: dict[str, Any]) -> Counter[tuple[str, str]]:
        columns = ("event_id", "event_type", "event_at", "event_date", "day_of_week", "user_id")
        found: Counter[tuple[str, str]] = Counter()
        for row in state["public.events"]:
            event = dict(zip(columns, row, strict=False))
            found["events", str(event["event_date"])] += 1
            found["edits", str(event["event_date"])] += event["event_type"] == "document_edit"
            found["shares", str(event["event_date"])] += event["event_type"] == "document_shared"
        for day, _ in {(row[3], row[5]) for row in state["public.events"]}:
            found["daily_active_users", str(day)] += 1
        for row in state["public.sessions"]:
            found["sessions", f"{row[2]:%Y-%m-%d}"] += 1
        return found

    before, after = numbers(second.between), numbers(second.after)
    announced = {(each["metric"], str(each["activity_date"])): (each["old_value"], each["new_value"])
                 for each in second.plan["restatements"]}  # fmt: skip
    new_day = "2025-06-05"
    assert announced == {
        key: (before[key], after[key]) for key in before | after if before[key] != after[key] and key[1] != new_day
    }
    assert {metric for metric, _ in announced} == {"daily_active_users", "events", "edits", "shares", "sessions"}


def test_the_metrics_change_as_announced(second: Planned) -> None:
    changes = {}
    for name in (name for name in second.after if name.startswith("metrics.")):
        before, after = (Counter(map(repr, state[name])) for state in (second.between, second.after))
        changes[name.removeprefix("metrics.")] = {"come": (after - before).total(), "go": (before - after).total()}
    assert second.plan["metric_rows"] == changes
    assert changes["shared_documents_per_user"] != {"come": 0, "go": 0}


def test_sessions_cut_again_are_counted(second: Planned) -> None:
    # Ann's of noon, and bob's that loses x; no other is near. Of the file that has grown only new lines are read.
    assert second.plan["sessions_recut"] == 3


def plan(folders: tuple[Path, Path]) -> Namespace:
    """The arguments of a plan of the folder."""
    return arg_parser().parse_args(["--input", str(folders[0]), "--data", str(folders[1]), "--plan"])


def test_it_is_told_in_lines(second: Planned, folders: tuple[Path, Path]) -> None:
    lines = describe_load(plan(folders), second.plan).splitlines()
    assert lines[0] == "plan: 2 files would be read, 1 of them again; nothing has been written"
    assert "  2025-06-03  events                       1 ->         3  late" in lines
    assert f"  {'tier':<24}{1:>6}" in lines
    moved = second.plan["metric_rows"]["daily_active_users"]
    assert ["daily_active_users", str(moved["come"]), str(moved["go"])] in [line.split() for line in lines]


def test_a_plan_of_nothing_or_of_bad_files_leaves_everything_as_it_was(
    url: str, second: Planned, folders: tuple[Path, Path]
) -> None:
    before = read_everything(url, folders[1])
    assert run(plan(folders), url).startswith("nothing new: 3 files found")
    (folders[0] / "d.jsonl").write_text('{"event_id": 1}\n' * 30)
    with pytest.raises(QualityError, match="30 of 30 records are quarantined"):
        run(plan(folders), url)
    assert read_everything(url, folders[1]) == before
