"""What the next run would do: the whole run on the same folder and database, carried out and not committed.

    spark-submit --properties-file conf/spark-defaults.conf jobs/plan.py --input data/events

Arguments and exit codes as of jobs/pipeline.py: 3 where the run would be stopped. Nothing is written but lines of the
log: no table, file id, quarantine or summary. While it works its rows stand in a staging schema of its own, which the
next run sweeps should the plan be killed. It takes as long as the run itself and holds the run lock meanwhile.
"""

import argparse
import sys

from jobs.pipeline import arg_parser, describe_load, load_folder
from jobs.steps.job_runner import run_job
from jobs.storage.runs.summary import format_plan


def run(args: argparse.Namespace, database_url: str) -> str:
    """Plan the load of the input folder; return what to tell the user."""
    summary = load_folder(args, database_url, is_plan=True)
    return format_plan(summary) if "run_id" in summary else describe_load(args, summary)


if __name__ == "__main__":
    sys.exit(run_job(arg_parser().parse_args(), run))
