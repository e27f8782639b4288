"""Small worlds of records: what may arrive in files, and how it may be corrected there.

Worlds share no id and no person. Each is an example of its own; they go through the job together, since a run of Spark
takes seconds however little it loads.

Everything is drawn by `random.Random`, whose seeds come from hypothesis: as choices of hypothesis itself the records of
twenty worlds would take all the room that it has for one example.
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
# Steps of a microsecond less and more than one gap: sessions that just hold together or just do not.
RESTS = [0 * MICROSECOND, MICROSECOND, -MICROSECOND, timedelta(minutes=10)]
RENAMED = [None, ("export", "document_edit"), ("comment_added", "export")]

# What some records say beside their id and time, and what may be corrected there.
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
    """A record of few ids and people, so that ids meet and sessions touch."""
    event_type = random.choice(TYPES)
    people = [f"{name}-{world}" for name in PEOPLE]
    has_document = event_type in DOCUMENT_TYPES or (event_type == "export" and random.random() < 0.5)
    event_id = f"{random.choice(IDS)}-{world}"
    record = {
        "event_id": event_id,
        # Some types have this event alone, and go where another version of it is published.
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
    """Records of every world, at most that many of each, some behind a defect or a blank line."""
    lines = []
    for world in range(worlds):
        records = [json.dumps(draw_record(random, world)) for _ in range(random.randint(0, most))]
        if records and random.random() < 1 / 4:
            lines.append(random.choice(DEFECTS))
        lines += records
    return lines


def correct_line(random: Random, line: str) -> str:
    """The line with other details under the same id and time; one that holds no record stays as it is."""
    if not is_record(line):
        return line
    record: Record = json.loads(line)
    for name in random.sample(sorted(DETAILS), 2):
        record[name] = random.choice(DETAILS[name])
    return json.dumps({name: value for name, value in record.items() if value is not None})


def is_record(line: str) -> bool:
    """Whether the line is one complete object, and neither a defect nor a blank."""
    return line.startswith('{"event_id"') and line.endswith("}") and line not in DEFECTS


def draw_mapping(random: Random, mapping: Mapping) -> Mapping:
    """Another mapping: one or two things in it are changed."""
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
