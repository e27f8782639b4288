"""Reads the data of the report: the results of sql/report, and for each anomaly the rows that explain it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from jobs.storage.database.postgres import SQL, read_only, read_sql
from jobs.storage.database.queries import Result, query_file, run_query
from jobs.storage.errors import UsageError
from schemas.anomalies import KINDS, WHOLE_KIND

REPORT = SQL / "report"

# The page shows at most so many, so that it is readable and opens fast. The counts beside them include all.
SHOWN_ANOMALIES = 100
SHOWN_ROWS = 12

Row = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """An anomaly with the first rows that explain it, the number of all such rows, and the query for them."""

    anomaly: Row
    rows: Result
    row_count: int
    statement: str


@dataclass(frozen=True)
class Report:
    """The data of the page: the result of each file of sql/report, by name. All come from one state of the database."""

    results: dict[str, Result]
    findings: list[Finding]

    def rows(self, name: str) -> list[Row]:
        """Returns the rows of one result as dictionaries."""
        return as_dicts(self.results[name])


def as_dicts(result: Result) -> list[Row]:
    """Returns the rows of a result as dictionaries."""
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows]


def read_report(url: str) -> Report:
    """Reads everything in one read-only transaction.

    Raises UsageError if nothing was loaded or published yet, and DatabaseUnavailableError.
    """
    with read_only(url, "document-events report") as cursor:
        results = {path.stem: query_file(cursor, path) for path in sorted(REPORT.glob("*.sql"))}
        if not results["periods"].rows:
            raise UsageError(
                "no event has been published yet, so there is nothing to report: load some with `make pipeline`"
            )
        return Report(results, list(find_rows_behind(cursor, as_dicts(results["anomalies"])[:SHOWN_ANOMALIES])))


def find_rows_behind(cursor: Cursor, anomalies: list[Row]) -> Iterator[Finding]:
    """Yields each anomaly with its rows. The query is the file of sql/report/evidence that is named after its kind.

    A kind that flags too many subjects has one row; its rows here are all its findings.
    """
    views = {kind.name: sql.Identifier("metrics", kind.view) for kind in KINDS}
    for anomaly in anomalies:
        kind = anomaly["anomaly_type"]
        parts = {name: sql.Literal(anomaly[name]) for name in ("subject_id", "observed_at", "observed")}
        name = WHOLE_KIND if anomaly["subject_type"] == WHOLE_KIND else kind
        query = read_sql(REPORT / "evidence" / f"{name}.sql", {**parts, "view": views[kind]})
        statement = query.as_string(cursor).strip()
        title = f"rows behind {kind}"
        count = run_query(cursor, title, f"select count(*) from ({statement}\n) as evidence").rows[0][0]  # noqa: S608
        rows = run_query(cursor, title, f"{statement}\nlimit {SHOWN_ROWS:d}")
        yield Finding(anomaly, rows, count, f"{statement};")
