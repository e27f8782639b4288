"""The checks of sql/checks, each a query that returns no row when all is well: over everything, or over one run's rows.

A file runs as it stands over everything. Its lines that begin with `-- touched:` narrow it to what a run touched, by
the tables in the run's staging schema; they are put in force while the run is published. Its first line says how
severe a finding is: `-- severity: error` stops a run, `-- severity: warn` is only told.
"""

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import find_sql
from jobs.storage.errors import QualityError
from jobs.storage.runs.run import Run

logger = logging.getLogger(__name__)

_SEVERITY = re.compile(r"-- severity: (?P<severity>error|warn)\n")
_TOUCHED = re.compile(r"^( *)-- touched: ", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """One file of sql/checks; `severity` is error or warn."""

    name: str
    severity: str
    query: str

    def narrowed(self, run: Run) -> sql.Composable:
        """The query over what the run touched; over everything, where it is the first load or not about new records."""
        if not run.merges or run.kind in ("full_refresh", "erase"):
            return sql.SQL(self.query)
        return sql.SQL(_TOUCHED.sub(r"\1", self.query)).format(**run.sql_parts)


@dataclass(frozen=True)
class CheckResult:
    """How many rows a check found in a run, and the first of them as JSON."""

    name: str
    severity: str
    findings: int
    example: str | None


class FailedChecksError(QualityError):
    """Checks of severity error found something. `results` are those of all checks, for the books."""

    def __init__(self, results: list[CheckResult]) -> None:
        failed = [result for result in results if result.findings and result.severity == "error"]
        found = ", ".join(f"{result.name}: {result.findings:,}" for result in failed)
        super().__init__(
            f"checks found rows that must not be ({found}), first {failed[0].example};"
            " nothing was published, run again and report it if it stays"
        )
        self.results = results


def read_checks() -> list[Check]:
    """All checks, by name. Raises ValueError where a file does not say how severe it is."""
    return [_read_check(path) for path in find_sql("checks/*.sql")]


def check_run(cursor: Cursor, run: Run) -> list[CheckResult]:
    """Check what the run touched, once it is merged and entered, its staging tables still there.

    Raises FailedChecksError; findings of severity warn are logged.
    """
    cursor.execute(
        "select set_config('document_events.session_gap_minutes', session_gap_minutes::text, true)"
        " from ops.pipeline_runs where run_id = %s",
        (run.run_id,),
    )
    results = [_run_check(cursor, check, run) for check in read_checks()]
    for result in results:
        if result.findings and result.severity == "warn":
            logger.warning("check %s: %s rows, such as %s", result.name, f"{result.findings:,}", result.example)
    if any(result.findings and result.severity == "error" for result in results):
        raise FailedChecksError(results)
    return results


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
    if not (header := _SEVERITY.match(text)):
        raise ValueError(f"{path}: the first line must be `-- severity: error` or `-- severity: warn`")
    return Check(path.stem, header["severity"], text.strip().removesuffix(";"))


def _run_check(cursor: Cursor, check: Check, run: Run) -> CheckResult:
    counted = sql.SQL(
        "with findings as ({}\n)"
        " select (select count(*) from findings), (select to_jsonb(findings)::text from findings limit 1)"
    )
    cursor.execute(counted.format(check.narrowed(run)))
    ((findings, example),) = cursor.fetchall()
    return CheckResult(check.name, check.severity, findings, example)
