"""The model of the ledger: which readings of which files there are after a series of runs, and what they hold.

A reading is what one file held when it was read whole, with the lines by which it grew since, read by one mapping.
Readings that were read again are not kept here, since nothing of them counts any more.
"""

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Files
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from tests.properties.mapping import Event, Mapping, Verdict, read_line, write_line


@dataclass(frozen=True)
class File:
    """A file as it stands in the folder.

    `written` counts how often something was written there, and stands for its time of modification. `rest` is what an
    unterminated last line lacks; it is None where the last line is terminated.
    """

    text: str
    written: int = 0
    rest: str | None = None


@dataclass
class Reading:
    """`text` is all that has been read of the file, as far as `file`, which is how it was listed then."""

    number: int
    mapping: Mapping
    file: File
    text: str
    verdicts: list[Verdict]
    is_current: bool = True

    def find_quarantined(self, reason: str | None) -> list[int]:
        """The places in `verdicts` of the records that are quarantined for this reason, or for any."""
        return [
            place
            for place, verdict in enumerate(self.verdicts)
            if isinstance(verdict, frozenset) and (reason is None or reason in verdict)
        ]


class Place(NamedTuple):
    """Where a version of an event stands: which file, and as which record of it."""

    event_id: str
    fingerprint: UUID
    number: int
    record_number: int


class Version(NamedTuple):
    """One of the contents that an event has; current where a current reading holds it."""

    event: Event
    is_current: bool


@dataclass
class Ledger:
    """Each method is a run; `files` is the folder by the numbers of its files, `mapping` the mapping as it is then."""

    readings: list[Reading] = field(default_factory=list)

    def load(self, files: Files[int, File], mapping: Mapping) -> None:
        """Read new files and changed ones. A file that grew is continued where its mapping is the same."""
        for number, file in sorted(files.items()):
            known = self._find_current(number)
            if known is None:
                self._read_whole(number, file, mapping)
            elif known.file == file:
                if mapping == known.mapping:
                    self._continue(known, file)  # only a last line that waited is left to read
            elif known.file.text == file.text and known.mapping == mapping:
                known.file = file
            elif known.mapping == mapping and file.text.startswith(known.text):
                self._continue(known, file)
            else:
                self._read_whole(number, file, mapping)

    def remap(self, files: Files[int, File], mapping: Mapping) -> None:
        """Read the files whose own mapping has changed, and no others."""
        self._read_where(files, mapping, lambda known: known.mapping != mapping)

    def refresh(self, files: Files[int, File], mapping: Mapping, drop_missing: bool = False) -> None:
        """Read all files. What no file holds any more goes only with `drop_missing`."""
        for number, file in sorted(files.items()):
            self._read_whole(number, file, mapping)
        if drop_missing:
            self.readings = [reading for reading in self.readings if reading.is_current and reading.number in files]

    def replay(self, files: Files[int, File], mapping: Mapping, reason: str | None = None) -> None:
        """Read the files that have quarantined records by another mapping; of files that are gone the kept texts."""

        def is_selected(known: Reading) -> bool:
            return known.mapping != mapping and bool(known.find_quarantined(reason))

        for known in self.readings:
            if known.is_current and known.number not in files and is_selected(known):
                lines = split_lines(known.text)
                for place in known.find_quarantined(reason):
                    verdict = read_line(lines[place], mapping)
                    if isinstance(verdict, dict):
                        known.verdicts[place] = verdict
        self._read_where(files, mapping, is_selected)

    def find_places(self) -> Iterator[Place]:
        """Every place that holds a version of an event, once for each reading of it."""
        for reading in self.readings:
            for record_number, verdict in enumerate(reading.verdicts, 1):
                if isinstance(verdict, dict):
                    yield Place(verdict["event_id"], verdict["fingerprint"], reading.number, record_number)

    def find_versions(self) -> list[Version]:
        """Every version of every event, once."""
        versions: dict[tuple[str, UUID], Version] = {}
        for reading in self.readings:
            for verdict in reading.verdicts:
                if isinstance(verdict, dict):
                    key = verdict["event_id"], verdict["fingerprint"]
                    was_current = key in versions and versions[key].is_current
                    versions[key] = Version(verdict, reading.is_current or was_current)
        return list(versions.values())

    def _find_current(self, number: int) -> Reading | None:
        return next((known for known in self.readings if known.is_current and known.number == number), None)

    def _read_where(self, files: Files[int, File], mapping: Mapping, is_chosen: Callable[[Reading], bool]) -> None:
        for number, file in sorted(files.items()):
            known = self._find_current(number)
            if known is not None and is_chosen(known):
                self._read_whole(number, file, mapping)

    def _read_whole(self, number: int, file: File, mapping: Mapping) -> None:
        """What the file begins with has been read again; what it has held otherwise becomes former."""
        known = self._find_current(number)
        text = choose_text(file, has_waited=known is not None and known.file == file)
        verdicts = [read_line(line, mapping) for line in split_lines(text)]
        self.readings = [
            reading
            for reading in self.readings
            if not (reading.number == number and file.text.startswith(reading.text))
        ]
        if known is not None:
            known.is_current = False
        self.readings.append(Reading(number, mapping, file, text, verdicts))

    def _continue(self, known: Reading, file: File) -> None:
        """Read the lines that are new. What an unterminated line held before it was completed does not count."""
        text = choose_text(file, has_waited=known.file == file)
        before, lines = split_lines(known.text), split_lines(text)
        unchanged = len([line for line, other in zip(before, lines, strict=False) if line == other])
        known.verdicts[unchanged:] = [read_line(line, known.mapping) for line in lines[unchanged:]]
        known.text, known.file = text, file


def choose_text(file: File, has_waited: bool) -> str:
    """What a run reads of the file: an unterminated last line that is no whole record waits for the next run."""
    is_half = bool(file.rest)
    return file.text[: file.text.rfind("\n") + 1] if is_half and not has_waited else file.text


def split_lines(text: str) -> list[str]:
    """The lines, without the empty rest behind the last line end."""
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def write_reading(reading: Reading) -> str:
    """A text that `NORMAL` reads as the reading was read by its own mapping, record by record."""

    def write(verdict: Verdict) -> str:
        if isinstance(verdict, dict):
            return write_line(verdict)
        return "" if verdict is None else "{}"

    return "".join(write(verdict) + "\n" for verdict in reading.verdicts)
