"""The part of the benchmark that loads after a first load: hundredths, one event, and events into a stream."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.databases import Server, empty_database, fingerprint
from tests.bench.inputs import deal, find_edit, write_event
from tests.bench.loads import first_load_commands
from tests.bench.measure import Run, measure
from tests.bench.stream import time_stream


def load_increments(
    server: Server, place: Path, folder: Path, hundredths: int, scattered: bool, tables: list[Any] | None
) -> dict[str, Any]:
    """Loads all but so many hundredths, then each hundredth, then a file with one event, and then a stream.

    Ends the benchmark if the tables before the single event differ from those of one load, which are `tables` or are
    loaded here.
    """
    with TemporaryDirectory(dir=folder.parent) as spare, empty_database(server) as url:
        first, *later = [
            _load(server, place, part, url) for part in deal(folder, Path(spare) / "parts", hundredths, scattered)
        ]
        _require_equal(fingerprint(url), tables or _load_at_once(server, place, folder))
        edit = find_edit(folder)
        write_event(single := Path(spare) / "single", edit, "bench-single")
        event = _load(server, place, single, url)
        stream = time_stream(place, url, single, edit)
    return {"first": first, "hundredths": later, "event": event, "stream": stream}


def _load(server: Server, place: Path, folder: Path, url: str) -> Run:
    run = measure(first_load_commands(folder)["job"], place, server, url, event_log=True)
    print(f"{folder.name} on top: {run.seconds:.1f} s, {run.warm:.1f} s without Spark's start", flush=True)
    return run


def _load_at_once(server: Server, place: Path, folder: Path) -> list[Any]:
    with empty_database(server) as url:
        _load(server, place, folder, url)
        return fingerprint(url)


def _require_equal(found: list[Any], expected: list[Any]) -> None:
    if found != expected:
        raise SystemExit(f"the tables differ from those of one load: {found}, {expected}")
