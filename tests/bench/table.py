"""The tables that the benchmarks print: our job and its rivals, and core seconds by stage."""

from collections.abc import Iterable, Iterator
from statistics import median
from typing import Any

from tests.bench.cores import GROUPS
from tests.bench.measure import Run, median_seconds, middle
from tests.bench.stream import INTERVAL, middle_of_stream

Row = tuple[str, ...]
# Shells, sampling and ending processes take some hundredths in every run.
_MOST_OF_OTHERS = 0.1
_RIVALS = {"duckdb": "DuckDB and COPY", "pyspark": "a tutorial's Spark job"}


def format_table(rows: Iterable[Row], words: tuple[int, ...] = (0,)) -> str:
    """Formats rows as columns. The columns numbered in `words` are aligned left, the others right."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number in words else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def list_results(result: dict[str, Any]) -> Iterator[Row]:
    """Yields one row for each measurement: its name, ours, the rival's, their ratio, and the rival."""
    yield ("what (medians)", "ours", "rival", "ratio", "rival is")
    if first_load := result.get("first-load"):
        yield from _list_first_load(first_load, f"{result['events']:,} events")
    if small := result.get("small"):
        runs = small["runs"]
        for rival, name in {"plain": "a plain Spark session", "least": "the same, submitted like the job"}.items():
            yield _compare("the sample by make pipeline", runs["command"], runs[rival], name)
    if increments := result.get("increments"):
        yield from _list_increments(increments)
    for name, place in (("stream", "on top of the sample"), ("increments", "on top of all")):
        if found := result.get(name):
            yield from _list_stream(found["stream"] if name == "increments" else found, place)
    yield from _list_spark_counts(result)


def _list_first_load(found: dict[str, Any], events: str) -> Iterator[Row]:
    runs = found["runs"]
    job, command = f"first load of {events}, the job", "the same by make pipeline, start to prompt"
    pairs = [("job", job, "duckdb"), ("command", command, "duckdb"), ("job", job, "pyspark")]
    for name, label, rival in pairs:
        if runs.get(name) and runs.get(rival):
            yield _compare(label, runs[name], runs[rival], _RIVALS[rival])
    for name, label in (("brief", "the brief's five metrics, printed"), ("all", "all metrics, printed")):
        if found["metrics"][name]:
            yield (label, _seconds(median(found["metrics"][name])), "", "", "")


def _list_increments(found: dict[str, Any]) -> Iterator[Row]:
    first = found["first"].warm
    later = median(run.warm for run in found["hundredths"])
    for label, seconds in (("one event on top", found["event"].warm), ("one hundredth on top", later)):
        ratio = f"{seconds / first:.0%}"
        yield (
            f"{label}, Spark's start left out",
            _seconds(seconds),
            _seconds(first),
            ratio,
            "its first load, likewise",
        )


def _list_stream(found: dict[str, Any], place: str) -> Iterator[Row]:
    middle_event = middle_of_stream(found)
    label = f"one event by a running stream, {place}: until it is visible"
    yield (label, _seconds(middle_event["visible"]), "", "", "")
    yield (
        f"  of that until its load begins (it looks every {INTERVAL:g} s)",
        _seconds(middle_event["until_load"]),
        "",
        "",
        "",
    )


def _list_spark_counts(result: dict[str, Any]) -> Iterator[Row]:
    for label, run in _list_job_runs(result):
        counts = " / ".join(f"{run.spark[name]:,}" for name in ("jobs", "stages", "tasks"))
        yield (f"Spark jobs / stages / tasks: {label}", counts, "", "", "")


def _list_job_runs(result: dict[str, Any]) -> Iterator[tuple[str, Run]]:
    """Yields the runs of the job alone, which are the only ones with an event log."""
    for name, label in (("small", "the sample"), ("first-load", "a first load")):
        if (found := result.get(name)) and found["runs"].get("job"):
            yield label, middle(found["runs"]["job"])
    if increments := result.get("increments"):
        yield (
            "one hundredth",
            sorted(increments["hundredths"], key=lambda run: run.warm)[len(increments["hundredths"]) // 2],
        )
        yield "one event", increments["event"]


def list_cores(result: dict[str, Any]) -> Iterator[tuple[str, list[Row]]]:
    """Yields the title and the core seconds by stage of each kind of run."""
    shown = list(_list_job_runs(result))
    if (found := result.get("first-load")) and (runs := found["runs"].get("duckdb")):
        shown.append(("DuckDB's first load", middle(runs)))
    for label, run in shown:
        yield f"core seconds: {label}", list_core_rows(run)


def list_core_rows(run: Run) -> list[Row]:
    """Returns a heading, and a row for each stage with its wall-clock seconds and the core seconds of each group."""
    heading = ("stage", "clock", *GROUPS)
    return [
        heading,
        *((stage, *(f"{used[name]:.1f}" for name in heading[1:])) for stage, used in run.cores.items()),
    ]


def warn_of_others(result: Any) -> str:
    """Says how idle the machine was, by the run in which other programs used it most."""
    share = max((share_of_others(run) for run in find_runs(result)), default=0.0)
    advice = ": too much, measure again when nothing else runs" if share > _MOST_OF_OTHERS else ""
    return f"\nother programs had up to {share:.0%} of the cores in a run{advice}"


def share_of_others(run: Run) -> float:
    """Returns the share of core seconds that were neither idle nor used by the run."""
    used = run.cores["in all"]
    return used["others"] / sum(used[group] for group in GROUPS)


def find_runs(value: Any) -> Iterator[Run]:
    """Yields all runs in a result."""
    if isinstance(value, Run):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from find_runs(item)


def _compare(label: str, ours: list[Run], rivals: list[Run], known_as: str) -> Row:
    mine, theirs = median_seconds(ours), median_seconds(rivals)
    return (label, _seconds(mine), _seconds(theirs), f"{mine / theirs:.2f}", known_as)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"
