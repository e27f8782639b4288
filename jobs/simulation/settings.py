"""The settings of a simulation, and how it is cut into shards that are independent of each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Literal

DAY_MS = 86_400_000
EVENTS_PER_SHARD = 250_000
MAX_SHARDS = 64  # more shards would only make more and smaller files

# In a smaller shard, the planted anomalies would be most of the events, or would have no history to compare with.
MIN_SHARD_EVENTS_FOR_ANOMALIES = 1_000
MIN_DAYS_FOR_ANOMALIES = 14

# `few` plants those of the committed sample, and `all` plants every kind. With `all` and `none`, some people also have
# unusual habits that are no anomaly, so that one can measure how well anomalies are found.
AnomalyLevel = Literal["none", "few", "all"]


@dataclass(frozen=True)
class Settings:
    """One simulation: `events` distinct published events over `days` UTC days, of which `end_date` is the last."""

    events: int
    seed: int
    days: int
    end_date: date
    output: Path
    anomalies: AnomalyLevel = "few"

    @property
    def start_date(self) -> date:
        """The first simulated day."""
        return self.end_date - timedelta(days=self.days - 1)

    @property
    def start_ms(self) -> int:
        """Midnight UTC of the first day, in milliseconds since 1970."""
        midnight = datetime(self.start_date.year, self.start_date.month, self.start_date.day, tzinfo=UTC)
        return int(midnight.timestamp()) * 1000

    @property
    def truth_path(self) -> Path:
        """The file for the right answers. It is next to the output folder, so that no load reads it as events."""
        return self.output.parent / "truth.json"


@dataclass(frozen=True)
class Shard:
    """A part of the simulation whose users edit only its own documents, so that the answers of shards add up."""

    number: int
    events: int
    users: range
    documents: range

    def make_random(self, seed: int) -> Random:
        """Returns this shard's own random numbers. They are the same in whatever process and order shards are made."""
        return Random(f"{seed}:{self.number}")  # noqa: S311 - made-up data, no secrets

    def has_anomalies(self, settings: Settings) -> bool:
        """Whether this shard plants anomalies: they are asked for, and it is large and long enough."""
        return (
            settings.anomalies != "none"
            and self.events >= MIN_SHARD_EVENTS_FOR_ANOMALIES
            and settings.days >= MIN_DAYS_FOR_ANOMALIES
        )


def share_out(total: int, weights: list[float]) -> list[int]:
    """Splits `total` into whole parts in proportion to `weights`. The parts add up to `total` exactly.

    >>> share_out(10, [1, 1, 1])
    [4, 3, 3]
    """
    scale = total / sum(weights)
    parts = [int(weight * scale) for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (parts[i] - weights[i] * scale, i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def split_into_shards(settings: Settings) -> list[Shard]:
    """Cuts a simulation into shards, whatever the number of workers, so that the result does not depend on it."""
    count = min(MAX_SHARDS, max(1, settings.events // EVENTS_PER_SHARD))
    # A user has room for about 60 events a day, so a short simulation needs more people.
    users = max(25, settings.events // 150, settings.events // (settings.days * 10))
    documents = max(40, settings.events // 60)
    shard_events, user_numbers, document_numbers = (
        cut_evenly(total, count) for total in (settings.events, users, documents)
    )
    return [
        Shard(number, len(shard_events[number]), user_numbers[number], document_numbers[number])
        for number in range(count)
    ]


def cut_evenly(total: int, count: int) -> list[range]:
    """Cuts the numbers from 1 to `total` into `count` ranges of nearly the same length.

    >>> cut_evenly(5, 2)
    [range(1, 3), range(3, 6)]
    """
    ends = [total * i // count + 1 for i in range(count + 1)]
    return [range(start, stop) for start, stop in pairwise(ends)]


def find_weekday(settings: Settings, day: int) -> int:
    """Returns the day itself, or the Friday before it if it is on a weekend."""
    weekday = (settings.start_date.weekday() + day) % 7
    return day - max(0, weekday - 4)


def name_day(settings: Settings, day: int) -> str:
    """Returns the date of a day of the simulation."""
    return (settings.start_date + timedelta(days=day)).isoformat()
