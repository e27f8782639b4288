"""Small worlds of records, which arrive in files and may be corrected there.

Worlds share no id and no person, so each one is an independent example. Many go through the job together, because a
run of Spark takes seconds even for one record.

`random.Random` draws everything, with seeds from hypothesis. If hypothesis drew each record itself, twenty worlds would
exceed its limit for one example.
"""

import json
from datetime import UTC, datetime, timedelta
from random import Random

from tests.properties.mapping import DOCUMENT_TYPES, MICROSECOND, OTHER_TIME, Mapping, Record
from tests.properties.tables import GAP

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)

# Ids whose order differs between bytes, UTF-16 units and dictionaries.
IDS = [f"{letter}{number}" for letter in ("a", "B", "\u00e9", "\uff5e", "\U0001f600") for number in range(3)]
PEOPLE = ["ann", "Bob", "\u00e9mile"]
TYPES = ["user_login", "document_edit", "document_edit", "comment_added", "document_shared", "export"]
DEFECTS = ["junk", "[1]", "{}", '{"event_id": "a0"', '{"event_id": "a1", "event_type": "x", "ts": "never"}', "", " "]
# Differences between a step of time and one gap. A microsecond decides whether a session continues or ends.
RESTS = [0 * MICROSECOND, MICROSECOND, -MICROSECOND, timedelta(minutes=10)]
RENAMED = [None, ("export", "document_edit"), ("comment_added", "export")]

# Values that some records have beside their id and time, and that may be corrected.
DETAILS: dict[str, list[str | int | None]] = {
    "user_name": [None, None, "X", "Y", "Z"],
    "user_email": [None, None, "x@example.org", "y@example.org"],
    "document_title": [None, "T1", "T2"],
    "content": [None, None, " ", "one", "it's two"],
    "word_count": [None, 7],
    "edit_length": [None, -3, 12],
    "folder": [None, None, 7, "home"],
    "dev": [None, "phone", "desk"],
    "revision": [None, None, None, 1, 2, "10", "2025-06-02T12:00:00Z", "newest"],
}


def draw_record(random: Random, world: int) -> Record:
    """Draws a record with one of few ids and people, so that ids collide and sessions are adjacent."""
    event_type = random.choice(TYPES)
    people = [f"{name}-{world}" for name in PEOPLE]
    has_document = event_type in DOCUMENT_TYPES or (event_type == "export" and random.random() < 0.5)
    event_id = f"{random.choice(IDS)}-{world}"
    record = {
        "event_id": event_id,
        # Some types have only this event, and disappear if another version of it is published.
        "event_type": f"view {event_id}" if event_type == "export" and not has_document else event_type,
        "timestamp": (NOON + random.randrange(10) * GAP + random.choice(RESTS)).isoformat(),
        "user_id": random.choice(people),
        "document_id": f"{random.choice(['d1', 'd2', 'd3'])}-{world}" if has_document else None,
        **{name: random.choice(values) for name, values in DETAILS.items()},
    }
    if event_type == "document_shared":
        record["shared_with_user_id"] = random.choice([None, [], f"dan-{world}", random.sample(people, 2), *people])
    if random.random() < 1 / 8:
        record[OTHER_TIME] = record.pop("timestamp")
    return {name: value for name, value in record.items() if value is not None}


def draw_lines(random: Random, worlds: int, most: int) -> list[str]:
    """Draws records of every world, at most so many of each, some after a defect or a blank line."""
    lines = []
    for world in range(worlds):
        records = [json.dumps(draw_record(random, world)) for _ in range(random.randint(0, most))]
        if records and random.random() < 1 / 4:
            lines.append(random.choice(DEFECTS))
        lines += records
    return lines


def correct_line(random: Random, line: str) -> str:
    """Returns the line with other details and the same id and time. A line without a record stays unchanged."""
    if not is_record(line):
        return line
    record: Record = json.loads(line)
    for name in random.sample(sorted(DETAILS), 2):
        record[name] = random.choice(DETAILS[name])
    return json.dumps({name: value for name, value in record.items() if value is not None})


def is_record(line: str) -> bool:
    """Whether the line is one complete object, and neither a defect nor blank."""
    return line.startswith('{"event_id"') and line.endswith("}") and line not in DEFECTS


def draw_mapping(random: Random, mapping: Mapping) -> Mapping:
    """Draws a mapping with one or two changed parts."""
    other = mapping
    while other == mapping:
        changed = Mapping(
            finds_other_time=random.random() < 0.5,
            has_title=random.random() < 0.7,
            has_device=random.random() < 0.5,
            renamed=random.choice(RENAMED),
        )
        names = random.sample(Mapping._fields, 2)
        other = mapping._replace(**{name: getattr(changed, name) for name in names})
    return other
