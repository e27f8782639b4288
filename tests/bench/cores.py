"""Measures the core seconds of a command by kind of process and thread, from samples of /proc.

We find the processes of a command by their ancestors, and the JVM's compiler and collector by their names of threads.
The database server is no descendant of the command, so it is sampled too. Idle time is the machine's own count. So the
rest is the work of other programs.
"""

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

GROUPS = ("JVM", "compiler", "garbage", "Python", "PostgreSQL", "idle", "others")
_TICKS = os.sysconf("SC_CLK_TCK")
_CORES = os.cpu_count() or 1
_THREADS = {"C1 Comp": "compiler", "C2 Comp": "compiler", "GC Thread": "garbage", "G1 ": "garbage"}


@dataclass(frozen=True)
class Stat:
    """One line of /proc/<pid>/stat. Seconds are core seconds."""

    name: str
    parent: int
    seconds: float
    seconds_of_ended_children: float


@dataclass(frozen=True)
class Sample:
    """The core seconds of each group up to a moment."""

    at: float
    used: dict[str, float]


def parse_stat(line: str) -> Stat:
    """Parses a process or thread. Its name is in parentheses, and may contain parentheses."""
    name, _, rest = line.partition("(")[2].rpartition(")")
    numbers = rest.split()
    user, system, user_of_children, system_of_children = (int(number) / _TICKS for number in numbers[11:15])
    return Stat(name, int(numbers[1]), user + system, user_of_children + system_of_children)


def parse_idle(text: str) -> float:
    """Returns the idle seconds of all cores together, from /proc/stat."""
    numbers = text.split("\n", 1)[0].split()
    return (int(numbers[4]) + int(numbers[5])) / _TICKS


def name_thread(name: str) -> str:
    """Returns the group of a thread of the JVM."""
    return next((group for start, group in _THREADS.items() if name.startswith(start)), "JVM")


def find_descendants(processes: dict[int, Stat], root: int) -> set[int]:
    """Returns the process `root` and all its descendants."""
    found: set[int] = set()
    children = {root}
    while children := {pid for pid in children if pid in processes} - found:
        found |= children
        children = {pid for pid, stat in processes.items() if stat.parent in children}
    return found


def use_between(samples: list[Sample], start: float, end: float) -> dict[str, float]:
    """Returns the core seconds of each group between two moments."""
    before, after = _interpolate(samples, start), _interpolate(samples, end)
    used = {group: max(0.0, after.get(group, 0.0) - before.get(group, 0.0)) for group in GROUPS[:-1]}
    return {**used, "others": max(0.0, _CORES * (end - start) - sum(used.values()))}


def _interpolate(samples: list[Sample], at: float) -> dict[str, float]:
    earlier = max((sample for sample in samples if sample.at <= at), key=lambda sample: sample.at, default=samples[0])
    later = min((sample for sample in samples if sample.at > at), key=lambda sample: sample.at, default=samples[-1])
    part = (at - earlier.at) / (later.at - earlier.at) if later.at > earlier.at else 0.0
    return {
        group: earlier.used.get(group, 0.0) + part * (later.used.get(group, 0.0) - earlier.used.get(group, 0.0))
        for group in GROUPS
    }


@dataclass
class Sampler:
    """Samples a command and the server in a thread of its own, until the block ends."""

    command: int
    server: int
    every: float = 0.2
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        # The core seconds of each process and thread, even after its end.
        self._last: dict[tuple[str, int, int], float] = {}
        self._threads: dict[int, str] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Sampler":
        self._take()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._take()

    def _run(self) -> None:
        while not self._ended.wait(self.every):
            self._take()

    def _take(self) -> None:
        at = time.time()
        processes = dict(_read_stats(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()))
        for pid in find_descendants(processes, self.command):
            stat = processes[pid]
            if stat.name == "java":
                self._take_jvm(pid, stat)
            elif stat.name.startswith("python"):
                self._last["Python", pid, pid] = stat.seconds
        server = find_descendants(processes, self.server)
        # A backend that has ended counts in its parent.
        backends = sum(processes[pid].seconds for pid in server)
        ended = processes[self.server].seconds_of_ended_children if self.server in processes else 0.0
        used = dict.fromkeys(GROUPS, 0.0)
        for (group, *_), seconds in self._last.items():
            used[group] += seconds
        used["PostgreSQL"] = backends + ended
        used["idle"] = parse_idle(Path("/proc/stat").read_text())
        self.samples.append(Sample(at, used))

    def _take_jvm(self, pid: int, stat: Stat) -> None:
        """Counts the threads of compiler and collector separately. The rest of the process are other threads."""
        folder = Path(f"/proc/{pid}/task")
        try:
            numbers = [int(path.name) for path in folder.iterdir()]
        except OSError:
            return
        watched = [number for number in numbers if self._threads.get(number) != "JVM"]
        for number, thread in _read_stats(watched, folder):
            if thread.name != "java":  # a new thread still has the name of the process
                self._threads[number] = name_thread(thread.name)
            if self._threads.get(number, "JVM") != "JVM":
                self._last[self._threads[number], pid, number] = thread.seconds
        apart = sum(
            seconds
            for (group, process, _), seconds in self._last.items()
            if process == pid and group in ("compiler", "garbage")
        )
        self._last["JVM", pid, pid] = max(self._last.get(("JVM", pid, pid), 0.0), stat.seconds - apart)


def _read_stats(numbers: Iterable[int], folder: Path = Path("/proc")) -> Iterable[tuple[int, Stat]]:
    for number in numbers:
        try:
            yield number, parse_stat((folder / str(number) / "stat").read_text(errors="replace"))
        except OSError:
            continue  # it has just ended
