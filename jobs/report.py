"""Writes the report: one HTML page with the metrics, the quality of the data, and the anomalies with their reasons.

`python -m jobs.report [--output data/reports/index.html]` reads the database of DATABASE_URL, or the embedded one, in
one read-only transaction. The page needs no network. The exit code is 2 if nothing was published yet or the page can't
be written, and 4 if the database can't be reached. Each comes with a line that says why.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from jobs.reporting.data import read_report
from jobs.reporting.page import render
from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.local.database_url import find_database
from jobs.storage.process.signals import run_stoppable


def write_page(path: Path, page: str) -> None:
    """Writes the whole page or nothing. Raises UsageError if it can't be written."""
    unfinished = path.with_suffix(".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(page, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{path} can't be written ({error.strerror}): name another place with --output") from error


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs.report", description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default="data/reports/index.html", help="the page (%(default)s)")
    return parser


def main(arguments: list[str]) -> int:
    """Writes the report. Returns the exit code."""
    options = arg_parser().parse_args(arguments)
    try:
        page = render(read_report(find_database()), datetime.now(UTC))
        write_page(options.output, page)
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{options.output}: {len(page) / 1e6:.1f} MB; open it in a browser: {options.output.resolve().as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
