"""Event folder in, tables out, for as long as it runs: what jobs/pipeline.py does, each time that files appear.

    spark-submit --properties-file conf/spark-defaults.conf jobs/stream.py --input data/events

Structured Streaming watches the folder and starts a batch when the discovery of files finds something else. Which files
are new or changed is asked of the ledger, and they are loaded by the very function of the batch job, under the same
lock. So each record counts once whatever is killed when, and stream and batch may take turns on one database.

The ledger is the only memory. Spark's checkpoint would be a second one, which a lost disk, another database or a
restored backup sets against the first, and files that it alone calls done would be missing for good. Here it is
scratch: each start makes a new one, sees all files as new and lets the ledger choose.

A changed file is read again in full; better to write under a name that begins with `_` or ends in `.tmp`, and to rename
when it is complete. A file that changes while it is read fails that load; the stream says so and goes on. On HDFS and
the like Spark's own file source watches, which does not notice changed files; so the folder is looked at every
`--look-again` seconds, too.

With `--once` it loads what is there and ends. Else it ends by SIGINT or SIGTERM, after the batch that is under way,
with exit code 0, or with the codes and lines of jobs/pipeline.py. A bad file is held back and the stream goes on, also
where it is the only file of its batch, once a file has been loaded by this mapping. A batch that the quality gate stops
as a whole is not skipped: it stops the stream, now and at each start, until the data or the mapping are fixed.
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
    """The loads of one stream, one at a time, until one fails or a stop is asked for."""

    def __init__(self, args: argparse.Namespace, database_url: str) -> None:
        self.last: dict[str, Any] | None = None
        self.failure: Exception | None = None
        self._args, self._database_url = args, database_url
        self._turn = Lock()  # the query has a thread of its own
        self._is_stopping = self._is_empty = False

    def load(self, *_batch: object) -> None:
        """Load what is new; the batch only says that there may be something.

        An error is kept for `run`, and not raised: Spark would write its trace to the terminal.
        """
        with self._turn:
            if self.must_end():
                return
            try:
                self.last = load_folder(self._args, self._database_url, is_stream=not self._args.once)
            except ChangedFilesError as error:
                if self._args.once:
                    self.failure = error
                logger.warning("%s", error)  # the next look finds them complete, or says so again
                note_end(self._args, "stream", error.exit_code)
                return
            except Exception as error:
                self.failure = error
                return
            if not self._args.once:
                self._tell(self.last)
                note_end(self._args, "stream", 0)

    def _tell(self, summary: dict[str, Any]) -> None:
        """Print what was loaded, and once that the folder has become empty."""
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
        """Let no more load begin. Safe inside a signal handler: it takes no lock."""
        self._is_stopping = True

    def must_end(self) -> bool:
        """Whether a stop was asked for, or a load has failed."""
        return self._is_stopping or self.failure is not None

    def end(self, query: StreamingQuery) -> None:
        """Stop the query once the load that is under way has ended, and raise what has gone wrong."""
        self.stop()
        while query.isActive and query.status["isTriggerActive"]:
            time.sleep(_POLL_SECONDS)
        query.stop()
        if self.failure:
            raise self.failure
        if error := query.exception():
            raise error


def run(args: argparse.Namespace, database_url: str) -> str:
    """Load files as they appear until a signal comes, or once; return what to tell the user at the end."""
    settings = read_settings(Path(args.settings))
    discover(args.input, settings.include, own_places(args))  # a wrong folder is told of before Spark starts
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
    return "stopped; what comes from now on is loaded by the next start, or by make pipeline"


def watch_folder(
    spark: SparkSession, args: argparse.Namespace, settings: Settings, scratch: str, load: Callable[..., None]
) -> StreamingQuery:
    """Start the query that calls `load` when files appear or change."""
    names = watch(spark, args.input, settings.include, own_places(args))
    writer = names.writeStream.foreachBatch(load).option("checkpointLocation", Path(scratch).as_uri())
    if args.once:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{round(args.interval * 1000)} milliseconds").start()


@contextmanager
def call_on_signals(call: Callable[[], None]) -> Iterator[None]:
    """Have `call` called by SIGINT and SIGTERM, in the place of what they do to a job; the JVM hands them on to us."""
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
