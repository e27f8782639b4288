"""Generates logs of an office, to measure anomaly rules on data for which they were not designed.

This generator is independent of jobs/simulation and makes other assumptions. Few people and few documents have most of
the events. People work in offices, by day and on weekdays, or in shifts, at night and on all days. There are public
holidays. A team joins on one day. A product launch makes some documents busy for everybody. An export reads many
documents each night. Some documents are emptied and restored by the next edit, some are cleared every week, and some
change in any way. lifelike_oddities.py plants anomalies into these logs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from tests.metrics.rows import Event

START, DAYS = date(2025, 3, 3), 63  # a Monday; nine weeks
HOLIDAYS = (date(2025, 4, 18), date(2025, 4, 21), date(2025, 5, 1))
TEAM_JOINS, LAUNCH = date(2025, 3, 31), date(2025, 4, 8)
LAUNCH_DAYS = 3
PEOPLE, TEAM, DOCUMENTS = 80, 16, 400
SHIFT_SHARE, RARE_SHARE = 0.12, 0.15
REMEMBERED_DAYS = 30  # for so long some people need not log in again
ACTIONS = {"document_view": 44, "document_edit": 34, "comment_added": 13, "document_shared": 9}
# Numbers of special documents. Everybody reads and edits the documents before them, and the first ones most.
AGENDA, PADS, LAUNCH_DOCUMENTS = 400, range(401, 409), range(409, 413)

Finding = tuple[str, str]  # kind, subject


@dataclass
class Person:
    """A person with lasting habits."""

    user_id: str
    weight: float
    works: str  # office, shifts or rarely
    joined: date
    is_remembered: bool
    addresses: list[str]
    own_documents: list[int]
    has_milliseconds: bool
    logged_in: datetime | None = None

    def chance(self, day: date) -> float:
        """Returns the probability that the person works on that day."""
        if day < self.joined:
            return 0
        if self.works == "rarely":
            return 0.06
        if self.works == "shifts":
            return 0.6
        if day in HOLIDAYS:
            return 0.03
        return 0.04 if day.weekday() >= 5 else 0.65 if day.weekday() == 4 else 0.85


@dataclass(frozen=True)
class Change:
    """How an edit changes the number of words. An ordinary edit never deletes more than three quarters of a text."""

    how: str
    number: float = 0

    def apply(self, words: int, earlier_words: int) -> int:
        """Returns the words after the edit; `earlier_words` are those before the previous edit."""
        if self.how == "by":
            return max(words // 4, words + round(self.number))
        return round({"to": self.number, "times": words * self.number, "back": earlier_words}[self.how])


@dataclass
class Log:
    """The events so far, the words of each document, and the change of each edit, even if no event states it."""

    rng: Random
    people: list[Person]
    words: list[int]
    events: list[Event] = field(default_factory=list)
    planted: set[Finding] = field(default_factory=set)
    changes: dict[str, tuple[Change, bool]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def add(self, person: Person, at: datetime, event_type: str, document: int | None = None, **values: object) -> None:
        """Adds one event."""
        shown = at if person.has_milliseconds else at.replace(microsecond=0)
        name = None if document is None else f"doc{document:03}"
        number = f"e{next(self.numbers):06}"
        self.events.append(Event(number, person.user_id, shown.isoformat(sep=" "), event_type, name, **values))  # type: ignore[arg-type]

    def log_in(self, person: Person, at: datetime, address: str | None = None) -> None:
        person.logged_in = at
        chosen = address or self.rng.choice(person.addresses)
        self.add(person, at, "user_login", ip_address=chosen, device="browser")

    def edit(
        self,
        person: Person,
        at: datetime,
        document: int,
        change: Change | None = None,
        is_counted: bool = False,
    ) -> None:
        """Adds an edit. Without `change`, the words change as is usual for this sort of document.

        Nine of ten edits state the number of words after them.
        """
        rng = self.rng
        if change is None and document in PADS:
            change = Change("to", rng.randrange(400))
        elif change is None and rng.random() < 0.02:  # a rewrite
            change = Change("times", rng.uniform(0.45, 0.9))
        elif change is None:
            change = Change("by", round(rng.lognormvariate(2, 1.1) * rng.choice((1, 1, 1, 1, -1))))
        self.add(person, at, "document_edit", document)
        self.changes[self.events[-1].event_id] = change, is_counted or rng.random() < 0.9

    def finish(self) -> None:
        """Sorts the events by time, and computes the words of the documents in that order."""
        self.events.sort(key=lambda event: (event.at, event.event_id))
        before = list(self.words)
        for place, event in enumerate(self.events):
            if event.event_id not in self.changes or event.document_id is None:
                continue
            (change, is_counted), document = self.changes[event.event_id], int(event.document_id[3:])
            words = change.apply(self.words[document], before[document])
            before[document], self.words[document] = self.words[document], words
            if is_counted:
                self.events[place] = replace(event, document_word_count=words)

    def act(self, person: Person, at: datetime, document: int) -> datetime:
        """Adds one action of the person. Returns the time of its last event."""
        rng = self.rng
        (action,) = rng.choices(list(ACTIONS), list(ACTIONS.values()))
        if action == "document_edit":
            self.edit(person, at, document)
            if rng.random() < 0.004:  # all text deleted by mistake, and restored
                self.edit(person, at + timedelta(seconds=4), document, Change("to", 0))
                self.edit(person, at + timedelta(seconds=9), document, Change("back"))
                at += timedelta(seconds=9)
        elif action == "comment_added":
            text = rng.choice(("+1", "ok", "see above", f"note {next(self.numbers)}"))
            for copy in range(2 if rng.random() < 0.02 else 1):  # a double click
                self.add(person, at + copy * timedelta(milliseconds=300), action, document, comment_text=text)
        elif action == "document_shared":
            known = rng.choice(self.people).user_id
            self.add(person, at, action, document, recipients=() if known == person.user_id else (known,))
        else:
            self.add(person, at, action, document)
        return at + timedelta(seconds=rng.lognormvariate(3.4, 1.2), microseconds=rng.randrange(10**6))

    def choose_document(self, person: Person, day: date) -> int:
        """Chooses mostly one of the person's own documents, else any document, and popular ones more often."""
        rng = self.rng
        if LAUNCH <= day < LAUNCH + timedelta(LAUNCH_DAYS) and rng.random() < 0.3:
            return rng.choice(LAUNCH_DOCUMENTS)
        if rng.random() < 0.65:
            return rng.choice(person.own_documents)
        if rng.random() < 0.05:
            return rng.choice(PADS)
        return min(int(rng.paretovariate(0.7)) - 1, DOCUMENTS - 1)


def make_people(rng: Random) -> list[Person]:
    """Returns the people of the office; the last ones are the team that joins."""
    people = []
    for number in range(PEOPLE + TEAM):
        is_new = number >= PEOPLE
        chance = rng.random()
        works = "office" if is_new else "shifts" if chance < SHIFT_SHARE else "office"
        works = "rarely" if not is_new and chance > 1 - RARE_SHARE else works
        addresses = [f"10.{number}.0.{place}" for place in range(rng.choice((1, 1, 2, 2, 3)))]
        own = [rng.randrange(10, DOCUMENTS) for _ in range(rng.randint(3, 9))]
        weight = min(rng.paretovariate(1.3), 12)
        joined = TEAM_JOINS if is_new else START
        people.append(
            Person(f"p{number:03}", weight, works, joined, rng.random() < 0.2, addresses, own, rng.random() < 0.8)
        )
    return people


def work(log: Log, person: Person, day: date) -> None:
    """Adds a day of a person: some sessions. The first one begins with a login, unless the person is remembered."""
    rng = log.rng
    hour = rng.gauss(21, 1.5) if person.works == "shifts" else rng.gauss(9, 1)
    midnight = datetime(day.year, day.month, day.day)
    at = midnight + timedelta(hours=min(max(hour, 5), 23.5), microseconds=rng.randrange(10**6))
    for session in range(rng.choice((1, 1, 2, 2, 3))):
        if person.logged_in and person.is_remembered:
            must_log_in = at - person.logged_in > timedelta(REMEMBERED_DAYS)
        else:
            # A remembered person who was there before the log began had logged in before, too.
            is_old = person.is_remembered and person.joined == START and at.date() < START + timedelta(15)
            must_log_in = not is_old and (session == 0 or rng.random() < 0.3)
        if must_log_in:
            log.log_in(person, at)
            at += timedelta(seconds=rng.uniform(1, 20), microseconds=rng.randrange(10**6))
        for _ in range(min(1 + int(rng.lognormvariate(0.25, 0.9) * person.weight**0.6), 60)):
            at = log.act(person, at, log.choose_document(person, day))
        at += timedelta(minutes=rng.uniform(40, 150))


def do_chores(log: Log, day: date, export: Person) -> None:
    """Adds the events of every night and every Monday."""
    at = datetime(day.year, day.month, day.day, 2, 0, 0, log.rng.randrange(10**6))
    log.log_in(export, at)
    for document in log.rng.sample(range(DOCUMENTS), log.rng.randint(30, 45)):
        at += timedelta(seconds=log.rng.uniform(1, 3))
        log.add(export, at, "document_view", document)
    if day.weekday() == 0 and day not in HOLIDAYS:
        editors = log.rng.sample([p for p in log.people if p.joined <= day and p.works == "office"], 7)
        at = datetime(day.year, day.month, day.day, 8, 30)
        log.edit(editors[0], at, AGENDA, Change("to", log.rng.randint(8, 14)))  # last week's points are deleted
        for editor in editors * 2:
            at += timedelta(minutes=log.rng.uniform(1, 9))
            log.edit(editor, at, AGENDA, Change("by", log.rng.randint(8, 30)))


def start_log(seed: int, sort: str) -> Log:
    """Returns a log without events."""
    rng = Random(f"{seed} {sort}")
    people = make_people(rng)
    return Log(rng, people, [round(rng.lognormvariate(5, 0.8)) for _ in range(LAUNCH_DOCUMENTS.stop)])


def write_days(log: Log, oddities: Mapping[int, Callable[[datetime], None]]) -> None:
    """Adds all days in order, each with its oddity, which gets the midnight before the day."""
    export = Person("export", 1, "shifts", START, False, ["10.255.0.1"], [], True)
    for number in range(DAYS):
        day = START + timedelta(number)
        do_chores(log, day, export)
        for person in log.people:
            if log.rng.random() < person.chance(day):
                work(log, person, day)
        if number in oddities:
            oddities[number](datetime(day.year, day.month, day.day))
    log.finish()
