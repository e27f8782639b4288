"""Runs a job: its arguments, log, database, errors and exit code."""

import argparse
import inspect
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jobs.storage.config.environment import is_switched_on, require_not_blank
from jobs.storage.errors import DatabaseUnavailableError, PipelineError, UsageError, describe
from jobs.storage.monitoring.observers import JobEnd, tell_end
from jobs.storage.process.gateway import attach_to_java, keep_classes, silence_java
from jobs.storage.process.known_errors import explain
from jobs.storage.process.logs import configure_logging
from jobs.storage.process.signals import find_stop, run_stoppable

logger = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[2]
# The names that this tool writes inside a data folder; they are never input. All other names are, such as `events`.
_OWN_NAMES = (
    "airflow",
    "postgres",
    "quarantine",
    "reports",
    "runs",
    "truth.json",
    "simulated/truth.json",
)


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of every job that loads records."""
    parser.add_argument("--settings", default="conf/pipeline.yml", help="tunables")
    parser.add_argument("--data", default="data", help="local folder for logs, summaries and quarantine")
    parser.add_argument("--quarantine", help="path or URI that all executors reach (default: quarantine in --data)")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait for another run to end")


def add_accept_quality(parser: argparse.ArgumentParser) -> None:
    """Add the argument of every job whose records pass the quality gate."""
    parser.add_argument(
        "--accept-quality",
        action="store_true",
        default=is_switched_on("ACCEPT_QUALITY", os.environ),
        help="publish even where the quality gate would stop the run (also: ACCEPT_QUALITY=1 in the environment)",
    )


def quarantine_folder(args: argparse.Namespace) -> str:
    """Return the folder for quarantined records, as a path or a URI."""
    return args.quarantine or str(Path(args.data).resolve() / "quarantine")


def own_places(args: argparse.Namespace) -> list[str]:
    """Return the paths and URIs that this tool writes to. The job must never read them as input."""
    folders = {Path(args.data).resolve(), Path("data").resolve(), _PROJECT / "data"}
    inside = [str(folder / name) for folder in sorted(folders) for name in _OWN_NAMES]
    return [*inside, str(erasure_key_file(args).resolve()), quarantine_folder(args)]


def erasure_key_file(args: argparse.Namespace) -> Path:
    """Return the file of the key that recognises erased people.

    It is `erasure.key` in the data folder, unless ERASURE_KEY_FILE in the environment names another file.
    """
    return Path(os.environ.get("ERASURE_KEY_FILE") or Path(args.data) / "erasure.key")


def run_job(args: argparse.Namespace, run: Callable[[argparse.Namespace, str], str]) -> int:
    """Run a job, print what it returns, and return the exit code.

    An error or a signal is printed as one line. `run` gets the arguments and the URL of the database, which comes from
    DATABASE_URL in the environment.
    """
    code = run_stoppable(lambda: _run_job(args, run))
    note_end(args, Path(inspect.getfile(run)).stem, code)
    if find_stop():
        # An ordinary exit waits for all threads. Those that stage may still wait for Java, and Java for PostgreSQL.
        silence_java()
        logging.shutdown()
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)
    return code


def note_end(args: argparse.Namespace, job: str, code: int) -> None:
    """Tell the tools that watch jobs how one has ended; not of what keeps nothing, a plan or a dry run."""
    if getattr(args, "plan", False) or not getattr(args, "confirm", True):
        return
    database_url = os.environ.get("DATABASE_URL", "").strip() or None
    if code == DatabaseUnavailableError.exit_code:
        database_url = None  # to find that out once more would take as long again
    tell_end(JobEnd(job, code, database_url, Path(args.data) / "runs"))


def _run_job(args: argparse.Namespace, run: Callable[[argparse.Namespace, str], str]) -> int:
    log = configure_logging(Path(args.data) / "runs")
    try:
        attach_to_java()
        require_not_blank({f"--{name.replace('_', '-')}": value for name, value in vars(args).items()})
        if not (database_url := os.environ.get("DATABASE_URL", "").strip()):
            raise UsageError("DATABASE_URL is not set; `make pipeline` sets it, or name your own PostgreSQL in it")
        print(run(args, database_url), flush=True)
        keep_classes()
    except PipelineError as error:
        return _tell(str(error), error.exit_code)
    except Exception as error:
        if isinstance(known := explain(error), PipelineError):
            logger.exception("known error")
            return _tell(str(known), known.exit_code)
        logger.exception("unforeseen")
        return _tell(f"{describe(error)} (the trace is in {log})", 1)
    return 0


def _tell(error: str, code: int) -> int:
    with suppress(BrokenPipeError):  # under spark-submit our output goes through the JVM, which may have died
        print(f"error: {error}", file=sys.stderr, flush=True)
    return code
