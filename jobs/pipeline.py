"""Loads a folder of event logs into PostgreSQL tables, with keys and metrics.

    spark-submit --properties-file conf/spark-defaults.conf jobs/pipeline.py --input data/events

DATABASE_URL in the environment names the database. The exit codes are:

    0   done, even if a bad file is held back
    2   wrong usage, configuration or input folder
    3   the data did not pass, so that nothing was published
    4   the database can't be reached, or another run holds the lock
    1   anything else

With `--plan` the run does everything, says what it would do, and commits nothing. It writes only lines of the log: no
table, file id, quarantine or summary. Meanwhile its rows are in a staging schema of its own, which the next run drops
if the plan was killed. A plan takes as long as the run itself, and holds the run lock.
"""

import argparse
import sys

from jobs.steps.job_runner import run_job
from jobs.steps.load_folder import add_folder_arguments, describe_load, load_folder
from jobs.storage.errors import UsageError


def arg_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Load a folder of JSON event logs into PostgreSQL.")
    add_folder_arguments(parser)
    parser.add_argument("--full-refresh", action="store_true", help="read every file of the ledger again")
    parser.add_argument(
        "--drop-missing", action="store_true", help="with --full-refresh: drop what no file holds any more"
    )
    parser.add_argument("--remap", action="store_true", help="read only the files whose mapping has changed, again")
    parser.add_argument("--plan", action="store_true", help="tell what the run would do, and write nothing")
    return parser


def run(args: argparse.Namespace, database_url: str) -> str:
    """Loads what is new below the input folder, or plans that. Returns what to tell the user.

    Raises UsageError for options that do not go together.
    """
    if args.drop_missing and not args.full_refresh:
        raise UsageError("DROP_MISSING=1 (--drop-missing) goes with FULL_REFRESH=1 (--full-refresh) only; set both")
    if args.remap and args.full_refresh:
        raise UsageError("FULL_REFRESH=1 (--full-refresh) applies changed mappings too; leave out REMAP=1 (--remap)")
    return describe_load(args, load_folder(args, database_url))


if __name__ == "__main__":
    sys.exit(run_job(arg_parser().parse_args(), run))
