"""An input folder with a mapping of its own, and what the database holds after a load of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from tests.loading import find_broken, load, query

MAPPING = """
fields: {event_id: id, event_type: type, event_at: at, user_id: user, document_id: doc, document_title: title,
  revision: rev}
"""
READ_BY_THE_LATEST_RUN = (
    "select file_path, records, quarantined, exact_duplicates, superseded, published, replaced from ops.ingested_files"
    " where run_id = (select max(run_id) from ops.pipeline_runs)"
)
EVENTS = "select event_id, reported_document_title, revision, record_number, is_current from events order by event_id"
SUPERSEDED = "select event_id, reported_document_title, is_current from ops.superseded_records order by 1, 2"
DOCUMENTS = "select document_id, title, last_edited_by from documents"
QUARANTINED = "select file_path, record_number from ops.open_quarantined_records order by record_number"


def line(event_id: str, user: str = "ann", minute: int = 0, **others: Any) -> str:
    """An edit on 2 June 2025, so many minutes after noon."""
    record = {"id": event_id, "type": "document_edit", "at": f"2025-06-02T12:{minute:02}:00Z", "user": user, "doc": "d"}
    return json.dumps(record | others) + "\n"


class Event(NamedTuple):
    """What the tests ask of a published event."""

    title: str | None
    revision: int | None
    record_number: int
    is_current: bool


@dataclass(frozen=True)
class Loaded:
    """What a load told, and what the database held after it. Files go by their names.

    `counts` holds what READ_BY_THE_LATEST_RUN counts of each file. `superseded` holds, by event id, the
    title of each version and whether it is current. `sessions` holds, by user, the number of events of each session.
    """

    told: str
    counts: dict[str, tuple[int, ...]]
    events: dict[str, Event]
    superseded: dict[str, list[tuple[str | None, bool]]]
    sessions: dict[str, list[int]]
    documents: dict[str, tuple[str | None, ...]]
    quarantined: dict[str, list[int]]
    missing: dict[str, int]

    def titles(self, case: str) -> dict[str, str | None]:
        """The title of each event whose id begins with `case`."""
        return {event_id: event.title for event_id, event in self.events.items() if event_id.startswith(case)}

    def are_current(self, case: str) -> dict[str, bool]:
        """Whether a current reading holds the event, for each whose id begins with `case`."""
        return {event_id: event.is_current for event_id, event in self.events.items() if event_id.startswith(case)}


class Folder:
    """An input folder, its mapping m.yml, and the database into which it is loaded."""

    def __init__(self, url: str, path: Path) -> None:
        self.url, self.path = url, path
        (path / "in").mkdir()
        self.mapping = path / "m.yml"
        self.mapping.write_text(MAPPING)

    def write(self, name: str, *lines: str) -> None:
        (self.path / "in" / name).write_text("".join(lines))

    def write_all(self, contents: Mapping[str, str | None]) -> None:
        """Give each file that content. A file without content is removed."""
        for name, content in contents.items():
            if content is None:
                (self.path / "in" / name).unlink()
            else:
                self.write(name, content)

    def load(self, *options: str) -> str:
        """Load by m.yml unless the options name another source. Every check must be silent afterwards."""
        told = load(self.url, self.path / "in", self.path / "data", "--source", str(self.mapping), *options)
        self.check()
        return told

    def check(self) -> None:
        assert find_broken(self.url) == []

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        return query(self.url, statement)

    def load_and_look(self, *options: str) -> Loaded:
        """Load, and read what is in the database then."""
        told = self.load(*options)
        return Loaded(
            told,
            counts={name: tuple(counts) for name, *counts in self._query_by_name(READ_BY_THE_LATEST_RUN)},
            events={event_id: Event(*rest) for event_id, *rest in self.query(EVENTS)},
            superseded=_group([(event_id, tuple(rest)) for event_id, *rest in self.query(SUPERSEDED)]),
            sessions=_group(self.query("select user_id, event_count from sessions order by started_at")),
            documents={name: tuple(rest) for name, *rest in self.query(DOCUMENTS)},
            quarantined=_group(self._query_by_name(QUARANTINED)),
            missing=dict(self._query_by_name("select file_path, records from ops.missing_records")),
        )

    def _query_by_name(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows, with the name of the file in place of its URI in the first column."""
        return [(unquote(path).rpartition("/")[2], *rest) for path, *rest in self.query(statement)]


def _group(rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """The second column of all rows, in a list for each value of the first."""
    return {key: [value for other, value in rows if other == key] for key, _ in rows}
