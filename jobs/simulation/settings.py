"""What a simulation is asked for, and how it is cut into shards that know nothing of each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Literal

DAY_MS = 86_400_000
EVENTS_PER_SHARD = 250_000
MAX_SHARDS = 64  # more would only make more, smaller files

# Below these the planted oddities would drown the ordinary work, or have no history to stand out against.
MIN_SHARD_EVENTS_FOR_ANOMALIES = 1_000
MIN_DAYS_FOR_ANOMALIES = 14


# `few` are those of the committed sample; `all` has every kind, and like `none` people with habits that are odd but
# no anomaly, so that both can tell how well anomalies are found.
AnomalyLevel = Literal["none", "few", "all"]


@dataclass(frozen=True)
class Settings:
    """One simulation: `events` distinct published events over `days` UTC days, the last one `end_date`."""

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
        """Where the right answers go: beside the output folder, so that no loader reads them as events."""
        return self.output.parent / "truth.json"


@dataclass(frozen=True)
class Shard:
    """A community whose users edit only its own documents, so that the answers of shards simply add up."""

    number: int
    events: int
    users: range
    documents: range

    def make_random(self, seed: int) -> Random:
        """This shard's own random numbers: the same whichever process runs it, and in whatever order."""
        return Random(f"{seed}:{self.number}")  # noqa: S311 - made-up data, no secrets

    def has_anomalies(self, settings: Settings) -> bool:
        """Whether this shard is large and long enough to plant its set of oddities."""
        return (
            settings.anomalies != "none"
            and self.events >= MIN_SHARD_EVENTS_FOR_ANOMALIES
            and settings.days >= MIN_DAYS_FOR_ANOMALIES
        )


def share_out(total: int, weights: list[float]) -> list[int]:
    """Split `total` into whole parts in proportion to `weights`; the parts add up to `total` exactly."""
    scale = total / sum(weights)
    parts = [int(weight * scale) for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (parts[i] - weights[i] * scale, i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def split_into_shards(settings: Settings) -> list[Shard]:
    """Cut a simulation into shards; the cut depends on the number of events alone, not on the workers."""
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
    """Cut the numbers from 1 to `total` into `count` ranges of nearly the same length."""
    ends = [total * i // count + 1 for i in range(count + 1)]
    return [range(start, stop) for start, stop in pairwise(ends)]


def find_weekday(settings: Settings, day: int) -> int:
    """The day itself, or the Friday before when it falls on a weekend."""
    weekday = (settings.start_date.weekday() + day) % 7
    return day - max(0, weekday - 4)


def name_day(settings: Settings, day: int) -> str:
    """The date of a day of the simulation."""
    return (settings.start_date + timedelta(days=day)).isoformat()
