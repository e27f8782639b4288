"""Histories without the job: the cases that they have, and readings that are written and read again."""

from collections import Counter
from typing import ClassVar

import pytest

from tests.properties.history import FIXED_WORLDS, History, run_histories
from tests.properties.mapping import NORMAL, Verdict
from tests.properties.readings import File, Ledger, Place, Reading, write_reading
from tests.properties.tables import model_tables


class ModelHistory(History):
    """A history without the job. `met` counts the cases that occurred."""

    met: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[int, tuple[Reading, str, list[Verdict]]] = {}

    def compare(self) -> None:
        readings, files = self.ledger.readings, self.folder.files
        current = [reading for reading in readings if reading.is_current]
        known = [(reading, *self.before[id(reading)][1:]) for reading in readings if id(reading) in self.before]
        tables = model_tables(self.ledger)
        self.met.update(
            {
                "readings that are read again": len(self.before) - len(known),
                "readings that are continued": sum(reading.text != text for reading, text, _ in known),
                "kept texts that are recovered": sum(
                    reading.text == text and reading.verdicts != verdicts for reading, text, verdicts in known
                ),
                "former readings": len(readings) - len(current),
                "files that are gone": sum(reading.number not in files for reading in current),
                "files of another mapping": sum(reading.mapping != self.mapping for reading in current),
                "lines that wait": sum(reading.text != reading.file.text for reading in current),
                "whole lines without an end": sum(file.rest == "" for file in files.values()),
                "events that no current reading holds": sum(not row[-1] for row in tables["events"]),
                "losers that no current reading holds": sum(not row[-1] for row in tables["superseded"]),
                "places of exact duplicates": len(tables["places"]) - len(tables["events"]) - len(tables["superseded"]),
            }
        )
        self.before = {id(reading): (reading, reading.text, list(reading.verdicts)) for reading in readings}
        assert len({reading.number for reading in current}) == len(current)
        self.assert_equal_to_its_readings()

    def assert_equal_to_its_readings(self) -> None:
        """Checks that every reading, written for `NORMAL`, has the same content as before."""
        found: list[Place] = []
        for reading in self.ledger.readings:
            again = Ledger()
            again.load({reading.number: File(write_reading(reading))}, NORMAL)
            found += again.find_places()
        assert sorted(found) == sorted(self.ledger.find_places())


@pytest.mark.parametrize(("worlds", "count"), [(FIXED_WORLDS, 1), (1, 100)])
def test_a_written_reading_is_read_with_the_same_content(worlds: int, count: int) -> None:
    ModelHistory.met, ModelHistory.worlds = Counter(), worlds
    run_histories(ModelHistory, count, is_random=False)


def test_the_history_that_the_suite_runs_with_the_job_meets_every_case() -> None:
    ModelHistory.met, ModelHistory.worlds = Counter(), FIXED_WORLDS
    run_histories(ModelHistory, 1, is_random=False)
    assert {name: times for name, times in ModelHistory.met.items() if times == 0} == {}
