"""One folder that is loaded again and again while its mapping grows: what each run told, and what was there then."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.builders import minutes, record_json
from tests.loading import load, query
from tests.test_replay import replay

FIELDS = (
    "fields: {event_id: event_id, event_type: event_type, event_at: timestamp, user_id: user_id, revision: revision}\n"
)
PROPERTIES = "properties: [plan, client.version]\n"
KINDS = [f"kind {n}" for n in range(7)]
EVENT_TYPES = f"event_types: {json.dumps(dict.fromkeys(KINDS, 'user_login'))}\n"


class Step(NamedTuple):
    """What a run told, and what the database held afterwards."""

    told: list[str]
    types: dict[str, tuple[Any, ...]]
    properties: dict[str, str]
    superseded_properties: list[tuple[str, str]]
    plans: dict[str, str | None]
    unmapped: dict[str, int]


Story = dict[str, Step]


def event(event_id: str, minute: int = 0, **fields: Any) -> str:
    return record_json(event_id=event_id, timestamp=minutes(minute).isoformat(), **fields)


A1, A2 = event("a", plan="pro"), event("a", plan="free", revision=2)
B1, B2 = event("b", client={"version": 1.50, "kind": "y"}), event("b", revision=1)
C1, C2 = event("c", plan="pro"), event("c", plan="team", revision=1)
BAD = record_json(event_id="bad", timestamp="soon", plan="pro")
FIRST_FILES = {
    "properties 1": [A1, A1, B1, C1, event("d"), BAD],
    "properties 2": [A2],
    "types 1": [
        event("x", 50, event_type="export"),
        event("y", 300, event_type="view"),
        event("Kind-1", 8, event_type="Kind-1"),
        *(event(kind, n, event_type=kind) for n, kind in enumerate(KINDS)),
    ],
}
# a falls back to its first version, b and c have later ones. Of x an earlier version comes first, of another type.
MERGED_FILES = {
    "properties 2": [event("e")],
    "properties 3": [B2, C2],
    "types 2": [
        event("x", 40),
        *(event(f"sync {n}", 41, event_type="sync") for n in range(2)),
        event("z", 301, event_type="view"),
    ],
}


def read_step(url: str, told: str) -> Step:
    superseded = "select event_id, properties::text from ops.superseded_records where properties is not null"
    types = query(url, "select event_type, description, is_known, requires_document from event_types")
    return Step(
        told.splitlines(),
        {name: tuple(rest) for name, *rest in types},
        dict(query(url, "select event_id, properties::text from event_properties")),
        query(url, f"{superseded} order by 1"),
        dict(query(url, "select event_id, properties ->> 'plan' from event_details where event_id in ('a', 'b', 'd')")),
        dict(query(url, "select name, records from ops.unmapped_fields where source = 'mine'")),
    )


def tell(url: str, root: Path) -> Story:
    """The steps by name.

    The mapping names no properties and no event types at first. The properties come when the files are mapped again.
    The types come when everything is refreshed; by then a file is gone.
    """
    folder, data, mapping = root / "in", root / "data", root / "mine.yml"
    folder.mkdir()

    def bring(files: dict[str, list[str]]) -> None:
        for name, lines in files.items():
            (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")

    def load_by(text: str, *options: str) -> Step:
        mapping.write_text(text)
        return read_step(url, load(url, folder, data, "--source", str(mapping), *options))

    steps = {}
    bring(FIRST_FILES)
    steps["load"] = load_by(FIELDS)
    steps["replay"] = read_step(url, replay(url, data))
    steps["remap"] = load_by(FIELDS + PROPERTIES, "--remap")
    bring(MERGED_FILES)
    steps["merge"] = load_by(FIELDS + PROPERTIES)
    (folder / "types 2.jsonl").unlink()
    steps["refresh"] = load_by(FIELDS + PROPERTIES + EVENT_TYPES, "--full-refresh", "--drop-missing")
    return steps
