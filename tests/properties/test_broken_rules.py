"""The history that the suite runs shows every broken rule. Each test breaks one rule of the model, and the tables must
differ. tests/README.md lists the rules that were broken in the job itself.
"""

from collections.abc import Callable
from collections.abc import Mapping as Files
from random import Random
from typing import Any

import pytest

from tests.properties import history, tables
from tests.properties.history import FIXED_WORLDS, History, run_histories
from tests.properties.mapping import Mapping
from tests.properties.readings import File, Ledger, Version
from tests.properties.tables import Rows, model_tables

rank = tables.rank


def run_history() -> list[dict[str, Rows]]:
    """Returns the tables after each run of the suite's history and after a full refresh at its end."""
    found = []

    class Observed(History):
        worlds = FIXED_WORLDS

        def compare(self) -> None:
            found.append(model_tables(self.ledger))

        def teardown(self) -> None:
            self.refresh(Random())
            self.compare()

    run_histories(Observed, 1, is_random=False)
    return found


@pytest.fixture(scope="module")
def expected() -> list[dict[str, Rows]]:
    return run_history()


class KeepsNoFormerReading(Ledger):
    def _read_whole(self, number: int, file: File, mapping: Mapping) -> None:
        super()._read_whole(number, file, mapping)
        self.readings = [reading for reading in self.readings if reading.is_current]


class ReadsNothingAgain(Ledger):
    def _read_whole(self, number: int, file: File, mapping: Mapping) -> None:
        others, self.readings = self.readings, []
        super()._read_whole(number, file, mapping)
        for reading in others:
            reading.is_current &= reading.number != number
        self.readings = others + self.readings


class CountsDuplicatesOfClosedReadings(Ledger):
    def find_versions(self) -> list[Version]:
        keys = [(place.event_id, place.fingerprint) for place in self.find_places()]
        versions = super().find_versions()
        return [
            Version(event, is_current or keys.count((event["event_id"], event["fingerprint"])) > 1)
            for event, is_current in versions
        ]


class ContinuesByAnyMapping(Ledger):
    def load(self, files: Files[int, File], mapping: Mapping) -> None:
        for known in self.readings:
            file = files.get(known.number)
            if known.is_current and file and file != known.file and file.text.startswith(known.text):
                self._continue(known, file)
        super().load(files, mapping)


class RemapsNothing(Ledger):
    def remap(self, files: Files[int, File], mapping: Mapping) -> None:
        pass


class DropsWithEveryRefresh(Ledger):
    def refresh(self, files: Files[int, File], mapping: Mapping, drop_missing: bool = False) -> None:
        super().refresh(files, mapping, drop_missing=True)


class DropsNothing(Ledger):
    def refresh(self, files: Files[int, File], mapping: Mapping, drop_missing: bool = False) -> None:
        super().refresh(files, mapping)


class RecoversNoKeptTexts(Ledger):
    def replay(self, files: Files[int, File], mapping: Mapping, reason: str | None = None) -> None:
        gone = [reading for reading in self.readings if reading.number not in files]
        verdicts = [list(reading.verdicts) for reading in gone]
        super().replay(files, mapping, reason)
        for reading, before in zip(gone, verdicts, strict=True):
            reading.verdicts = before


@pytest.mark.parametrize(
    "broken",
    [
        *[KeepsNoFormerReading, ReadsNothingAgain, CountsDuplicatesOfClosedReadings, ContinuesByAnyMapping],
        *[RemapsNothing, DropsWithEveryRefresh, DropsNothing, RecoversNoKeptTexts],
    ],
)
def test_a_broken_rule_of_the_ledger_changes_the_tables(
    expected: list[dict[str, Rows]], monkeypatch: pytest.MonkeyPatch, broken: type[Ledger]
) -> None:
    monkeypatch.setattr(history, "Ledger", broken)
    assert run_history() != expected


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda version: rank(version)[1:], id="currency does not count"),
        pytest.param(lambda version: rank(version)[:1] + rank(version)[2:], id="revision does not count"),
        pytest.param(lambda version: (rank(version)[1], *rank(version)), id="revision before currency"),
        pytest.param(lambda version: (*rank(version)[:2], version.event["fingerprint"]), id="time does not count"),
    ],
)
def test_a_broken_order_of_versions_changes_the_tables(
    expected: list[dict[str, Rows]], monkeypatch: pytest.MonkeyPatch, broken: Callable[[Version], Any]
) -> None:
    monkeypatch.setattr(tables, "rank", broken)
    assert run_history() != expected
