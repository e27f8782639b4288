"""The anomalies that are planted into a lifelike log: one of each kind, strong enough to be worth a report.

Their strength does not depend on the thresholds of conf/pipeline.yml. Their subjects are ordinary people and documents
with habits of their own. No oddity is on a holiday.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from tests.metrics.lifelike_log import DAYS, DOCUMENTS, HOLIDAYS, START, Change, Log, Person, start_log, write_days

FIRST_DAY = 35  # before this day most kinds do not know the usual number yet
SHARE_WITH_ONE_FRACTION = (0.3, 0.7)
LOST_IN_OUTAGE = (0.97, 1.0)


def make_log(seed: int, has_oddities: bool) -> Log:
    """Returns the log of a seed, with or without oddities; its `planted` lists them."""
    log = start_log(seed, "odd" if has_oddities else "clean")
    if not has_oddities:
        write_days(log, {})
        return log
    workdays = [n for n in range(FIRST_DAY, DAYS - 3) if n % 7 < 5 and START + timedelta(n) not in HOLIDAYS]
    outage, *days = log.rng.sample(workdays, 1 + len(ODDITIES))
    people = [person for person in log.people[5:] if person.works == "office" and 1.2 < person.weight < 5]
    subjects = log.rng.sample([person for person in people if person.joined == START], len(ODDITIES))
    write_days(log, {day: _bind(log, *pair) for day, *pair in zip(days, ODDITIES, subjects, strict=True)})
    share_one_fraction(log)
    silence(log, START + timedelta(outage))
    return log


def _bind(log: Log, oddity: Callable[[Log, Person, datetime], None], person: Person) -> Callable[[datetime], None]:
    return lambda midnight: oddity(log, person, midnight + timedelta(hours=log.rng.uniform(9, 16)))


def burst_of_edits(log: Log, person: Person, at: datetime) -> None:
    document = log.rng.choice(person.own_documents)
    for _ in range(log.rng.randint(40, 150)):
        at += timedelta(seconds=log.rng.uniform(5, 90))
        log.edit(person, at, document)
    log.planted.add(("edit_burst", f"doc{document:03}"))


def burst_of_shares(log: Log, person: Person, at: datetime) -> None:
    for document in log.rng.sample(range(DOCUMENTS), log.rng.randint(15, 60)):
        at += timedelta(seconds=log.rng.uniform(5, 60))
        log.add(person, at, "document_shared", document, recipients=(log.people[0].user_id,))
    log.planted.add(("share_burst", person.user_id))


def collapse(log: Log, person: Person, at: datetime) -> None:
    document = max(person.own_documents, key=lambda number: log.words[number])
    log.edit(person, at, document, Change("times", log.rng.uniform(0, 0.1)), is_counted=True)
    log.planted.add(("content_collapse", f"doc{document:03}"))


def stranger(log: Log, person: Person, at: datetime) -> None:
    """Adds a person who acts for some days without a login, as with a stolen token."""
    intruder = replace(person, user_id="stranger", has_milliseconds=True)
    for day in range(log.rng.randint(1, 3)):
        moment = at + timedelta(day)
        for _ in range(log.rng.randint(8, 30)):
            moment = log.act(intruder, moment, log.rng.randrange(DOCUMENTS))
    log.planted.add(("activity_without_login", "stranger"))


def past(log: Log, person: Person, at: datetime) -> None:
    log.add(person, at - timedelta(365 * log.rng.uniform(3, 24)), "document_view", person.own_documents[0])
    log.planted.add(("past_event", log.events[-1].event_id))


def spread_of_logins(log: Log, person: Person, at: datetime) -> None:
    for place in range(log.rng.randint(5, 12)):
        at += timedelta(seconds=log.rng.uniform(10, 150))
        log.log_in(person, at, f"198.51.100.{place}")
    log.planted.add(("login_spread", person.user_id))


def sweep(log: Log, person: Person, at: datetime) -> None:
    for document in log.rng.sample(range(DOCUMENTS), log.rng.randint(30, 120)):
        at += timedelta(seconds=log.rng.uniform(2, 10))
        log.add(person, at, "document_view", document)
    log.planted.add(("document_sweep", person.user_id))


def retries(log: Log, person: Person, at: datetime) -> None:
    document, text = log.rng.choice(person.own_documents), f"note {next(log.numbers)}"
    for _ in range(log.rng.randint(4, 20)):
        at += timedelta(seconds=log.rng.uniform(0.3, 3))
        log.add(person, at, "comment_added", document, comment_text=text)
    log.planted.add(("client_retry", person.user_id))


# These are about one person on one day. The two oddities below are about the whole log.
ODDITIES = (burst_of_edits, burst_of_shares, collapse, stranger, past, spread_of_logins, sweep, retries)


def share_one_fraction(log: Log) -> None:
    """Gives the times of some people the same fraction of a second, as a migration may do."""
    share = log.rng.uniform(*SHARE_WITH_ONE_FRACTION)
    shifted = {person.user_id for person in log.people if person.has_milliseconds and log.rng.random() < share}
    for place, event in enumerate(log.events):
        if event.user_id in shifted:
            log.events[place] = replace(event, at=f"{event.at[:19]}.421337")
    log.planted.add(("identical_fraction", "0.421337"))


def silence(log: Log, day: object) -> None:
    """Removes nearly all events of a day, as an outage of the log does."""
    share = log.rng.uniform(*LOST_IN_OUTAGE)
    log.events = [event for event in log.events if event.at[:10] != str(day) or log.rng.random() > share]
    log.planted.add(("silent_day", str(day)))
