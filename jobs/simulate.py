"""Makes event logs of a document-editing platform, with every kind of defect, and the right answers for them.

    python -m jobs.simulate --events 3000 --seed 7 --output data/events

This writes daily folders of JSON Lines and one JSON array into the output folder. Next to the folder it writes
`truth.json`: what was planted, and the right value of every number of the pipeline. The same seed, events, days and end
date give the same bytes, whatever the number of workers.

`--anomalies all` plants every kind that the metrics know, and `none` plants nothing. Both give some people unusual
habits that are no anomaly. A folder that is not empty is an error, unless `--force` replaces an earlier simulation.

`--rate` writes the same records as a live stream, so many a second, in small files that appear when they are complete.
`--seconds` says how long the stream lasts, and replaces `--events`. Exit codes: 0 done, 2 wrong usage or output folder,
130 and 143 stopped.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from multiprocessing import active_children
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn, get_args

from jobs.simulation.live import move_truth, write_live
from jobs.simulation.output import OutputError, prepare_output
from jobs.simulation.settings import AnomalyLevel, Settings, split_into_shards
from jobs.simulation.shard import simulate_shard
from jobs.simulation.truth import Answers, compose_truth
from jobs.storage.process.signals import Stopped, end_silently, run_stoppable

logger = logging.getLogger(__name__)


class Parser(argparse.ArgumentParser):
    """A parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Says what is wrong, and exits with code 2."""
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def parse_positive(text: str) -> int:
    """Parses a count. Raises ArgumentTypeError for anything but a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text}")
    return int(text)


def parse_rate(text: str) -> float:
    """Parses records a second. Raises ArgumentTypeError for anything but a number from 0.01 to 100,000."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.01 <= rate <= 100_000:
        raise argparse.ArgumentTypeError(f"must be a number from 0.01 to 100000, not {text}")
    return rate


def parse_folder(text: str) -> Path:
    """Parses a folder. Raises ArgumentTypeError for empty text, which would mean the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("must name a folder, not be empty")
    return Path(text)


def parse_days(text: str) -> int:
    """Parses a number of days. Raises ArgumentTypeError for more than ten years."""
    days = parse_positive(text)
    if days > 3650:
        raise argparse.ArgumentTypeError(f"must be at most 3650, not {text}")
    return days


def parse_date(text: str) -> date:
    """Parses an ISO date of the years 2011 to 2099. Raises ArgumentTypeError for anything else.

    Event times are valid from the year 2000 on, and a simulation may reach ten years back.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a date like 2025-06-30, not {text}") from None
    if not 2011 <= day.year <= 2099:
        raise argparse.ArgumentTypeError(f"must lie in the years 2011 to 2099, not {text}")
    return day


def build_parser() -> Parser:
    """Returns the parser of the command line."""
    parser = Parser(prog="simulate", description="Make event logs and the right answers.")
    add = parser.add_argument
    add("--events", type=parse_positive, required=True, help="distinct valid events to make")
    add("--seed", type=int, required=True, help="the same seed makes the same events")
    add("--output", type=parse_folder, required=True, help="folder for the events; truth.json goes beside it")
    add("--days", type=parse_days, default=45, help="days to spread them over (%(default)s)")
    add("--end-date", type=parse_date, default="2025-06-30", help="the last day (%(default)s)")
    add("--workers", type=parse_positive, default=2, help="processes (%(default)s)")
    add("--rate", type=parse_rate, help="write a live stream of so many records a second")
    add("--seconds", type=parse_positive, help="how long the live stream lasts, in place of --events")
    add("--anomalies", choices=get_args(AnomalyLevel), default="few", help="kinds to plant (%(default)s)")
    add("--force", action="store_true", help="replace an earlier simulation in the output folder")
    return parser


def simulate_shards(settings: Settings, workers: int) -> Iterator[Answers]:
    """Writes all shards, and yields the answers of each, in the order of their numbers."""
    shards = split_into_shards(settings)
    if workers == 1 or len(shards) == 1:
        yield from (simulate_shard(settings, shard) for shard in shards)
        return
    with ProcessPoolExecutor(max_workers=min(workers, len(shards)), initializer=end_silently) as pool:
        shares = [pool.submit(simulate_shard, settings, shard) for shard in shards]
        try:
            yield from (share.result() for share in shares)
        except Stopped:
            for worker in active_children():
                worker.terminate()
            raise


def simulate(settings: Settings, workers: int) -> Answers:
    """Writes all events and the truth file. Returns the answers."""
    answers = Answers()
    for shard_answers in simulate_shards(settings, workers):
        answers.merge(shard_answers)
        logger.info("%s of %s events written", f"{answers.verdicts['published']:,}", f"{settings.events:,}")
    truth = json.dumps(compose_truth(settings, answers), indent=1, ensure_ascii=False)
    settings.truth_path.write_text(truth + "\n", encoding="utf-8")
    return answers


def simulate_live(settings: Settings, workers: int, rate: float) -> Answers:
    """Writes all events, `rate` a second, and then the truth file. Returns the answers."""
    with TemporaryDirectory(prefix="document-events-simulation-") as folder:
        batch = Path(folder) / "events"
        answers = simulate(replace(settings, output=batch), workers)
        write_live(batch, settings, rate)
        move_truth(batch, settings)
    return answers


def main(arguments: list[str] | None = None) -> int:
    """Runs the command. Returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = (parser := build_parser()).parse_args(arguments)
    if options.seconds and not options.rate:
        parser.error("--seconds is for a live stream; give --rate too")
    events = max(1, round(options.seconds * options.rate)) if options.seconds else options.events
    settings = Settings(events, options.seed, options.days, options.end_date, options.output, options.anomalies)
    try:
        prepare_output(settings, options.force)
        if options.rate:
            answers = simulate_live(settings, options.workers, options.rate)
        else:
            answers = simulate(settings, options.workers)
    except OutputError as error:
        print(f"simulate: {error}", file=sys.stderr)
        return 2
    except Stopped as stop:
        print(f"simulate: {stop}, so there is no truth file; start again with --force", file=sys.stderr)
        return stop.exit_code
    records = answers.verdicts.total()
    print(f"{records:,} records in {settings.output}; the right answers in {settings.truth_path}")
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(main))
