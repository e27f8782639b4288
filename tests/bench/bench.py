"""`make bench` measures how long users wait for the job and for its alternatives, on simulated events.

Each part of `PARTS` can be run alone. The benchmark prints one table, and core seconds by stage. All measurements go
into data/runs/bench-*.json. tests/bench/README.md says what is measured and how.
"""

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.databases import running_server
from tests.bench.increments import load_increments
from tests.bench.inputs import ROOT, make_input
from tests.bench.loads import load_all, load_sample
from tests.bench.measure import as_json, workplace
from tests.bench.stream import stream_sample
from tests.bench.table import format_table, list_cores, list_results, warn_of_others

PARTS = ("small", "stream", "first-load", "increments")
CONTENDERS = ("job", "command", "duckdb", "pyspark")


def parse_names(known: tuple[str, ...]) -> Any:
    """Returns a parser of names that are separated by spaces or commas."""

    def parse(text: str) -> list[str]:
        names = text.replace(",", " ").split()
        if not names or set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{text!r}: name some of {', '.join(known)}")
        return names

    return parse


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench", description=__doc__.partition("\n")[0])
    add_common_arguments(parser)
    parser.add_argument("--only", type=parse_names(PARTS), default=list(PARTS), help="parts: " + ", ".join(PARTS))
    parser.add_argument(
        "--contenders", type=parse_names(CONTENDERS), default=list(CONTENDERS), help="of the first load"
    )
    parser.add_argument("--hundredths", type=int, default=3, help="how many are loaded on top of the rest (3)")
    parser.add_argument("--scattered", action="store_true", help="hundredths of records from every day and file")
    return parser


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that `make bench` and `make bench-compare` share."""
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Runs the selected parts. Returns their results."""
    folder = make_input(options.events, options.seed)
    result: dict[str, Any] = {"events": options.events}
    with running_server() as server, workplace() as place:
        if "small" in options.only:
            result["small"] = load_sample(server, place, options.rounds)
        if "stream" in options.only:
            result["stream"] = stream_sample(server, place)
        if "first-load" in options.only:
            result["first-load"] = load_all(server, place, folder, options.rounds, options.contenders)
        if "increments" in options.only:
            tables = result.get("first-load", {}).get("tables")
            result["increments"] = load_increments(server, place, folder, options.hundredths, options.scattered, tables)
    return result


def write_result(name: str, result: dict[str, Any]) -> Path:
    """Writes all measurements as JSON. Returns the path of the file."""
    path = ROOT / "data" / "runs" / f"{name}-{time.strftime('%Y%m%d%H%M%S')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(result), indent=2, default=str) + "\n")
    return path


def end_by_signal() -> None:
    """Makes SIGTERM end the benchmark as Ctrl-C does, so that servers, databases and temporary folders are removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def main() -> None:
    options = arg_parser().parse_args()
    end_by_signal()
    result = run(options)
    path = write_result(f"bench-{options.events}", result)
    print("\n" + format_table(list_results(result), words=(0, 4)))
    for title, rows in list_cores(result):
        print(f"\n{title}\n{format_table(rows)}")
    print(warn_of_others(result))
    print(f"everything that was measured: {path}")


if __name__ == "__main__":
    main()
