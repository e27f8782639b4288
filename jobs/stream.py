"""Loads a folder of event logs again and again: it does what jobs/pipeline.py does each time that files appear.

    spark-submit --properties-file conf/spark-defaults.conf jobs/stream.py --input data/events

Structured Streaming watches the folder, and starts a batch when it finds a new file. The ledger says which files are
new or changed, and the function of the batch job loads them, under the same lock. So each record counts once, whatever
is killed, and stream and batch may take turns on one database.

Only the ledger remembers what was loaded. Spark's checkpoint could contradict it after a lost disk or a restored
backup, and files that only the checkpoint calls done would be missing. So each start makes a new checkpoint, sees all
files as new, and lets the ledger choose.

A changed file is read again in full. It is better to write a file under a name that begins with `_` or ends in `.tmp`,
and to rename it when it is complete. If a file changes while it is read, that load fails; the stream says so and goes
on. On HDFS and the like, Spark's own file source watches, which does not notice changed files. So the folder is also
listed every `--look-again` seconds.

With `--once` the stream loads what is there and ends. Otherwise SIGINT or SIGTERM ends it after the current batch, with
exit code 0, or with the codes and lines of jobs/pipeline.py. A bad file is held back, and the stream goes on. If it is
the only file of its batch, this needs an earlier file that the same mapping has loaded. If the quality gate stops a
whole batch, the stream ends, and so does each new start, until the data or the mapping are fixed.
"""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from jobs.steps.job_runner import note_end, own_places, run_job
from jobs.steps.load_folder import add_folder_arguments, describe_load, load_folder
from jobs.storage.config.settings import Settings, read_settings
from jobs.storage.errors import ChangedFilesError
from jobs.storage.input.discovery import discover
from jobs.storage.input.watch_folder import watch
from jobs.storage.process.signals import STOPPING
from jobs.storage.process.spark_session import start_spark
from jobs.storage.runs.summary import format_due, format_empty_input, format_line

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.5


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Load a folder of JSON event logs as its files appear.")
    add_folder_arguments(parser)
    parser.add_argument("--once", action="store_true", help="load what is there and end")
    parser.add_argument("--interval", type=_parse_seconds, default=2, help="seconds between looks for new files (2)")
    parser.add_argument(
        "--look-again", type=_parse_seconds, default=60, help="seconds between looks for changed files (60)"
    )
    parser.set_defaults(full_refresh=False, drop_missing=False, remap=False, plan=False)
    return parser


class Loads:
    """Runs the loads of one stream, one at a time, until one fails or a stop is asked for."""

    def __init__(self, args: argparse.Namespace, database_url: str) -> None:
        self.last: dict[str, Any] | None = None
        self.failure: Exception | None = None
        self._args, self._database_url = args, database_url
        self._turn = Lock()  # the query runs in a thread of its own
        self._is_stopping = self._is_empty = False

    def load(self, *_batch: object) -> None:
        """Loads what is new. The batch itself only says that there may be something.

        An error is stored for `run` instead of raised here, because Spark would print its trace to the terminal.
        """
        with self._turn:
            if self.must_end():
                return
            try:
                self.last = load_folder(self._args, self._database_url, is_stream=not self._args.once)
            except ChangedFilesError as error:
                if self._args.once:
                    self.failure = error
                logger.warning("%s", error)  # the next load finds the files complete, or warns again
                note_end(self._args, "stream", error.exit_code)
                return
            except Exception as error:
                self.failure = error
                return
            if not self._args.once:
                self._tell(self.last)
                note_end(self._args, "stream", 0)

    def _tell(self, summary: dict[str, Any]) -> None:
        """Prints what was loaded. That the folder has become empty is printed only once."""
        if "run_id" in summary:
            print(format_line(summary), flush=True)
        else:
            for line in format_due(summary):
                print(line, flush=True)
        warnings = format_empty_input(summary)
        for line in warnings if not self._is_empty else []:
            print(line, flush=True)
        self._is_empty = bool(warnings)

    def stop(self) -> None:
        """Lets no more load begin. A signal handler may call this, because it takes no lock."""
        self._is_stopping = True

    def must_end(self) -> bool:
        """Whether a stop was asked for, or a load has failed."""
        return self._is_stopping or self.failure is not None

    def end(self, query: StreamingQuery) -> None:
        """Stops the query after the current load, and raises the error if something has failed."""
        self.stop()
        while query.isActive and query.status["isTriggerActive"]:
            time.sleep(_POLL_SECONDS)
        query.stop()
        if self.failure:
            raise self.failure
        if error := query.exception():
            raise error


def run(args: argparse.Namespace, database_url: str) -> str:
    """Loads files as they appear until a signal comes, or only once. Returns what to tell the user at the end."""
    settings = read_settings(Path(args.settings))
    discover(args.input, settings.include, own_places(args))  # reports a wrong folder before Spark starts
    spark = start_spark("document-events")
    loads = Loads(args, database_url)
    with call_on_signals(loads.stop), TemporaryDirectory(prefix="document-events-stream-") as scratch:
        query = watch_folder(spark, args, settings, scratch, loads.load)
        looked_at = time.monotonic()
        while query.isActive and not loads.must_end():
            time.sleep(_POLL_SECONDS)
            if not args.once and time.monotonic() - looked_at >= args.look_again:
                loads.load()
                looked_at = time.monotonic()
        was_stopped = loads.must_end()
        loads.end(query)
    if args.once and (loads.last or not was_stopped):
        return describe_load(args, loads.last or load_folder(args, database_url))
    return "stopped; the next start, or make pipeline, loads the files that appear from now on"


def watch_folder(
    spark: SparkSession, args: argparse.Namespace, settings: Settings, scratch: str, load: Callable[..., None]
) -> StreamingQuery:
    """Starts the query that calls `load` when files appear or change."""
    names = watch(spark, args.input, settings.include, own_places(args))
    writer = names.writeStream.foreachBatch(load).option("checkpointLocation", Path(scratch).as_uri())
    if args.once:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{round(args.interval * 1000)} milliseconds").start()


@contextmanager
def call_on_signals(call: Callable[[], None]) -> Iterator[None]:
    """Lets SIGINT and SIGTERM call `call`, instead of ending the job. The JVM passes them on to us."""
    before = {number: signal.signal(number, lambda *_: call()) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parse_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0.001 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, at most a day, not {text}")
    return seconds


if __name__ == "__main__":
    sys.exit(run_job(arg_parser().parse_args(), run))
