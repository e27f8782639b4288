"""Anomalies that every shard plants if it is large enough, so that the anomaly queries can find them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from jobs.simulation import planted_anomalies
from jobs.simulation.documents import Library
from jobs.simulation.people import People
from jobs.simulation.planted_anomalies import PlannedEvent, PlantedAnomalies, plan_planted_anomalies
from jobs.simulation.settings import Settings, Shard, find_weekday, name_day

BURST_EDITS = 60
SHARED_DOCUMENTS = 25
# The burst must be many times the usual number, so we choose a document that has a history of few edits a day.
USUAL_EDITS_PER_DAY = 1.0
EDIT_SHARE = 0.55
COLLAPSE_FROM_WORDS = 30


@dataclass
class Anomalies:
    """What one shard plants, and what happened. Users and documents are indexes, days count from the first day.

    `more_kinds` are there if all kinds of anomalies are asked for.
    """

    burst_day: int
    burst_user: int
    burst_document: int
    burst_edits: int
    share_burst_day: int
    share_burst_user: int
    shared_documents: list[int]
    collapse_from_day: int
    silent_user: int
    more_kinds: PlantedAnomalies | None = None
    edits_by_day: Counter[int] = field(default_factory=Counter)
    shares_by_day: dict[int, set[str]] = field(default_factory=dict)
    silent_user_events: int = 0
    collapse: tuple[str, str, int, int] | None = None  # document, time, words before, words after

    @property
    def planned_events(self) -> int:
        """How many events of the shard's quota the planted sessions take."""
        of_more_kinds = self.more_kinds.planned_events if self.more_kinds else 0
        return 2 + self.burst_edits + len(self.shared_documents) + of_more_kinds

    def extra_sessions(self, day: int) -> list[tuple[int, list[PlannedEvent]]]:
        """Returns the planted sessions of a day: for each its user and its events, in order."""
        sessions = list(self.more_kinds.sessions.get(day, [])) if self.more_kinds else []
        if day == self.burst_day:
            work = [PlannedEvent("document_edit", self.burst_document)] * self.burst_edits
            sessions.append((self.burst_user, [PlannedEvent("user_login", self.burst_document), *work]))
        if day == self.share_burst_day:
            work = [PlannedEvent("document_shared", document) for document in self.shared_documents]
            sessions.append((self.share_burst_user, [PlannedEvent("user_login", self.shared_documents[0]), *work]))
        return sessions

    def note_event(self, day: int, user: int, event_type: str, document: int, document_id: str) -> None:
        """Counts the events that `describe` quotes."""
        if user == self.silent_user:
            self.silent_user_events += 1
        if event_type == "document_edit" and document == self.burst_document:
            self.edits_by_day[day] += 1
        if event_type == "document_shared" and user == self.share_burst_user:
            self.shares_by_day.setdefault(day, set()).add(document_id)

    def describe(self, settings: Settings, people: People, library: Library) -> list[dict[str, str]]:
        """Returns the planted anomalies: type, subject and a sentence with the numbers."""
        burst_document = library.document_ids[self.burst_document]
        share_burst_user = people.users[self.share_burst_user].user_id
        silent_user = people.users[self.silent_user].user_id
        shared = {day: len(documents) for day, documents in self.shares_by_day.items()}
        found = [
            (
                "edit_burst",
                burst_document,
                f"{burst_document} was edited {self.edits_by_day[self.burst_day]} times on "
                f"{name_day(settings, self.burst_day)}, and at most "
                f"{most_on_other_days(self.edits_by_day, self.burst_day)} times on any other day.",
            ),
            (
                "share_burst",
                share_burst_user,
                f"{share_burst_user} shared {shared[self.share_burst_day]} documents on "
                f"{name_day(settings, self.share_burst_day)}, and at most "
                f"{most_on_other_days(shared, self.share_burst_day)} on any other day.",
            ),
            (
                "activity_without_login",
                silent_user,
                f"{silent_user} has {self.silent_user_events} events and never logged in.",
            ),
        ]
        if self.collapse is not None:
            document_id, at, before, after = self.collapse
            sentence = f"One edit at {at} took {document_id} from {before} words to {after}."
            found.append(("content_collapse", document_id, sentence))
        if self.more_kinds:
            found += self.more_kinds.describe(settings, people)
        return [{"type": kind, "subject": subject, "sentence": text} for kind, subject, text in found]


def plan_anomalies(settings: Settings, shard: Shard, rng: Random, people: People, library: Library) -> Anomalies | None:
    """Chooses the subjects and days of a shard's anomalies; None if the shard is too small or too short for them."""
    if not shard.has_anomalies(settings):
        return None
    all_kinds = settings.anomalies == "all"
    busiest = people.activity.heaviest()
    popularity = library.popularity.weights
    edits_per_day = EDIT_SHARE * shard.events / settings.days / sum(popularity)
    burst_document = min(
        range(len(popularity)), key=lambda i: (abs(popularity[i] * edits_per_day - USUAL_EDITS_PER_DAY), i)
    )
    return Anomalies(
        burst_day=find_weekday(settings, settings.days * 6 // 10),
        burst_user=busiest[4],
        burst_document=burst_document,
        burst_edits=rng.randint(*planted_anomalies.BURST_EDITS) if all_kinds else BURST_EDITS,
        share_burst_day=find_weekday(settings, settings.days * 8 // 10),
        share_burst_user=busiest[7],
        shared_documents=rng.sample(
            range(len(popularity)),
            rng.randint(*planted_anomalies.BURST_SHARES) if all_kinds else SHARED_DOCUMENTS,
        ),
        collapse_from_day=settings.days * 4 // 10,
        silent_user=busiest[10],
        more_kinds=plan_planted_anomalies(settings, rng, people, library) if all_kinds else None,
    )


def most_on_other_days(counts: dict[int, int], day: int) -> int:
    """Returns the highest count of any day but this one; 0 if there is no other day.

    >>> most_on_other_days({1: 60, 2: 3}, day=1)
    3
    """
    return max((count for other, count in counts.items() if other != day), default=0)
