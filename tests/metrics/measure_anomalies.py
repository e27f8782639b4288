"""How well anomalies are found: precision and recall by kind, and false alarms a month where nothing was planted.

    python -m tests.metrics.measure_anomalies --seeds 20

simulates, for each seed, one log with every kind planted and one with none, and loads both into a PostgreSQL of its
own. The events are told from the records in plain Python instead of by the job, because that takes seconds and not
minutes; that the tables are those that the job would publish is checked against the truth file of the simulation.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2

from jobs.simulate import simulate
from jobs.simulation.records import list_recipients
from jobs.simulation.settings import AnomalyLevel, Settings
from jobs.storage.config.settings import THRESHOLDS
from jobs.storage.local import embedded_postgres
from tests.check_truth import compare
from tests.conftest import empty_database
from tests.metrics.rows import Event, create_tables, load
from tests.simulation.test_simulate_truth import count_document_words, recount_records

EVENTS, DAYS = 10_000, 45
# Of the truth, what only a run of the job has: the account of records.
ACCOUNT = {"records", "blank", "quarantined", "accepted", "exact_duplicates", "superseded", "quarantined_by_reason"}
ACCOUNT |= {"unmapped_fields"}

Finding = tuple[str, str]  # kind, subject


def make_event(record: dict[str, Any]) -> Event:
    """A published event, from its record."""
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


def find_in_simulation(
    server: str, folder: Path, seed: int, anomalies: AnomalyLevel
) -> tuple[set[Finding], list[Finding]]:
    """(what was planted, what was found) in one simulated log. Raises AssertionError where the tables are not true."""
    simulate(Settings(EVENTS, seed, DAYS, date(2025, 6, 30), folder / "events", anomalies), workers=1)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    _, records = recount_records(folder / "events")
    with empty_database(server) as url, closing(psycopg2.connect(url)) as connection:
        create_tables(connection)
        load(connection, *map(make_event, records))
        with connection.cursor() as cursor:
            cursor.execute("analyze")
            compared, differences = compare({k: v for k, v in truth.items() if k not in ACCOUNT}, cursor)
            assert compared > 10, compared
            assert differences == []
            cursor.execute("select anomaly_type, subject_id from metrics.anomalies")
            found = cursor.fetchall()
        connection.rollback()
    return {(planted["type"], planted["subject"]) for planted in truth["planted_anomalies"]}, found


def measure(server: str, seeds: range) -> dict[str, Counter[str]]:
    """By kind: planted, found, true (found and planted), false alarms where nothing was planted."""
    counts = {kind: Counter[str]() for kind in THRESHOLDS}
    for seed in seeds:
        with TemporaryDirectory() as folder:
            planted, found = find_in_simulation(server, Path(folder, "all"), seed, "all")
            _, false_alarms = find_in_simulation(server, Path(folder, "none"), seed, "none")
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
    """(precision, recall); 1 where there is nothing to divide by."""
    precision = counts["true"] / counts["found"] if counts["found"] else 1.0
    return precision, counts["true"] / counts["planted"] if counts["planted"] else 1.0


def format_table(counts: dict[str, Counter[str]], seeds: int) -> str:
    """A Markdown table, one line a kind."""
    months = seeds * DAYS / 30
    lines = [
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20, help="simulated logs of each sort (%(default)s)")
    seeds = parser.parse_args().seeds
    with TemporaryDirectory(prefix="document-events-", ignore_cleanup_errors=True) as folder:
        server = embedded_postgres.start(Path(folder))
        try:
            counts = measure(server, range(1, seeds + 1))
        finally:
            embedded_postgres.stop(Path(folder))
    print(format_table(counts, seeds))


if __name__ == "__main__":
    main()
