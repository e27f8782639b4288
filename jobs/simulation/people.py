"""Who works: users with names, devices, time zones and habits, some far busier than others."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from jobs.simulation.settings import Shard
from jobs.simulation.vocabulary import FIRST_NAMES, LAST_NAMES

SLOTS_PER_DAY = 12  # a user has at most one work session in each slot of two hours
SLOT_MS = 86_400_000 // SLOTS_PER_DAY

# What a device writes as its event time decides the format: milliseconds, whole seconds, or an offset.
DEVICES = ("web", "web", "web", "desktop", "desktop", "android", "ios")
OFFSET_DEVICES = ("android", "ios")
# Where people live, in slots of two hours east of UTC.
HOME_SLOTS = (-4, -3, 0, 0, 0, 1, 1, 1, 2, 4)


class WeightedChoice:
    """Draws an index with a fixed weight for each, in logarithmic time."""

    def __init__(self, weights: list[float]) -> None:
        self.weights = weights
        self._cumulative = list(accumulate(weights))

    def pick(self, rng: Random) -> int:
        """One index, drawn in proportion to its weight."""
        return bisect(self._cumulative, rng.random() * self._cumulative[-1], hi=len(self.weights) - 1)

    def heaviest(self) -> list[int]:
        """All indexes, the most likely first."""
        return sorted(range(len(self.weights)), key=lambda i: (-self.weights[i], i))


def make_zipf_choice(rng: Random, size: int, offset: float, exponent: float) -> WeightedChoice:
    """A heavy-tailed choice among `size`; which index is heavy is random. `offset` tames the very first."""
    weights = [(rank + offset) ** -exponent for rank in range(1, size + 1)]
    rng.shuffle(weights)
    return WeightedChoice(weights)


@dataclass(frozen=True, slots=True)
class User:
    """One person; `phase_ms` is where in a slot of two hours the sessions start, so not all start alike."""

    user_id: str
    name: str
    email: str
    device: str
    ip_address: str
    home_slots: int
    phase_ms: int
    fraction_ms: int | None = None  # of a second, on which a clock that is off stands still
    second_address: str | None = None

    def read_clock(self, at_ms: int) -> int:
        """What this device's clock shows, by its precision."""
        if self.fraction_ms is not None:
            return at_ms - at_ms % 1000 + self.fraction_ms
        return at_ms - at_ms % (1000 if self.device == "desktop" else 1)


class People:
    """The users of one shard, and guests from outside who only ever receive shares."""

    def __init__(self, rng: Random, shard: Shard) -> None:
        self.users = [make_user(rng, number) for number in shard.users]
        self.guest_ids = [f"guest_{number}" for number in shard.users if number % 10 == 0]
        self.activity = make_zipf_choice(rng, len(self.users), offset=5, exponent=0.7)

    def shift_clock(self, user: int, fraction_ms: int) -> None:
        """Let this user's clock stand on a fraction of a second."""
        self.users[user] = replace(self.users[user], fraction_ms=fraction_ms)

    def give_second_addresses(self, rng: Random) -> None:
        """Let some people work from two places."""
        self.users = [
            replace(user, second_address=f"198.51.100.{1 + rng.randrange(254)}") if rng.random() < 0.4 else user
            for user in self.users
        ]

    def pick_recipients(self, rng: Random, sharer: int) -> list[str]:
        """Whom something is shared with: a guest, a colleague or up to three, or nobody (a link share)."""
        draw = rng.random()
        if draw < 0.2:
            return []
        if draw < 0.35:
            return [self.guest_ids[int(rng.random() * len(self.guest_ids))]]
        first = int(rng.random() * (len(self.users) - 1))
        count = 3 if draw > 0.95 else 2 if draw > 0.85 else 1
        colleagues = {(first + place) % (len(self.users) - 1) for place in range(count)}
        return [self.users[colleague + (colleague >= sharer)].user_id for colleague in sorted(colleagues)]


def make_user(rng: Random, number: int) -> User:
    """Make up one user; about one in twelve has an IPv6 address."""
    if rng.random() < 0.08:
        ip_address = f"2001:db8::{rng.getrandbits(16):x}:{rng.getrandbits(16):x}"
    else:
        ip_address = f"10.{rng.getrandbits(6)}.{rng.getrandbits(8)}.{1 + rng.randrange(254)}"
    return User(
        user_id=f"user_{number}",
        name=f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
        email=f"user{number}@example.com",
        device=rng.choice(DEVICES),
        ip_address=ip_address,
        home_slots=rng.choice(HOME_SLOTS),
        phase_ms=1000 * rng.randrange(SLOT_MS // 1000),
    )
