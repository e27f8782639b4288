"""Prepares the output folder, and writes files into it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TextIO

from jobs.simulation.records import Record
from jobs.simulation.settings import Settings, Shard
from jobs.simulation.tally import Tally

EXPORT_FILE = "export/backfill.json"
LIVE_FOLDER = "live"
# The files that a simulation writes. It never removes any others.
OWN_FILES = ("????-??-??/part-?????.jsonl", f"{LIVE_FOLDER}/part-??????.jsonl*", EXPORT_FILE)


class OutputError(Exception):
    """The output folder cannot be used. The message names it and says what to do."""


class Part:
    """One daily file of one shard. It is created with its first line, and counts the lines."""

    def __init__(self, path: Path, tally: Tally) -> None:
        self._path = path
        self._name = f"{path.parent.name}/{path.name}"
        self._tally = tally
        self._file: TextIO | None = None

    def __enter__(self) -> Part:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, text: str, verdict: str, record: Record) -> None:
        """Writes one line, made of this record, and counts the verdict that the pipeline must give it."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8", newline="\n")
        self._file.write(text)
        self._file.write("\n")
        self._tally.add_record(self._name, verdict, record)


def open_part(settings: Settings, shard: Shard, day: int, tally: Tally) -> Part:
    """Returns the file of a shard for a day, which counts from the first day."""
    folder = settings.output / (settings.start_date + timedelta(days=day)).isoformat()
    return Part(folder / f"part-{shard.number:05d}.jsonl", tally)


def prepare_output(settings: Settings, force: bool) -> None:
    """Makes the output folder and checks that it is empty. With `force`, it removes an earlier simulation.

    Raises OutputError if the folder holds anything else. Then nothing is removed.
    """
    output = settings.output
    if output.exists() and not output.is_dir():
        raise OutputError(f"{output} is a file; name a folder with --output")
    if not output.name:
        raise OutputError(f"{output} has no parent folder for truth.json; name another folder with --output")
    found = {path for path in output.rglob("*") if not path.is_dir()} if output.exists() else set()
    own = {path for pattern in OWN_FILES for path in output.glob(pattern)}
    if found - own:
        raise OutputError(f"{output} holds {min(found - own)}, which no simulation wrote; name an empty folder")
    if found and not force:
        raise OutputError(f"{output} is not empty; name another folder, or replace its content with --force")
    for path in sorted(own):
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    output.mkdir(parents=True, exist_ok=True)
