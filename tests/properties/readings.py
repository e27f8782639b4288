"""The model of the ledger: the readings of files after a series of runs, and their content.

A reading is the content of one file when it was read whole, with the lines that it has grown by since, read by one
mapping. The model has no readings that were read again, because they do not count any more.
"""

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Files
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from tests.properties.mapping import Event, Mapping, Verdict, read_line, write_line


@dataclass(frozen=True)
class File:
    """A file of the folder.

    `written` counts how often the file was written, in place of its time of modification. `rest` is the missing part of
    an incomplete last line, or None.
    """

    text: str
    written: int = 0
    rest: str | None = None


@dataclass
class Reading:
    """A reading: `text` is what was read of the file, and `file` is the file as it was listed then."""

    number: int
    mapping: Mapping
    file: File
    text: str
    verdicts: list[Verdict]
    is_current: bool = True

    def find_quarantined(self, reason: str | None) -> list[int]:
        """Returns the positions in `verdicts` of the records quarantined for this reason, or for any."""
        return [
            place
            for place, verdict in enumerate(self.verdicts)
            if isinstance(verdict, frozenset) and (reason is None or reason in verdict)
        ]


class Place(NamedTuple):
    """The place of a version of an event: a file, and the number of the record in it."""

    event_id: str
    fingerprint: UUID
    number: int
    record_number: int


class Version(NamedTuple):
    """One of the contents of an event. It is current if a current reading has it."""

    event: Event
    is_current: bool


@dataclass
class Ledger:
    """The readings. Each public method is a run on `files`, the folder by file number, by the present `mapping`."""

    readings: list[Reading] = field(default_factory=list)

    def load(self, files: Files[int, File], mapping: Mapping) -> None:
        """Reads new and changed files. A file that has grown is continued if its mapping is the same."""
        for number, file in sorted(files.items()):
            known = self._find_current(number)
            if known is None:
                self._read_whole(number, file, mapping)
            elif known.file == file:
                if mapping == known.mapping:
                    self._continue(known, file)  # only the last line, which waited, is new
            elif known.file.text == file.text and known.mapping == mapping:
                known.file = file
            elif known.mapping == mapping and file.text.startswith(known.text):
                self._continue(known, file)
            else:
                self._read_whole(number, file, mapping)

    def remap(self, files: Files[int, File], mapping: Mapping) -> None:
        """Reads only the files whose mapping has changed."""
        self._read_where(files, mapping, lambda known: known.mapping != mapping)

    def refresh(self, files: Files[int, File], mapping: Mapping, drop_missing: bool = False) -> None:
        """Reads all files. Events that no file has any more are dropped only with `drop_missing`."""
        for number, file in sorted(files.items()):
            self._read_whole(number, file, mapping)
        if drop_missing:
            self.readings = [reading for reading in self.readings if reading.is_current and reading.number in files]

    def replay(self, files: Files[int, File], mapping: Mapping, reason: str | None = None) -> None:
        """Reads files with quarantined records by another mapping. Of deleted files it reads the kept texts."""

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
        """Yields every place of a version of an event, once for each reading of it."""
        for reading in self.readings:
            for record_number, verdict in enumerate(reading.verdicts, 1):
                if isinstance(verdict, dict):
                    yield Place(verdict["event_id"], verdict["fingerprint"], reading.number, record_number)

    def find_versions(self) -> list[Version]:
        """Returns every version of every event once."""
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
        """Reads a file whole. Readings that the file begins with are replaced; its other readings become former."""
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
        """Reads the new lines. An incomplete line counts only after its completion."""
        text = choose_text(file, has_waited=known.file == file)
        before, lines = split_lines(known.text), split_lines(text)
        unchanged = len([line for line, other in zip(before, lines, strict=False) if line == other])
        known.verdicts[unchanged:] = [read_line(line, known.mapping) for line in lines[unchanged:]]
        known.text, known.file = text, file


def choose_text(file: File, has_waited: bool) -> str:
    """Returns the part of the file that a run reads. An incomplete last line waits for one run."""
    is_half = bool(file.rest)
    return file.text[: file.text.rfind("\n") + 1] if is_half and not has_waited else file.text


def split_lines(text: str) -> list[str]:
    """Returns the lines, without the empty rest after the last line end."""
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def write_reading(reading: Reading) -> str:
    """Returns a text that `NORMAL` reads, record by record, as the reading was read by its own mapping."""

    def write(verdict: Verdict) -> str:
        if isinstance(verdict, dict):
            return write_line(verdict)
        return "" if verdict is None else "{}"

    return "".join(write(verdict) + "\n" for verdict in reading.verdicts)
