"""Measures how long an event takes from its file to the tables while `make stream` runs."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2

from jobs.stream import arg_parser
from tests.bench.databases import Server, empty_database
from tests.bench.inputs import SAMPLE, find_edit, write_event
from tests.bench.logs import read_stages
from tests.bench.measure import make_environment, start, submit

# Seconds between two looks of the stream into its folder. Each file comes at another moment between two looks.
INTERVAL = float(arg_parser().get_default("interval"))
_PAUSES = [INTERVAL * tenths / 10 for tenths in (1, 3, 5, 7, 9)]
_PATIENCE = 600.0


def stream_sample(server: Server, place: Path) -> dict[str, Any]:
    """Measures a stream that begins with the sample and an empty database."""
    with TemporaryDirectory(prefix="document-events-bench-") as spare, empty_database(server) as url:
        folder = shutil.copytree(SAMPLE, Path(spare) / "events")
        return time_stream(place, url, folder, find_edit(folder))


def time_stream(place: Path, url: str, folder: Path, edit: dict[str, Any]) -> dict[str, Any]:
    """Starts a stream on the folder, whose first batch has one more event. Then adds files of one event each.

    Returns seconds: `first` from the start to the first event in the tables; for each later file `visible` from the
    file to the table, and `until_load`, the part of it before the load begins.
    """
    write_event(folder, edit, "stream-0")
    started = time.time()
    with running_stream(place, url, folder) as process:
        first = round(wait_for_event(process, url, "stream-0") - started, 2)
        later = []
        for number, pause in enumerate(_PAUSES, 1):
            time.sleep(pause)
            later.append(time_event(process, place, url, folder, edit, f"stream-{number}"))
            print(f"stream, event {number}: {later[-1]}", flush=True)
    return {"first": first, "later": later}


def time_event(
    process: "subprocess.Popen[Any]", place: Path, url: str, folder: Path, edit: dict[str, Any], event_id: str
) -> dict[str, float]:
    """Adds a file with this event to the folder of a running stream, and waits for the event."""
    write_event(folder, edit, event_id)
    written = time.time()
    visible = wait_for_event(process, url, event_id)
    begun = min((stage.start for stage in read_stages(place, written) if stage.start > written), default=written)
    return {"visible": round(visible - written, 2), "until_load": round(begun - written, 2)}


def middle_of_stream(found: dict[str, Any]) -> dict[str, float]:
    """Returns the medians of the later events."""
    return {name: round(median(event[name] for event in found["later"]), 2) for name in ("visible", "until_load")}


@contextmanager
def running_stream(place: Path, url: str, folder: Path) -> "Iterator[subprocess.Popen[Any]]":
    """A stream as `make stream` starts it. It is stopped at the end."""
    with (place / "output").open("w") as output:
        command = submit("--database", "jobs/stream.py", "--input", str(folder))
        process = start(command, place, make_environment(place, url), output)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def wait_for_event(process: "subprocess.Popen[Any]", url: str, event_id: str) -> float:
    """Returns the moment when the event is in the published table. Ends the benchmark if the stream ended before."""
    deadline = time.monotonic() + _PATIENCE
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        while time.monotonic() < deadline:
            cursor.execute("select to_regclass('public.events') is not null")
            if cursor.fetchone() == (True,):
                cursor.execute("select from public.events where event_id = %s", [event_id])
                if cursor.rowcount:
                    return time.time()
            if process.poll() is not None:
                raise SystemExit(f"the stream has ended with code {process.returncode}")
            time.sleep(0.02)
    raise SystemExit(f"the stream has not published {event_id} in {_PATIENCE:.0f} s")
