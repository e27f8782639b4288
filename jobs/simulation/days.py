"""Plans when people work: quotas by weekday, office hours, and sessions.

The truth must not depend on rounding, or on a pause of exactly half an hour. So events within a session are at most 25
minutes apart, and two sessions of one user are more than 34 minutes apart.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from jobs.simulation.anomalies import Anomalies
from jobs.simulation.documents import Library
from jobs.simulation.people import SLOT_MS, SLOTS_PER_DAY, People, WeightedChoice
from jobs.simulation.planted_anomalies import find_silent_day
from jobs.simulation.settings import DAY_MS, Settings, share_out

WEEKDAY_WEIGHTS = (1.1, 1.2, 1.2, 1.15, 1.0, 0.3, 0.25)
# Local office hours, by slot of two hours from midnight.
OFFICE_HOURS = WeightedChoice([0.1, 0.05, 0.05, 0.5, 4, 5, 4, 5, 4, 2, 1, 0.4])

MINUTE_MS = 60_000
START_JITTER_MS = 10 * MINUTE_MS
LONGEST_SESSION_MS = 75 * MINUTE_MS
MOST_EVENTS = 25
CUMULATIVE_TYPES = ((0.66, "document_edit"), (0.83, "comment_added"), (0.89, "document_shared"))


class PlannedEvent(NamedTuple):
    """An event before it is written as a record. `user` and `document` are indexes within the shard.

    `stated` replaces fields of the record.
    """

    at_ms: int
    user: int
    event_type: str
    document: int
    stated: dict[str, str] | None = None


Session = list[PlannedEvent]


def plan_quotas(settings: Settings, events: int) -> list[int]:
    """Splits a shard's events among the days. Weekends get few and a silent day none; the total is exact."""
    first_weekday = settings.start_date.weekday()
    weights = [WEEKDAY_WEIGHTS[(first_weekday + day) % 7] for day in range(settings.days)]
    if (silent_day := find_silent_day(settings)) is not None:
        weights[silent_day] = 0.0
    return share_out(events, weights)


def draw_type(rng: Random) -> str:
    """Draws the type of an event within a session."""
    draw = rng.random()
    for threshold, event_type in CUMULATIVE_TYPES:
        if draw < threshold:
            return event_type
    return "document_viewed"


class Planner:
    """Plans the sessions of one shard, one day at a time and in the order of days."""

    def __init__(
        self, rng: Random, settings: Settings, people: People, library: Library, anomalies: Anomalies | None
    ) -> None:
        self._rng = rng
        self._settings = settings
        self._people = people
        self._library = library
        self._anomalies = anomalies
        self._taken: set[tuple[int, int]] = set()
        self._seen_login: set[int] = set()

    def plan_day(self, day: int, quota: int) -> list[Session]:
        """Returns the ordinary sessions of one day, with `quota` events in all, and the planted ones of that day."""
        self._taken.clear()
        sessions = self._plan_anomalies(day)
        while quota > 0:
            user, start_ms = self._find_free_slot(day)
            size = min(quota, MOST_EVENTS, 1 + int(self._rng.expovariate(1 / 5)))
            session = self._plan_session(user, start_ms, size)
            sessions.append(session)
            quota -= len(session)
        return sessions

    def _find_free_slot(self, day: int) -> tuple[int, int]:
        """Returns a user, and the start of a session in a slot that this user has not used yet on this day."""
        rng = self._rng
        for _ in range(20):
            user = self._people.activity.pick(rng)
            slot = (OFFICE_HOURS.pick(rng) - self._people.users[user].home_slots) % SLOTS_PER_DAY
            if self._is_free(day, user, slot):
                return user, self._take_slot(day, user, slot)
        users = len(self._people.users)
        first = int(rng.random() * users)
        for i in range(users * SLOTS_PER_DAY):
            user, slot = (first + i) % users, i // users
            if self._is_free(day, user, slot):
                return user, self._take_slot(day, user, slot)
        raise RuntimeError(f"day {day}: all {users} users are busy in every slot")

    def _is_free(self, day: int, user: int, slot: int) -> bool:
        is_last_day = day == self._settings.days - 1
        ends_ms = slot * SLOT_MS + self._people.users[user].phase_ms + START_JITTER_MS + LONGEST_SESSION_MS
        return (user, slot) not in self._taken and not (is_last_day and ends_ms > DAY_MS)

    def _take_slot(self, day: int, user: int, slot: int) -> int:
        self._taken.add((user, slot))
        start_ms = self._settings.start_ms + day * DAY_MS + slot * SLOT_MS
        return start_ms + self._people.users[user].phase_ms + int(self._rng.random() * START_JITTER_MS)

    def _plan_session(self, user: int, start_ms: int, size: int) -> Session:
        rng = self._rng
        document = self._library.popularity.pick(rng)
        clock = self._people.users[user].read_clock
        session: Session = []
        at_ms = start_ms
        while len(session) < size and at_ms - start_ms <= LONGEST_SESSION_MS:
            if not session and self._logs_in(user):
                event_type = "user_login"
            else:
                event_type = draw_type(rng)
                if rng.random() < 0.4:
                    document = self._library.popularity.pick(rng)
            session.append(PlannedEvent(clock(at_ms), user, event_type, document))
            if self._settings.anomalies != "few":
                at_ms = self._vary(session, at_ms, size - len(session))
            if rng.random() < 0.03:
                at_ms += 15 * MINUTE_MS + int(rng.random() * 10 * MINUTE_MS)
            else:
                at_ms += 5_000 + min(15 * MINUTE_MS, int(rng.expovariate(1 / (3 * MINUTE_MS))))
        return session

    def _vary(self, session: Session, at_ms: int, room: int) -> int:
        """Makes the last event unusual, but no anomaly: a login from a second place, or a comment that is sent twice.

        Adds an event only if there is `room` for it. Returns the time of the last event.
        """
        last, draw = session[-1], self._rng.random()
        second_address = self._people.users[last.user].second_address
        if last.event_type == "user_login" and second_address and draw < 0.3:
            session[-1] = last._replace(stated={"ip_address": second_address, "device": "web"})
        elif last.event_type == "comment_added" and room and draw < 0.02:
            at_ms += 1_500
            session[-1] = last._replace(stated={"comment_text": "+1"})
            session.append(session[-1]._replace(at_ms=self._people.users[last.user].read_clock(at_ms)))
        return at_ms

    def _logs_in(self, user: int) -> bool:
        """Whether a session begins with a login: most do, each user's first one does, the silent user's never do."""
        if self._anomalies is not None and user == self._anomalies.silent_user:
            return False
        if user in self._seen_login and self._rng.random() >= 0.85:
            return False
        self._seen_login.add(user)
        return True

    def _plan_anomalies(self, day: int) -> list[Session]:
        """Returns the planted sessions of this day. Each has one user and one slot, and no pause over 90 seconds."""
        if self._anomalies is None:
            return []
        sessions = []
        for user, events in self._anomalies.extra_sessions(day):
            # All planted sessions are at noon in UTC, so that none runs over midnight.
            at_ms = self._take_slot(day, user, SLOTS_PER_DAY // 2 - 1)
            clock = self._people.users[user].read_clock
            session: Session = []
            for work in events:
                session.append(PlannedEvent(clock(at_ms), user, work.event_type, work.document, work.stated))
                pause_ms = int(self._rng.random() * 50_000)
                at_ms += 1_000 + pause_ms // 50 if work.is_hasty else 20_000 + pause_ms
            sessions.append(session)
        return sessions
