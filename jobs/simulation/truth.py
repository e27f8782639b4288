"""The truth file: the answers of all shards, added up and written out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jobs.simulation.records import format_date
from jobs.simulation.settings import Settings
from jobs.simulation.tally import Tally

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOT_QUARANTINED = ("blank", "published", "exact_duplicate", "superseded")

# A list by user, document or file is left out when it would have more entries than these.
MOST_USERS = 1000
MOST_DOCUMENTS = 1000
MOST_FILES = 500


@dataclass
class Answers:
    """The answers of one or more shards. They add up, because shards share no user, document or file.

    `totals` holds plain numbers. Long lists by user, document or file are left out.
    """

    totals: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    planted: Counter[str] = field(default_factory=Counter)
    unmapped_fields: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    events_by_day: Counter[int] = field(default_factory=Counter)
    users_by_day: Counter[int] = field(default_factory=Counter)
    top_edited_documents: list[tuple[str, int]] = field(default_factory=list)
    by_user: dict[str, dict[str, Any]] = field(default_factory=dict)
    document_words: dict[str, int] = field(default_factory=dict)
    files: dict[str, dict[str, int]] = field(default_factory=dict)
    anomalies: list[dict[str, str]] = field(default_factory=list)

    def merge(self, other: Answers) -> None:
        """Adds another shard's answers to these."""
        self.totals.update(other.totals)
        self.verdicts.update(other.verdicts)
        self.planted.update(other.planted)
        self.unmapped_fields.update(other.unmapped_fields)
        self.types.update(other.types)
        self.events_by_day.update(other.events_by_day)
        self.users_by_day.update(other.users_by_day)
        self.top_edited_documents = rank_documents(self.top_edited_documents + other.top_edited_documents)
        for name, entries in other.by_user.items():
            self.by_user.setdefault(name, {}).update(entries)
        self.document_words.update(other.document_words)
        self.files.update(other.files)
        self.anomalies += other.anomalies


def rank_documents(edits: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Returns the ten most edited documents. Ties are in the byte order of the ids.

    >>> rank_documents([("b", 2), ("a", 2), ("c", 5)])
    [('c', 5), ('a', 2), ('b', 2)]
    """
    return sorted(edits, key=lambda item: (-item[1], item[0].encode()))[:10]


def sum_up_shard(tally: Tally) -> Answers:
    """Returns the answers of one shard, without the sets that only counting needed."""
    users = tally.sessions.keys() | tally.recipients
    answers = Answers(
        totals=Counter(
            users=len(users),
            users_acting=len(tally.sessions),
            documents=len(tally.documents),
            share_recipients=tally.share_recipients,
            sessions=tally.sessions.total(),
            single_event_sessions=tally.single_event_sessions,
            session_ms=tally.session_ms.total(),
        ),
        verdicts=tally.verdicts,
        planted=tally.planted,
        unmapped_fields=tally.unmapped_fields,
        types=tally.types,
        events_by_day=tally.events_by_day,
        users_by_day=tally.users_by_day,
        top_edited_documents=rank_documents(list(tally.edits.items())),
        files={file: count_file(verdicts) for file, verdicts in tally.files.items()},
        anomalies=tally.anomalies,
    )
    if len(users) <= MOST_USERS:
        answers.by_user = list_by_user(tally)
    if len(tally.documents) <= MOST_DOCUMENTS:
        answers.document_words = {document: words for document, (_, _, words) in tally.latest_words.items()}
    return answers


def list_by_user(tally: Tally) -> dict[str, dict[str, Any]]:
    """Returns the lists by user: the sessions of users who acted, and the shares of users who shared."""
    sessions = {
        user_id: {"sessions": count, "average_seconds": _average_seconds(tally.session_ms[user_id], count)}
        for user_id, count in tally.sessions.items()
    }
    return {
        "sessions_per_user": sessions,
        "shared_documents_per_user": Counter(user_id for user_id, _ in tally.shared_documents),
        "share_events_per_user": tally.share_events,
        "recipients_per_user": Counter(user_id for user_id, _ in tally.connections),
    }


def count_file(verdicts: Counter[str]) -> dict[str, int]:
    """Returns the counts of one file."""
    quarantined = sum(list_quarantined(verdicts).values())
    return {"records": verdicts.total(), "blank": verdicts["blank"], "quarantined": quarantined}


def list_quarantined(verdicts: Counter[str]) -> dict[str, int]:
    """Returns the quarantined records by reason: all verdicts but the four others."""
    return {name: count for name, count in sorted(verdicts.items()) if name not in NOT_QUARANTINED}


def compose_truth(settings: Settings, answers: Answers) -> dict[str, Any]:
    """Returns the content of the truth file, from the answers of all shards."""
    totals, verdicts = answers.totals, answers.verdicts
    reasons = list_quarantined(verdicts)
    truth: dict[str, Any] = {
        "records": verdicts.total(),
        "blank": verdicts["blank"],
        "quarantined": sum(reasons.values()),
        "quarantined_by_reason": reasons,
        "accepted": verdicts["published"] + verdicts["exact_duplicate"] + verdicts["superseded"],
        "exact_duplicates": verdicts["exact_duplicate"],
        "superseded": verdicts["superseded"],
        "events": verdicts["published"],
        "late_events": answers.planted["late_event"],
        "events_by_type": dict(sorted(answers.types.items())),
        "events_by_day_of_week": count_weekdays(answers.events_by_day),
        "users": totals["users"],
        "users_acting": totals["users_acting"],
        "documents": totals["documents"],
        "share_recipients": totals["share_recipients"],
        "sessions": totals["sessions"],
        "single_event_sessions": totals["single_event_sessions"],
        "mean_session_seconds": _average_seconds(totals["session_ms"], totals["sessions"]),
        "daily_active_users_last_30_days": list_active_users(answers),
        "top_edited_documents": answers.top_edited_documents,
        "planted_anomalies": answers.anomalies,
        "unmapped_fields": dict(sorted(answers.unmapped_fields.items())),
        "planted_defects": dict(sorted(answers.planted.items())),
        "parameters": {
            "events": settings.events,
            "seed": settings.seed,
            "days": settings.days,
            "end_date": settings.end_date.isoformat(),
        },
    }
    return truth | compose_lists(answers)


def compose_lists(answers: Answers) -> dict[str, Any]:
    """Returns the lists by user, by document and by file that are short enough."""
    lists: dict[str, Any] = {}
    if answers.totals["users"] <= MOST_USERS:
        lists |= {name: dict(sorted(entries.items())) for name, entries in answers.by_user.items()}
    if answers.totals["documents"] <= MOST_DOCUMENTS:
        lists["document_words"] = dict(sorted(answers.document_words.items()))
    if len(answers.files) <= MOST_FILES:
        lists["per_file"] = dict(sorted(answers.files.items()))
    return lists


def count_weekdays(events_by_day: Counter[int]) -> dict[str, int]:
    """Counts published events by UTC weekday, in the order of the week.

    >>> count_weekdays(Counter({0: 2}))["Thursday"]
    2
    """
    counts = dict.fromkeys(WEEKDAYS, 0)
    for day, events in events_by_day.items():
        counts[WEEKDAYS[(day + 3) % 7]] += events  # 1970 began on a Thursday
    return counts


def list_active_users(answers: Answers) -> dict[str, int]:
    """Returns the number of users who acted on each of the 30 days up to the latest event. Days without any have 0."""
    last = max(day for day, events in answers.events_by_day.items() if events)
    return {format_date(day): answers.users_by_day[day] for day in range(last - 29, last + 1)}


def _average_seconds(milliseconds: int, count: int) -> float:
    """Returns the average in seconds. It rounds to six decimals, half away from zero, as PostgreSQL's numeric does."""
    exact = Decimal(milliseconds) / 1000 / count
    return float(exact.quantize(Decimal("0.000001"), ROUND_HALF_UP))
