"""Measures the precision and recall of each kind of anomaly, and the false alarms a month in logs without anomalies.

    python -m tests.metrics.measure_anomalies --seeds 20 [--write]

makes two logs for each seed and generator: one with every kind of anomaly and one with none. It loads them into a
PostgreSQL of its own. One generator is the simulator, for which the rules were designed. The other one is
lifelike_log.py. `--write` puts the tables into sql/README.md.

Plain Python turns the records of a simulation into events, because that takes seconds and the job takes minutes. The
truth file of the simulation proves that the tables are those that the job would publish.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import psycopg2
from psycopg2.extensions import cursor as Cursor

from jobs.simulate import simulate
from jobs.simulation.records import list_recipients
from jobs.simulation.settings import AnomalyLevel, Settings
from jobs.storage.database.postgres import SQL
from jobs.storage.local import embedded_postgres
from schemas.anomalies import KINDS
from tests.check_truth import compare
from tests.conftest import empty_database
from tests.metrics import lifelike_log
from tests.metrics.lifelike_oddities import make_log
from tests.metrics.rows import Event, create_tables, load
from tests.simulation.test_simulate_truth import count_document_words, recount_records

GUIDE = SQL / "README.md"
EVENTS, DAYS = 10_000, 45
# Keys of the truth that need a run of the job: the account of records.
ACCOUNT = {"records", "blank", "quarantined", "accepted", "exact_duplicates", "superseded", "quarantined_by_reason"}
ACCOUNT |= {"unmapped_fields"}

Finding = tuple[str, str]  # kind, subject
Outcome = tuple[set[Finding], list[Finding]]  # what was planted, what was found


def make_event(record: dict[str, Any]) -> Event:
    """Returns the published event of a record."""
    is_edit = record["event_type"] == "document_edit"
    return Event(
        event_id=record["event_id"],
        user_id=record["user_id"],
        at=record["at"].replace(tzinfo=None).isoformat(sep=" "),
        event_type=record["event_type"],
        document_word_count=count_document_words(record) if is_edit else None,
        recipients=tuple(list_recipients(record)),
        reported_user_name=record.get("user_name"),
        reported_user_email=record.get("user_email"),
        reported_document_title=record.get("document_title"),
        **{
            name: record.get(name)
            for name in (
                "document_id",
                "edit_length",
                "comment_text",
                "permission",
                "device",
                "ip_address",
            )
        },
    )


def find_in_simulation(server: str, seed: int, has_oddities: bool) -> Outcome:
    """Returns the anomalies of one simulated log. Raises AssertionError if the tables differ from its truth."""
    with TemporaryDirectory() as folder:
        place, level = Path(folder) / "events", "all" if has_oddities else "none"
        simulate(Settings(EVENTS, seed, DAYS, date(2025, 6, 30), place, cast(AnomalyLevel, level)), workers=1)
        truth = json.loads((Path(folder) / "truth.json").read_text(encoding="utf-8"))
        _, records = recount_records(place)

    def check(cursor: Cursor) -> None:
        compared, differences = compare({k: v for k, v in truth.items() if k not in ACCOUNT}, cursor)
        assert compared > 10, compared
        assert differences == []

    planted = {(planted["type"], planted["subject"]) for planted in truth["planted_anomalies"]}
    return planted, find_anomalies(server, list(map(make_event, records)), check)


def find_in_lifelike_log(server: str, seed: int, has_oddities: bool) -> Outcome:
    """Returns the anomalies of one lifelike log."""
    log = make_log(seed, has_oddities)
    return log.planted, find_anomalies(server, log.events)


def find_anomalies(server: str, events: list[Event], check: Callable[[Cursor], None] | None = None) -> list[Finding]:
    """Returns the anomalies that the views find in these events. `check` may look at the tables before."""
    with empty_database(server) as url, closing(psycopg2.connect(url)) as connection:
        create_tables(connection)
        load(connection, *events)
        with connection.cursor() as cursor:
            cursor.execute("analyze")
            if check:
                check(cursor)
            cursor.execute("select anomaly_type, subject_id from metrics.anomalies")
            found = cursor.fetchall()
        connection.rollback()
    return found


@dataclass(frozen=True)
class Generator:
    """A generator of logs: its title, the days of a log, and the function that finds the anomalies of a seed."""

    title: str
    days: int
    find: Callable[[str, int, bool], Outcome]


GENERATORS = (
    Generator("Logs of the simulator", DAYS, find_in_simulation),
    Generator("Lifelike logs", lifelike_log.DAYS, find_in_lifelike_log),
)


def measure(server: str, generator: Generator, seeds: range) -> dict[str, Counter[str]]:
    """Returns for each kind: planted, found, true (found and planted), and false alarms in logs without anomalies."""
    counts = {kind.name: Counter[str]() for kind in KINDS}
    for seed in seeds:
        planted, found = generator.find(server, seed, True)
        _, false_alarms = generator.find(server, seed, False)
        for kind, count in counts.items():
            count["planted"] += sum(finding[0] == kind for finding in planted)
            count["found"] += sum(finding[0] == kind for finding in found)
            count["true"] += sum(finding[0] == kind for finding in planted & set(found))
            count["false alarms"] += sum(finding[0] == kind for finding in false_alarms)
        for finding in sorted(planted - set(found)):
            print(f"seed {seed}: missed {finding}")
        for finding in sorted(set(found) - planted):
            print(f"seed {seed}: found but not planted {finding}")
        for finding in sorted(false_alarms):
            print(f"seed {seed}: false alarm {finding}", flush=True)
    return counts


def rate(counts: Counter[str]) -> tuple[float, float]:
    """Returns (precision, recall); each is 1 if its divisor is 0."""
    precision = counts["true"] / counts["found"] if counts["found"] else 1.0
    return precision, counts["true"] / counts["planted"] if counts["planted"] else 1.0


def format_table(generator: Generator, counts: dict[str, Counter[str]], seeds: int) -> str:
    """Returns a Markdown table with a title and one line for each kind."""
    months = seeds * generator.days / 30
    lines = [
        f"{generator.title}, {seeds} of each sort, of {generator.days} days:\n",
        "| kind | planted | found | precision | recall | false alarms a clean month |",
        "|---|---|---|---|---|---|",
    ]
    for kind, count in (counts | {"all": sum(counts.values(), Counter())}).items():
        precision, recall = rate(count)
        alarms = count["false alarms"] / months
        lines.append(
            f"| `{kind}` | {count['planted']} | {count['found']} | {precision:.2f} | {recall:.2f} | {alarms:.2f} |"
        )
    return "\n".join(lines)


def write_tables(tables: str) -> None:
    """Replaces the tables of the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    start, end = text.index(GENERATORS[0].title), text.index("\n\n", text.rindex("| `all` |"))
    GUIDE.write_text(text[:start] + tables + text[end:], encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20, help="logs of each sort (%(default)s)")
    parser.add_argument("--write", action="store_true", help="put the tables into sql/README.md")
    options = parser.parse_args()
    seeds = range(1, options.seeds + 1)
    with TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as folder:
        server = embedded_postgres.start(Path(folder))
        try:
            tables = "\n\n".join(
                format_table(generator, measure(server, generator, seeds), len(seeds)) for generator in GENERATORS
            )
        finally:
            embedded_postgres.stop(Path(folder))
    print(tables)
    if options.write:
        write_tables(tables)


if __name__ == "__main__":
    main()
