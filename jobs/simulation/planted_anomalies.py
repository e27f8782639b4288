"""The kinds of anomalies that are planted only if all kinds are asked for. Their strengths vary from weak to strong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from jobs.simulation.documents import Library
from jobs.simulation.people import People
from jobs.simulation.settings import Settings, find_weekday, name_day
from jobs.simulation.vocabulary import COMMENTS

# The fewest and the most to plant. The fewest are just above the thresholds of conf/pipeline.yml.
BURST_EDITS = (20, 90)
BURST_SHARES = (10, 30)
SWEPT_DOCUMENTS = (25, 45)
ADDRESSES = (4, 9)
COPIES = (3, 8)
PAST = (datetime(2000, 1, 2, tzinfo=UTC), datetime(2010, 1, 1, tzinfo=UTC))
FUTURE = (datetime(2090, 1, 1, tzinfo=UTC), datetime(2099, 12, 30, tzinfo=UTC))
FRACTION_MS = 971
FRACTION_SHARE = 0.4
MIN_DAYS_FOR_SILENCE = 42


class PlannedEvent(NamedTuple):
    """One event of a planted session. `stated` replaces fields of its record.

    If it `is_hasty`, the next event follows after a second.
    """

    event_type: str
    document: int
    stated: dict[str, str] | None = None
    is_hasty: bool = False


@dataclass
class PlantedAnomalies:
    """What one shard plants. Users and documents are indexes, and days count from the first day."""

    sessions: dict[int, list[tuple[int, list[PlannedEvent]]]]
    # Events whose date is far from the others, by their kind or reason for the quarantine: time in ms, user, document.
    strays: dict[str, tuple[int, int, int]]
    stray_day: int  # the day on which these arrive
    silent_day: int | None
    swept: tuple[int, int]  # user, documents
    spread: tuple[int, int]  # user, addresses
    retried: tuple[int, int]  # user, copies
    stray_ids: dict[str, str] = field(default_factory=dict)

    @property
    def planned_events(self) -> int:
        """How many events of the shard's quota they take."""
        return len(self.strays) + sum(len(work) for own in self.sessions.values() for _, work in own)

    def is_in_future(self, at_ms: int) -> bool:
        """Whether an event with this time is the one that must be quarantined, because its date is in the future."""
        return at_ms == self.strays["timestamp_in_future"][0]

    def note_stray(self, at_ms: int, event_id: str) -> None:
        """Notes the id of an event if its time is that of a planted stray."""
        for kind, (stray_ms, _, _) in self.strays.items():
            if at_ms == stray_ms:
                self.stray_ids[kind] = event_id

    def describe(self, settings: Settings, people: People) -> list[tuple[str, str, str]]:
        """Returns the kind, the subject and a sentence for each."""
        (sweeper, documents), (wanderer, addresses), (stutterer, copies) = self.swept, self.spread, self.retried
        name = [user.user_id for user in people.users]
        found = [
            ("document_sweep", name[sweeper], f"{name[sweeper]} viewed {documents} documents in one session."),
            ("login_spread", name[wanderer], f"{name[wanderer]} logged in from {addresses} addresses within minutes."),
            ("client_retry", name[stutterer], f"{name[stutterer]} sent one comment {copies} times within seconds."),
            ("identical_fraction", f"0.{FRACTION_MS}000", f"Many sessions start {FRACTION_MS} ms after a second."),
        ]
        past = self.stray_ids["past_event"]
        found.append(("past_event", past, f"{past} is dated far from all other events."))
        if self.silent_day is not None:
            date = name_day(settings, self.silent_day)
            found.append(("silent_day", date, f"No session starts on {date}, a weekday."))
        return found


def plan_planted_anomalies(settings: Settings, rng: Random, people: People, library: Library) -> PlantedAnomalies:
    """Chooses subjects, days and strengths. It also shifts the clocks of some people, which is one of the anomalies."""
    users = people.activity.heaviest()
    sweeper, wanderer, stutterer, stray = users[2], users[5], users[8], users[9]
    documents = range(len(library.document_ids))
    swept = rng.sample(documents, rng.randint(*SWEPT_DOCUMENTS))
    addresses = [f"203.0.113.{number}" for number in rng.sample(range(1, 255), rng.randint(*ADDRESSES))]
    retry = PlannedEvent("comment_added", rng.choice(documents), {"comment_text": rng.choice(COMMENTS)}, is_hasty=True)
    copies = rng.randint(*COPIES)
    shift_clocks(people)
    planted = [
        (
            sweeper,
            [PlannedEvent("user_login", swept[0]), *(PlannedEvent("document_viewed", one) for one in swept)],
        ),
        (wanderer, [PlannedEvent("user_login", 0, {"ip_address": address}) for address in addresses]),
        (stutterer, [PlannedEvent("user_login", retry.document), *[retry] * copies]),
    ]
    days = [find_weekday(settings, settings.days * tenth // 10) for tenth in (5, 9, 5)]
    sessions: dict[int, list[tuple[int, list[PlannedEvent]]]] = {}
    for day, session in zip(days, planted, strict=True):
        sessions.setdefault(day, []).append(session)
    return PlantedAnomalies(
        sessions=sessions,
        strays={
            kind: (draw_ms(rng, *period), stray, rng.choice(documents))
            for kind, period in (("past_event", PAST), ("timestamp_in_future", FUTURE))
        },
        stray_day=days[0],
        silent_day=find_silent_day(settings),
        swept=(sweeper, len(swept)),
        spread=(wanderer, len(addresses)),
        retried=(stutterer, copies),
    )


def find_silent_day(settings: Settings) -> int | None:
    """Returns the weekday on which all shards are silent; None if too few weeks come before it to compare with."""
    if settings.anomalies != "all" or settings.days < MIN_DAYS_FOR_SILENCE:
        return None
    return find_weekday(settings, settings.days * 3 // 4)


def shift_clocks(people: People) -> None:
    """Gives people who do a large share of the work the same fraction of a second, if their clocks show fractions."""
    wanted = FRACTION_SHARE * sum(people.activity.weights)
    for user in people.activity.heaviest():
        if wanted <= 0:
            break
        if people.users[user].device != "desktop":
            people.shift_clock(user, FRACTION_MS)
            wanted -= people.activity.weights[user]


def draw_ms(rng: Random, start: datetime, end: datetime) -> int:
    """Draws a moment of a period, in milliseconds since 1970."""
    return rng.randrange(int(start.timestamp()), int(end.timestamp())) * 1000
