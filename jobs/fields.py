"""Shows what is in an unknown log: every path, how often it occurs, an example, and the field that reads it or might.

`python -m jobs.fields --input dir [--source conf/sources/x.yml]` reads a sample, without Spark and without a database.
It shows what the mapping reads. If there is no such file, it writes a first draft of the mapping. It never changes a
file that exists. The exit code is 2, with one line, if the folder or the mapping can't be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from jobs.profiling.draft import write_draft
from jobs.profiling.overview import COLUMNS, describe_sample, look_at, make_rows
from jobs.profiling.sample import Sample, take_sample
from jobs.reporting.tables import format_cell, show_results
from jobs.steps.job_runner import own_places
from jobs.steps.tool_runner import run_tool
from jobs.storage.config.environment import require_not_blank
from jobs.storage.config.settings import read_settings
from jobs.storage.config.sources import read_source
from jobs.storage.database.queries import Result
from jobs.storage.errors import UsageError
from jobs.storage.process.signals import run_stoppable


def show_fields(options: argparse.Namespace) -> None:
    """Prints what the folder holds, and writes a draft if the mapping does not exist."""
    require_not_blank({"--input": options.input, "--source": options.source})
    place = Path(options.source)
    is_draft = not os.path.lexists(place)
    if is_draft:
        check_place(place)
    source = None if is_draft else read_source(place)
    sample = take_sample(options.input, read_settings(options.settings).include, own_places(options))
    view, notes = look_at(sample, source)
    if not view.paths:
        raise nothing_found(options.input, sample)
    rows, missing = make_rows(view, source)
    left_out = view.left_out
    print("\n".join(map(format_cell, [*describe_sample(sample), *notes])))
    show_results([Result(f"{len(rows):,} paths in {len(view.records):,} records", COLUMNS, rows)])
    for line in [*left_out, *(f"{place}: {slip}" for slip in missing)]:
        print(format_cell(line))
    if is_draft:
        write_new(place, write_draft(view, options.input, options.source))
        print(f"{place} is a first draft of a mapping: check each line of it")


def check_place(place: Path) -> None:
    """Raises UsageError if no mapping could be written there. This is checked before anything is read."""
    if place.suffix not in (".yml", ".yaml"):
        raise UsageError(f"SOURCE={place}: there is no such file; for a draft, give a name that ends in .yml")
    if not place.parent.is_dir():
        raise UsageError(f"SOURCE={place}: there is no folder {place.parent}; make it, or name a file in conf/sources")


def nothing_found(folder: str, sample: Sample) -> UsageError:
    """Returns the error for files without a JSON object in them."""
    found = f"{sample.read_files:,} files were read, {sample.unreadable:,} could not be"
    return UsageError(
        f"input folder {folder}: no JSON object with anything in it ({found}); name the folder of a log of JSON records"
    )


def write_new(place: Path, text: str) -> None:
    """Writes a file that does not exist yet. Raises UsageError if it exists by now, or can't be written."""
    try:
        with place.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"SOURCE={place}: can't be written ({error.strerror}); name another file") from error


def arg_parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m jobs.fields", description=__doc__.partition("\n")[0])
    parser.add_argument("--input", required=True, help="folder of event logs, a path or an s3: URI")
    parser.add_argument(
        "--source", default="conf/sources/default.yml", help="a mapping; a draft is written to a new file"
    )
    parser.add_argument("--settings", type=Path, default="conf/pipeline.yml", help="tunables (%(default)s)")
    parser.add_argument("--data", default="data", help=argparse.SUPPRESS)
    parser.add_argument("--quarantine", help=argparse.SUPPRESS)
    return parser


def main(arguments: list[str]) -> int:
    """Shows the fields. Returns the exit code."""
    options = arg_parser().parse_args(arguments)
    return run_tool(lambda: show_fields(options))


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
