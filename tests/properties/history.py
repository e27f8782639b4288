"""Random histories: changes of a folder of files, and the runs that read them."""

import os
from random import Random
from typing import ClassVar

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.properties.folder import Folder
from tests.properties.mapping import Mapping
from tests.properties.readings import Ledger
from tests.properties.world import draw_lines, draw_mapping

FIXED_WORLDS = 40
FIRST_FILES = 4
STEPS = 7  # including the first load
# With this number the simplest history has every case that tests/properties/test_history.py counts.
SALT = 27

SEED = st.integers(0, 10**6)


def run_histories(machine: type["History"], count: int, is_random: bool) -> None:
    """Runs so many histories. Without randomness the first one is the simplest that hypothesis makes."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=count,
            derandomize=not is_random,
            phases=[Phase.generate, *[Phase.shrink] * bool(os.environ.get("COMMUTE_SHRINK"))],
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


class History(RuleBasedStateMachine):
    """Each step changes files and makes one kind of run.

    Here only the model runs. A subclass also runs the job, and compares both.
    """

    worlds: ClassVar[int] = 20

    def __init__(self) -> None:
        super().__init__()
        self.folder, self.ledger, self.mapping = Folder(self.worlds), Ledger(), Mapping()
        self.steps = 0

    @initialize(seed=SEED)
    def load_first(self, seed: int) -> None:
        random = Random(f"{SALT} {self.steps} {seed}")
        for _ in range(FIRST_FILES):
            self.folder.add(draw_lines(random, self.worlds, most=3))
        self.load(random)
        self.compare()

    @rule(choice=st.integers(0, 8), seed=SEED)
    def change_and_run(self, choice: int, seed: int) -> None:
        """Changes several files, and then makes one run. The simplest choices make each kind of run in turn."""
        kinds = [
            *[self.refresh_and_drop, self.load, self.load_by_another_mapping, self.remap, self.load, self.replay],
            *[self.load, self.refresh, self.load],
        ]
        run = kinds[(choice + self.steps) % len(kinds)]
        self.steps += 1
        note(f"step {self.steps}: {run.__name__}")
        random = Random(f"{SALT} {self.steps} {seed}")
        if run != self.replay:
            self.folder.change(random)
        run(random)
        self.compare()

    def load(self, random: Random) -> None:
        self.run_pipeline()
        self.ledger.load(self.folder.files, self.mapping)

    def load_by_another_mapping(self, random: Random) -> None:
        self.change_mapping(random)
        self.load(random)

    def remap(self, random: Random) -> None:
        """Remaps. If the mapping has not changed, no file is read, even a changed one."""
        if random.random() < 5 / 6:
            self.change_mapping(random)
        self.run_pipeline("--remap")
        self.ledger.remap(self.folder.files, self.mapping)

    def refresh(self, random: Random) -> None:
        self.run_pipeline("--full-refresh")
        self.ledger.refresh(self.folder.files, self.mapping)

    def refresh_and_drop(self, random: Random) -> None:
        self.run_pipeline("--full-refresh", "--drop-missing")
        self.ledger.refresh(self.folder.files, self.mapping, drop_missing=True)

    def replay(self, random: Random) -> None:
        """Replays quarantined records. None is accepted by the mapping that quarantined it."""
        if random.random() < 5 / 6:
            self.change_mapping(random)
        reason = random.choice([None, None, "missing_field", "malformed_json"])
        self.run_replay(*(["--reason", reason] if reason else []))
        self.ledger.replay(self.folder.files, self.mapping, reason)

    def change_mapping(self, random: Random) -> None:
        """Changes the mapping. All lines are completed first, because no rule covers an incomplete line."""
        self.folder.complete_all()
        self.mapping = draw_mapping(random, self.mapping)

    def run_pipeline(self, *options: str) -> None:
        """Makes the job load the present folder by the present mapping."""

    def run_replay(self, *options: str) -> None:
        """Makes the job replay."""

    def compare(self) -> None:
        """Compares the result of the run with the model."""
