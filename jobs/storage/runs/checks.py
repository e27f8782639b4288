"""Runs the checks. Each is a query that returns no row when all is well.

Those of sql/checks look at all tables, and `make check` runs them. Those of sql/checks/run look at one run before it is
committed: at its sums, and at unusual records. They do not repeat the rules of the merge, so that a wrong rule shows.
The first line of each file says how severe a finding is. `-- severity: error` stops the run, and `-- severity: warn`
only warns.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import SqlParts, find_sql
from jobs.storage.errors import QualityError
from jobs.storage.runs.run import Run

logger = logging.getLogger(__name__)

_SEVERITIES = {"-- severity: error": "error", "-- severity: warn": "warn"}


@dataclass(frozen=True)
class Check:
    """One file of sql/checks or sql/checks/run. `severity` is `error` or `warn`."""

    name: str
    severity: str
    query: str


@dataclass(frozen=True)
class CheckResult:
    """How many rows a check found in a run, and the first of them as JSON."""

    name: str
    severity: str
    findings: int
    example: str | None


class FailedChecksError(QualityError):
    """Checks of severity `error` found something. `results` are those of all checks, for the ledger."""

    def __init__(self, results: list[CheckResult]) -> None:
        failed = [result for result in results if result.findings and result.severity == "error"]
        found = ", ".join(f"{result.name}: {result.findings:,}" for result in failed)
        super().__init__(
            f"checks found rows that must not be ({found}), first {failed[0].example};"
            " nothing was published. Run again, and report it if it happens again"
        )
        self.results = results


def read_checks() -> list[Check]:
    """Read all checks of all tables, by name. Raises ValueError if a file does not say how severe it is."""
    return [_read_check(path) for path in find_sql("checks/*.sql")]


def read_run_checks() -> list[Check]:
    """Read all checks of one run, by name. In their queries `{run_events}` is the table of its staged events."""
    return [_read_check(path) for path in find_sql("checks/run/*.sql")]


def check_run(cursor: Cursor, run: Run) -> list[CheckResult]:
    """Check the run, after it is merged and entered, and before its staging tables are dropped.

    Findings of severity `warn` are logged. Those of severity `error` raise FailedChecksError.
    """
    results = [_run_check(cursor, check, run) for check in read_run_checks()]
    for result in results:
        if result.findings and result.severity == "warn":
            logger.warning("check %s found %s rows, such as %s", result.name, f"{result.findings:,}", result.example)
    if any(result.findings and result.severity == "error" for result in results):
        raise FailedChecksError(results)
    return results


def run_tables_parts(run: Run) -> SqlParts:
    """Return the tables that SQL files name {run_events} and {run_recipients}.

    These are staging tables. In a first load they have already become the published ones.
    """
    schema = run.staging if run.merges else "public"
    return {
        "run_events": sql.Identifier(schema, "events"),
        "run_recipients": sql.Identifier(schema, "share_recipients"),
    }


def enter_results(cursor: Cursor, run: Run, results: list[CheckResult]) -> None:
    """Enter the results in ops.check_results."""
    for result in results:
        cursor.execute(
            "insert into ops.check_results (run_id, check_name, severity, findings, example)"
            " values (%s, %s, %s, %s, %s)",
            (run.run_id, result.name, result.severity, result.findings, result.example),
        )


def _read_check(path: Path) -> Check:
    text = path.read_text(encoding="utf-8")
    if not (severity := _SEVERITIES.get(text.partition("\n")[0])):
        raise ValueError(f"{path}: the first line must be `-- severity: error` or `-- severity: warn`")
    return Check(path.stem, severity, text.strip().removesuffix(";"))


def _run_check(cursor: Cursor, check: Check, run: Run) -> CheckResult:
    query = sql.SQL(check.query).format(**run.sql_parts, **run_tables_parts(run))
    counted = sql.SQL(
        "with findings as ({}\n)"
        " select (select count(*) from findings), (select to_jsonb(findings)::text from findings limit 1)"
    )
    cursor.execute(counted.format(query))
    ((findings, example),) = cursor.fetchall()
    return CheckResult(check.name, check.severity, findings, example)
