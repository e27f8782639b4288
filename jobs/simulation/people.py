"""Makes up users, with names, devices, time zones and habits. Some are far busier than others."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from jobs.simulation.settings import Shard
from jobs.simulation.vocabulary import FIRST_NAMES, LAST_NAMES

SLOTS_PER_DAY = 12  # a user has at most one work session in each slot of two hours
SLOT_MS = 86_400_000 // SLOTS_PER_DAY

# The device decides the format of event times: with milliseconds, in whole seconds, or with an offset.
DEVICES = ("web", "web", "web", "desktop", "desktop", "android", "ios")
OFFSET_DEVICES = ("android", "ios")
# The time zones of users, in slots of two hours east of UTC.
HOME_SLOTS = (-4, -3, 0, 0, 0, 1, 1, 1, 2, 4)


class WeightedChoice:
    """Draws indexes, each in proportion to its weight."""

    def __init__(self, weights: list[float]) -> None:
        self.weights = weights
        self._cumulative = list(accumulate(weights))

    def pick(self, rng: Random) -> int:
        """Draws one index."""
        return bisect(self._cumulative, rng.random() * self._cumulative[-1], hi=len(self.weights) - 1)

    def heaviest(self) -> list[int]:
        """Returns all indexes, the most likely first."""
        return sorted(range(len(self.weights)), key=lambda i: (-self.weights[i], i))


def make_zipf_choice(rng: Random, size: int, offset: float, exponent: float) -> WeightedChoice:
    """Returns a heavy-tailed choice of `size` indexes, in random order. A larger `offset` evens out the heaviest."""
    weights = [(rank + offset) ** -exponent for rank in range(1, size + 1)]
    rng.shuffle(weights)
    return WeightedChoice(weights)


@dataclass(frozen=True, slots=True)
class User:
    """One person. Sessions start at `phase_ms` within a slot of two hours, so that not everyone starts at once.

    A clock that is off shows `fraction_ms` in each second.
    """

    user_id: str
    name: str
    email: str
    device: str
    ip_address: str
    home_slots: int
    phase_ms: int
    fraction_ms: int | None = None
    second_address: str | None = None

    def read_clock(self, at_ms: int) -> int:
        """Returns the time that this device's clock shows."""
        if self.fraction_ms is not None:
            return at_ms - at_ms % 1000 + self.fraction_ms
        return at_ms - at_ms % (1000 if self.device == "desktop" else 1)


class People:
    """The users of one shard, and guests, who only receive shares."""

    def __init__(self, rng: Random, shard: Shard) -> None:
        self.users = [make_user(rng, number) for number in shard.users]
        self.guest_ids = [f"guest_{number}" for number in shard.users if number % 10 == 0]
        self.activity = make_zipf_choice(rng, len(self.users), offset=5, exponent=0.7)

    def shift_clock(self, user: int, fraction_ms: int) -> None:
        """Makes this user's clock show the same fraction of a second always."""
        self.users[user] = replace(self.users[user], fraction_ms=fraction_ms)

    def give_second_addresses(self, rng: Random) -> None:
        """Lets some people work from two places."""
        self.users = [
            replace(user, second_address=f"198.51.100.{1 + rng.randrange(254)}") if rng.random() < 0.4 else user
            for user in self.users
        ]

    def pick_recipients(self, rng: Random, sharer: int) -> list[str]:
        """Draws the recipients of a share: a guest, up to three colleagues, or nobody (a share by link)."""
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
    """Makes up one user. About one in twelve has an IPv6 address."""
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
