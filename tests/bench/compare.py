"""`make bench-compare BASE=<commit>` measures the first load by two versions of this project, in turn, on equal data.

BASE is checked out into a git worktree that is removed afterwards. The other version is this folder, with uncommitted
changes. Both use the packages that are installed here, and load into an empty database each time.
"""

import argparse
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2

from tests.bench.bench import add_common_arguments, end_by_signal, write_result
from tests.bench.cores import GROUPS
from tests.bench.databases import Server, empty_database, fingerprint, running_server
from tests.bench.inputs import ROOT, make_input
from tests.bench.loads import first_load_commands
from tests.bench.measure import Run, measure, median_seconds, middle, workplace
from tests.bench.table import Row, format_table, warn_of_others


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A worktree of the commit, which is removed afterwards."""
    with TemporaryDirectory(prefix="document-events-bench-") as spare:
        place = Path(spare) / "base"
        added = subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", str(place), f"{commit}^{{commit}}"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if added.returncode:
            reason = added.stderr.strip().splitlines()[-1]
            raise SystemExit(f"error: BASE={commit} can't be checked out ({reason}); name a commit, as in BASE=HEAD~1")
        try:
            yield place
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(place)], cwd=ROOT, check=False)


def load_in_turn(server: Server, places: dict[str, Path], folder: Path, rounds: int) -> dict[str, list[Run]]:
    """Returns the runs of each version. Prints a message if they publish different tables."""
    runs: dict[str, list[Run]] = {name: [] for name in places}
    tables: dict[str, Any] = {}
    for number in range(1, rounds + 1):
        for name, place in places.items():
            with empty_database(server) as url:
                runs[name].append(measure(first_load_commands(folder)["job"], place, server, url, event_log=True))
                tables[name] = _hash_tables(url, place)
            run = runs[name][-1]
            print(f"round {number}: {name} {run.seconds:.1f} s, {run.megabytes:,} MB, {run.stages}", flush=True)
    are_equal = len({str(found) for found in tables.values()}) == 1
    print("the tables are equal" if are_equal else f"the tables differ: {tables}", flush=True)
    return runs


def _hash_tables(url: str, place: Path) -> Any:
    """Hashes the tables by the statement of the version that loaded them; another version may have other columns."""
    try:
        return fingerprint(url, place)
    except (OSError, psycopg2.Error) as error:
        return f"no fingerprint: {error}"


def list_comparison(base: list[Run], ours: list[Run]) -> Iterator[Row]:
    """Yields the medians of the run, then stages, core seconds and Spark's counts of each version's median run."""
    yield ("what", "base", "here", "here / base")
    yield _compare("the whole job, s", median_seconds(base), median_seconds(ours))
    before, after = middle(base), middle(ours)
    yield _compare("peak memory of its largest process, MB", before.megabytes, after.megabytes)
    for stage in {**before.stages, **after.stages}:
        yield _compare(f"  {stage}, s", before.stages.get(stage), after.stages.get(stage))
    for group in GROUPS:
        yield _compare(f"core seconds, {group}", before.cores["in all"][group], after.cores["in all"][group])
    for kind in ("jobs", "stages", "tasks"):
        yield _compare(f"Spark's {kind}", before.spark[kind], after.spark[kind])


def _compare(label: str, base: float | None, ours: float | None) -> Row:
    ratio = f"{ours / base:.2f}" if base and ours is not None else ""
    return (label, *map(_format, (base, ours)), ratio)


def _format(number: float | None) -> str:
    """Formats seconds with one decimal, and counts without. A stage that a version lacks is blank."""
    if number is None:
        return ""
    return f"{number:,}" if isinstance(number, int) else f"{number:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.compare", description=__doc__.partition("\n")[0])
    parser.add_argument("--base", required=True, help="the commit to compare with")
    add_common_arguments(parser)
    options = parser.parse_args()
    if not options.base.strip():
        parser.error("BASE is not set: name a commit, as in make bench-compare BASE=HEAD~1")
    end_by_signal()
    with checked_out(options.base) as base, workplace() as here, running_server() as server:
        folder = make_input(options.events, options.seed)
        runs = load_in_turn(server, {"base": base, "here": here}, folder, options.rounds)
    path = write_result(f"bench-compare-{options.events}", {"base": options.base, "events": options.events, **runs})
    print("\n" + format_table(list_comparison(runs["base"], runs["here"])))
    print(warn_of_others(runs))
    print(f"everything that was measured: {path}")


if __name__ == "__main__":
    main()
