"""Makes the files of one shard, in the order of time. Only the plan of one day is in memory."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import Any

from jobs.simulation.anomalies import COLLAPSE_FROM_WORDS, plan_anomalies
from jobs.simulation.days import PlannedEvent, Planner, plan_quotas
from jobs.simulation.defects import REASONS, DefectSchedule, RecordBreaker
from jobs.simulation.documents import Library
from jobs.simulation.output import EXPORT_FILE, Part, open_part
from jobs.simulation.people import People
from jobs.simulation.records import Record, RecordWriter, encode, encode_spaced, format_time, make_event_id
from jobs.simulation.settings import DAY_MS, Settings, Shard
from jobs.simulation.tally import Tally
from jobs.simulation.truth import Answers, sum_up_shard

EXPORTED_EVENTS = 40


def simulate_shard(settings: Settings, shard: Shard) -> Answers:
    """Writes the files of one shard, and returns the right answers for its events."""
    run = ShardRun(settings, shard)
    run.write_days()
    run.write_export()
    return sum_up_shard(run.tally)


class ShardRun:
    """The state of one shard while it is written."""

    def __init__(self, settings: Settings, shard: Shard) -> None:
        rng = shard.make_random(settings.seed)
        self.settings, self.shard, self.rng = settings, shard, rng
        self.tally = Tally()
        self.people = People(rng, shard)
        self.library = Library(rng, shard)
        if settings.anomalies != "few":
            self.people.give_second_addresses(rng)
        self.anomalies = plan_anomalies(settings, shard, rng, self.people, self.library)
        self.planner = Planner(rng, settings, self.people, self.library, self.anomalies)
        self.records = RecordWriter(rng, self.people, self.library)
        self.breaker = RecordBreaker(rng)
        # Every second one of the first shard's oldest events goes to the export, a JSON array, instead of a daily file.
        has_export = shard.number == 0 and shard.events >= 10 * EXPORTED_EVENTS
        self.ends_export = 2 * EXPORTED_EVENTS if has_export else 0
        self.export: list[Any] = []
        self.schedule = DefectSchedule(rng, shard.events, self.ends_export)
        # By day: (text, verdict, record) of each line that is written at the end of the day's file.
        self.pending: dict[int, list[tuple[str, str, Record]]] = {}
        self.written = 0

    def write_days(self) -> None:
        """Plans and writes every day. Events after midnight are carried into the next day."""
        planted = self.anomalies.planned_events if self.anomalies else 0
        carried: list[PlannedEvent] = []
        for day, quota in enumerate(plan_quotas(self.settings, self.shard.events - planted)):
            sessions = self.planner.plan_day(day, quota)
            for session in sessions:
                self.tally.add_session(self.people.users[session[0].user].user_id, session)
            planned = carried + [event for session in sessions for event in session]
            planned.sort(key=attrgetter("at_ms"))
            midnight_ms = self.settings.start_ms + (day + 1) * DAY_MS
            carried = [event for event in planned if event.at_ms >= midnight_ms]
            today = planned[: len(planned) - len(carried)]
            self.tally.add_day(midnight_ms // DAY_MS - 1, today)
            self.write_day(day, today + self.find_strays(day))
        if self.anomalies:
            self.tally.anomalies = self.anomalies.describe(self.settings, self.people, self.library)

    def find_strays(self, day: int) -> list[PlannedEvent]:
        """Returns the events that arrive on a day but are dated far from it, and counts each as a session."""
        more = self.anomalies.more_kinds if self.anomalies else None
        if more is None or day != more.stray_day:
            return []
        strays = [
            PlannedEvent(at_ms, user, "document_viewed", document) for at_ms, user, document in more.strays.values()
        ]
        for stray in strays:
            if self.is_in_future(stray):
                continue
            self.tally.add_session(self.people.users[stray.user].user_id, [stray])
            self.tally.add_day(stray.at_ms // DAY_MS, [stray])
        return strays

    def is_in_future(self, planned: PlannedEvent) -> bool:
        """Whether the event must be quarantined, because its date is in the future at any load."""
        more = self.anomalies.more_kinds if self.anomalies else None
        return more is not None and more.is_in_future(planned.at_ms)

    def write_day(self, day: int, events: list[PlannedEvent]) -> None:
        """Writes one daily file: first its events and defects, then the lines that arrive late or are duplicates."""
        with open_part(self.settings, self.shard, day, self.tally) as part:
            for planned in events:
                self.write_event(part, day, planned)
            for text, verdict, record in self.pending.pop(day, []):
                part.write(text, verdict, record)

    def write_event(self, part: Part, day: int, planned: PlannedEvent) -> None:
        """Writes one event, and a defect if one is due."""
        record = self.make_record(day, planned)
        number, self.written = self.written, self.written + 1
        if number < self.ends_export and number % 2:
            self.export_record(record, "published")
            return
        if self.is_in_future(planned):
            self.schedule.pass_over(number)
            self.tally.planted["timestamp_in_future"] += 1
            part.write(encode(record), "timestamp_in_future", record)
            return
        kind = self.schedule.find_due(number, planned.event_type, day == self.settings.days - 1)
        text = encode(record)
        if kind == "late_event":
            self.postpone(self.pick_later_day(day), text, "published", record)
        else:
            part.write(text, "published", record)
        if kind is not None:
            self.tally.planted[kind] += 1
            self.plant(part, kind, day, planned, record)

    def make_record(self, day: int, planned: PlannedEvent) -> Record:
        """Makes the record of one event, and counts the event."""
        words_before = None
        collapses = self.is_collapse_due(day, planned)
        if collapses:
            words_before = self.library.count_words(planned.document)
        record = self.records.write_record(planned, collapses)
        is_edit = planned.event_type == "document_edit"
        words = self.library.count_words(planned.document) if is_edit else None
        if not self.is_in_future(planned):
            self.tally.add_event(planned.at_ms, record, words)
        if self.anomalies is not None:
            document_id = self.library.document_ids[planned.document]
            self.anomalies.note_event(day, planned.user, planned.event_type, planned.document, document_id)
            if self.anomalies.more_kinds:
                self.anomalies.more_kinds.note_stray(planned.at_ms, record["event_id"])
            if words_before is not None and words is not None:
                self.anomalies.collapse = (document_id, record["timestamp"], words_before, words)
        return record

    def is_collapse_due(self, day: int, planned: PlannedEvent) -> bool:
        """Whether this edit is the planted collapse: the first edit of a text that is long enough."""
        if self.anomalies is None or self.anomalies.collapse is not None:
            return False
        document_id = self.library.document_ids[planned.document]
        return (
            planned.event_type == "document_edit"
            and day >= self.anomalies.collapse_from_day
            and planned.document != self.anomalies.burst_document
            and document_id in self.tally.latest_words
            and self.library.count_words(planned.document) >= COLLAPSE_FROM_WORDS
        )

    def plant(self, part: Part, kind: str, day: int, planned: PlannedEvent, record: Record) -> None:
        """Adds a defect next to a good event: a broken record, or a copy of the event."""
        if self.breaker.can_make(kind):
            part.write(self.breaker.make(kind, record), REASONS.get(kind, "blank"), record)
        elif kind == "duplicate_same_file":
            self.postpone(day, encode(record), "exact_duplicate", record)
        elif kind == "duplicate_other_file":
            self.postpone(self.pick_later_day(day), encode(record), "exact_duplicate", record)
        elif kind == "duplicate_reordered":
            reordered = {name: record[name] for name in sorted(record, reverse=True)}
            self.postpone(day, encode_spaced(reordered), "exact_duplicate", record)
        elif kind == "duplicate_in_export":
            self.export_record(record, "exact_duplicate")
        elif kind == "conflicting_duplicate":
            # The copy claims a later time, so that the original must win.
            later_ms = planned.at_ms + 60_000 + self.rng.randrange(240_000)
            changed = {
                "comment_text": record["comment_text"] + " (edited)",
                "timestamp": format_time(later_ms, record["device"]),
            }
            self.postpone(self.pick_later_day(day), encode(record | changed), "superseded", record)

    def postpone(self, day: int, text: str, verdict: str, record: Record) -> None:
        """Lets a line be written at the end of that day's file."""
        self.pending.setdefault(day, []).append((text, verdict, record))

    def pick_later_day(self, day: int) -> int:
        """Returns one of the next seven days, within the simulation."""
        return min(day + 1 + self.rng.randrange(7), self.settings.days - 1)

    def export_record(self, element: Any, verdict: str) -> None:
        """Adds an element to the array file."""
        self.export.append(element)
        self.tally.add_record(EXPORT_FILE, verdict, element)

    def write_export(self) -> None:
        """Writes the array file, with two elements in it that must be quarantined."""
        if not self.export:
            return
        nameless = {**self.export[0], "event_id": make_event_id(self.rng), "user_id": None}
        self.export_record(nameless, "missing_field")
        self.export_record(42, "not_an_object")
        path = self.settings.output / EXPORT_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.export, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
